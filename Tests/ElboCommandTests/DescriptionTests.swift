import Foundation
import Testing

/// What the program tells about itself, its presets and the machine.
@Suite(.timeLimit(.minutes(5))) struct DescriptionTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  static let commands = [
    "presets", "train", "evaluate", "sample", "reconstruct", "encode", "decode", "figures", "export",
    "import", "serve", "bench", "data", "doctor", "runs", "sweep",
  ]

  @Test func helpNamesEveryCommand() async throws {
    for outcome in [
      try await scratch.elbo(), try await scratch.elbo("--help"), try await scratch.elbo("help"),
    ] {
      outcome.expectSuccess()
      #expect(outcome.errors.isEmpty)
      for command in Self.commands { #expect(outcome.output.contains("\n  \(command) ")) }
    }
    let version = try await scratch.elbo("--version")
    #expect(version.output.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
  }

  static let subcommands = ["data list", "data fetch", "runs list", "runs compare", "runs delete"]

  /// Help has an example to copy.
  @Test(arguments: commands + subcommands) func everyCommandHasHelp(_ command: String) async throws {
    let outcome = try await scratch.elbo.run(command.split(separator: " ").map(String.init) + ["--help"])
    outcome.expectSuccess()
    #expect(outcome.errors.isEmpty)
    #expect(outcome.output.contains("\nelbo \(command)"))
    #expect(outcome.outputLines.allSatisfy { $0.count <= 80 || $0.hasPrefix("USAGE: ") })
  }

  @Test func presetsAreListedAndShown() async throws {
    let listed = try await scratch.elbo("presets")
    listed.expectSuccess()
    let names = listed.outputLines.compactMap { $0.split(separator: " ").first.map(String.init) }
    #expect(Set(names).isSuperset(of: ["avb-four-points", "vae-fashion", "vae-mnist", "aae-mnist"]))
    for name in names {
      let described = try await scratch.elbo("presets", name, "--json").json
      let configuration = try #require(described["configuration"] as? [String: Any])
      #expect(configuration["name"] as? String == name)
      let parameters = try #require(described["parameters"] as? [String: Int])
      #expect(parameters.keys.contains("encoder") && parameters.values.allSatisfy { $0 > 0 })
    }
    let array = try JSONSerialization.jsonObject(
      with: Data(try await scratch.elbo("presets", "--json").output.utf8))
    #expect((array as? [[String: String]])?.compactMap { $0["name"] } == names)
  }

  /// What `presets NAME` prints is a file that `train` takes, and that resolves to itself.
  @Test func aPresetsTextIsAConfiguration() async throws {
    let shown = try await scratch.elbo("presets", "vae-mnist")
    shown.expectSuccess()
    #expect(
      shown.output.contains("\n  learningRate: 0.001\n") && shown.output.contains("\n  hidden: [128]\n"))
    try scratch.write(shown.output, to: "mine.yaml")
    let trained = try await scratch.elbo.run(["train", "mine.yaml", "--out", "run", "--quiet"] + Tiny.digits)
    trained.expectSuccess()
    #expect(try scratch.text("run/config.yaml").contains("\n  learningRate: 0.001\n"))
  }

  @Test func theMachineIsDescribed() async throws {
    let described = try await scratch.elbo("doctor", "--json").json
    #expect(described["libtorch"] as? String == "2.13.0")
    #expect(try #require(described["cores"] as? Int) > 0)
    #expect(try #require(described["memoryBytes"] as? Int) > 0)
    let text = try await scratch.elbo("doctor")
    text.expectSuccess()
    for key in ["elbo", "libtorch", "cores", "threads", "gpu", "gnuplot", "data: drawn-digits"] {
      #expect(text.outputLines.contains { $0.hasPrefix(key + " ") }, "\(key)")
    }
  }

  @Test func dataSetsAreListed() async throws {
    let listed = try await scratch.elbo("data", "list")
    listed.expectSuccess()
    for name in ["four-points", "drawn-digits", "mnist", "fashion-mnist"] {
      #expect(listed.outputLines.contains { $0.hasPrefix(name + " ") })
    }
    let array = try JSONSerialization.jsonObject(
      with: Data(try await scratch.elbo("data", "list", "--json").output.utf8))
    #expect((array as? [[String: Any]])?.count == listed.outputLines.count)
  }
}
