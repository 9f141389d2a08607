import Elbo
import ElboData
import Foundation

/// A line on standard error that shows how far a run is: a bar that is redrawn on a terminal, a line every
/// tenth of the way elsewhere.
final class ProgressBar: TrainingObserver {
  private let isTerminal = isatty(2) == 1
  private var lastDrawn = -Double.infinity
  private var lastTenth = 0
  private var metrics = ""

  func receive(_ event: TrainingEvent, from session: TrainingSession) throws {
    switch event {
    case .began(let progress):
      lastTenth = progress.step * 10 / max(progress.steps, 1)
      note(
        "training \(session.configuration.name) in \(session.directory.url.relativePath), \(progress.steps) steps"
      )
    case .stepped(let progress, let values):
      if !values.isEmpty { metrics = summary(values) }
      draw(progress)
    case .evaluated(let progress, let split, let estimates):
      let text = estimates.sorted { $0.key < $1.key }.map { name, estimate in
        String(format: "%@ %.4g ± %.2g", name, estimate.value, estimate.standardError)
      }.joined(separator: "  ")
      clear()
      note("step \(progress.step), \(split.rawValue) split: \(text)")
    case .warned, .skipped: clear()
    case .saved: break
    case .finished(let progress):
      clear()
      if progress.rate > 0 {
        note(String(format: "done: %d steps, %.0f a second", progress.steps, progress.rate))
      } else {
        note("done: all \(progress.steps) steps were done before")
      }
    }
  }

  /// Takes the bar off the terminal, so that what is written next stands on a line of its own.
  func clear() { if isTerminal { write("\r\u{1B}[K") } }

  private func summary(_ values: [MetricName: Double]) -> String {
    let shown: [MetricName] = [.generator, .discriminator, .elbo, .mse]
    return shown.compactMap { name in values[name].map { String(format: "%@ %.4g", name.rawValue, $0) } }
      .joined(separator: "  ")
  }

  private func draw(_ progress: TrainingProgress) {
    let share = Double(progress.step) / Double(max(progress.steps, 1))
    let left = progress.rate > 0 ? Double(progress.steps - progress.step) / progress.rate : 0
    let numbers = String(
      format: "%d/%d  %.0f steps/s  %@ left  ", progress.step, progress.steps, progress.rate, time(left))
    if isTerminal {
      guard progress.seconds - lastDrawn > 0.1 || progress.step == progress.steps else { return }
      lastDrawn = progress.seconds
      let width = 24
      let filled = Int(share * Double(width))
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      let line = "\(String(format: "%3.0f%%", share * 100)) \(bar) \(numbers)\(metrics)"
      // A line that wraps could not be drawn over.
      write("\r\u{1B}[K" + line.prefix(columns - 1))
    } else if Int(share * 10) > lastTenth {
      lastTenth = Int(share * 10)
      note(numbers + metrics)
    }
  }

  /// The terminal's width, in characters.
  private var columns: Int {
    var size = winsize()
    return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1 ? Int(size.ws_col) : 80
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  private func time(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    return whole >= 3600
      ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
      : String(format: "%d:%02d", whole / 60, whole % 60)
  }
}
