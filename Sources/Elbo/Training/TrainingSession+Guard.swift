extension TrainingSession {
  /// Logs a finding and tells of it.
  func warn(_ finding: Finding, _ progress: TrainingProgress) throws {
    try note(finding)
    try tell(.warned(progress, finding))
  }

  private func note(_ finding: Finding) throws { try log.append(line(of: finding)) }

  private func line(of finding: Finding) -> String {
    let (values, texts) = finding.logged
    return MetricsLog.line(step: trainer.step, phase: "guard", values, texts: texts)
  }

  /// Goes back to the last good state, so that log and checkpoints are those of a run that stopped there, or
  /// ends the run where that is not asked for or has been of no use.
  func goBack(after finding: Finding, _ progress: () -> TrainingProgress) throws {
    guard watch.canGoBack else {
      if configuration.guard != .off { try note(finding) }
      let tried = trainer.rollbacks > 0 ? ", after going back \(trainer.rollbacks) times" : ""
      throw TrainingFailure(
        problem: "\(finding.problem) at step \(finding.step)" + tried, location: directory.url.path,
        remedy: finding.remedy)
    }
    let answered = try watch.goBack(after: finding)
    // A crash must find the log longer than its checkpoint knows it, never shorter.
    let end = log.end(ofStep: trainer.step)
    try save(progress(), position: LogPosition(length: end, pending: line(of: answered)))
    try finishSaving()
    try log.cut(to: end)
    try warn(answered, progress())
  }
}
