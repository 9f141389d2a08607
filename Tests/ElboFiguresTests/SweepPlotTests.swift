import ElboFigures
import Foundation
import Testing

/// What a search found, as a picture.
@Suite struct SweepPlotTests {
  @Test func numbersNamesAndGroupsAreDrawn() throws {
    let plot = SweepPlot(
      title: "Trials by elbo", yLabel: "elbo (nats/example)",
      columns: [
        SweepPlot.Column(name: "optimiser.learningRate", positions: [1e-4, 1e-3, 1e-2], scale: .logarithmic),
        SweepPlot.Column(
          name: "posterior.kind", positions: [0, 1, 1], categories: ["gaussian", "implicit 50%"]),
      ], values: [-3, -2, .nan], errors: [0.1, .nan, 0.1], groups: [0, 1, 0],
      groupNames: ["after 400 steps", "after 100 steps"], best: 1)
    let folder = try Scratch()
    let path = folder.file("sweep.svg")
    try Gnuplot().draw(plot, to: path)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for part in [
      "Trials by elbo", "optimiser.learningRate", "posterior.kind", "implicit 50%", "after 400 steps",
    ] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test func aSweepWithoutResultsIsAnEmptyFrame() throws {
    let plot = SweepPlot(
      title: "t", yLabel: "y", columns: [SweepPlot.Column(name: "seed", positions: [], categories: [])],
      values: [], errors: [], groups: [], groupNames: [], best: nil)
    let folder = try Scratch()
    try Gnuplot().draw(plot, to: folder.file("sweep.svg"))
    #expect(
      try String(contentsOfFile: folder.file("sweep.svg"), encoding: .utf8).contains("no finite values"))
  }
}
