import Foundation
import Torch

/// A sweep's plan and what is known of its trials: what a sweep that was stopped goes on from.
public struct SweepRecord: Sendable, Codable {
  /// What is to be done.
  public let plan: SweepPlan
  /// The trials in the plan's order.
  public package(set) var trials: [SweepTrial]

  /// A plan of which nothing is done.
  package init(_ plan: SweepPlan) {
    self.plan = plan
    trials = plan.points.enumerated().map {
      SweepTrial(number: $0 + 1, settings: $1, seeds: plan.seeds)
    }
  }

  /// A trial that has to be trained up to a number of steps; `index` is its place in `trials`.
  package struct Task {
    package let index: Int
    package let steps: Int
  }

  /// What is to be done now: all trials, or those of the round of the contest that is not over.
  ///
  /// The order is that of the plan. It is empty once all is done.
  package func tasks() throws -> [Task] {
    func open(_ tasks: [Task]) -> [Task] {
      tasks.filter { task in !trials[task.index].runs.allSatisfy { $0.isDone(at: task.steps) } }
    }
    guard let rungs = try plan.rungs() else {
      return open(
        try trials.indices.map { index in
          Task(index: index, steps: try plan.configuration(trials[index].settings).training.steps)
        })
    }
    var survivors = Array(trials.indices)
    for (number, rung) in rungs.enumerated() {
      if number > 0 {
        let steps = rungs[number - 1].steps
        survivors = Array(
          order(survivors) { trials[$0].objective(at: steps)?.value ?? .nan }.prefix(rung.trials)
        )
        .filter { trials[$0].problem == nil }.sorted()
      }
      let tasks = open(survivors.map { Task(index: $0, steps: rung.steps) })
      if !tasks.isEmpty { return tasks }
    }
    return []
  }

  /// Whether nothing is left to be done.
  package var isFinished: Bool { (try? tasks().isEmpty) ?? false }

  /// The trials, the best first; of those that were given up at different rounds, the later first.
  package var ranked: [SweepTrial] {
    // Without halving nobody is given up, whatever the steps that a trial asks for.
    let rounds = plan.halving == nil ? [0] : Set(trials.map(\.steps)).sorted(by: >)
    let sound = rounds.flatMap { steps in
      order(
        trials.indices.filter {
          trials[$0].problem == nil && (plan.halving == nil || trials[$0].steps == steps)
        }
      ) { trials[$0].objective(at: trials[$0].steps)?.value ?? .nan }
    }
    return sound.map { trials[$0] } + trials.filter { $0.problem != nil }
  }

  /// Places by value, the best first; of equal ones the first of the plan.
  private func order(_ places: [Int], by value: (Int) -> Double) -> [Int] {
    let values = Dictionary(uniqueKeysWithValues: places.map { ($0, value($0)) })
    return places.sorted { a, b in
      if plan.objective.isBetter(values[a]!, than: values[b]!) { return true }
      if plan.objective.isBetter(values[b]!, than: values[a]!) { return false }
      return a < b
    }
  }
}
