import ArgumentParser
import Elbo
import ElboData
import Foundation

/// `elbo data list|fetch NAME`
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Show or fetch data sets.",
    discussion: """
      elbo data list
      elbo data fetch mnist
      elbo data fetch fashion-mnist --out data/fashion-mnist

      A set is looked for in $ELBO_DATA, in .data/, and where Debian's packages put it; 'data.path' names a folder.
      """,
    subcommands: [List.self, Fetch.self])

  /// `elbo data list`
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the data sets and where they were found.",
      discussion: """
        elbo data list
        elbo data list --json
        """)
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      let entries = DataCatalogue().entries
      if json { return try printJSON(entries) }
      for entry in entries {
        let place = entry.isBuiltIn ? "built in" : entry.folder ?? "not found: \(entry.remedy)"
        print(entry.name.padding(toLength: 16, withPad: " ", startingAt: 0) + entry.summary + " [\(place)]")
      }
    }
  }

  /// `elbo data fetch NAME`
  struct Fetch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Download a data set from its public mirrors.",
      discussion: """
        elbo data fetch mnist
        elbo data fetch fashion-mnist --out data/fashion-mnist
        """)
    @Argument(help: "mnist or fashion-mnist.", completion: .list(IDXSet.allCases.map(\.rawValue))) var name:
      String
    @Option(
      help: "The folder to put it in; by default the first place that is searched and can be written.",
      completion: .directory)
    var out: String?

    func run() async throws {
      let set = try IDXSet(named: name)
      let fetcher = try DataFetcher(set, into: out ?? DataLocator().fetchFolder(of: set))
      let bar = DownloadBar()
      let files = try await fetcher.fetch { bar.show($0, $1, $2) }
      bar.finish()
      for file in files { print(file) }
    }
  }
}
