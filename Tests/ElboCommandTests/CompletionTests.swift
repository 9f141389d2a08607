import Foundation
import Testing

/// What shells offer, asked for by the scripts that the program writes.
@Suite(.timeLimit(.minutes(5))) struct CompletionTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test(arguments: ["bash", "zsh", "fish"]) func scriptsAreWritten(_ shell: String) async throws {
    let outcome = try await scratch.elbo("--generate-completion-script", shell)
    outcome.expectSuccess()
    for word in ["train", "sweep", "---completion"] { #expect(outcome.output.contains(word), "\(word)") }
    // A script that its shell can read.
    guard shell == "bash" else { return }
    try scratch.write(outcome.output, to: "elbo.bash")
    #expect(try await bash("source ./elbo.bash && complete -p elbo").contains("elbo"))
  }

  /// What bash offers for the last word of a line.
  @Test func presetsKeysValuesAndRunsAreOffered() async throws {
    try scratch.write(try await scratch.elbo("--generate-completion-script", "bash").output, to: "elbo.bash")
    try scratch.write("seed: 1", to: "runs/deep/a/config.yaml")
    try scratch.write("seed: 1", to: "mine.yaml")
    for (line, expected) in [
      ("elbo tra", ["train"]), ("elbo train vae-fashion-", ["vae-fashion-conv"]),
      ("elbo train min", ["mine.yaml"]),
      ("elbo train vae-mnist --set optimiser.learn", ["optimiser.learningRate="]),
      (
        "elbo train vae-mnist --set posterior.kind=im",
        ["posterior.kind=implicit", "posterior.kind=implicit-moments"]
      ),
      ("elbo evaluate r", ["runs/deep/a"]),
      ("elbo evaluate runs/deep/a --metric exact", ["exact-log-likelihood"]),
      ("elbo data fetch f", ["fashion-mnist"]),
      ("elbo sweep vae-mnist --grid latent.dim", ["latent.dimension="]),
    ] {
      #expect(try await offers(line) == expected, "\(line)")
    }
  }

  @Test(
    .enabled(if: has("zsh") && has("python3"), "zsh or python3 is not there: apt-get install zsh python3"))
  func zshCompletes() async throws { try await expectTheTabulatorToComplete(in: "zsh") }

  @Test(
    .enabled(if: has("fish") && has("python3"), "fish or python3 is not there: apt-get install fish python3"))
  func fishCompletes() async throws { try await expectTheTabulatorToComplete(in: "fish") }

  private static func has(_ command: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(command)")
    }
  }

  /// Types into the shell itself, on a terminal; see press_tab.py.
  private func expectTheTabulatorToComplete(in shell: String) async throws {
    try scratch.write(try await scratch.elbo("--generate-completion-script", shell).output, to: "script")
    try scratch.write("seed: 1", to: "runs/deep/a/config.yaml")
    let lines = [
      ("elbo tra", "elbo train"), ("elbo train vae-fashion-", "elbo train vae-fashion-conv"),
      ("elbo train --res", "elbo train --resume"),
      ("elbo train aae-mnist --set optimiser.learn", "elbo train aae-mnist --set optimiser.learningRate="),
      ("elbo export r", "elbo export runs/deep/a"),
      ("elbo evaluate runs/deep/a --metric exact", "elbo evaluate runs/deep/a --metric exact-log-likelihood"),
    ]
    var typist = scratch.elbo
    typist.executable = "/usr/bin/env"
    typist.environment["PATH"] =
      Program.buildFolder + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
    let outcome = try await typist.run(
      ["python3", Program.package + "/Tests/ElboCommandTests/press_tab.py", shell, "script"]
        + lines.map(\.0))
    outcome.expectSuccess()
    #expect(outcome.outputLines == lines.map(\.1), "\(outcome.errors)")
  }

  private func offers(_ line: String) async throws -> [String] {
    let words = line.split(separator: " ").map { "'\($0)'" }.joined(separator: " ")
    let text = try await bash(
      """
      source ./elbo.bash
      COMP_WORDS=(\(words)) COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE='\(line)' COMP_POINT=${#COMP_LINE}
      COMP_TYPE=9
      $(complete -p elbo | grep -o '_[a-z_]*elbo[a-z_]*' | head -1) elbo "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """)
    return text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// Runs commands in the test's folder, with the program on the path.
  private func bash(_ commands: String) async throws -> String {
    var program = scratch.elbo
    program.executable = "/bin/bash"
    program.environment["PATH"] = Program.buildFolder + ":/usr/bin:/bin"
    let outcome = try await program("-c", commands)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }
}
