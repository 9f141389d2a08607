import Torch

/// What a run does where its numbers go wrong.
public enum GuardMode: String, Codable, Sendable, CaseIterable {
  /// Nothing, but for ending where a number is none.
  case off
  /// Warn of a saturated discriminator and of a collapsed posterior; end where a number is none.
  case warn
  /// Warn, and where a number is none go back to the last good state, with learning rates halved.
  case rollback
}

/// Watches the numbers that a run logs, and keeps a state to go back to.
///
/// What has to be done about a saturated discriminator or a collapsed posterior is a matter of the
/// configuration: the run is warned of it and goes on. A number that is none ends a run, or sends it back.
/// States are copied in memory, at the first logged step at least `snapshotEvery` steps after the last copy. A
/// copy counts as good once the next one is due and every number until then was one: divergence shows later
/// than it begins. Until there is one, the run goes back to where it began.
final class Guard {
  /// How often a run goes back before it gives up.
  static let mostRollbacks = 5
  /// The fewest steps between two copies of the state.
  static let snapshotEvery = 100

  private let mode: GuardMode
  private let trainer: Trainer
  private var courses: [Finding.Kind: SymptomCourse]
  private var good: State?
  private var candidate: State?

  /// The trainer's state and the guard's own.
  private struct State {
    let trainer: TrainerSnapshot
    let courses: [Finding.Kind: SymptomCourse]
  }

  init(_ trainer: Trainer) {
    mode = trainer.configuration.guard
    self.trainer = trainer
    courses =
      mode == .off ? [:] : Dictionary(uniqueKeysWithValues: Self.watched.map { ($0, SymptomCourse()) })
  }

  private static let watched: [Finding.Kind] = [.saturatedDiscriminator, .collapsedPosterior]

  /// Takes the state that the run starts from as one to go back to.
  func begin() {
    guard mode == .rollback, good == nil else { return }
    good = State(trainer: TrainerSnapshot(trainer), courses: courses)
  }

  /// The finding that a number among these is none.
  func brokenNumber(in metrics: [MetricName: Double]) -> Finding? {
    metrics.filter { !$0.value.isFinite }.min { $0.key < $1.key }.map { name, value in
      broken(name.rawValue, value, "\(name.rawValue) became \(value.isNaN ? "nan" : "\(value)")")
    }
  }

  /// The finding that weights stopped being numbers; reading them waits for the device.
  func brokenWeight() -> Finding? {
    for (name, tensor) in trainer.model.weights.sorted(by: { $0.key < $1.key }) {
      let largest = withoutGradients { tensor.abs().max().item() }
      if !largest.isFinite { return broken(name, largest, "'\(name)' stopped being finite") }
    }
    return nil
  }

  private func broken(_ name: String, _ value: Double, _ problem: String) -> Finding {
    Finding(
      kind: .notFinite, step: trainer.step, metric: name, value: value, threshold: nil, problem: problem,
      remedy: "use a smaller learning rate ('--set optimiser.learningRate=...')")
  }

  /// What the metrics of a logged step show that has not been told yet; all of them are numbers.
  func examine(_ metrics: [MetricName: Double]) -> [Finding] {
    guard mode != .off else { return [] }
    let findings = Symptoms.signs(in: metrics).compactMap { sign -> Finding? in
      guard courses[sign.kind]!.note(sign.isThere, at: trainer.step) else { return nil }
      return Finding(
        kind: sign.kind, step: trainer.step, metric: sign.metric.rawValue, value: sign.value,
        threshold: sign.threshold, problem: sign.problem, remedy: sign.remedy)
    }
    keepState()
    return findings
  }

  private func keepState() {
    guard mode == .rollback, let newest = candidate ?? good,
      trainer.step - newest.trainer.step >= Self.snapshotEvery
    else { return }
    if let candidate { good = candidate }
    candidate = State(trainer: TrainerSnapshot(trainer), courses: courses)
  }

  /// Whether the run may go back once more.
  var canGoBack: Bool { good != nil && trainer.rollbacks < Self.mostRollbacks }

  /// Goes back to the last good state.
  ///
  /// - Returns: the finding that made it necessary, with what was done about it.
  func goBack(after finding: Finding) throws -> Finding {
    guard let good else { preconditionFailure("there is no state to go back to") }
    try trainer.goBack(to: good.trainer)
    courses = good.courses
    candidate = nil
    return Finding(
      kind: finding.kind, step: finding.step, metric: finding.metric, value: finding.value,
      threshold: finding.threshold, problem: finding.problem,
      remedy: "went back to step \(trainer.step) with learning rates halved, "
        + "\(trainer.rollbacks) of at most \(Self.mostRollbacks) times",
      wentBackTo: trainer.step)
  }

  /// What decides the warnings to come, by name.
  var state: [String: Tensor] {
    var all = Self.tensors(courses, "guard.")
    for (name, kept) in [("good", good), ("candidate", candidate)] {
      guard let kept else { continue }
      all.merge(kept.trainer.tensors("guard.\(name).")) { first, _ in first }
      all.merge(Self.tensors(kept.courses, "guard.\(name).")) { first, _ in first }
    }
    return all
  }

  private static func tensors(_ courses: [Finding.Kind: SymptomCourse], _ prefix: String) -> [String: Tensor]
  {
    courses.reduce(into: [:]) { all, course in
      let numbers = course.value.numbers.map(Int64.init)
      all[prefix + course.key.rawValue] = Tensor(numbers, shape: [numbers.count])
    }
  }

  /// Goes on from a saved state; one of before there was a guard knows of no symptoms.
  func restore(_ saved: [String: Tensor]) throws(StateMismatch) {
    courses = try restored(saved, "guard.")
    good = try kept(saved, "guard.good.")
    candidate = try kept(saved, "guard.candidate.")
  }

  private func kept(_ saved: [String: Tensor], _ prefix: String) throws(StateMismatch) -> State? {
    guard mode == .rollback, let snapshot = try TrainerSnapshot(saved, prefix) else { return nil }
    return State(trainer: snapshot, courses: try restored(saved, prefix))
  }

  private func restored(
    _ saved: [String: Tensor], _ prefix: String
  ) throws(StateMismatch) -> [Finding.Kind: SymptomCourse] {
    var courses = courses
    for kind in courses.keys where saved[prefix + kind.rawValue] != nil {
      courses[kind] = SymptomCourse(
        try saved.counts(prefix + kind.rawValue, count: SymptomCourse().numbers.count))
    }
    return courses
  }
}
