import Foundation

extension Report {
  /// The page, which is also well-formed XML.
  public var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8"/>
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"/>
    <meta name="viewport" content="width=device-width, initial-scale=1"/>
    <meta name="color-scheme" content="light dark"/>
    <title>\(HTML.escape(name)) · \(HTML.escape(preset))</title>
    <style>
    \(Self.style)
    </style>
    </head>
    <body>
    <main>
    \(([header, results] + tables.map(section) + [pictures, remarks, settings])
      .filter { !$0.isEmpty }.joined(separator: "\n"))
    </main>
    </body>
    </html>

    """
  }

  private var header: String {
    let instant = date.formatted(.iso8601)
    let shown = instant.replacingOccurrences(of: "T", with: " ").dropLast(4) + " UTC"
    var lines = [
      "<header>", HTML.element("p", preset, class: "preset"), HTML.element("h1", name),
      "<p class=\"state\">\(badge) <time datetime=\"\(instant)\">\(shown)</time></p>",
    ]
    if case .failed(let reason) = status { lines.append(HTML.element("p", reason, class: "reason")) }
    if !facts.isEmpty {
      let items = facts.map { "<div>\(HTML.element("dt", $0.name))\(HTML.element("dd", $0.value))</div>" }
      lines.append("<dl>\(items.joined(separator: "\n"))</dl>")
    }
    return (lines + ["</header>"]).joined(separator: "\n")
  }

  private var badge: String {
    switch status {
    case nil: ""
    case .finished: HTML.element("span", "finished", class: "badge finished")
    case .running: HTML.element("span", "running", class: "badge running")
    case .interrupted: HTML.element("span", "interrupted", class: "badge interrupted")
    case .failed: HTML.element("span", "failed", class: "badge failed")
    }
  }

  private var results: String {
    guard !metrics.isEmpty else { return "" }
    let rows = metrics.map { metric in
      let unit = metric.unit.isEmpty ? "" : HTML.element("small", metric.unit)
      let value = NumberText.measured(metric.value, standardError: metric.standardError)
      return "<tr><th scope=\"row\">\(HTML.escape(metric.name))\(unit)</th>"
        + HTML.element("td", value, class: "number")
        + HTML.element("td", metric.count.map(NumberText.whole) ?? "", class: "number") + "</tr>"
    }
    return Self.section(
      "Results",
      head: "<th scope=\"col\">metric</th><th scope=\"col\" class=\"number\">value ± standard error</th>"
        + "<th scope=\"col\" class=\"number\">count</th>",
      rows: rows)
  }

  private func section(_ table: Table) -> String {
    let numeric = Set(
      table.header.indices.filter { column in
        let cells = table.rows.compactMap { $0.dropFirst(column).first }.filter { !$0.isEmpty && $0 != "–" }
        return !cells.isEmpty && cells.allSatisfy(Self.isNumber)
      })
    func style(_ column: Int) -> String { numeric.contains(column) ? " class=\"number\"" : "" }
    let head = table.header.enumerated().map { column, name in
      "<th scope=\"col\"\(style(column))>\(HTML.escape(name))</th>"
    }
    let rows = table.rows.map { row in
      let cells = row.enumerated().map { column, cell in
        column == 0 && !numeric.contains(0)
          ? "<th scope=\"row\">\(HTML.escape(cell))</th>" : "<td\(style(column))>\(HTML.escape(cell))</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    return Self.section(table.title, head: head.joined(), rows: rows)
  }

  private static func isNumber(_ text: String) -> Bool {
    text.contains(where: \.isNumber) && text.allSatisfy { $0.isNumber || "+-−.,±% e[]".contains($0) }
  }

  private static func section(_ title: String, head: String, rows: [String]) -> String {
    """
    <section>
    \(HTML.element("h2", title))
    <div class="scroll"><table>
    <thead><tr>\(head)</tr></thead>
    <tbody>
    \(rows.joined(separator: "\n"))
    </tbody>
    </table></div>
    </section>
    """
  }

  private var pictures: String {
    guard !figures.isEmpty else { return "" }
    let cards = figures.map { figure in
      let size = figure.size
      let source = "data:\(figure.mediaType);base64,\(figure.image.base64EncodedString())"
      let caption = figure.caption.isEmpty ? "" : " " + HTML.escape(figure.caption)
      return """
        <figure style="width: \(size.width + 18)px">
        <div class="plate"><img src="\(source)" alt="\(HTML.escape(figure.alternativeText))" \
        width="\(size.width)" height="\(size.height)" style="--least: \(size.width * 7 / 10)px"/></div>
        <figcaption>\(HTML.element("b", figure.title))\(caption)</figcaption>
        </figure>
        """
    }
    return """
      <section>
      <h2>Figures</h2>
      <div class="figures">
      \(cards.joined(separator: "\n"))
      </div>
      </section>
      """
  }

  private var remarks: String {
    guard !notes.isEmpty else { return "" }
    let items = notes.map { "\(HTML.element("h3", $0.title))\n\(HTML.paragraphs($0.text))" }
    return "<section class=\"notes\">\n<h2>Notes</h2>\n\(items.joined(separator: "\n"))\n</section>"
  }

  private var settings: String {
    guard !configuration.isEmpty else { return "" }
    return """
      <section>
      <h2>Configuration</h2>
      <details>
      <summary>Show the resolved configuration</summary>
      <pre><code>\(HTML.escape(configuration))</code></pre>
      </details>
      </section>
      """
  }
}
