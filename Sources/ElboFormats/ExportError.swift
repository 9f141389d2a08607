import Torch

/// Something that cannot be handed to another program.
public struct ExportError: DiagnosedError {
  /// What is wrong.
  public let problem: String
  /// Where it is wrong.
  public let location: String
  /// What to do about it.
  public let remedy: String
  /// 1 where it is the run's, 2 where what was asked for makes no sense.
  public let exitStatus: Int32

  init(_ problem: String, at location: String, remedy: String = "", exitStatus: Int32 = 1) {
    self.problem = problem
    self.location = location
    self.remedy = remedy
    self.exitStatus = exitStatus
  }
}
