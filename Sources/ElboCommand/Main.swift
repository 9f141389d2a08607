import ArgumentParser
import Elbo
import Torch

/// Where the process starts: arguments to a command, errors to one line and an exit status.
@main
enum Main {
  static func main() async {
    do {
      var command = try ElboCommand.parseAsRoot()
      if var waiting = command as? any AsyncParsableCommand {
        try await waiting.run()
      } else {
        try command.run()
      }
    } catch let error as any DiagnosedError {
      exitWithError(error)
    } catch let error as ExitCode {
      ElboCommand.exit(withError: error)
    } catch {
      // Help and version are no errors to the parser; what else it throws is about the arguments.
      guard ElboCommand.exitCode(for: error) != .success else { ElboCommand.exit(withError: error) }
      exitWithError(ArgumentError(problem: ElboCommand.message(for: error)))
    }
  }
}

/// Arguments that make no command.
struct ArgumentError: DiagnosedError {
  let problem: String
  var location: String { "" }
  var remedy: String { "see 'elbo --help'" }
  var exitStatus: Int32 { 2 }
}
