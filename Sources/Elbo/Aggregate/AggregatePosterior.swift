import ElboData
import ElboDistributions
import Torch

/// The aggregated posterior q(z) = 1/n sum_i q(z|x_i) of a model, by its samples: one of each example's posterior, for at
/// most so many examples of either split.
///
/// Where the decoder is told the class, these are the codes of all classes together.
public struct AggregatePosterior {
  /// Codes of training examples, which a density is fitted to: [n, latentDimension].
  public let train: Tensor
  /// Codes of test examples, by which densities are judged: [m, latentDimension].
  public let test: Tensor

  /// Samples of a run's posteriors.
  ///
  /// - Throws: `DataError` where the training split is missing, or codes are not finite.
  public init(_ run: TrainedRun, limit: Int = 10_000, seed: UInt64 = 0) throws {
    // Neither the draws that a command makes itself nor the split's number of examples should matter to the other split.
    func codes(of data: Dataset, stream: UInt64) throws -> Tensor {
      let generator = Generator(seed: seed ^ stream, device: data.device)
      let examples = data.shuffled(limit, using: generator).drawn(
        as: run.configuration.data, using: generator)
      let codes = try withoutGradients { () throws in try run.model.encode(examples, using: generator) }
      guard codes.allFinite else {
        throw DataError(
          .malformed, at: run.directory.url.path, "codes of the \(data.name) examples are not finite",
          remedy: "train with a smaller learning rate")
      }
      return codes
    }
    train = try codes(of: Dataset.load(run.configuration, .train), stream: 0x74_7261_696E)
    test = try codes(of: run.test, stream: 0x74_6573_74)
  }

  /// The mean log density of the test examples' codes, in nats a code.
  public func logDensity(of distribution: any Distribution) -> Estimate {
    let values = withoutGradients { distribution.logDensity(at: test) }
    return Estimate(meanOf: values.converted(to: .float64).values(as: Double.self), unit: "nats/code")
  }
}

extension LatentVariableModel {
  /// A sample of q(z|x) for each example of a data set, by batches: [n, latentDimension].
  ///
  /// - Throws: `DataError` where examples cannot be fetched.
  package func encode(_ dataset: Dataset, using generator: Generator) throws -> Tensor {
    Tensor.concatenate(try dataset.mapBatches(of: 500) { encode($0, using: generator) }, over: 0)
  }
}
