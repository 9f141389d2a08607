import ArgumentParser
import Elbo
import Torch

/// What the commands take that decode latents of a run.
struct DecodingOptions: ParsableArguments {
  /// Whether an example is the mean of p(x|z) or a draw from it.
  enum Decoding: String, EnumerableFlag {
    case mean, sample
  }

  @Argument(help: ArgumentHelp("The run's folder.", valueName: "run"), completion: .run) var directory: String
  @Flag(exclusivity: .exclusive, help: "The mean of p(x|z), or a draw from it.") var decoding = Decoding.mean
  @Option(help: "The seed of the draws.") var seed: UInt64 = 0
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "A .png of images, a .npy or .npz of numbers, or '-' for numbers on standard output; by default a picture in figures/ of the run, and '-' for examples that are no images.",
      valueName: "file"), completion: .file())
  var output: String?

  /// The examples that latents stand for: [n, features].
  func decode(
    _ z: Tensor, labels: Tensor?, by model: any LatentVariableModel, using generator: Generator
  ) -> Tensor {
    waiting("decoding") { told in
      model.decode(z, labels: labels, drawing: decoding == .sample ? generator : nil) {
        told($0, z.size(0))
      }
    }
  }
}
