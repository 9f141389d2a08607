/// A trainable tensor of a module.
public struct Parameter {
  /// The values, which optimisers overwrite in place.
  public let tensor: Tensor

  /// A parameter that starts with these values.
  public init(_ values: Tensor) {
    // The moments of optimisers are in row-major order, and the fused updates walk both side by side.
    tensor = values.detached().cloned().contiguous()
    tensor.setRequiresGradient(true)
  }
}

/// A part of a model: a value whose stored properties hold parameters, buffers, other modules, or arrays and
/// optionals of any of these. Parameters and buffers are named by the path of properties that leads to them:
/// "encoder.layers.0.weight".
public protocol Module {}

extension Module {
  /// All parameters, in the order of their properties.
  public var parameters: ParameterGroup {
    var group = ParameterGroup()
    walk(self) { value, path in
      if let parameter = value as? Parameter { group.append(parameter.tensor, named: path) }
    }
    return group
  }

  /// All buffers, in the order of their properties.
  public var buffers: ParameterGroup {
    var group = ParameterGroup()
    walk(self) { value, path in
      if let buffer = value as? Buffer { group.append(buffer.tensor, named: path) }
    }
    return group
  }

  /// All parts whose buffers follow parameters, this one among them.
  public var followers: [any Follower] {
    var found: [any Follower] = []
    walk(self) { value, _ in
      if let follower = value as? any Follower { found.append(follower) }
    }
    return found
  }
}

/// Visits a value and all that modules, collections and optionals within it hold, each with its path.
private func walk(_ value: Any, path: String = "", _ visit: (Any, String) -> Void) {
  let mirror = Mirror(reflecting: value)
  // An optional casts to what it holds, which is visited on its own.
  if mirror.displayStyle != .optional { visit(value, path) }
  switch mirror.displayStyle {
  case .collection, .tuple, .optional: break
  default: guard value is any Module else { return }
  }
  for (index, child) in mirror.children.enumerated() {
    // An optional's payload belongs to the property that holds it; a nameless place in a tuple is called
    // ".0".
    let name = child.label.map { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 } ?? String(index)
    let label = mirror.displayStyle == .optional ? nil : name
    walk(child.value, path: [path, label ?? ""].filter { !$0.isEmpty }.joined(separator: "."), visit)
  }
}
