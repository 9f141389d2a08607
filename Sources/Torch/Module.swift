/// A trainable tensor of a module.
public struct Parameter {
  /// The values, which optimisers overwrite in place.
  public let tensor: Tensor

  /// A parameter that starts with these values.
  public init(_ values: Tensor) {
    tensor = values.detached().cloned()
    tensor.setRequiresGradient(true)
  }
}

/// A part of a model: a value whose stored properties hold parameters, other modules, or arrays and optionals of
/// either. Parameters are named by the path of properties that leads to them: "encoder.layers.0.weight".
public protocol Module {}

extension Module {
  /// All parameters, in the order of their properties.
  public var parameters: ParameterGroup {
    var group = ParameterGroup()
    collectParameters(of: self, path: "", into: &group)
    return group
  }
}

private func collectParameters(of value: Any, path: String, into group: inout ParameterGroup) {
  if let parameter = value as? Parameter {
    group.append(parameter.tensor, named: path)
    return
  }
  let mirror = Mirror(reflecting: value)
  switch mirror.displayStyle {
  case .collection, .tuple, .optional: break
  default: guard value is any Module else { return }
  }
  for (index, child) in mirror.children.enumerated() {
    // An optional's payload belongs to the property that holds it.
    let label = mirror.displayStyle == .optional ? nil : child.label ?? String(index)
    let childPath = [path, label ?? ""].filter { !$0.isEmpty }.joined(separator: ".")
    collectParameters(of: child.value, path: childPath, into: &group)
  }
}
