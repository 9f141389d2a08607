import Elbo
import ElboData
import Foundation
import Torch

/// Scores of examples that the model was not trained on, with which those of requests are compared.
///
/// With n of them, p = (1 + the number at most as large as a new score) / (n + 1) is at most a with a probability of at
/// most a for an example of the same kind, whatever the model. Vovk et al. 2005; Bates et al. 2023, eq. 1.
package final class Calibration {
  /// The most examples.
  static let most = 1000
  private static let chunk = 50

  private let run: TrainedRun
  let scorer: Scorer
  private lazy var chosen: (examples: Dataset, split: Split) = {
    let validation = try? Dataset.load(run.configuration, .validation)
    return (
      (validation ?? run.test).shuffled(Self.most, using: generator), validation == nil ? .test : .validation
    )
  }()
  private let generator: Generator
  private var scores: [Double] = []
  private var done = 0
  private var sorted: [Double] = []

  /// Whether scores were asked for, of these weights or of older ones.
  var isWanted = false

  /// - Parameter previous: that of the same run with older weights.
  init(_ run: TrainedRun, after previous: Calibration?) throws {
    self.run = run
    scorer = try Scorer(run)
    generator = Generator(seed: 0x63_616C, device: run.test.device)
    if let previous, previous.isWanted {
      isWanted = true
      chosen = previous.chosen
    }
  }

  var isComplete: Bool { done >= chosen.examples.count }

  /// Scores a few more.
  ///
  /// - Throws: `DataError` where examples cannot be fetched.
  package func advance() throws {
    guard !isComplete else { return }
    let places = done..<min(done + Self.chunk, chosen.examples.count)
    let batch = try chosen.examples.batch(places)
    scores += withoutGradients { scorer.scores(batch, using: generator) }
    done += places.count
    if isComplete { sorted = scores.sorted() }
  }

  /// What scores come to beside those of ordinary examples.
  func compare(_ values: [Double], rate: Double) -> ModelAnswer.Scores {
    let count = sorted.count
    let pValues = values.map { value in
      Double(1 + (sorted.partitioningIndex { $0 > value })) / Double(count + 1)
    }
    // p <= rate means that fewer than this many calibration scores are at most as large.
    let rank = Int((rate * Double(count + 1)).rounded(.down))
    return ModelAnswer.Scores(
      values: values, measure: scorer.measure, pValues: pValues,
      threshold: rank >= 1 && rank <= count ? sorted[rank - 1] : nil, falseAlarmRate: rate,
      split: chosen.split.rawValue, calibrationCount: count)
  }
}

extension [Double] {
  /// The first place where a predicate holds, for numbers that are sorted by it.
  func partitioningIndex(where isAfter: (Double) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
