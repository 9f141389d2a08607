import ElboFigures
import Foundation
import Testing

@Suite struct AxisTests {
  private static let ranges: [ClosedRange<Double>] = [
    0...1, -3...3, 0...0, 5...5, -2...(-2), 0...1999, 1e6...1e6 + 1, 1e-9...3e-9, 0...1e12, -1e300...1e300,
    0.1...(0.1 + 1e-15), -(.infinity)...(.infinity), 0.004...0.7, 99.5...100.5, 1...5e9,
  ]

  @Test(arguments: ranges, [AxisScale.linear, .logarithmic])
  func ticksLieInTheRangeAndHaveDifferentNames(range: ClosedRange<Double>, scale: AxisScale) {
    let axis = Axis(range, scale: scale)
    #expect(axis.range.lowerBound < axis.range.upperBound)
    #expect(axis.range.lowerBound.isFinite && axis.range.upperBound.isFinite)
    #expect(scale == .linear || axis.range.lowerBound > 0)
    #expect(axis.ticks.count <= 30)
    let slack = 1e-6 * (axis.range.upperBound - axis.range.lowerBound)
    #expect(
      axis.ticks.allSatisfy { $0 >= axis.range.lowerBound - slack && $0 <= axis.range.upperBound + slack })
    #expect(Set(axis.labels).count == axis.ticks.count, "\(axis.labels)")
  }

  @Test(arguments: [
    (0.0...2000, ["0", "500", "1,000", "1,500", "2,000"]), (-1...1, ["−1.0", "−0.5", "0", "0.5", "1.0"]),
    (0...0.004, ["0", "0.001", "0.002", "0.003", "0.004"]),
    (0...4e8, ["0", "1·10⁸", "2·10⁸", "3·10⁸", "4·10⁸"]),
  ])
  func ticksHaveRoundNames(range: ClosedRange<Double>, names: [String]) {
    let labels = Axis(range, ticks: 4).labels
    #expect(labels == names || labels == names.map { $0 == "1·10⁸" ? "10⁸" : $0 })
  }

  @Test func decadesAreTicks() {
    #expect(
      Axis(0.001...1000, scale: .logarithmic).labels == ["0.001", "0.01", "0.1", "1", "10", "100", "1,000"])
  }

  @Test(arguments: [3, 5, 51, 1000])
  func movingMeansKeepConstantsAndSlopes(window: Int) {
    let slope = (0..<200).map(Double.init)
    let smooth = Smoothing.movingMean(slope, window: window)
    #expect(smooth.count == 200)
    let half = window / 2
    for index in slope.indices where index >= half && index < 200 - half {
      #expect(abs(smooth[index] - slope[index]) < 1e-9)
    }
    let constant = Smoothing.movingMean([4, .nan, 4, 4, .infinity], window: window)
    #expect(constant.allSatisfy { abs($0 - 4) < 1e-12 })
    #expect(Smoothing.movingMean([.nan], window: window)[0].isNaN)
  }

  @Test func thinningKeepsPeaksAndOrder() {
    var values = (0..<100_000).map { sin(Double($0) / 1000) }
    values[54_321] = 50
    values[12_345] = -50
    let kept = Smoothing.thinned(values, limit: 1000)
    #expect(kept.count <= 1000)
    #expect(kept.contains(54_321) && kept.contains(12_345))
    #expect(kept == kept.sorted())
    #expect(Smoothing.thinned([1, 2, 3], limit: 1000) == [0, 1, 2])
    #expect(Smoothing.thinned([Double](repeating: .nan, count: 5000), limit: 10).count == 5)
  }

  @Test func textIsBrokenBetweenWordsAndCutWithin() {
    let lines = TextMetrics.wrap("one two three four five six seven eight nine ten", width: 120)
    #expect(lines.count > 1)
    #expect(lines.joined(separator: " ") == "one two three four five six seven eight nine ten")
    #expect(lines.allSatisfy { TextMetrics.width(of: $0) <= 120 })
    let cut = TextMetrics.wrap(String(repeating: "x", count: 500), width: 120)
    #expect(cut.count == 1 && cut[0].hasSuffix("…") && TextMetrics.width(of: cut[0]) <= 120)
    #expect(TextMetrics.wrap("", width: 10) == [""])
    #expect(TextMetrics.wrap("a\nb", width: 100) == ["a", "b"])
  }
}
