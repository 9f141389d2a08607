import Elbo
import Foundation
import Testing
import Torch

/// Twenty steps of small models against the same models in plain PyTorch; see `Golden/make_golden.py`.
///
/// Both draw weights, noise and samples from the same stream of numbers, so that all but rounding agrees.
struct GoldenRunTests {
  private static let url = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Golden/runs.safetensors")
  static let names = ((try? Safetensors(contentsOf: url))?.metadata.keys).map { $0.sorted() } ?? []

  private let golden: Safetensors

  init() throws { golden = try Safetensors(contentsOf: Self.url) }

  /// What the file holds of one run under a heading, by name.
  private func tensors(_ run: String, _ heading: String) -> [String: Tensor] {
    let prefix = "\(run)/\(heading)/"
    return golden.tensors.reduce(into: [:]) { found, entry in
      if entry.key.hasPrefix(prefix) { found[String(entry.key.dropFirst(prefix.count))] = entry.value }
    }
  }

  private func trainer(_ run: String) throws -> Trainer {
    let words = try #require(golden.metadata[run]).split(separator: " ").map(String.init)
    let configuration = try ConfigurationLoader.load(words[0], settings: Array(words.dropFirst()))
    let isImages = configuration.data.name != "four-points"
    let stored = try #require(golden.tensors[isImages ? "images" : "points"])
    let isSymmetric = configuration.data.range == .symmetric
    let dataset = Dataset(
      name: "golden", features: isSymmetric ? stored * 2 - 1 : stored, labels: nil, classNames: [],
      image: isImages ? ImageShape(channels: 1, height: 8, width: 8) : nil,
      range: isSymmetric ? -1...1 : 0...1)
    return try Trainer(configuration, dataset: dataset)
  }

  @Test func everyRunIsThere() {
    #expect(Self.names.count == 21)
  }

  @Test(arguments: names) func initialWeights(_ run: String) throws {
    let weights = try trainer(run).model.weights
    let expected = tensors(run, "weights")
    #expect(Set(weights.keys) == Set(expected.keys))
    for (name, tensor) in weights {
      let other = try #require(expected[name])
      #expect(tensor.shape == other.shape, "\(name)")
      // Vector units differ in the last bits of the logarithms behind normal draws.
      for (a, b) in zip(tensor.numbers, other.numbers) {
        try #require(abs(a - b) <= 1e-6 * max(1, abs(b)), "\(name): \(a), expected \(b)")
      }
    }
  }

  @Test(arguments: names) func metricsOfTwentySteps(_ run: String) throws {
    let trainer = try trainer(run)
    try trainer.model.load(
      Safetensors(tensors: tensors(run, "weights")), from: Self.url)
    let expected = tensors(run, "metrics").mapValues(\.numbers)
    for step in 0..<20 {
      let metrics = trainer.advance(reading: true)
      // The programs that it is compared with do not say what the squared error is of the variance.
      #expect(Set(metrics.keys.map(\.rawValue)) == Set(expected.keys).union(["explainedVariance"]))
      for (name, value) in metrics where name != .explainedVariance {
        let wanted = try #require(expected[name.rawValue])[step]
        try #require(
          abs(value - wanted) <= 1e-4 * max(abs(wanted), 0.1),
          "step \(step), \(name.rawValue): \(value), expected \(wanted)")
      }
    }
    // Adam moves by a whole step where a gradient is nothing but rounding; the rest has to agree closely.
    var (far, count) = (0, 0)
    for (name, other) in tensors(run, "final") {
      let errors = zip(try #require(trainer.model.weights[name]).numbers, other.numbers).map { abs($0 - $1) }
      count += errors.count
      far += errors.count { $0 > 2e-5 }
    }
    #expect(far * 100 <= count, "\(far) of \(count) parameters ended elsewhere")
  }
}
