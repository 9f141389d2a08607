import ArgumentParser
import Elbo
import ElboData
import Foundation
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
      end(error)
    } catch let error as ExitCode {
      ElboCommand.exit(withError: error)
    } catch {
      // Help and version are no errors to the parser; what else it throws is about the arguments.
      guard ElboCommand.exitCode(for: error) != .success else { ElboCommand.exit(withError: error) }
      end(ArgumentError(problem: ElboCommand.message(for: error), arguments: CommandLine.arguments))
    }
  }

  /// Ends the process with an error's one line and its exit status.
  private static func end(_ error: some DiagnosedError) -> Never {
    note("\(Ink.red("elbo:")) \(error.description)")
    Foundation.exit(error.exitStatus)
  }
}

/// Arguments that make no command.
struct ArgumentError: DiagnosedError {
  let problem: String
  let remedy: String
  var location: String { "" }
  var exitStatus: Int32 { 2 }

  /// - Parameter arguments: all of the process; those after the first name the command.
  init(problem: String, arguments: [String]) {
    var path = ["elbo"]
    var command: any ParsableCommand.Type = ElboCommand.self
    var words = arguments.dropFirst()
    while let word = words.popFirst(), !word.hasPrefix("-"), !command.configuration.subcommands.isEmpty {
      guard let next = command.subcommand(word) else {
        // The word may be meant for the command that stands for none.
        if command.configuration.defaultSubcommand != nil { break }
        self.problem = "unknown command '\((path + [word]).dropFirst().joined(separator: " "))'"
        remedy =
          command.subcommandNames.nearest(to: word)
          .map { "did you mean '\((path + [$0]).dropFirst().joined(separator: " "))'?" }
          ?? "see '\(path.joined(separator: " ")) --help'"
        return
      }
      path.append(word)
      command = next
    }
    // The parser's message may have lines of suggestions, and end in a full stop.
    let line = problem.split(whereSeparator: \.isNewline).joined(separator: " ")
    self.problem = line.hasSuffix(".") ? String(line.dropLast()) : line
    remedy = "see '\(path.joined(separator: " ")) --help'"
  }
}

extension ParsableCommand {
  /// The names of the commands within this one.
  static var subcommandNames: [String] { configuration.subcommands.map { $0._commandName } }

  /// The command within this one that has a name.
  static func subcommand(_ name: String) -> (any ParsableCommand.Type)? {
    configuration.subcommands.first { $0._commandName == name }
  }
}
