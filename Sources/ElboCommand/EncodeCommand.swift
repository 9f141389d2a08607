import ArgumentParser
import Elbo
import Foundation
import Torch

/// `elbo encode DIR [--input FILE] [-o z.npy]`
struct EncodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode", abstract: "Turn examples into latents.",
    discussion: """
      elbo encode runs/fashion -o z.npy           samples of q(z|x), test split
      elbo encode runs/fashion --code mean -o z.npy
      elbo encode runs/fashion --input mine.npy   prints a line an example
      elbo encode runs/photos --input more-photos -o z.npz
      """)

  @Argument(help: ArgumentHelp("The run's folder.", valueName: "run"), completion: .run) var directory: String
  @Option(
    help: ArgumentHelp(
      "An .npy, .npz or .csv file, IDX images, a picture, or a folder of pictures or .npy files; by default the test split.",
      valueName: "path"), completion: .file())
  var input: String?
  @Option(
    help: ArgumentHelp(
      "A sample of the posterior, its mean, or the code at zero noise.", valueName: "sample|mean|zero-noise"))
  var code = Code.sample
  @Option(help: "The seed of the draws.") var seed: UInt64 = 0
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("A .npy or .npz file; by default lines on standard output.", valueName: "file"),
    completion: .file())
  var output: String?

  /// Which code of an example.
  enum Code: String, ExpressibleByArgument, CaseIterable {
    case sample, mean
    case zeroNoise = "zero-noise"
  }

  func run() throws {
    Engine.prepare()
    let trained = try TrainedRun(directory)
    let data =
      try input.map { try Dataset.examples(from: $0, like: trained.test, trained.configuration) }
      ?? trained.test
    if trained.configuration.conditioning.encoder, data.labels == nil {
      throw ConfigurationError(
        "this encoder is told the class of what it encodes, and the examples have none", at: "--input",
        remedy: "leave it out to encode the test split")
    }
    let generator = Generator(seed: seed, device: data.device)
    let z = try waiting("encoding") { told in
      var done = 0
      return try withoutGradients { () throws in
        Tensor.concatenate(
          try data.mapBatches(of: 1000) { batch in
            done += batch.count
            defer { told(done, data.count) }
            return switch code {
            case .sample: trained.model.encode(batch, using: generator)
            case .mean: trained.model.encodeMean(batch, samples: 64, using: generator)
            case .zeroNoise: trained.model.encodeZeroNoise(batch)
            }
          }, over: 0)
      }
    }
    try ExampleOutput.write(z, to: output)
  }
}
