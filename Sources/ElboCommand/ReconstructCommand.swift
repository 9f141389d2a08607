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

      A picture has the examples above their reconstructions; a .npy file has the reconstructions alone.
      """)

  @OptionGroup var options: DecodingOptions
  @Option(name: .short, help: "How many.") var n = 6

  func validate() throws {
    guard n > 0 else { throw ValidationError("-n \(n) is not 1 or more") }
  }

  func run() throws {
    Engine.prepare()
    let trained = try TrainedRun(options.directory)
    let examples = trained.test.prefix(n).batch
    let generator = Generator(seed: options.seed, device: examples.x.device)
    let x = withoutGradients {
      let z = trained.model.encode(examples, using: generator)
      return options.decode(z, labels: examples.labels, by: trained.model, using: generator)
    }
    let place = ExampleOutput(trained)
    try place.write(
      place.isPicture(options.output) ? [examples.x, x] : [x], columns: examples.count, to: options.output,
      standing: "reconstructed")
  }
}
