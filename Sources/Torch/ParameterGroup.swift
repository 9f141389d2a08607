/// Named parameters in a fixed order: what an objective may move, and what a checkpoint holds.
public struct ParameterGroup {
  /// The parameters' names, as paths of properties.
  public private(set) var names: [String] = []
  /// The parameters, in the order of `names`.
  public private(set) var tensors: [Tensor] = []

  /// A group without parameters.
  public init() {}

  /// The number of values in all parameters together.
  public var count: Int { tensors.reduce(0) { $0 + $1.count } }

  /// Whether there are no parameters.
  public var isEmpty: Bool { tensors.isEmpty }

  /// Adds a parameter.
  ///
  /// - Precondition: no parameter has this name yet.
  public mutating func append(_ tensor: Tensor, named name: String) {
    precondition(!names.contains(name), "two parameters are named \(name)")
    names.append(name)
    tensors.append(tensor)
  }

  /// The same parameters, with `prefix` and a dot before their names.
  public func prefixed(_ prefix: String) -> ParameterGroup {
    var group = ParameterGroup()
    for (name, tensor) in zip(names, tensors) { group.append(tensor, named: prefix + "." + name) }
    return group
  }

  /// The parameters of both groups.
  public static func + (a: ParameterGroup, b: ParameterGroup) -> ParameterGroup {
    var group = a
    for (name, tensor) in zip(b.names, b.tensors) { group.append(tensor, named: name) }
    return group
  }

  /// The parameters by name.
  public var dictionary: [String: Tensor] {
    Dictionary(uniqueKeysWithValues: zip(names, tensors))
  }
}
