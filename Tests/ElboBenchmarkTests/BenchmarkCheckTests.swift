import Elbo
import ElboData
import Foundation
import Testing
import Torch

/// Steps from a file are the trainer's own steps, and a file that does not fit is refused with its name.
@Suite struct BenchmarkCheckTests {
  private static let steps = 3

  /// The file's contents, and the losses that the trainer itself gives for them.
  private func inputs(_ kind: Small) throws -> (tensors: [String: Tensor], losses: [[String: Double]]) {
    let configuration = try Small.configuration(kind)
    let trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in trainer.model.weights { tensors["weights." + name] = tensor.detached().cloned() }
    let random = Generator(seed: 6)
    let batches = Tensor.randomIntegers(below: trainer.dataset.count, shape: [Self.steps, 8], using: random)
    tensors["batches"] = batches
    // What a seeded generator draws is recorded with another of the same seed.
    let recording = Generator(seed: 8)
    let draws = (0..<Self.steps).map { _ in
      kind.noise.map { Tensor.standardNormal($0, using: recording) }
    }
    for place in kind.noise.indices {
      tensors["noise.\(place)"] = Tensor.concatenate(draws.map { $0[place].unsqueezed(0) }, over: 0)
    }
    let drawing = Generator(seed: 8)
    let losses = (0..<Self.steps).map { step in
      let rows = batches.narrowed(0, from: step, length: 1).squeezed(0)
      let metrics = trainer.advance(
        on: Batch(trainer.dataset.features.gathered(rows)), using: drawing, reading: true)
      return Dictionary(uniqueKeysWithValues: metrics.map { ($0.key.rawValue, $0.value) })
    }
    return (tensors, losses)
  }

  private func check(_ kind: Small, _ tensors: [String: Tensor]) throws -> BenchmarkCheck {
    let url = FileManager.default.temporaryDirectory.appending(path: "check-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    try Safetensors(tensors: tensors).write(to: url)
    return try BenchmarkCheck(Small.configuration(kind), inputs: url)
  }

  @Test(arguments: Small.allCases)
  func givesTheTrainersLosses(kind: Small) throws {
    let (tensors, losses) = try inputs(kind)
    let result = try check(kind, tensors)
    // A captured step's normal numbers are libtorch's to rounding.
    for (found, expected) in zip(result.steps, losses) {
      #expect(found.keys.sorted() == expected.keys.sorted())
      for (name, value) in expected {
        #expect(abs(found[name, default: .nan] - value) <= 2e-6 * max(abs(value), 1), "\(name)")
      }
    }
    #expect(result.steps.count == losses.count)
    #expect(result.steps[0]["generator"] != result.steps[1]["generator"])
  }

  @Test func refusesWhatDoesNotFit() throws {
    let whole = try inputs(.avb).tensors
    let batches = try #require(whole["batches"])
    let noise = try #require(whole["noise.1"])
    let changes: [(name: String, tensor: Tensor?, complaint: String)] = [
      ("batches", nil, "batches"),
      ("batches", batches.converted(to: .float32), "int64"),
      ("batches", (batches + 1000).converted(to: .int64), "outside"),
      ("batches", (batches - 1000).converted(to: .int64), "outside"),
      ("batches", batches.narrowed(0, from: 0, length: 1).squeezed(0), "steps"),
      ("batches", batches.narrowed(0, from: 0, length: 2), "noise"),
      ("noise.1", nil, "none is left"),
      ("noise.1", noise.converted(to: .float64), "float32"),
      ("noise.1", noise.narrowed(2, from: 0, length: 1), "shape"),
      ("weights.decoder.layers.0.bias", nil, "decoder.layers.0.bias"),
      ("weights.decoder.layers.0.bias", .zeros([5]), "decoder.layers.0.bias"),
      ("weights.stranger", .zeros([5]), "stranger"),
    ]
    for (name, tensor, complaint) in changes {
      var tensors = whole
      tensors[name] = tensor
      do {
        _ = try check(.avb, tensors)
        Issue.record("\(name), which should be refused for '\(complaint)', is taken")
      } catch let error as any DiagnosedError {
        #expect(error.description.contains(complaint), "\(error)")
        #expect(!error.description.contains("\n"))
      }
    }
  }
}
