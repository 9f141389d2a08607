import ElboData
import Torch

extension Evaluator.Metric {
  /// The fraction of examples whose most probable class argmax q(y|x) is not theirs. Makhzani et al. 2015,
  /// table 2.
  static let classificationError = Self(
    summary: "fraction of examples that the encoder puts into a wrong class", effort: .onePass,
    unit: "fraction of examples",
    obstacle: { evaluator in
      classObstacle(evaluator)
        ?? (evaluator.configuration.supervision.updates == 0
          ? "no labels taught the encoder its classes" : nil)
    },
    examples: { try $0.labelledClasses().map { $0.found == $0.label ? 0 : 1 } })

  /// The fraction of examples that are not of the class that most examples of their cluster argmax q(y|x)
  /// have. The clusters are named by the split that is judged. Compare Makhzani et al. 2015, table 3, where
  /// a cluster has the class of its most probable validation example.
  static let clusteringError = Self(
    summary: "fraction of examples not of their cluster's most frequent class", effort: .onePass,
    unit: "fraction of examples",
    obstacle: { evaluator in
      classObstacle(evaluator)
        ?? (evaluator.configuration.supervision.updates > 0 ? "the classes were taught, not found" : nil)
    },
    examples: { evaluator in
      let pairs = try evaluator.labelledClasses()
      var counts: [Int: [Int: Int]] = [:]
      for (found, label) in pairs { counts[found, default: [:]][label, default: 0] += 1 }
      // Of classes that are equally frequent, the lowest: a tie must not make the number vary.
      let names = counts.mapValues { labels in
        labels.max { ($0.value, -$0.key) < ($1.value, -$1.key) }!.key
      }
      return pairs.map { names[$0.found] == $0.label ? 0 : 1 }
    })

  private static func classObstacle(_ evaluator: Evaluator) -> String? {
    if evaluator.model.codeClasses == nil { return "the code has no class" }
    return evaluator.dataset.labels == nil ? "the examples have no labels" : nil
  }
}

extension Evaluator {
  /// The most probable class of each example whose label is known, and that label.
  func labelledClasses() throws -> [(found: Int, label: Int)] {
    let found = try dataset.mapBatches(of: 500) { batch in
      model.classLogits(batch)!.argMax(over: 1).values(as: Int64.self)
    }
    return zip(found.joined(), dataset.labels!).compactMap { $1 >= 0 ? (Int($0), $1) : nil }
  }
}
