import ElboDistributions
import Foundation
import Torch

extension Evaluator.Metric {
  /// log p(x) - ELBO, and its parts: the approximation gap log p(x) - ELBO(q*), q* the best normal distribution of the
  /// posterior's kind for the one example, and the amortisation gap ELBO(q*) - ELBO(q(z|x)), what the encoder loses by
  /// having to serve all examples. Cremer et al. 2018, eq. 4.
  ///
  /// log p(x) is by quadrature in 1 and 2 latent dimensions, else by annealed importance sampling, which errs low. q* is
  /// found by 300 steps of Adam from q(z|x): where they are too few, the first part is too large and the second too
  /// small by as much. Both ELBOs are of the same 200 draws of noise.
  static let inferenceGap = Self(
    summary: "log p(x) less the bound: what the posterior's family and what its encoder lose", effort: .large,
    obstacle: { evaluator in
      if evaluator.model.priorDistribution == nil { return "the prior has no density" }
      let posterior = evaluator.model.posterior(given: evaluator.dataset.prefix(1).batch)
      return LocalNormal(posterior.distribution) == nil ? "the posterior is no normal distribution" : nil
    },
    judge: { evaluator, name in
      let examples = evaluator.fewExamples
      let batch = examples.batch
      let evidence =
        Quadrature.obstacle(evaluator.model) == nil
        ? Quadrature(evaluator.model).logLikelihoods(of: batch.x)
        : try evaluator.annealedEstimates().logLikelihoods
      let encoded = LocalNormal(evaluator.model.posterior(given: batch).distribution)!
      let before = evaluator.bound(encoded, batch)
      let after = evaluator.bound(evaluator.optimised(encoded, batch), batch)
      func gap(_ suffix: String, _ a: [Double], _ b: [Double]) -> Judgement {
        Judgement(name + suffix, examples: zip(a, b).map { $0 - $1 }, unit: "nats/example")
      }
      var found = gap("", evidence, before)
      found.add(gap("-approximation", evidence, after))
      found.add(gap("-amortisation", after, before))
      return found
    })
}

/// A normal distribution of each example, whose parameters are free.
struct LocalNormal: Module {
  let mean: Parameter
  let logDiagonal: Parameter
  /// What stands below the diagonal of L [n, d, d]; nil for a diagonal L.
  let below: Parameter?

  /// The distributions of a batch; nil where they are no normal ones.
  init?(_ distribution: (any Distribution)?) {
    switch distribution {
    case let normal as DiagonalNormal:
      mean = Parameter(normal.mean)
      logDiagonal = Parameter(normal.logScale.expanded(to: normal.mean.shape))
      below = nil
    case let normal as FullCovarianceNormal:
      mean = Parameter(normal.mean)
      logDiagonal = Parameter(normal.scaleTriangle.diagonal().log())
      below = Parameter(normal.scaleTriangle.lowerTriangle(diagonal: -1))
    default: return nil
    }
  }

  /// A copy with parameters of its own.
  init(copy other: LocalNormal) {
    mean = Parameter(other.mean.tensor)
    logDiagonal = Parameter(other.logDiagonal.tensor)
    below = other.below.map { Parameter($0.tensor) }
  }

  /// mean + L e for noise [n, d].
  func sample(_ noise: Tensor) -> Tensor {
    let straight = mean.tensor + logDiagonal.tensor.exp() * noise
    guard let below else { return straight }
    return straight + below.tensor.lowerTriangle(diagonal: -1).matmul(noise.unsqueezed(2)).squeezed(2)
  }

  /// log det L + d log(2 pi e) / 2: [n].
  var entropy: Tensor {
    logDiagonal.tensor.sum(over: [1]) + Double(mean.tensor.size(1)) * 0.5 * (1 + log(2 * Double.pi))
  }
}

extension Evaluator {
  /// The ELBO of each example by one draw: E log p(x|z) + log p(z) with the entropy in closed form. [n].
  private func boundTerm(_ normal: LocalNormal, _ batch: Batch, _ generator: Generator) -> Tensor {
    let z = normal.sample(Tensor.standardNormal(normal.mean.tensor.shape, using: generator))
    return model.logLikelihood(of: batch, given: z) + model.priorDistribution!.logDensity(at: z)
      + normal.entropy
  }

  /// The ELBO of each example, by 200 draws that are the same for every distribution.
  func bound(_ normal: LocalNormal, _ batch: Batch) -> [Double] {
    let generator = Generator(seed: seed ^ 0x67_6170, device: batch.x.device)
    var sum = Tensor.zeros([batch.count], type: .float64, device: batch.x.device)
    for _ in 0..<200 { sum = sum + boundTerm(normal, batch, generator).converted(to: .float64) }
    return (sum / 200).values(as: Double.self)
  }

  /// The distributions with the largest ELBOs, found from given ones.
  func optimised(_ start: LocalNormal, _ batch: Batch) -> LocalNormal {
    let normal = LocalNormal(copy: start)
    let generator = Generator(seed: seed ^ 0x6C_6F63, device: batch.x.device)
    let optimiser = Adam(normal.parameters)
    let (steps, draws) = (300, 4)
    for step in 0..<steps {
      withGradients {
        let bounds = (0..<draws).map { _ in boundTerm(normal, batch, generator).sum() }
        let loss = -Tensor.stack(bounds).mean()
        optimiser.step(
          gradients: gradient(of: loss, withRespectTo: normal.parameters.tensors),
          rate: 0.03 * (1 - 0.98 * Double(step) / Double(steps)))
      }
      watch(EvaluationProgress(task: "local posteriors", done: step + 1, total: steps))
    }
    return normal
  }
}
