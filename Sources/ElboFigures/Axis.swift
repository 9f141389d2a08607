import Foundation

/// How an axis maps values to places.
public enum AxisScale: Sendable, Hashable {
  /// Equal differences take equal room.
  case linear
  /// Equal ratios take equal room; what is not positive is left out.
  case logarithmic
}

/// The part of an axis that is shown, and its ticks.
package struct Axis: Sendable {
  /// The lowest and highest value shown, finite and apart.
  package let range: ClosedRange<Double>
  /// Equal differences or equal ratios.
  package let scale: AxisScale
  /// Where the ticks are.
  package let ticks: [Double]
  /// What they are called, one a tick.
  package let labels: [String]

  /// An axis over `range` with about `count` ticks at round values.
  package init(_ range: ClosedRange<Double>, scale: AxisScale = .linear, ticks count: Int = 6) {
    let shown = Self.usable(range, scale: scale)
    self.range = shown
    self.scale = scale
    switch scale {
    case .linear:
      let step = Self.roundStep((shown.upperBound - shown.lowerBound) / Double(max(count, 1)))
      let first = (shown.lowerBound / step - 1e-9).rounded(.up)
      let last = (shown.upperBound / step + 1e-9).rounded(.down)
      ticks = first > last ? [] : stride(from: first, through: last, by: 1).map { $0 * step }
      labels = ticks.map { Self.label($0, step: step) }
    case .logarithmic:
      ticks = Self.logarithmicTicks(shown)
      labels = ticks.map { Self.label($0, step: $0) }
    }
  }

  /// An axis with as many ticks as have room for their names side by side in `width` CSS pixels.
  package init(_ range: ClosedRange<Double>, scale: AxisScale = .linear, fitting width: Int) {
    let candidates = stride(from: 10, through: 3, by: -1).lazy.map { Axis(range, scale: scale, ticks: $0) }
    self =
      candidates.first { axis in
        let widest = axis.labels.map { TextMetrics.width(of: $0) }.max() ?? 0
        return Double(axis.labels.count) * (widest + 16) <= Double(width)
      } ?? Axis(range, scale: scale, ticks: 2)
  }

  /// The command that sets range, scale and ticks of axis `name` (`x` or `y`).
  package func commands(_ name: String, showsLabels: Bool = true) -> String {
    let places = zip(ticks, labels).map { tick, label in
      "\(showsLabels ? GnuplotScript.quoteTick(label) : "''") \(GnuplotScript.number(tick))"
    }
    return "\(scale == .logarithmic ? "set" : "unset") logscale \(name)\n"
      + "set \(name)range [\(range.lowerBound):\(range.upperBound)] noextend\n"
      + "set \(name)tics (\(places.joined(separator: ", ")))"
  }

  /// Where `value` lies along the axis: 0 at its lower end, 1 at its upper.
  package func fraction(of value: Double) -> Double {
    switch scale {
    case .linear: (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    case .logarithmic: log(value / range.lowerBound) / log(range.upperBound / range.lowerBound)
    }
  }

  /// Widens a range that has no extent, and keeps a logarithmic one positive.
  private static func usable(_ range: ClosedRange<Double>, scale: AxisScale) -> ClosedRange<Double> {
    var low = range.lowerBound
    var high = range.upperBound
    guard low.isFinite, high.isFinite, abs(low) < 1e300, abs(high) < 1e300 else {
      return scale == .linear ? 0...1 : 0.1...1
    }
    if scale == .logarithmic {
      high = high > 0 ? high : 1
      low = low > 0 ? low : high / 1000
      return high / low < 1.05 ? low / 1.5...high * 1.5 : low...high
    }
    let least = max(abs(low), abs(high)) * 1e-9
    if high - low <= least {
      let margin = low == 0 ? 1 : abs(low) * 0.1
      low -= margin
      high += margin
    }
    return low...high
  }

  private static func roundStep(_ rough: Double) -> Double {
    let magnitude = pow(10, floor(log10(rough)))
    let multiple = rough / magnitude
    return (multiple < 1.5 ? 1 : multiple < 3.5 ? 2 : multiple < 7.5 ? 5 : 10) * magnitude
  }

  private static func logarithmicTicks(_ range: ClosedRange<Double>) -> [Double] {
    let first = Int(floor(log10(range.lowerBound)))
    let last = Int(ceil(log10(range.upperBound)))
    let decades = log10(range.upperBound / range.lowerBound)
    let multiples: [Double] = decades < 1.2 ? [1, 1.5, 2, 3, 4, 5, 7] : decades < 3 ? [1, 2, 5] : [1]
    let every = max(1, Int((decades / 8).rounded(.up)))
    return stride(from: first, through: last, by: every)
      .flatMap { exponent in multiples.map { $0 * pow(10, Double(exponent)) } }
      .filter { range.contains($0) }
  }

  /// A tick's name: grouped thousands, a true minus, no more digits than the step between ticks needs.
  static func label(_ value: Double, step: Double) -> String {
    if abs(value) < step * 1e-6 { return "0" }
    let size = abs(value)
    if size >= 1e7 || size < 1e-4 || step < 1e-6 { return scientific(value, step: step) }
    let digits = max(0, -Int(floor(log10(step) + 1e-9)) + (isRound(step) ? 0 : 1))
    return NumberText.fixed(value, decimals: digits)
  }

  private static func isRound(_ step: Double) -> Bool {
    let multiple = step / pow(10, floor(log10(step) + 1e-9))
    return abs(multiple - multiple.rounded()) < 1e-6
  }

  private static func scientific(_ value: Double, step: Double) -> String {
    let exponent = Int(floor(log10(abs(value)) + 1e-9))
    let extra = isRound(step) ? 0 : 1
    let digits = min(max(0, exponent - Int(floor(log10(step) + 1e-9)) + extra), 12)
    let mantissa = String(format: "%.\(digits)f", abs(value) / pow(10, Double(exponent)))
    let raised = String(exponent).map { character -> String in
      character == "-" ? "⁻" : String("⁰¹²³⁴⁵⁶⁷⁸⁹".dropFirst(character.wholeNumberValue ?? 0).prefix(1))
    }.joined()
    let sign = value < 0 ? "−" : ""
    return mantissa == "1" ? "\(sign)10\(raised)" : "\(sign)\(mantissa)·10\(raised)"
  }
}
