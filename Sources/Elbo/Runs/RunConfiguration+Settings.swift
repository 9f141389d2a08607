import Yams

extension RunConfiguration {
  /// The values of all keys as text, by their dotted names: "training.steps" to "1000".
  public var settings: [String: String] {
    guard let node = try? Yams.compose(yaml: ConfigurationLoader.yaml(self)) else { return [:] }
    return Self.flat(node, under: "")
  }

  private static func flat(_ node: Node, under name: String) -> [String: String] {
    if let list = node.sequence { return [name: "[\(list.map { $0.string ?? "" }.joined(separator: ", "))]"] }
    guard let mapping = node.mapping else { return [name: node.string ?? ""] }
    return mapping.reduce(into: [:]) { settings, entry in
      let key = entry.key.string ?? ""
      settings.merge(flat(entry.value, under: name.isEmpty ? key : "\(name).\(key)")) { $1 }
    }
  }
}
