import Foundation
import Torch

/// A picture or a report that could not be made: what is wrong, where, and what to do.
public struct FigureError: DiagnosedError, Equatable {
  /// What is wrong, as a clause without a full stop.
  public let problem: String
  /// The file, tool or figure concerned.
  public let location: String
  /// What to do, as an imperative clause; empty where nothing can be advised.
  public let remedy: String

  /// An error made of its three parts.
  public init(_ location: String, _ problem: String, remedy: String = "") {
    self.location = location
    self.problem = problem
    self.remedy = remedy
  }

  /// The failure of a system call on `path`, with advice that fits `code` (an `errno` value).
  package static func system(_ path: String, _ action: String, code: Int32) -> FigureError {
    let remedy =
      switch code {
      case ENOENT: "create the folder first"
      case ENOTDIR: "name a file inside a folder"
      case EACCES, EPERM, EROFS: "choose a folder that can be written to"
      case ENOSPC, EDQUOT: "free some disk space"
      default: "check the path"
      }
    return FigureError(path, "\(action): \(String(cString: strerror(code)))", remedy: remedy)
  }
}
