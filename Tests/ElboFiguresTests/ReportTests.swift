import ElboFigures
import Foundation
import Testing

@Suite struct ReportTests {
  private static func picture() throws -> Data {
    try Bitmap(width: 40, height: 20, channels: 1, pixels: [UInt8](repeating: 7, count: 800)).pngData()
  }

  private static func report(naming name: String) throws -> Report {
    Report(
      name: name, preset: name, date: Date(timeIntervalSince1970: 1_700_000_000), status: .failed(name),
      facts: [.init(name, name)],
      metrics: [.init(name, value: -1.4372, standardError: 0.0031, unit: name, count: 10_240)],
      tables: [.init(name, header: [name, "count"], rows: [[name, "1,234"], ["short row"]])],
      figures: [try ReportFigure(title: name, caption: name, alternativeText: name, image: picture())],
      notes: [.init(name, name + "\n\n" + name)], configuration: "key: " + name)
  }

  /// The text that a reader sees is the text given, wherever it stands.
  @Test(arguments: hostileNames + ["\u{0}\u{1B}[31m red", "]]> --> </style></title>"])
  func textIsEscapedEverywhere(name: String) throws {
    let document = try XMLText(Data(Self.report(naming: name).html.utf8))
    let shown = String(name.map { $0 == "\u{0}" || $0 == "\u{1B}" ? "\u{FFFD}" : $0 })
    let line = shown.replacingOccurrences(of: "\n", with: " ")
    #expect(document.all("h1") == [shown])
    #expect(document.all("title") == ["\(shown) · \(shown)"])
    #expect(document.all("b") == [shown])
    #expect(document.all("h3") == [shown])
    #expect(document.all("dt") == [shown] && document.all("dd") == [shown])
    #expect(document.all("small") == [shown])
    #expect(document.all("code") == ["key: " + shown])
    #expect(document.all("p").filter { $0 == line }.count >= 2)
    // Readers turn a line break in an attribute into a space.
    #expect(document.attributes.contains { $0.name == "alt" && ($0.value == shown || $0.value == line) })
    #expect(document.all("script").isEmpty)
  }

  @Test func thePageNeedsNothingElse() throws {
    let html = try Self.report(naming: "https://example.org/a.png").html
    let document = try XMLText(Data(html.utf8))
    let links = document.attributes.filter { ["src", "href", "srcset", "action", "data"].contains($0.name) }
    #expect(links.count == 1)
    #expect(links.allSatisfy { $0.value.hasPrefix("data:image/png;base64,") })
    let encoded = try #require(links.first?.value.split(separator: ",").last)
    #expect(try Data(base64Encoded: String(encoded)) == Self.picture())
    let style = document.all("style").joined()
    #expect(!style.contains("url(") && !style.contains("@import"))
    #expect(document.attributes.contains { $0.value.hasPrefix("default-src 'none'") })
    #expect(document.attributes.contains { $0.name == "width" && $0.value == "20" })
  }

  @Test func resultsAndStateAreShown() throws {
    let document = try XMLText(Data(Self.report(naming: "run").html.utf8))
    #expect(document.all("td").contains("−1.4372 ± 0.0031"))
    #expect(document.all("td").contains("10,240"))
    #expect(document.all("span") == ["failed"])
    #expect(document.all("time") == ["2023-11-14 22:13 UTC"])
  }

  @Test(arguments: [Report.Status.finished, .running, .interrupted, .failed("x")])
  func emptyPartsAreLeftOut(status: Report.Status) throws {
    let report = Report(name: "r", preset: "p", date: Date(), status: status)
    #expect(try XMLText(Data(report.html.utf8)).all("h2").isEmpty)
  }

  @Test func filesAreWrittenWholeOrNotAtAll() throws {
    let scratch = try Scratch()
    let report = try Self.report(naming: "run")
    try report.write(to: scratch.file("report.html"))
    #expect(try String(contentsOfFile: scratch.file("report.html"), encoding: .utf8) == report.html)
    #expect(try scratch.names == ["report.html"])
    #expect(throws: FigureError.self) { try report.write(to: scratch.file("none/report.html")) }
  }

  @Test func vectorPicturesKeepTheirSize() throws {
    let scratch = try Scratch()
    let plot = CurvePlot(title: "t", xLabel: "x", yLabel: "y", series: [.init("a", x: [0, 1], y: [0, 1])])
    try Gnuplot().draw(plot, to: scratch.file("a.svg"))
    let figure = try ReportFigure(
      title: "t", caption: "", alternativeText: "a line", file: scratch.file("a.svg"))
    let report = Report(name: "r", preset: "p", date: Date(), status: .finished, figures: [figure])
    let document = try XMLText(Data(report.html.utf8))
    #expect(document.attributes.contains { $0.name == "width" && $0.value == "\(plot.size.width)" })
    #expect(
      document.attributes.contains { $0.name == "src" && $0.value.hasPrefix("data:image/svg+xml;base64,") })
  }

  @Test func filesThatAreNoPicturesAreTold() throws {
    let scratch = try Scratch()
    try "hello".write(toFile: scratch.file("a.png"), atomically: true, encoding: .utf8)
    for path in [scratch.file("a.png"), scratch.file("none.png")] {
      let error = try #require(throws: FigureError.self) {
        try ReportFigure(title: "t", caption: "", alternativeText: "", file: path)
      }
      #expect(error.location == path)
    }
  }

  @Test(
    arguments: [
      (107.3214, 0.1834, "107.32 ± 0.18"), (-1.4372, 0.0031, "−1.4372 ± 0.0031"),
      (12345.6, 340, "12,346 ± 340"),
      (0.5, 0.00099, "0.50000 ± 0.00099"), (2, 0, "2"), (2, .nan, "2"), (0.00577, nil, "0.00577"),
      (1e-9, nil, "1.000e−09"),
      (204_039, nil, "204,039"), (.nan, 1, "not a number"), (-.infinity, nil, "−∞"), (0, nil, "0"),
      (-0.0001, 0.1, "0.00 ± 0.10"),
      (1e20, 1e18, "1.000e+20 ± 1.000e+18"), (.greatestFiniteMagnitude, nil, "1.798e+308"),
    ] as [(Double, Double?, String)])
  func numbersHaveNoMoreDigitsThanTheyDeserve(value: Double, error: Double?, text: String) {
    #expect(NumberText.measured(value, standardError: error) == text)
  }
}
