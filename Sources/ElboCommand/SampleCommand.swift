import ArgumentParser
import Elbo
import ElboDistributions
import ElboFigures
import Foundation
import Torch

/// `elbo sample DIR [-n 16] [--from prior|mixture|flow] [--mean | --sample] [-o FILE.png|.npy]`
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Decode samples of the prior, or of a density fitted to the codes of the data.",
    discussion: """
      elbo sample runs/fashion                    draws figures/samples.png
      elbo sample runs/fashion -n 64 -o many.png
      elbo sample runs/fashion --sample -o x.npy  draws of x from p(x|z), as numbers
      elbo sample runs/fashion --from mixture     draws figures/samples-mixture.png

      With --from mixture or flow, a density is fitted to posterior samples of at most 10,000 training examples, of all \
      classes together, and sampled from in the prior's place. How likely it and the prior make codes of test examples \
      goes to standard error.
      """)

  @OptionGroup var options: DecodingOptions
  @Option(name: .short, help: "How many.") var n = 16
  @Option(
    help: ArgumentHelp(
      "Where latents are drawn from: the prior, or a density fitted to codes of the training split.",
      valueName: (["prior"] + AggregateDensities.names).joined(separator: "|")),
    completion: .list(["prior"] + AggregateDensities.names))
  var from = Self.prior
  @Option(help: ArgumentHelp("The components of a mixture; by default 10.", valueName: "k")) var components:
    Int?

  private static let prior = "prior"

  func validate() throws {
    guard n > 0 else { throw ValidationError("-n \(n) is not 1 or more") }
    guard components == nil || from == "mixture" else {
      throw ValidationError("--components is for --from mixture")
    }
  }

  func run() throws {
    Engine.prepare()
    let density = try from == Self.prior ? nil : AggregateDensities.build(from, densityOptions)
    let trained = try TrainedRun(options.directory)
    let generator = Generator(seed: options.seed, device: trained.test.device)
    let fitted = try density.map { density in
      try waiting("fitting the \(from) to codes") { _ in try fit(density, to: trained) }
    }
    let x = withoutGradients {
      let z = fitted?.sample([n], using: generator) ?? trained.model.samplePrior(n, using: generator)
      return options.decode(
        z, labels: trained.model.cycledLabels(n, device: z.device), by: trained.model, using: generator)
    }
    try ExampleOutput(trained).write(
      [x], columns: max(1, Int(Double(n).squareRoot().rounded(.up))), to: options.output,
      standing: from == Self.prior ? "samples" : "samples-\(from)")
  }

  private var densityOptions: AggregateOptions {
    var options = AggregateOptions()
    if let components { options.components = components }
    return options
  }

  /// A density fitted to the run's codes, after having told how it compares with the prior.
  private func fit(_ density: any AggregateDensity, to trained: TrainedRun) throws -> any Distribution {
    let codes = try AggregatePosterior(trained, seed: options.seed)
    let fit = try density.fit(codes.train, using: Generator(seed: options.seed, device: codes.train.device))
    note(fit.summary)
    func told(_ name: String, _ distribution: (any Distribution)?) -> String {
      guard let distribution else { return "the \(name) has no density" }
      let estimate = codes.logDensity(of: distribution)
      return String(format: "%@ %.4f ± %.2g", name, estimate.value, estimate.standardError)
    }
    note(
      "log density of codes of \(codes.test.size(0)) test examples, nats a code: \(told(from, fit.distribution)), "
        + told(Self.prior, trained.model.priorDistribution))
    return fit.distribution
  }
}
