import Torch

/// A place in a recording where the host acts.
struct Mark {
  /// The number of calls before it.
  var position: Int
  /// What it reads.
  var reads: [Recording.Value]
}
