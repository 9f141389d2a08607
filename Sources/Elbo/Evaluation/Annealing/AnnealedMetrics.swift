import ElboData
import Foundation
import Torch

extension Evaluator.Metric {
  /// log p(x) by annealed importance sampling with Hamiltonian transitions, from the prior, which neither encoder nor
  /// discriminator enters. A lower bound in expectation: the bias is about -Var(w) / (2 chains), w = weight / p(x), and
  /// falls as steps grow, so long as chains keep up with the temperatures; one that misses a mode errs low. Neal
  /// 2001; Wu et al. 2017.
  static let annealed = Self(
    summary: "log p(x) by annealed importance sampling: a lower bound that steps make tight", effort: .large,
    obstacle: { withoutPriorDensity($0) },
    judge: { evaluator, name in
      let found = try evaluator.annealedEstimates()
      var judgement = Judgement(
        name, examples: found.logLikelihoods, unit: "nats/example",
        warning: evaluator.annealingWarning(found))
      judgement.estimates[name + "-effective-sample-size"] = Estimate(
        meanOf: found.effectiveSizes, unit: "chains of \(evaluator.options.annealing.chains)")
      judgement.estimates[name + "-acceptance"] = Estimate(
        meanOf: found.acceptance, unit: "fraction of transitions")
      return judgement
    })

  /// log p(x) from below and from above on examples that the model made itself, whose z is then a sample of the true
  /// posterior: bidirectional Monte Carlo. The gap between both bounds is, in expectation, no less than the error
  /// of `ais` with the same options on such examples; how far real ones are like them is another question. Grosse et
  /// al. 2015.
  static let bidirectional = Self(
    summary: "log p(x) of simulated examples between a lower and an upper bound", effort: .large,
    obstacle: { withoutPriorDensity($0) },
    judge: { evaluator, name in
      let (examples, z) = evaluator.simulated(evaluator.options.limit ?? 100)
      let sizes = evaluator.options.annealing
      let lower = try evaluator.anneal(examples, .forward, from: nil, task: "simulated, forward")
      let upper = try evaluator.anneal(examples, .back, from: z, task: "simulated, back")
      let gaps = zip(upper.logLikelihoods, lower.logLikelihoods).map { $0 - $1 }
      var judgement = Judgement(name, examples: gaps, unit: "nats/example between the bounds")
      judgement.add(Judgement(name + "-lower", examples: lower.logLikelihoods, unit: "nats/example"))
      judgement.add(Judgement(name + "-upper", examples: upper.logLikelihoods, unit: "nats/example"))
      judgement.estimates[name + "-effective-sample-size"] = Estimate(
        meanOf: lower.effectiveSizes, unit: "chains of \(sizes.chains)")
      judgement.estimates[name + "-acceptance"] = Estimate(
        meanOf: lower.acceptance + upper.acceptance, unit: "fraction of transitions")
      return judgement
    })

  private static func withoutPriorDensity(_ evaluator: Evaluator) -> String? {
    evaluator.model.priorDistribution == nil ? "the prior has no density" : nil
  }
}

extension Evaluator {
  /// A hundred examples of the split, or as many as were asked for: those of the metrics that take minutes.
  var fewExamples: Dataset { options.limit == nil ? dataset.standing(100) : dataset }

  /// log p(x) of those examples, once for all metrics that ask.
  func annealedEstimates() throws -> AnnealedEstimates {
    if let known = shared.annealed { return known }
    let found = try anneal(fewExamples, .forward, from: nil, task: "annealing")
    shared.annealed = found
    return found
  }

  /// Why the weights are not to be trusted, where they show it.
  func annealingWarning(_ found: AnnealedEstimates) -> String? {
    let size = Estimate(meanOf: found.effectiveSizes, unit: "").value
    let rate = Estimate(meanOf: found.acceptance, unit: "").value
    if options.annealing.steps > 1, rate < 0.3 {
      return "only \(String(format: "%.2f", rate)) of the transitions moved: the estimate errs low"
    }
    guard options.annealing.chains >= 4, size < 1.5 else { return nil }
    return "an effective sample size of \(String(format: "%.1f", size)): use more steps"
  }

  /// Examples that the model made, with the z that each was made from.
  package func simulated(_ count: Int) -> (Dataset, z: Tensor) {
    let generator = Generator(seed: seed ^ 0x73_696D, device: dataset.device)
    let z = model.samplePrior(count, using: generator)
    let labels = model.cycledLabels(count, device: z.device)
    let x = model.decodeSample(z, labels: labels, using: generator)
    return (
      Dataset(
        name: "simulated", features: x, labels: labels?.values(as: Int64.self).map(Int.init),
        classNames: dataset.classNames, image: dataset.image, range: dataset.range), z
    )
  }

  /// An annealed run over some examples, from its saved state where there is one.
  ///
  /// - Parameter z: samples of the true posterior for a run back, [n, latentDimension].
  func anneal(
    _ examples: Dataset, _ direction: AnnealedRun.Direction, from z: Tensor?, task: String
  ) throws -> AnnealedEstimates {
    let course = options.annealing
    let target = AnnealedTarget(model, examples.batch, chains: course.chains, rows: options.batchSize)
    let generator = Generator(seed: seed ^ 0x61_6973, device: target.device)
    let journal = try options.stateFolder.map { folder in
      try AnnealingJournal(
        in: folder, model.weights.merging(["evaluated examples": examples.features]) { $1 },
        ["options": "\(course) \(direction) \(seed)"])
    }
    var run: AnnealedRun
    if let saved = try journal?.read() {
      run = try AnnealedRun(
        resuming: saved.tensors, at: saved.step, target, course, direction, using: generator)
    } else {
      // Few chains tell the step sizes well enough.
      let pilot = AnnealedTarget(
        model, examples.batch, chains: max(2, course.chains / 4), rows: options.batchSize)
      let sizes = pilot.computing {
        StepSizes(for: pilot, course, using: Generator(seed: seed ^ 0x70_696C, device: target.device)) {
          watch(EvaluationProgress(task: task + ", step sizes", done: $0, total: $1, canStop: true))
          return !options.stops()
        }
      }
      guard let sizes else { throw EvaluationInterrupted(state: nil) }
      run = AnnealedRun(
        target, course, direction, from: z?.repeatedEach(course.chains) ?? target.start(using: generator),
        stepSizes: sizes, using: generator)
    }
    let clock = ContinuousClock()
    var lastSaved = clock.now
    while !run.isDone {
      target.computing { run.advance() }
      watch(EvaluationProgress(task: task, done: run.step, total: course.steps, canStop: true))
      let stops = options.stops()
      if stops || run.isDone || clock.now - lastSaved > .seconds(30) {
        try journal?.write(run)
        lastSaved = clock.now
      }
      if stops, !run.isDone { throw EvaluationInterrupted(state: journal?.url) }
    }
    return run.estimates
  }
}
