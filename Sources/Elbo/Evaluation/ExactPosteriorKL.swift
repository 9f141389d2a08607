import Torch

extension Evaluator.Metric {
  /// KL(q(z|x), p(z|x)), the distance of the approximate posterior from the true one: by quadrature on both densities
  /// where q's is known at every z; elsewhere KL(q, p(z)) - E_q log p(x|z) + log p(x), the first by `KnownDivergence`
  /// and 2000 samples, log p(x) by quadrature. The bias is that of the first.
  static let posteriorKL = Self(
    summary: "KL divergence of the posterior from the true one, in 1 or 2 latent dimensions", effort: .large,
    unit: "nats/example",
    obstacle: {
      Quadrature.obstacle($0.model)
        ?? ($0.model.posteriorIsDeterministic ? "the posterior is a single z and has no density" : nil)
    },
    examples: { evaluator in
      let few = evaluator.fewExamples
      let (rows, places) = try few.distinct(atMost: few.count)!
      let values = evaluator.divergencesFromTruePosterior(rows)
      return places.map { values[$0] }
    })
}

extension Evaluator {
  /// KL(q(z|x), p(z|x)) of each example.
  func divergencesFromTruePosterior(_ examples: Dataset) -> [Double] {
    let batch = examples.batch
    let quadrature = Quadrature(model)
    if let distribution = model.posterior(given: batch).distribution {
      return quadrature.divergences(of: distribution, given: batch.x).fromPosterior
    }
    let generator = Generator(seed: seed ^ 0x70_6F73, device: batch.x.device)
    let known = KnownDivergence(model, batch, samples: 2000, using: generator)
    let reconstruction = meanLogLikelihood(batch, draws: 2000, using: generator)
    return zip(zip(known.values, reconstruction), quadrature.logLikelihoods(of: batch.x)).map {
      $0.0 - $0.1 + $1
    }
  }

  /// E log p(x|z) of each example by so many samples of q(z|x), a few rows at a time.
  private func meanLogLikelihood(_ batch: Batch, draws: Int, using generator: Generator) -> [Double] {
    let posterior = model.posterior(given: batch)
    var sum = Tensor.zeros([batch.count], type: .float64, device: batch.x.device)
    for _ in 0..<draws {
      sum = sum + model.logLikelihood(of: batch, given: posterior.sample(generator)).converted(to: .float64)
    }
    return (sum / Double(draws)).values(as: Double.self)
  }
}
