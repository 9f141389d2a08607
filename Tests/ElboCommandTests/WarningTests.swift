import Foundation
import Testing

/// What `elbo train` says of a run that goes wrong, and where it is to be found afterwards.
@Suite(.timeLimit(.minutes(5))) struct WarningTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func train(_ rate: String) async throws -> Outcome {
    let arguments = ["train", "vae-fashion", "--out", "run", "--quiet"]
    let settings = [
      "data.name=drawn-digits", "data.size=8", "data.count=200", "training.batchSize=50",
      "encoder.hidden=[24]", "decoder.hidden=[24]", "latent.dimension=3", "training.steps=60",
      "training.logEvery=20", "optimiser.kind=sgd", "optimiser.learningRate=\(rate)", "guard=rollback",
    ]
    return try await scratch.elbo.run(arguments + settings.flatMap { ["--set", $0] })
  }

  /// A line each on standard error, though no progress is shown, and each a note of the report.
  @Test func warningsAreLines() async throws {
    let outcome = try await train("1")
    outcome.expectSuccess()
    #expect(outcome.output == "run\n")
    #expect(!outcome.errorLines.isEmpty)
    for line in outcome.errorLines {
      #expect(line.hasPrefix("elbo: warning: step ") && line.contains("learning rates halved"), "\(line)")
    }
    let lines = try scratch.log("run").filter { $0["phase"] as? String == "guard" }
    #expect(lines.count == outcome.errorLines.count)
    #expect(lines.allSatisfy { $0["value"] is NSNull && $0["finding"] as? String == "not-finite" })

    try await scratch.elbo("figures", "run").expectSuccess()
    let report = try scratch.text("run/report.html")
    for line in lines { #expect(report.contains(try #require(line["text"] as? String))) }
    #expect(report.contains("Warned of while training"))
  }

  @Test func afterTooManyTheRunFails() async throws {
    let outcome = try await train("1.0e+30")
    #expect(outcome.status == 1 && outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 6)
    #expect(outcome.errorLines.dropLast().allSatisfy { $0.hasPrefix("elbo: warning: ") })
    #expect(
      outcome.errorLines.last?.contains("after going back 5 times; use a smaller learning rate") == true)
  }
}
