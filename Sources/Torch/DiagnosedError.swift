/// An error a person can act on: what is wrong, where, and what to do about it.
///
/// Files, configuration, data, memory and the network throw errors of this kind; the command line prints
/// `description` as its one line on standard error and exits with `exitStatus`.
public protocol DiagnosedError: Error, CustomStringConvertible, Sendable {
  /// What is wrong, as a clause without a full stop: "the header says 60000 images, the file holds 59999".
  var problem: String { get }
  /// Where: a path, a configuration key, a tensor's name.
  var location: String { get }
  /// What to do, as an imperative clause, or empty where nothing can be advised.
  var remedy: String { get }
  /// The process status that fits: 1 for a failure at run time, 2 for wrong arguments or configuration.
  var exitStatus: Int32 { get }
}

extension DiagnosedError {
  /// One line: "location: problem; remedy". Line breaks and other control characters, which come with what a file or a
  /// person gave, are escaped.
  public var description: String {
    let head = location.isEmpty ? problem : "\(location): \(problem)"
    return (remedy.isEmpty ? head : "\(head); \(remedy)").onOneLine
  }
  /// A failure at run time, unless the type says otherwise.
  public var exitStatus: Int32 { 1 }
}

extension String {
  /// The same with line breaks and other control characters escaped, `\n` for a line break.
  fileprivate var onOneLine: String {
    unicodeScalars.reduce(into: "") { line, scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: line += scalar.escaped(asASCII: true)
      default: line.unicodeScalars.append(scalar)
      }
    }
  }
}
