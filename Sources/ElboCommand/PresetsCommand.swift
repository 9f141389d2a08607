import ArgumentParser
import Elbo
import Foundation

/// `elbo presets [NAME] [--json]`
struct PresetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "presets", abstract: "List the presets, or show one with all its keys.",
    discussion: """
      elbo presets
      elbo presets vae-mnist
      elbo presets vae-mnist --set variant=faithful --json
      elbo presets vae-mnist > mine.yaml      a file to change, and to train
      """)

  @Argument(help: "A preset's name.", completion: .preset) var name: String?
  @Flag(help: "Print JSON.") var json = false
  @Option(
    name: .customLong("set"), help: ArgumentHelp("Change a key.", valueName: "key=value"),
    completion: .setting) var settings: [String] = []

  func run() throws {
    guard let name else {
      let presets = try Preset.names.map(Preset.named)
      if json {
        try printJSON(presets.map { ["name": $0.name, "summary": $0.summary, "source": $0.source] })
      } else {
        let width = presets.map(\.name.count).max() ?? 0
        for preset in presets {
          print(preset.name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + preset.summary)
        }
      }
      return
    }
    let description = try PresetDescription(name, settings: settings)
    if json {
      try printJSON(description)
    } else {
      print(description.text)
    }
  }
}
