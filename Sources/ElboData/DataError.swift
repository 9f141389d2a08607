import Torch

/// What is wrong with a data set, its files or the way to them.
public struct DataError: DiagnosedError, Equatable {
  /// The sort of failure, for code that reacts to one of them.
  public enum Kind: String, Sendable, CaseIterable {
    /// Nothing is there.
    case missing
    /// Something is there and cannot be read: a folder, a device, no permission.
    case unreadable
    /// The bytes are not in the format: wrong magic number, sizes that cannot be, bytes after the end.
    case malformed
    /// The bytes end before the header says so.
    case truncated
    /// A checksum says that the bytes changed.
    case corrupt
    /// Two parts that belong together disagree: counts of images and labels.
    case mismatch
    /// A value outside its range: a label, a size, a count.
    case outOfRange
    /// The name of no known data set, or a setting that does not exist.
    case unknownName
    /// The network or a server.
    case network
    /// A file or folder that cannot be written.
    case unwritable
    /// The task was cancelled.
    case cancelled
  }

  /// The sort of failure.
  public let kind: Kind
  /// Where: a path, a data set's name or a configuration key.
  public let location: String
  /// What is wrong, as a clause.
  public let problem: String
  /// What to do, or empty.
  public let remedy: String

  /// An error "location: problem; remedy".
  public init(_ kind: Kind, at location: String, _ problem: String, remedy: String = "") {
    self.kind = kind
    self.location = location
    self.problem = problem
    self.remedy = remedy
  }

  /// 2 for a name or a value that a person gave, 1 for everything else.
  public var exitStatus: Int32 {
    switch kind {
    case .unknownName, .outOfRange: 2
    default: 1
    }
  }
}
