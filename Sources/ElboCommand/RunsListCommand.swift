import ArgumentParser
import Elbo
import Foundation

/// `elbo runs list [DIR] [--json]`
struct RunsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the runs in a folder.",
    discussion: """
      elbo runs list
      elbo runs list experiments --json
      """)

  @Argument(
    help: ArgumentHelp("A folder of runs, or of folders of runs.", valueName: "folder"),
    completion: .directory)
  var directory = "runs"
  @Flag(help: "Print one JSON array.") var json = false

  func run() throws {
    // What 'elbo runs' does not know is taken for a folder to list.
    if !FileManager.default.fileExists(atPath: directory), !directory.contains("/"),
      let meant = RunsCommand.subcommandNames.nearest(to: directory)
    {
      throw ConfigurationError(
        "neither a folder nor a command", at: "elbo runs \(directory)", remedy: "did you mean '\(meant)'?")
    }
    let runs = try RunSummary.all(in: directory)
    if json { return try printJSON(runs) }
    if runs.isEmpty { return note("elbo: no runs in \(directory)") }
    print(
      TextTable(
        header: ["run", "preset", "data", "seed", "steps", "last evaluation"],
        rows: runs.map { run in
          [
            run.directory, run.preset ?? "–", run.data ?? "–", run.seed.map(String.init) ?? "–", steps(run),
            run.problem ?? evaluation(run),
          ]
        }
      ).text)
  }

  private func steps(_ run: RunSummary) -> String {
    run.isFinished ? "\(run.step)" : "\(run.step) of \(run.steps.map(String.init) ?? "–")"
  }

  private func evaluation(_ run: RunSummary) -> String {
    let shown = ["elbo", "mse"].compactMap { name in
      run.lastEvaluation[name].map { String(format: "%@ %.4g", name, $0) }
    }
    return shown.isEmpty ? "–" : shown.joined(separator: "  ")
  }
}

/// Rows of text in columns as wide as what they hold.
struct TextTable {
  var header: [String]
  var rows: [[String]]

  /// The lines; columns are two spaces apart.
  var text: String {
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max()! }
    let lines = ([header] + rows).map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }
    return ([Ink.bold(lines[0], on: 1)] + lines.dropFirst()).joined(separator: "\n")
  }
}
