import ArgumentParser
import Elbo
import ElboFigures
import Foundation
import Torch

/// Whether an image is the mean of p(x|z) or a draw from it.
enum Decoding: String, EnumerableFlag {
  case mean, sample
}

/// `elbo sample DIR [-n 16] [--mean | --sample] [-o FILE.png|.npy]`
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample", abstract: "Decode samples of the prior.",
    discussion: """
      elbo sample runs/fashion                    draws figures/samples.png
      elbo sample runs/fashion -n 64 -o many.png
      elbo sample runs/fashion --sample -o x.npy  draws of x from p(x|z), as numbers
      """)

  @Argument(help: ArgumentHelp("The run's folder.", valueName: "run")) var directory: String
  @Option(name: .short, help: "How many.") var n = 16
  @Flag(exclusivity: .exclusive, help: "The mean of p(x|z), or a draw from it.") var decoding = Decoding.mean
  @Option(help: "The seed of the draws.") var seed: UInt64 = 0
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "A .png of images, a .npy of numbers, or '-' for numbers on standard output; by default figures/samples.png of the run, and '-' for examples that are no images.",
      valueName: "file"))
  var output: String?

  func validate() throws {
    guard n > 0 else { throw ValidationError("-n \(n) is not 1 or more") }
  }

  func run() throws {
    Engine.prepare()
    let trained = try TrainedRun(directory)
    let generator = Generator(seed: seed, device: trained.test.features.device)
    let x = withoutGradients {
      let z = trained.model.samplePrior(n, using: generator)
      let labels = trained.model.cycledLabels(n, device: z.device)
      return decoding == .mean
        ? trained.model.decodeMean(z, labels: labels)
        : trained.model.decodeSample(z, labels: labels, using: generator)
    }
    try ExampleOutput(trained).write(
      [x], columns: max(1, Int(Double(n).squareRoot().rounded(.up))), to: output, standing: "samples")
  }
}
