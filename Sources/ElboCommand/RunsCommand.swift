import ArgumentParser

/// `elbo runs [list [DIR]]`, `elbo runs compare A B ...`, `elbo runs delete A ...`
struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List runs, compare them, or delete them.",
    discussion: """
      elbo runs list
      elbo runs compare runs/avb runs/vae -o compare.html
      elbo runs delete runs/vae-mnist-1
      """,
    subcommands: [RunsListCommand.self, RunsCompareCommand.self, RunsDeleteCommand.self],
    defaultSubcommand: RunsListCommand.self)
}
