import Elbo
import ElboData
import ElboFigures
import Foundation
import Torch

/// Writes examples, or any rows of numbers, where a command's `-o` says.
struct ExampleOutput {
  let image: ImageShape?
  let range: ClosedRange<Double>

  init(_ run: TrainedRun) {
    image = run.test.image
    range = run.test.range
  }

  /// Writes rows of examples: a picture (.png), an array (.npy), or lines on standard output.
  func write(_ rows: [Tensor], columns: Int, to path: String?) throws {
    let all = Tensor.concatenate(rows, over: 0)
    guard let path, path.lowercased().hasSuffix(".png") else { return try Self.write(all, to: path) }
    guard let image else {
      throw ConfigurationError("the examples are no images", at: path, remedy: "give a .npy file")
    }
    try ImageGrid(
      values: all.floats, count: all.size(0), channels: image.channels, height: image.height,
      width: image.width, columns: columns, range: Float(range.lowerBound)...Float(range.upperBound)
    ).write(to: path)
    note("wrote \(path)")
  }

  /// Writes a matrix: an array (.npy), or a line of numbers for each row on standard output.
  static func write(_ matrix: Tensor, to path: String?) throws {
    let values = matrix.floats
    let width = matrix.size(1)
    guard let path else {
      for row in stride(from: 0, to: values.count, by: width) {
        print(values[row..<row + width].map { "\($0)" }.joined(separator: " "))
      }
      return
    }
    guard path.lowercased().hasSuffix(".npy") else {
      throw ConfigurationError("neither .png nor .npy", at: path, remedy: "choose one of them")
    }
    try AtomicFile.write(NPY(shape: matrix.shape, values: values).data, to: URL(filePath: path))
    note("wrote \(path), shape \(matrix.shape)")
  }
}
