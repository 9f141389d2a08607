import ArgumentParser
import Elbo
import ElboData
import Torch

/// Where the process starts: arguments to a command, errors to one line and an exit status.
@main
enum Main {
  static func main() async {
    LostPages.endWithALine()
    do {
      var command = try ElboCommand.parseAsRoot()
      if var waiting = command as? any AsyncParsableCommand {
        try await waiting.run()
      } else {
        try command.run()
      }
      try flushOutput()
    } catch let error as any DiagnosedError {
      exitWithError(error)
    } catch let error as ExitCode {
      ElboCommand.exit(withError: error)
    } catch {
      // Help and version are no errors to the parser; what else it throws is about the arguments.
      guard ElboCommand.exitCode(for: error) != .success else { ElboCommand.exit(withError: error) }
      exitWithError(ArgumentError(problem: ElboCommand.message(for: error), arguments: CommandLine.arguments))
    }
  }
}

/// Arguments that make no command.
struct ArgumentError: DiagnosedError {
  let problem: String
  let remedy: String
  var location: String { "" }
  var exitStatus: Int32 { 2 }

  /// - Parameter arguments: all of the process; the second names the command.
  init(problem: String, arguments: [String]) {
    let names = ElboCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
    let given = arguments.dropFirst().first ?? ""
    // The parser's message may have lines of suggestions.
    let line = problem.split(whereSeparator: \.isNewline).joined(separator: " ")
    if names.contains(given) || given.hasPrefix("-") {
      self.problem = line
      remedy = "see 'elbo \(names.contains(given) ? given + " " : "")--help'"
    } else {
      self.problem = "unknown command '\(given)'"
      remedy = names.nearest(to: given).map { "did you mean '\($0)'?" } ?? "see 'elbo --help'"
    }
  }
}
