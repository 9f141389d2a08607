import Torch

/// Something that cannot be handed to another program.
public struct ExportError: DiagnosedError {
  /// What is wrong.
  public let problem: String
  /// Where it is wrong.
  public let location: String
  /// What to do about it.
  public let remedy: String

  init(_ problem: String, at location: String, remedy: String = "") {
    self.problem = problem
    self.location = location
    self.remedy = remedy
  }
}
