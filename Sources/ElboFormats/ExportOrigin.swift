import Elbo
import ElboData
import Foundation

/// Where an export comes from.
struct ExportOrigin {
  /// Elbo's version.
  let version: String
  /// What there is to say about the run, by key.
  let facts: [(String, String)]

  init(_ run: TrainedRun, version: String) throws {
    self.version = version
    let configuration = run.configuration
    let weights = try Data(contentsOf: run.directory.lastWeights, options: .mappedIfSafe)
    var facts = [
      ("elbo.version", version), ("elbo.preset", configuration.name), ("elbo.data", run.test.name),
      ("elbo.step", String(run.step)), ("elbo.seed", String(configuration.seed)),
      ("elbo.posterior", configuration.posterior.kind), ("elbo.likelihood", configuration.likelihood.kind),
      ("elbo.latent_dimension", String(run.model.latentDimension)),
      ("elbo.weights_sha256", weights.sha256),
    ]
    if let image = run.test.image {
      facts.append(("elbo.image", "\(image.channels)x\(image.height)x\(image.width)"))
    }
    self.facts = facts
  }
}
