import Foundation

/// What there is to say about a run, or about several, and the one self-contained HTML page that says it.
///
/// The page needs no network and no script: styles are inline, pictures are embedded, and a content security
/// policy forbids every request.
public struct Report: Sendable {
  /// How a run stands.
  public enum Status: Sendable, Hashable {
    /// It came to its end.
    case finished
    /// It has not ended yet.
    case running
    /// It was stopped, and can go on.
    case interrupted
    /// It ended with an error, given in one line.
    case failed(String)
  }

  /// A short statement at the top: "steps", "2,000".
  public struct Fact: Sendable, Hashable {
    /// What it is about.
    public var name: String
    /// What holds.
    public var value: String

    /// A fact.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A measured number.
  public struct Metric: Sendable, Hashable {
    /// What was measured.
    public var name: String
    /// The result.
    public var value: Double
    /// Standard error of `value`, in the same unit; nil where there is none.
    public var standardError: Double?
    /// The unit: "nats per example".
    public var unit: String
    /// Examples or samples behind it; nil where that has no meaning.
    public var count: Int?

    /// A measured number.
    public init(
      _ name: String, value: Double, standardError: Double? = nil, unit: String = "", count: Int? = nil
    ) {
      self.name = name
      self.value = value
      self.standardError = standardError
      self.unit = unit
      self.count = count
    }
  }

  /// A table of text, such as parameters by network.
  public struct Table: Sendable, Hashable {
    /// Stands above it.
    public var title: String
    /// Names of the columns.
    public var header: [String]
    /// Cells by row; numbers are recognised and aligned at their right.
    public var rows: [[String]]

    /// A table.
    public init(_ title: String, header: [String], rows: [[String]]) {
      self.title = title
      self.header = header
      self.rows = rows
    }
  }

  /// A paragraph with a heading: the source, or a deviation from it and the reason.
  public struct Note: Sendable, Hashable {
    /// What it is about.
    public var title: String
    /// Plain text; blank lines separate paragraphs.
    public var text: String

    /// A note.
    public init(_ title: String, _ text: String) {
      self.title = title
      self.text = text
    }
  }

  /// The run's name.
  public var name: String
  /// What was run.
  public var preset: String
  /// When it ended, or was last seen to run.
  public var date: Date
  /// How it stands; nil for a page about several runs.
  public var status: Status?
  /// Steps, device, duration and the like.
  public var facts: [Fact]
  /// The results.
  public var metrics: [Metric]
  /// Further tables.
  public var tables: [Table]
  /// Pictures, in order.
  public var figures: [ReportFigure]
  /// Source and deviations.
  public var notes: [Note]
  /// The resolved configuration, YAML; empty for none.
  public var configuration: String

  /// A report.
  public init(
    name: String, preset: String, date: Date, status: Status?, facts: [Fact] = [], metrics: [Metric] = [],
    tables: [Table] = [], figures: [ReportFigure] = [], notes: [Note] = [], configuration: String = ""
  ) {
    self.name = name
    self.preset = preset
    self.date = date
    self.status = status
    self.facts = facts
    self.metrics = metrics
    self.tables = tables
    self.figures = figures
    self.notes = notes
    self.configuration = configuration
  }

  /// Writes the page to `path`; the file appears complete or not at all.
  public func write(to path: String) throws(FigureError) {
    try StagedFile.write(Data(html.utf8), to: path)
  }
}
