import ArgumentParser
import Elbo
import ElboFormats
import Foundation
import Torch

extension ExportFormat: ExpressibleByArgument {}

/// `elbo export DIR --format NAME [--output PLACE]`
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Hand a run on to other programs.",
    discussion: """
      elbo export runs/fashion --format onnx           encoder.onnx and decoder.onnx
      elbo export runs/fashion --format safetensors -o fashion.safetensors
      elbo export runs/fashion --format tensorboard    for 'tensorboard --logdir runs'
      elbo export runs/fashion --format bundle -o hub  a folder for a model hub

      Prints what it wrote: by default export/onnx, export/model.safetensors, tensorboard or export/bundle in the \
      run's folder. It appears complete or not at all. 'elbo import' makes a run of weights again. Docs/Formats.md shows who reads what.
      """)

  @Argument(help: ArgumentHelp("The run's folder.", valueName: "run"), completion: .run) var directory: String
  @Option(
    help: ArgumentHelp(
      "What to write.", valueName: ExportFormat.allCases.map(\.rawValue).joined(separator: "|")))
  var format: ExportFormat
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Where to: a folder that is not there yet or is empty, and for safetensors a file.",
      valueName: "place"), completion: .file())
  var output: String?

  func validate() throws {
    if let output, format == .safetensors, !output.hasSuffix(".safetensors") {
      throw ValidationError("--output \(output) does not end in .safetensors")
    }
  }

  func run() throws {
    Engine.prepare()
    let export = RunExport(try TrainedRun(directory), version: elboVersion)
    let place = output.map { URL(filePath: $0) } ?? export.standardPlace(of: format)
    try export.write(format, to: place)
    print(place.relativePath)
  }
}
