import ArgumentParser
import Elbo
import Foundation
import Torch

/// `elbo decode DIR --z 0.5,0.6 [-o FILE]`
struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode", abstract: "Turn latents into examples.",
    discussion: """
      elbo decode runs/fashion --z 0.5,0.6   draws figures/decoded.png
      elbo decode runs/fashion --z 0,0 --z=-1,1 -o two.png
      elbo decode runs/fashion --input z.npy -o x.npy
      """)

  @OptionGroup var options: DecodingOptions
  @Option(
    help: ArgumentHelp(
      "A latent, its numbers separated by commas. Can be given several times.", valueName: "numbers"))
  var z: [String] = []
  @Option(
    help: ArgumentHelp("An .npy array of latents [count, dimension].", valueName: "file"), completion: .file()
  ) var input: String?
  @Option(help: "The class of the examples, for a decoder that is told it.") var label: Int?

  func validate() throws {
    guard z.isEmpty != (input == nil) else { throw ValidationError("give latents by --z or by --input") }
  }

  func run() throws {
    Engine.prepare()
    let trained = try TrainedRun(options.directory)
    let latents = try input.map { try Dataset.latents(from: $0) } ?? numbers()
    guard latents.size(1) == trained.model.latentDimension else {
      throw ConfigurationError(
        "\(latents.size(1)) numbers, and the model has \(trained.model.latentDimension) latent dimensions",
        at: input ?? "--z")
    }
    let places = latents.moved(to: trained.test.device)
    let generator = Generator(seed: options.seed, device: places.device)
    let labels = try labels(trained, count: places.size(0))
    let x = withoutGradients {
      options.decode(places, labels: labels, by: trained.model, using: generator)
    }
    try ExampleOutput(trained).write(
      [x], columns: max(1, Int(Double(x.size(0)).squareRoot().rounded(.up))), to: options.output,
      standing: "decoded")
  }

  private func labels(_ trained: TrainedRun, count: Int) throws -> Tensor? {
    guard let classes = trained.model.decoderClasses else { return nil }
    guard let label, (0..<classes).contains(label) else {
      throw ConfigurationError(
        "this decoder is told the class of what it decodes", at: "--label",
        remedy: "give one of 0 to \(classes - 1)")
    }
    return Tensor([Int64](repeating: Int64(label), count: count), shape: [count])
      .moved(to: trained.test.device)
  }

  private func numbers() throws -> Tensor {
    let rows = try z.map { text in
      try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
        guard let number = Float(word.trimmingCharacters(in: .whitespaces)), number.isFinite else {
          throw ConfigurationError("'\(word)' is not a number", at: "--z \(text)")
        }
        return number
      }
    }
    guard let width = rows.first?.count, rows.allSatisfy({ $0.count == width }) else {
      throw ConfigurationError("latents of different lengths", at: "--z")
    }
    return Tensor(Array(rows.joined()), shape: [rows.count, width])
  }
}
