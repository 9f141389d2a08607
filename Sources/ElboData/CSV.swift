import Foundation

/// A table of numbers from a file of comma-separated values, of which one column may hold classes.
///
/// The first line names the columns where any of its fields is no number. Source: RFC 4180.
public struct CSV: Sendable, Equatable {
  /// The names of the columns of numbers, where the file has a header.
  public let columns: [String]?
  /// The numbers, [count, width].
  public let values: [Float]
  /// How many columns of numbers there are.
  public let width: Int
  /// The class of each line, where a column of them was asked for.
  public let labels: [Int]?
  /// The distinct values of that column: in order of size where they are whole numbers, else by name.
  public let classNames: [String]

  /// How many lines of numbers there are.
  public var count: Int { values.count / width }

  /// Reads the file at `path`.
  ///
  /// Parameter label: the name of the column of classes; empty for none.
  ///
  /// Throws: `DataError` with the line's number for a field that is no finite number, or a line that has more
  /// or fewer fields than the first.
  public init(contentsOf path: String, label: String = "") throws(DataError) {
    let file = try MappedFile(path: path)
    var lines = CSVLines(file.bytes, name: path)
    guard let first = try lines.next() else { throw DataError(.malformed, at: path, "it holds no lines") }
    let isHeader = first.contains { Self.number($0) == nil }
    let names = isHeader ? first : nil
    let place = label.isEmpty ? nil : names?.firstIndex(of: label)
    guard label.isEmpty || place != nil else {
      throw DataError(
        .unknownName, at: path, "there is no column '\(label)'",
        remedy: names.map { "name one of: \($0.listed)" } ?? "give the file a line of names")
    }
    width = first.count - (place == nil ? 0 : 1)
    guard width > 0 else { throw DataError(.mismatch, at: path, "there is no column of numbers") }
    var values: [Float] = []
    var classes: [String] = []
    var line = isHeader ? try lines.next() : first
    while let fields = line {
      let at = "\(path):\(lines.number)"
      guard fields.count == first.count else {
        throw DataError(
          .malformed, at: at, "line \(lines.number) has \(fields.count) fields, the first has \(first.count)",
          remedy: "mend the line")
      }
      for (column, field) in fields.enumerated() {
        if column == place {
          classes.append(field)
          continue
        }
        guard let number = Self.number(field), number.isFinite else {
          let name = names.map { "'\($0[column].excerpt())'" } ?? "\(column + 1)"
          throw DataError(
            .malformed, at: at,
            "line \(lines.number), column \(name): '\(field.excerpt())' is no finite number",
            remedy: label.isEmpty && isHeader && lines.number == 2
              ? "mend it, or name the column of classes by data.labels" : "mend or remove the line")
        }
        values.append(number)
      }
      line = try lines.next()
    }
    guard !values.isEmpty else { throw DataError(.malformed, at: path, "it holds no lines of numbers") }
    self.values = values
    columns = names.map { names in names.indices.filter { $0 != place }.map { names[$0] } }
    let distinct = Set(classes)
    let areNumbers = distinct.allSatisfy { Int($0) != nil }
    classNames = distinct.sorted { areNumbers ? Int($0)! < Int($1)! : $0 < $1 }
    let numbers = Dictionary(uniqueKeysWithValues: classNames.enumerated().map { ($1, $0) })
    labels = place == nil ? nil : classes.map { numbers[$0]! }
  }

  private static func number(_ field: String) -> Float? { Float(field) }
}

/// The lines of a file as fields; lines without anything in them are left out.
private struct CSVLines {
  /// The number of the line that was read last, from 1.
  private(set) var number = 0
  private let bytes: UnsafeRawBufferPointer
  private let name: String
  private var place = 0
  private var nextNumber = 1

  init(_ bytes: UnsafeRawBufferPointer, name: String) {
    (self.bytes, self.name) = (bytes, name)
    // A byte order mark is no part of the first name.
    if bytes.prefix(3).elementsEqual([0xEF, 0xBB, 0xBF]) { place = 3 }
  }

  /// The fields of the next line, without blanks around them; nil at the end.
  mutating func next() throws(DataError) -> [String]? {
    while place < bytes.count {
      number = nextNumber
      let fields = try line()
      if fields != [""] { return fields }
    }
    return nil
  }

  private mutating func line() throws(DataError) -> [String] {
    var fields: [String] = []
    var field: [UInt8] = []
    var (isQuoted, wasQuoted) = (false, false)
    func finish() -> String {
      let text = String(decoding: field, as: UTF8.self)
      return wasQuoted ? text : text.trimmingCharacters(in: .whitespaces)
    }
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      if isQuoted {
        if byte == UInt8(ascii: "\"") {
          if place < bytes.count, bytes[place] == UInt8(ascii: "\"") {
            field.append(byte)
            place += 1
          } else {
            isQuoted = false
          }
        } else {
          if byte == UInt8(ascii: "\n") { nextNumber += 1 }
          field.append(byte)
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\"") where field.isEmpty: (isQuoted, wasQuoted) = (true, true)
      case UInt8(ascii: ","):
        fields.append(finish())
        (field, wasQuoted) = ([], false)
      case UInt8(ascii: "\n"):
        nextNumber += 1
        return fields + [finish()]
      case UInt8(ascii: "\r"): break
      default: field.append(byte)
      }
    }
    guard !isQuoted else {
      throw DataError(
        .malformed, at: "\(name):\(number)", "a quotation mark opens on line \(number) and none closes it")
    }
    return fields + [finish()]
  }
}
