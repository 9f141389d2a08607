import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// A JSON value to write: keys sorted, and long lists of numbers without a box for each.
package indirect enum JSON: Sendable {
  case null
  case bool(Bool)
  case int(Int)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])
  /// Rows of so many numbers.
  case matrix([Float], width: Int)
  /// What is JSON already.
  case text(String)

  /// The text, in UTF-8.
  package var bytes: [UInt8] {
    var out: [UInt8] = []
    write(to: &out)
    return out
  }

  private func write(to out: inout [UInt8]) {
    switch self {
    case .null: out += "null".utf8
    case .bool(let value): out += (value ? "true" : "false").utf8
    case .int(let value): out += "\(value)".utf8
    // JSON knows no infinity.
    case .number(let value): out += (value.isFinite ? "\(value)" : "null").utf8
    case .string(let text): Self.quote(text, to: &out)
    case .text(let text): out += text.utf8
    case .array(let items): Self.list("[", "]", items, to: &out) { $0.write(to: &$1) }
    case .object(let members):
      Self.list("{", "}", members.sorted { $0.key < $1.key }, to: &out) { member, out in
        Self.quote(member.key, to: &out)
        out += ":".utf8
        member.value.write(to: &out)
      }
    case .matrix(let values, let width):
      let rows = width > 0 ? stride(from: 0, to: values.count, by: width).map { values[$0..<$0 + width] } : []
      Self.list("[", "]", rows, to: &out) { row, out in
        Self.list("[", "]", row, to: &out) { $1 += ($0.isFinite ? "\($0)" : "null").utf8 }
      }
    }
  }

  private static func list<Items: Collection>(
    _ open: String, _ close: String, _ items: Items, to out: inout [UInt8],
    _ write: (Items.Element, inout [UInt8]) -> Void
  ) {
    out += open.utf8
    var isFirst = true
    for item in items {
      if !isFirst { out.append(UInt8(ascii: ",")) }
      isFirst = false
      write(item, &out)
    }
    out += close.utf8
  }

  private static func quote(_ text: String, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
      case ..<0x20: out += String(format: "\\u%04x", Int(byte)).utf8
      default: out.append(byte)
      }
    }
    out.append(UInt8(ascii: "\""))
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByArrayLiteral, ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int) { self = .int(value) }
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }
}

extension Response {
  static func json(
    _ value: JSON, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) -> Response {
    data(value.bytes, type: "application/json", status: status, headers: headers)
  }

  static func data(
    _ bytes: some Collection<UInt8> & Sendable, type: String, status: HTTPResponse.Status = .ok,
    headers: HTTPFields = [:]
  ) -> Response {
    var headers = headers
    headers[.contentType] = type
    return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}
