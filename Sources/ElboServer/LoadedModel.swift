import Elbo
import Foundation
import Torch

/// A model with weights, and what is kept of it between requests. It belongs to one thread.
final class LoadedModel {
  let run: TrainedRun
  private let conformal: Calibration
  /// What the dashboard shows of the latent space, once it was asked for.
  lazy var explorer = Result { try LatentMap(run) }

  /// - Parameter previous: the same run with older weights.
  init(_ run: TrainedRun, after previous: LoadedModel? = nil) {
    self.run = run
    conformal = Calibration(run, after: previous?.conformal)
  }

  /// Where scores were asked for before, new weights are calibrated while nobody waits.
  var hasBackgroundWork: Bool { conformal.isWanted && !conformal.isComplete }
  func workInBackground() { if hasBackgroundWork { conformal.advance() } }

  private var device: Device { run.test.features.device }

  /// The answers to requests of one kind, by one pass.
  func answer(_ requests: [ModelRequest]) throws -> [ModelAnswer] {
    let generator = Generator(
      rows: requests.map { (count: $0.count, generator: Generator(seed: $0.seed, device: device)) })
    let first = requests[0]
    let (z, x) = pass(requests, using: generator)
    let scores = try first.operation == .score ? score(requests, using: generator) : nil
    var start = 0
    return requests.enumerated().map { index, request in
      defer { start += request.count }
      return ModelAnswer(
        step: run.step, z: z?.narrowed(from: start, length: request.count),
        x: x?.narrowed(from: start, length: request.count), scores: scores?[index])
    }
  }

  private func pass(_ requests: [ModelRequest], using generator: Generator) -> (z: Rows?, x: Rows?) {
    let first = requests[0]
    switch first.operation {
    case .score: return (nil, nil)
    case .encode: return (Rows(encode(requests, using: generator)), nil)
    case .decode:
      return (nil, Rows(decode(tensor(requests, run.model.latentDimension), requests, using: generator)))
    case .reconstruct:
      let z = encode(requests, using: generator)
      return (Rows(z), Rows(decode(z, requests, using: generator)))
    case .sample:
      // The prior knows of no batches.
      let z = Tensor.concatenate(
        requests.map {
          run.model.samplePrior($0.count, using: Generator(seed: $0.seed, device: device))
        }, over: 0)
      return (Rows(z), Rows(decode(z, requests, using: generator)))
    }
  }

  private func encode(_ requests: [ModelRequest], using generator: Generator) -> Tensor {
    let batch = batch(requests)
    return switch requests[0].code {
    case .sample: run.model.encode(batch, using: generator)
    case .mean: run.model.encodeMean(batch, samples: 64, using: generator)
    case .zeroNoise: run.model.encodeZeroNoise(batch)
    }
  }

  private func decode(_ z: Tensor, _ requests: [ModelRequest], using generator: Generator) -> Tensor {
    let labels = labels(requests)
    return switch requests[0].draw {
    case .mean: run.model.decodeMean(z, labels: labels)
    case .sample: run.model.decodeSample(z, labels: labels, using: generator)
    }
  }

  private func score(_ requests: [ModelRequest], using generator: Generator) throws -> [ModelAnswer.Scores] {
    conformal.complete()
    let scorer = Scorer(run)
    let values = scorer.scores(batch(requests), samples: Calibration.samples, using: generator)
    var start = 0
    return requests.map { request in
      defer { start += request.count }
      return conformal.compare(
        Array(values[start..<start + request.count]), measure: scorer.measure, rate: request.falseAlarmRate)
    }
  }

  private func batch(_ requests: [ModelRequest]) -> Batch {
    Batch(tensor(requests, run.test.featureCount), labels: labels(requests))
  }

  private func tensor(_ requests: [ModelRequest], _ width: Int) -> Tensor {
    Tensor(requests.flatMap(\.values), shape: [requests.reduce(0) { $0 + $1.count }, width]).moved(to: device)
  }

  private func labels(_ requests: [ModelRequest]) -> Tensor? {
    guard requests.allSatisfy({ $0.labels != nil }) else { return nil }
    let labels = requests.flatMap { $0.labels ?? [] }.map(Int64.init)
    return Tensor(labels, shape: [labels.count]).moved(to: device)
  }
}

extension Rows {
  init(_ matrix: Tensor) {
    self.init(
      values: matrix.moved(to: .cpu).converted(to: .float32).values(as: Float.self), width: matrix.size(1))
  }
}
