import ElboData
import ElboFigures
import Foundation
import Testing

/// What is done with a trained run.
@Suite(.timeLimit(.minutes(5))) struct UseTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func evaluationIsATableOrJSON() async throws {
    try await scratch.trainDigits()
    let values = try await scratch.elbo("evaluate", "digits", "--json").json
    #expect(Set(values.keys) == ["bits-per-dimension", "elbo", "reconstruction", "kl", "mse"])
    for case let entry as [String: Any] in values.values {
      #expect(Set(entry.keys) == ["value", "standardError", "count", "unit"])
      #expect(entry["count"] as? Int == 100)
    }
    let table = try await scratch.elbo("evaluate", "digits")
    #expect(table.outputLines.count == 5 && table.errors.isEmpty)
    let exact = try await scratch.elbo("evaluate", "digits", "--metric", "exact-log-likelihood", "--json")
      .json
    #expect(Set(exact.keys) == ["exact-log-likelihood"])
  }

  /// The exact value bounds the evidence lower bound from above; both are means over the same examples.
  @Test func theBoundIsBelowTheExactValue() async throws {
    try await scratch.trainDigits("digits", "training.steps=60")
    let values = try await scratch.elbo(
      "evaluate", "digits", "--metric", "exact-log-likelihood", "--metric", "elbo", "--json"
    ).json
    func number(_ metric: String, _ key: String) throws -> Double {
      try #require((values[metric] as? [String: Any])?[key] as? Double)
    }
    // The noise of one sample of z an example is far below four standard errors of the mean over examples.
    #expect(
      try number("elbo", "value")
        < number("exact-log-likelihood", "value") + 4 * number("elbo", "standardError"))
  }

  @Test func imagesGoToTheRunsFigures() async throws {
    try await scratch.trainDigits()
    for (arguments, name, across, down) in [
      (["sample", "digits", "-n", "5"], "samples", 3, 2),
      (["reconstruct", "digits", "-n", "4"], "reconstructed", 4, 2),
      (["decode", "digits", "--z", "0.5,0.6", "--z=-1,1"], "decoded", 2, 1),
    ] {
      let outcome = try await scratch.elbo.run(arguments)
      outcome.expectSuccess()
      #expect(outcome.output == "digits/figures/\(name).png\n" && outcome.errors.isEmpty)
      let picture = try Bitmap(contentsOf: scratch.file("digits/figures/\(name).png"))
      // Pixels of 8 x 8 images become squares of 14, with 4 between and around images.
      #expect(picture.width == across * 116 + 4 && picture.height == down * 116 + 4, "\(name)")
    }
  }

  @Test func outputIsWhatItsNameSays() async throws {
    try await scratch.trainDigits()
    for (arguments, shape) in [
      (["sample", "digits", "-n", "5", "--sample"], [5, 64]),
      (["reconstruct", "digits", "-n", "4"], [4, 64]),
      (["decode", "digits", "--z", "0.5,0.6"], [1, 64]), (["encode", "digits"], [100, 2]),
      (["encode", "digits", "--code", "mean"], [100, 2]),
    ] {
      let outcome = try await scratch.elbo.run(arguments + ["-o", "x.npy"])
      outcome.expectSuccess()
      #expect(outcome.output.isEmpty && outcome.errors.contains("wrote x.npy"))
      let array = try NPY(contentsOf: scratch.file("x.npy"))
      #expect(array.shape == shape)
      #expect(array.values.allSatisfy { $0.isFinite })
      if arguments.contains("--sample") { #expect(array.values.allSatisfy { $0 == 0 || $0 == 1 }) }
      let lines = try await scratch.elbo.run(arguments + (arguments[0] == "encode" ? [] : ["-o", "-"]))
      let numbers = lines.outputLines.map { $0.split(separator: " ").compactMap { Float($0) } }
      #expect(numbers.count == shape[0] && numbers.flatMap { $0 } == array.values)
    }
    #expect(try await scratch.elbo("sample", "digits", "-o", "wall.PNG").status == 0)
    #expect(try Bitmap(contentsOf: scratch.file("wall.PNG")).width == 4 * 116 + 4)
  }

  /// Densities that are fitted to the codes say how likely they make others, and are drawn from.
  @Test(arguments: ["mixture", "flow"]) func samplesOfTheAggregatedPosterior(_ kind: String) async throws {
    try await scratch.trainDigits("digits", "data.count=300", "prior.kind=swiss-roll", "divergence.kind=mmd")
    let outcome = try await scratch.elbo("sample", "digits", "--from", kind, "-n", "5")
    outcome.expectSuccess()
    #expect(outcome.output == "digits/figures/samples-\(kind).png\n")
    #expect(try Bitmap(contentsOf: scratch.file("digits/figures/samples-\(kind).png")).width == 3 * 116 + 4)
    #expect(outcome.errorLines.count == 2 && outcome.errorLines[0].hasPrefix(kind + " of "))
    #expect(
      outcome.errorLines[1].contains("100 test examples") && outcome.errorLines[1].contains("no density"))
    // A flow takes seconds to fit.
    guard kind == "mixture" else { return }
    var draws: [String] = []
    for seed in ["1", "1", "2"] {
      draws.append(
        try await scratch.elbo("sample", "digits", "--from", kind, "--seed", seed, "-n", "4", "-o", "-")
          .output)
    }
    #expect(draws[0] == draws[1] && draws[0] != draws[2] && draws[0].split(separator: "\n").count == 4)
  }

  /// Codes that are not where the prior is: the density fitted to them says so. Its decoder is told the class.
  @Test func theFittedDensityIsComparedWithThePrior() async throws {
    try await scratch.trainDigits(
      "told", "conditioning.decoder=true", "divergence.beta=0", "training.steps=200", "data.count=300")
    let outcome = try await scratch.elbo(
      "sample", "told", "--from", "mixture", "--components", "3", "-o", "x.npy")
    outcome.expectSuccess()
    #expect(outcome.errors.contains("mixture of 3 normal distributions, fitted to 300 codes"))
    let pattern = #/mixture (-?[0-9.]+) ± .*prior (-?[0-9.]+) ±/#
    let match = try #require(outcome.errors.firstMatch(of: pattern), "\(outcome.errors)")
    #expect(try #require(Double(match.1)) > #require(Double(match.2)))
    #expect(try NPY(contentsOf: scratch.file("x.npy")).shape == [16, 64])
  }

  @Test func seedsDecideTheDraws() async throws {
    try await scratch.trainPoints()
    var draws: [String] = []
    for seed in ["1", "1", "2"] {
      draws.append(try await scratch.elbo("sample", "points", "--sample", "--seed", seed).output)
    }
    #expect(draws[0] == draws[1] && draws[0] != draws[2])
    #expect(draws[0].split(separator: "\n").count == 16)
  }

  /// Codes of a person's own examples are those of the same examples in the test split; and what is decoded
  /// from a file is what is decoded from the command line.
  @Test func arraysGoInAndOut() async throws {
    try await scratch.trainDigits()
    try await scratch.elbo("reconstruct", "digits", "-n", "3", "-o", "x.npy").expectSuccess()
    try await scratch.elbo("encode", "digits", "--input", "x.npy", "--code", "mean", "-o", "z.npy")
      .expectSuccess()
    let z = try NPY(contentsOf: scratch.file("z.npy"))
    #expect(z.shape == [3, 2])
    try await scratch.elbo("decode", "digits", "--input", "z.npy", "-o", "file.npy").expectSuccess()
    let typed = z.values.indices.filter { $0 % 2 == 0 }.map { "--z=\(z.values[$0]),\(z.values[$0 + 1])" }
    try await scratch.elbo.run(["decode", "digits", "-o", "typed.npy"] + typed).expectSuccess()
    #expect(try NPY(contentsOf: scratch.file("file.npy")) == NPY(contentsOf: scratch.file("typed.npy")))
  }

  @Test(arguments: ["digits", "told", "points"]) func figuresMakeAReport(_ kind: String) async throws {
    switch kind {
    case "digits": try await scratch.trainDigits()
    case "told": try await scratch.trainDigits("told", "conditioning.decoder=true", "latent.dimension=3")
    default: try await scratch.trainPoints()
    }
    let outcome = try await scratch.elbo("figures", kind)
    outcome.expectSuccess()
    #expect(outcome.output == "\(kind)/report.html\n")
    let names = try scratch.names(kind + "/figures")
    let images = ["interpolation", "prior-means", "prior-samples", "reconstructions", "traversal"]
    let expected =
      switch kind {
      case "digits": images + ["arithmetic", "latent-grid", "latent-scatter", "posteriors"]
      case "told": images + ["style-and-content"]
      default: ["decoder-confidence", "latent-scatter", "posteriors", "reliability"]
      }
    #expect(names == (expected + ["terms", "training-curves"]).map { $0 + ".png" }.sorted())
    for name in names {
      let picture = try Bitmap(contentsOf: scratch.file("\(kind)/figures/\(name)"))
      #expect(picture.width > 200 && picture.height > 200, "\(name)")
      #expect(Set(picture.pixels).count > 2, "\(name) is empty")
    }
    let page = try scratch.text(kind + "/report.html")
    #expect(page.components(separatedBy: "src=\"data:image/png;base64,").count - 1 == names.count)
    // Nothing is fetched and nothing runs.
    for part in ["http://", "https://", "<script", "<link", "url("] {
      #expect(!page.contains(part), "\(part)")
    }
  }

  /// Two runs side by side, as a table, as JSON and as a page; a run that cannot be used is named.
  @Test func runsAreListedAndCompared() async throws {
    try await scratch.trainDigits("runs/a", "training.evaluateEvery=3")
    try await scratch.trainDigits("runs/b-10", "training.steps=60")
    try scratch.write("not: [a", to: "runs/b-9/config.yaml")
    let listed = try await scratch.elbo("runs", "list")
    #expect(listed.errors.isEmpty && listed.outputLines.count == 4)
    #expect(listed.outputLines[1].contains(" elbo -") && listed.outputLines[2].contains("cannot be read"))
    let array = try JSONSerialization.jsonObject(
      with: Data(try await scratch.elbo("runs", "list", "--json").output.utf8))
    let steps = try #require(array as? [[String: Any]]).map { $0["step"] as? Int }
    #expect(steps == [6, 0, 60])

    let compared = try await scratch.elbo(
      "runs", "compare", "runs/a", "runs/b-10", "--json", "-o", "page.html")
    compared.expectSuccess()
    let rows = try #require(try compared.json["rows"] as? [[String: Any]])
    let row = try #require(rows.first { $0["metric"] as? String == "mse" })
    let differences = try #require(row["differences"] as? [Any])
    let difference = try #require(differences[1] as? [String: Any])
    #expect(differences[0] is NSNull && difference["isPaired"] as? Bool == true)
    #expect(try #require(difference["high"] as? Double) < 0 && difference["count"] as? Int == 100)
    let table = try await scratch.elbo("runs", "compare", "runs/a", "runs/b-10", "--metric", "mse")
    #expect(table.outputLines.count == 3 && table.outputLines[2].contains("[−"))

    let page = try scratch.text("page.html")
    #expect(page.components(separatedBy: "src=\"data:image/png;base64,").count - 1 == 3)
    for part in ["http://", "https://", "<script", "<link", "url("] {
      #expect(!page.contains(part), "\(part)")
    }
    for part in ["<h1>a and b-10</h1>", "training.steps", "Difference: b-10 less a", ">6</td>"] {
      #expect(page.contains(part), "\(part)")
    }

    try await scratch.trainDigits("runs/other", "data.size=9")
    let other = try await scratch.elbo("runs", "compare", "runs/a", "runs/other", "-o", "other.html")
    other.expectFailure(2)
    #expect(other.errors.contains("data.size is 9, not 8") && !scratch.exists("other.html"))
  }

  @Test func aBenchmarkIsTimedAndLeavesNothing() async throws {
    let outcome = try await scratch.elbo.run(
      ["bench", "avb-four-points", "--steps", "20", "--warmup", "2", "--json"] + Tiny.points)
    let values = try outcome.json
    #expect(try #require(values["stepsPerSecond"] as? Double) > 0)
    #expect(try #require(values["secondsToFirstStep"] as? Double) > 0)
    #expect(try #require(values["peakMemoryBytes"] as? Int) > 10_000_000)
    #expect(try scratch.names().isEmpty)
  }
}
