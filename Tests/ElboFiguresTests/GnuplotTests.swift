import ElboFigures
import Foundation
import Testing

@Suite struct GnuplotTests {
  private static let curve = CurvePlot(
    title: "t", xLabel: "step", yLabel: "y", series: [.init("a", x: [0, 1, 2], y: [1, 3, 2])])

  @Test func missingToolSaysHowToInstallIt() throws {
    let error = try #require(throws: FigureError.self) { try Gnuplot(environment: ["PATH": "/nonexistent"]) }
    #expect(error.description.contains("apt-get install gnuplot-nox"))
    #expect(!error.description.contains("\n"))
  }

  @Test(arguments: ["/nonexistent/gnuplot", "/tmp", "/etc/passwd"])
  func badPathInTheEnvironmentIsNamed(path: String) throws {
    let error = try #require(throws: FigureError.self) { try Gnuplot(environment: ["ELBO_GNUPLOT": path]) }
    #expect(error.location == "ELBO_GNUPLOT")
    #expect(error.problem.contains(path))
  }

  @Test func environmentComesBeforePath() throws {
    #expect(
      try Gnuplot(environment: ["ELBO_GNUPLOT": "/bin/true", "PATH": "/bin"]).executable == "/bin/true")
  }

  /// Ends early, is killed, is silent, or answers with something else: an error, and the old picture stays.
  @Test(arguments: [
    ("exit 3", "status 3"), ("echo 'line 0: no such terminal' >&2; exit 1", "no such terminal"),
    ("kill -9 $$", "signal 9"), ("exit 0", "did not draw a whole PNG"), ("cat", "did not draw a whole PNG"),
    ("gnuplot \"$@\" | head -c 900", "did not draw a whole PNG"),
  ])
  func failuresOfTheToolAreTold(commands: String, message: String) throws {
    let scratch = try Scratch()
    let environment = ["ELBO_GNUPLOT": try scratch.program("tool", commands), "PATH": "/usr/bin:/bin"]
    let gnuplot = try Gnuplot(environment: environment)
    try "old".write(toFile: scratch.file("a.png"), atomically: true, encoding: .utf8)
    let error = try #require(throws: FigureError.self) {
      try gnuplot.draw(Self.curve, to: scratch.file("a.png"))
    }
    #expect(error.problem.contains(message))
    #expect(try String(contentsOfFile: scratch.file("a.png"), encoding: .utf8) == "old")
    #expect(try scratch.names == ["a.png", "tool"])
  }

  /// More in each direction than a pipe holds, to a tool that reads nothing.
  @Test(.timeLimit(.minutes(5))) func muchDataNeitherBlocksNorKills() throws {
    let scratch = try Scratch()
    let tool = try scratch.program("tool", "head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 4")
    let gnuplot = try Gnuplot(environment: ["ELBO_GNUPLOT": tool, "PATH": "/usr/bin:/bin"])
    let points = (0..<200_000).map { Float($0 % 1000) }
    let error = try #require(throws: FigureError.self) {
      try gnuplot.draw(ScatterPlot(title: "t", panels: [.init(points: points)]), to: scratch.file("a.png"))
    }
    #expect(error.problem.contains("status 4"))
    #expect(error.problem.count < 1000)
  }

  @Test func complaintsOfTheRealToolArePassedOn() throws {
    let scratch = try Scratch()
    var script = GnuplotScript()
    script.add("set terminal pngcairo")
    script.add("plot undefined_function(x)")
    let error = try #require(throws: FigureError.self) {
      try Gnuplot().run(script, format: .png, to: scratch.file("a.png"))
    }
    #expect(error.problem.contains("undefined"))
    #expect(try scratch.names.isEmpty)
  }

  @Test(arguments: [
    ("/sys/elbo.png", "can be written to"), ("/nonexistent/folder/a.png", "create the folder"),
    ("/etc/hostname/a.png", "inside a folder"), ("/tmp", "inside it"), ("", "inside it"),
  ])
  func pathsThatCannotBeWrittenAreTold(path: String, advice: String) throws {
    let error = try #require(throws: FigureError.self) { try Gnuplot().draw(Self.curve, to: path) }
    #expect(error.location == path)
    #expect(error.remedy.contains(advice))
  }

  @Test func picturesHaveTwoPixelsAPlaceAndReplaceOldFiles() throws {
    let scratch = try Scratch()
    try "old".write(toFile: scratch.file("a.png"), atomically: true, encoding: .utf8)
    try Gnuplot().draw(Self.curve, to: scratch.file("a.png"))
    let picture = try Bitmap(contentsOf: scratch.file("a.png"))
    #expect(picture.width == 2 * Self.curve.size.width)
    #expect(picture.height == 2 * Self.curve.size.height)
    #expect(try scratch.names == ["a.png"])
  }

  @Test func picturesCanBeDrawnSideBySide() async throws {
    let scratch = try Scratch()
    let gnuplot = try Gnuplot()
    let paths = (0..<4).map { scratch.file("\($0).png") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for path in paths { group.addTask { try gnuplot.draw(Self.curve, to: path) } }
      try await group.waitForAll()
    }
    let pictures = try paths.map { try Bitmap(contentsOf: $0) }
    #expect(Set(pictures).count == 1)
  }

  /// The words in the picture are the words given: no markup, no command, no macro, no format.
  @Test func namesAreShownAsTheyAre() throws {
    let scratch = try Scratch()
    let steps = [0.0, 1, 2]
    for name in hostileNames {
      let plot = CurvePlot(
        title: name, xLabel: name, yLabel: name,
        series: [.init("a \(name)", x: steps, y: steps), .init("b", x: steps, y: steps)],
        references: [.init(1, name)])
      try Gnuplot().draw(plot, to: scratch.file("a.svg"))
      let document = try XMLText(Data(contentsOf: URL(fileURLWithPath: scratch.file("a.svg"))))
      func squeezed(_ text: String) -> String { text.filter { !$0.isWhitespace } }
      let shown = squeezed(document.all("text").joined() + document.all("tspan").joined())
      let parts = name.split(separator: "\n").map { squeezed(String($0)) }
      #expect(parts.allSatisfy(shown.contains), "\(name): \(shown)")
    }
  }

  @Test func namesCannotRunCommands() throws {
    let scratch = try Scratch()
    let target = scratch.file("made")
    for name in [
      "`touch \(target)`", "'.system('touch \(target)').'", "x'\nsystem 'touch \(target)'\n'",
      "' `touch \(target)`",
      "\" `touch \(target)`", "\"' `touch \(target)` '\"", "\\' `touch \(target)`",
    ] {
      let plot = ScatterPlot(
        title: name, xLabel: name, classNames: [name],
        panels: [.init(title: name, points: [0, 0], marks: [.init(x: 0, y: 0, label: name)])])
      try Gnuplot().draw(plot, to: scratch.file("a.png"))
      let heat = HeatMap(
        title: name, yLabel: name, valueLabel: name, values: [0, 1, 2, 3], rows: 2, columns: 2, xRange: 0...1,
        yRange: 0...1)
      try Gnuplot().draw(heat, to: scratch.file("b.png"))
    }
    #expect(try scratch.names == ["a.png", "b.png"])
  }
}
