/// Which state of a run a checkpoint holds; later ones are greater.
struct CheckpointName: Hashable, Comparable, Sendable {
  /// How often the run had gone back to an earlier step.
  let rollbacks: Int
  /// The number of steps done.
  let step: Int

  /// What the names of its files begin with: "step-00000100", and "step-00000100-r2" after two rollbacks.
  var stem: String {
    "step-" + String(repeating: "0", count: max(0, 8 - String(step).count)) + "\(step)"
      + (rollbacks > 0 ? "-r\(rollbacks)" : "")
  }
  /// The weights' file.
  var weights: String { stem + ".safetensors" }
  /// The file of what, beside the weights, decides the steps to come.
  var state: String { stem + ".state.safetensors" }
  /// The file of both files' SHA-256, as `sha256sum --check` reads it. It is written last: a checkpoint without it
  /// was never finished.
  var manifest: String { stem + ".sha256" }

  init(rollbacks: Int, step: Int) {
    self.rollbacks = rollbacks
    self.step = step
  }

  /// The checkpoint that a manifest's name belongs to; nil for other names.
  init?(manifest name: String) {
    guard let match = name.wholeMatch(of: /step-([0-9]{8,18})(-r([0-9]{1,9}))?\.sha256/),
      let step = Int(match.1)
    else { return nil }
    self.init(rollbacks: match.3.flatMap { Int($0) } ?? 0, step: step)
    guard manifest == name else { return nil }
  }

  static func < (a: Self, b: Self) -> Bool { (a.rollbacks, a.step) < (b.rollbacks, b.step) }
}
