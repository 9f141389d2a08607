import Foundation
import FoundationXML
import Testing

/// What an XML reader sees in a document: text by element name, and attributes.
final class XMLText: NSObject, XMLParserDelegate {
  private(set) var texts: [(element: String, text: String)] = []
  private(set) var attributes: [(name: String, value: String)] = []
  private var open: [(name: String, text: String)] = []

  /// Fails the test where the document is not well-formed.
  init(_ document: Data) throws {
    super.init()
    let parser = XMLParser(data: document)
    parser.delegate = self
    let isRead = parser.parse()
    try #require(isRead, "line \(parser.lineNumber): \(String(describing: parser.parserError))")
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes given: [String: String] = [:]
  ) {
    open.append((name, ""))
    attributes += given.map { (name: $0.key, value: $0.value) }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if !open.isEmpty { open[open.count - 1].text += string }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    if let last = open.popLast() { texts.append((last.name, last.text)) }
  }

  /// Texts of all elements of a name, in the order in which they end.
  func all(_ element: String) -> [String] { texts.filter { $0.element == element }.map(\.text) }
}
