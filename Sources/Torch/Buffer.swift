/// A tensor of a module that no gradient moves, and that the module's outputs depend on all the same: it is
/// saved with the parameters, and is none of them.
public struct Buffer {
  /// The values, which a `Follower` overwrites in place.
  public let tensor: Tensor

  /// A buffer that starts with these values.
  public init(_ values: Tensor) { tensor = values.detached().cloned().contiguous() }
}

/// A module whose buffers follow parameters.
public protocol Follower: Module {
  /// Brings the buffers up to date after the parameters have moved; training calls it after each update.
  func follow()
}
