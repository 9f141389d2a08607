import ArgumentParser
import Elbo
import Foundation

/// `elbo runs delete RUN... [--yes]`
struct RunsDeleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete runs with all their files, once you have said yes.",
    discussion: """
      elbo runs delete runs/vae-mnist-1
      elbo runs delete runs/old-* --yes     where there is nobody to ask

      Nothing is deleted if one of the folders is not a run's, or is being trained.
      """)

  @Argument(help: ArgumentHelp("The runs' folders.", valueName: "run"), completion: .run)
  var directories: [String]
  @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

  func run() throws {
    let removal = try RunRemoval(directories)
    let names = removal.directories.map(\.url.relativePath)
    guard yes || isatty(0) == 1 else {
      throw ConfigurationError(
        "nobody is there to be asked", at: names.joined(separator: ", "), remedy: "give --yes to delete")
    }
    if !yes {
      let size = ByteCountFormatter.string(fromByteCount: Int64(removal.bytes), countStyle: .file)
      FileHandle.standardError.write(Data("delete \(names.joined(separator: ", ")) (\(size))? [y/N] ".utf8))
      guard ["y", "yes"].contains((readLine() ?? "").trimmingCharacters(in: .whitespaces).lowercased()) else {
        return note("elbo: nothing was deleted")
      }
    }
    try removal.perform { print($0.url.relativePath) }
  }
}
