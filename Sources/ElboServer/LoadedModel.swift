import Elbo
import Foundation
import Torch

/// A model with weights, and what is kept of it between requests. It belongs to one thread.
///
/// What draws no numbers passes the model for all requests together. What draws some goes request by request, from a
/// generator of the request's seed: an answer never depends on who came along, beyond the rounding of products.
package final class LoadedModel {
  package let run: TrainedRun
  /// What scores are compared with.
  package let calibration: Calibration
  /// What the dashboard shows of the latent space, once it was asked for.
  lazy var explorer = Result { try LatentMap(run) }
  /// The codes that are had without drawing numbers.
  private let fixedCodes: Set<ModelRequest.Code>

  /// - Parameter previous: the same run with older weights.
  ///
  /// - Throws: `DataError` where the first test example cannot be fetched.
  package init(_ run: TrainedRun, after previous: LoadedModel? = nil) throws {
    self.run = run
    calibration = try Calibration(run, after: previous?.calibration)
    let one = try run.test.batch(0..<1)
    fixedCodes =
      previous?.fixedCodes
      ?? Set(
        ModelRequest.Code.allCases.filter { code in
          let generator = Generator(seed: 0, device: one.x.device)
          let state = generator.state
          withoutGradients { _ = Self.code(code, of: one, by: run.model, using: generator) }
          return generator.state == state
        })
  }

  private var device: Device { run.test.device }

  /// Whether a request can be answered now; scores wait for the calibration.
  package func isReady(for request: ModelRequest) -> Bool {
    guard request.operation == .score else { return true }
    calibration.isWanted = true
    return calibration.isComplete
  }

  /// The answers to requests of one kind.
  package func answer(_ requests: [ModelRequest]) -> [ModelAnswer] {
    let generators = requests.map { Generator(seed: $0.seed, device: device) }
    let first = requests[0]
    if first.operation == .score {
      return zip(requests, generators).map { request, generator in
        let values = calibration.scorer.scores(batch([request]), using: generator)
        return ModelAnswer(
          step: run.step, scores: calibration.compare(values, rate: request.falseAlarmRate))
      }
    }
    let z =
      switch first.operation {
      case .decode: tensor(requests, run.model.latentDimension)
      case .sample: each(requests, generators) { run.model.samplePrior($0.count, using: $1) }
      default: encode(requests, generators)
      }
    let x = first.operation == .encode ? nil : Rows(decode(z, requests, generators))
    let codes = first.operation == .decode ? nil : Rows(z)
    var start = 0
    return requests.map { request in
      defer { start += request.count }
      return ModelAnswer(
        step: run.step, z: codes?.narrowed(from: start, length: request.count),
        x: x?.narrowed(from: start, length: request.count))
    }
  }

  private func encode(_ requests: [ModelRequest], _ generators: [Generator]) -> Tensor {
    let code = requests[0].code
    if fixedCodes.contains(code) {
      return Self.code(code, of: batch(requests), by: run.model, using: generators[0])
    }
    return each(requests, generators) { Self.code(code, of: batch([$0]), by: run.model, using: $1) }
  }

  private static func code(
    _ code: ModelRequest.Code, of batch: Batch, by model: any LatentVariableModel,
    using generator: Generator
  ) -> Tensor {
    switch code {
    case .sample: model.encode(batch, using: generator)
    case .mean: model.encodeMean(batch, samples: 64, using: generator)
    case .zeroNoise: model.encodeZeroNoise(batch)
    }
  }

  private func decode(_ z: Tensor, _ requests: [ModelRequest], _ generators: [Generator]) -> Tensor {
    if requests[0].draw == .mean { return run.model.decodeMean(z, labels: labels(requests)) }
    var start = 0
    return each(requests, generators) { request, generator in
      defer { start += request.count }
      return run.model.decodeSample(
        z.narrowed(0, from: start, length: request.count), labels: labels([request]), using: generator)
    }
  }

  private func each(
    _ requests: [ModelRequest], _ generators: [Generator], _ body: (ModelRequest, Generator) -> Tensor
  ) -> Tensor {
    Tensor.concatenate(zip(requests, generators).map(body), over: 0)
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
