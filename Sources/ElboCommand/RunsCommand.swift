import ArgumentParser

/// `elbo runs [list [DIR]]`, `elbo runs compare A B ...`
struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List runs, or compare them.",
    discussion: """
      elbo runs list
      elbo runs compare runs/avb runs/vae -o compare.html
      """,
    subcommands: [RunsListCommand.self, RunsCompareCommand.self], defaultSubcommand: RunsListCommand.self)
}
