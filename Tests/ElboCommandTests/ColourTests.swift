import Foundation
import Testing

/// Colours and lines that are drawn again are for terminals.
@Suite(.timeLimit(.minutes(5))) struct ColourTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test(arguments: [
    (["TERM": "xterm"], true), (["TERM": "xterm", "NO_COLOR": "1"], false),
    (["TERM": "xterm", "NO_COLOR": ""], true),
    (["TERM": "dumb"], false),
  ]) func errorsAreColouredOnATerminal(_ environment: [String: String], _ isColoured: Bool) async throws {
    let terminal = try Terminal(columns: 80)
    var elbo = scratch.elbo
    elbo.environment = environment
    let running = try await elbo.start(["train", "vae-mnst"], terminal: terminal.handle)
    let screen = terminal.contents()
    _ = try await running.outcome()
    #expect(screen.contains("did you mean 'vae-mnist'?"))
    #expect(screen.contains("\u{1B}[1;31melbo:") == isColoured, "\(screen.debugDescription)")
  }

  /// From its second second on, a wait shows what is waited for.
  @Test func longWaitsShowThemselves() async throws {
    let terminal = try Terminal(columns: 80)
    let running = try await scratch.elbo.start(
      ["bench", "vae-mnist", "--steps", "200000", "--warmup", "0", "--threads", "1"] + Tiny.digits,
      terminal: terminal.handle)
    let screen = terminal.contents()
    _ = try await running.outcome()
    #expect(screen.contains(/timing  \d+ s/), "\(screen.debugDescription)")
    try await scratch.trainDigits("run")
    let piped = try await scratch.elbo("encode", "run", "--code", "mean")
    piped.expectSuccess()
    #expect(piped.errors.isEmpty && !piped.output.contains("\u{1B}"))
  }
}
