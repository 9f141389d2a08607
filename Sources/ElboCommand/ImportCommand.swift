import ArgumentParser
import Elbo
import ElboFormats
import Foundation
import Torch

/// `elbo import FILE.safetensors [--as PRESET] [--set k=v]... [--out DIR]`
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Make a run of weights.",
    discussion: """
      elbo import fashion.safetensors --out runs/again
      elbo import torch.safetensors --as vae-fashion --set latent.dimension=2
      elbo import export/bundle/model.safetensors      then also: elbo train --resume

      The keys are those that 'elbo export --format safetensors' writes, and so is the configuration, which a file of \
      another program lacks: give it by --as. A file may leave the discriminator out. Prints the run's folder.
      """)

  @Argument(
    help: ArgumentHelp("The weights.", valueName: "file.safetensors"),
    completion: .file(extensions: ["safetensors"])) var file: String
  @Option(
    name: .customLong("as"),
    help: ArgumentHelp(
      "A preset or YAML file whose model it is; by default the one that the file tells of.",
      valueName: "preset|file"), completion: .source)
  var source: String?
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Change a key of the configuration. Can be given several times.", valueName: "key=value"),
    completion: .setting)
  var settings: [String] = []
  @Option(
    help: ArgumentHelp("The run's folder; by default runs/NAME-1, runs/NAME-2, ...", valueName: "folder"),
    completion: .directory)
  var out: String?

  func run() throws {
    Engine.prepare()
    let place = URL(filePath: file)
    let imported = try ImportedWeights(contentsOf: place)
    let (directory, fresh) = try TrainingSession.adopt(
      imported.weights, from: place,
      as: imported.configuration(named: source, settings: settings), out: out)
    if !fresh.isEmpty {
      note("elbo: \(fresh.count) weights of the discriminator are not in the file and stay as drawn")
    }
    print(directory.url.relativePath)
  }
}
