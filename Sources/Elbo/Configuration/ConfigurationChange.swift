/// Which keys of a run's configuration may change when it is gone on with.
enum ConfigurationChange {
  /// Keys that decide how long a run goes and what it keeps, and no number of its steps.
  static let allowed: Set = [
    "training.steps", "checkpoint.every", "checkpoint.keep", "figures.sampleEvery", "figures.rows",
    "figures.columns",
  ]

  /// Refuses a configuration that differs from a checkpoint's in other keys.
  ///
  /// - Parameter place: the file that has the configuration.
  static func check(
    _ configuration: RunConfiguration, against saved: RunConfiguration, at place: String
  ) throws(ConfigurationError) {
    let (now, then) = (ConfigurationLoader.values(configuration), ConfigurationLoader.values(saved))
    let changed = Set(now.keys).union(then.keys).subtracting(allowed).filter { now[$0] != then[$0] }.sorted()
    guard !changed.isEmpty else { return }
    let shown = changed.prefix(4).map { "\($0) from \(then[$0] ?? "nothing") to \(now[$0] ?? "nothing")" }
    let more = changed.count > shown.count ? " and \(changed.count - shown.count) more" : ""
    throw ConfigurationError(
      "a run that goes on cannot change " + shown.joined(separator: ", ") + more, at: place,
      remedy: "set it back; training.steps, checkpoint.* and figures.* can change")
  }
}
