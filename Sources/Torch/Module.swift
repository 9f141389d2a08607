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

/// A part of a model: a value whose stored properties hold parameters, other modules, or arrays and optionals
/// of either. Parameters are named by the path of properties that leads to them: "encoder.layers.0.weight".
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
    // An optional's payload belongs to the property that holds it; a nameless place in a tuple is called
    // ".0".
    let name = child.label.map { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 } ?? String(index)
    let label = mirror.displayStyle == .optional ? nil : name
    let childPath = [path, label ?? ""].filter { !$0.isEmpty }.joined(separator: ".")
    collectParameters(of: child.value, path: childPath, into: &group)
  }
}
