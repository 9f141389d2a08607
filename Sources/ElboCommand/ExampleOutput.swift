import Elbo
import ElboData
import ElboFigures
import Foundation
import Torch

/// Writes examples, or any rows of numbers, where a command's `-o` says.
struct ExampleOutput {
  let image: ImageShape?
  let range: ClosedRange<Double>
  private let figures: URL

  init(_ run: TrainedRun) {
    image = run.test.image
    range = run.test.range
    figures = run.directory.figures
  }

  /// Whether the output is a picture: it was asked for, or nothing was and the examples are images.
  func isPicture(_ path: String?) -> Bool { path.map(Self.isPNG) ?? (image != nil) }

  /// Writes rows of examples: a picture (.png), an array (.npy, .npz), or lines on standard output ("-").
  ///
  /// Without a path, images go to `figures/NAME.png` of the run, whose place is printed, and others to
  /// standard output.
  func write(_ rows: [Tensor], columns: Int, to path: String?, standing name: String) throws {
    let all = Tensor.concatenate(rows, over: 0)
    guard isPicture(path) else { return try Self.write(all, to: path) }
    guard let image else {
      throw ConfigurationError("the examples are no images", at: path ?? "", remedy: "give a .npy file")
    }
    let place = path ?? figures.appending(path: name + ".png").relativePath
    if path == nil {
      try? FileManager.default.createDirectory(at: figures, withIntermediateDirectories: true)
    }
    try ImageGrid(
      values: all.floats, count: all.size(0), channels: image.channels, height: image.height,
      width: image.width, columns: columns, range: Float(range.lowerBound)...Float(range.upperBound)
    ).write(to: place)
    if path == nil { print(place) } else { note("wrote \(place)") }
  }

  /// Writes a matrix: an array (.npy, or .npz under the name of NumPy's first), or a line of numbers for each row
  /// on standard output.
  static func write(_ matrix: Tensor, to path: String?) throws {
    let values = matrix.floats
    let width = matrix.size(1)
    guard let path, path != "-" else {
      for row in stride(from: 0, to: values.count, by: width) {
        print(values[row..<row + width].map { "\($0)" }.joined(separator: " "))
      }
      return
    }
    let array = NPY(shape: matrix.shape, values: values)
    let file: Data
    if NPZ.isName(path) {
      file = try NPZ.data([("arr_0", array)])
    } else if path.lowercased().hasSuffix(".npy") {
      file = array.data
    } else {
      let kinds = isPNG(path) ? "numbers do not make a picture" : "none of .png, .npy and .npz"
      throw ConfigurationError(
        kinds, at: path, remedy: isPNG(path) ? "give a .npy file" : "choose one of them")
    }
    try AtomicFile.write(file, to: URL(filePath: path))
    note("wrote \(path), shape \(matrix.shape)")
  }

  private static func isPNG(_ path: String) -> Bool { path.lowercased().hasSuffix(".png") }
}
