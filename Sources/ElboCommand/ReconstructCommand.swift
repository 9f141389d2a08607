import ArgumentParser
import Elbo
import ElboFigures
import Foundation
import Torch

/// `elbo reconstruct DIR [-n 6] [--mean | --sample] [-o FILE]`
struct ReconstructCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconstruct", abstract: "Encode examples of the test split and decode them again.",
    discussion: """
      elbo reconstruct runs/fashion        draws figures/reconstructed.png
      elbo reconstruct runs/fashion -n 12 --sample -o rows.png
      """)

  @Argument(help: ArgumentHelp("The run's folder.", valueName: "run")) var directory: String
  @Option(name: .short, help: "How many.") var n = 6
  @Flag(exclusivity: .exclusive, help: "The mean of p(x|z), or a draw from it.") var decoding = Decoding.mean
  @Option(help: "The seed of the draws.") var seed: UInt64 = 0
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "A .png with the examples above their reconstructions, a .npy of the reconstructions, or '-' for numbers on standard output; by default figures/reconstructed.png of the run, and '-' for examples that are no images.",
      valueName: "file"))
  var output: String?

  func validate() throws {
    guard n > 0 else { throw ValidationError("-n \(n) is not 1 or more") }
  }

  func run() throws {
    Engine.prepare()
    let trained = try TrainedRun(directory)
    let examples = trained.test.prefix(n).batch
    let generator = Generator(seed: seed, device: examples.x.device)
    let x = withoutGradients {
      let z = trained.model.encode(examples, using: generator)
      return decoding == .mean
        ? trained.model.decodeMean(z, labels: examples.labels)
        : trained.model.decodeSample(z, labels: examples.labels, using: generator)
    }
    let place = ExampleOutput(trained)
    try place.write(
      place.isPicture(output) ? [examples.x, x] : [x], columns: examples.count, to: output,
      standing: "reconstructed")
  }
}
