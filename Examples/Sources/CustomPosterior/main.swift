// A posterior of your own, beside the Gaussian: both trained on the four points, and judged by the exact likelihood.
import Elbo
import Foundation

// From here on 'posterior.kind=laplace' is a posterior like those that Elbo comes with, to every divergence that needs a
// density: KL by samples, importance-weighted bounds, total correlation.
Posteriors.register("laplace") { plan throws(ConfigurationError) in try LaplacePosterior(plan) }

let folder =
  FileManager.default.temporaryDirectory.path
  + "/custom-posterior-\(ProcessInfo.processInfo.processIdentifier)"
defer { try? FileManager.default.removeItem(atPath: folder) }

for kind in ["gaussian", "laplace"] {
  let configuration = try ConfigurationLoader.load(
    "avb-four-points",
    settings: [
      "posterior.kind=\(kind)", "divergence.kind=kl", "divergence.kl=monte-carlo", "training.steps=1000",
    ])
  _ = try TrainingSession(configuration, out: folder + "/" + kind).run()

  let run = try TrainedRun(folder + "/" + kind)
  let evaluator = Evaluator(model: run.model, dataset: run.test, configuration: run.configuration)
  let estimates = try evaluator.evaluate(["elbo", "exact-log-likelihood"])
  print(
    kind.padding(toLength: 10, withPad: " ", startingAt: 0),
    String(
      format: "ELBO %.3f, log p(x) %.3f nats", estimates["elbo"]!.value,
      estimates["exact-log-likelihood"]!.value))
}
