import Foundation
import Synchronization

/// What the server counts, and its text in Prometheus's exposition format, version 0.0.4.
package final class ServerMetrics: Sendable {
  private struct State {
    var requests: [[String: String]: Int] = [:]
    var seconds: [String: Histogram] = [:]
    var batches: [String: Histogram] = [:]
    var rows: [String: Int] = [:]
    var reloads: [[String: String]: Int] = [:]
  }

  private struct Histogram {
    let bounds: [Double]
    var counts: [Int]
    var sum = 0.0
    var count = 0

    init(_ bounds: [Double]) {
      self.bounds = bounds
      counts = [Int](repeating: 0, count: bounds.count)
    }

    mutating func note(_ value: Double) {
      for index in bounds.indices where value <= bounds[index] { counts[index] += 1 }
      sum += value
      count += 1
    }
  }

  private static let secondBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  private static let batchBounds: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256]

  private let state = Mutex(State())
  private let start = Date()

  func noteRequest(route: String, status: Int, seconds: Double) {
    state.withLock {
      $0.requests[["route": route, "status": "\(status)"], default: 0] += 1
      $0.seconds[route, default: Histogram(Self.secondBounds)].note(seconds)
    }
  }

  /// A pass through a model.
  func noteBatch(model: String, requests: Int, rows: Int) {
    state.withLock {
      $0.batches[model, default: Histogram(Self.batchBounds)].note(Double(requests))
      $0.rows[model, default: 0] += rows
    }
  }

  func noteReload(model: String, succeeded: Bool) {
    state.withLock {
      $0.reloads[["model": model, "result": succeeded ? "success" : "failure"], default: 0] += 1
    }
  }

  /// The passes through a model so far.
  package func passes(of model: String) -> Int { state.withLock { $0.batches[model]?.count ?? 0 } }

  func text(_ models: [ModelWorker]) -> String {
    let state = state.withLock { $0 }
    var page = Page()
    page.family(
      "elbo_http_requests_total", "counter", "Requests answered.",
      state.requests.map { ("", $0.key, Double($0.value)) })
    page.family(
      "elbo_http_request_duration_seconds", "histogram", "Time from a request's head to its answer.",
      state.seconds.flatMap { Self.samples($0.value, ["route": $0.key]) }, sorts: false)
    page.family(
      "elbo_batch_requests", "histogram", "Requests that passed a model together.",
      state.batches.flatMap { Self.samples($0.value, ["model": $0.key]) }, sorts: false)
    page.family(
      "elbo_rows_total", "counter", "Rows that passed a model.",
      state.rows.map { ("", ["model": $0.key], Double($0.value)) })
    page.family(
      "elbo_reloads_total", "counter", "Newer checkpoints, taken or refused.",
      state.reloads.map { ("", $0.key, Double($0.value)) })
    page.family(
      "elbo_queue_depth", "gauge", "Requests that wait for a model.",
      models.map { ("", ["model": $0.name], Double($0.depth)) })
    page.family(
      "elbo_model_step", "gauge", "The training step of the weights that answer.",
      models.compactMap { model in
        model.description.map { ("", ["model": model.name], Double($0.step)) }
      })
    page.family(
      "elbo_uptime_seconds", "gauge", "Time since the start.", [("", [:], -start.timeIntervalSinceNow)])
    return page.text
  }

  private typealias Sample = (suffix: String, labels: [String: String], value: Double)

  private static func samples(_ histogram: Histogram, _ labels: [String: String]) -> [Sample] {
    let buckets = zip(histogram.bounds.map { "\($0)" } + ["+Inf"], histogram.counts + [histogram.count])
    return buckets.map { bound, count in
      ("_bucket", labels.merging(["le": bound]) { $1 }, Double(count))
    } + [("_sum", labels, histogram.sum), ("_count", labels, Double(histogram.count))]
  }

  private struct Page {
    var text = ""

    mutating func family(
      _ name: String, _ type: String, _ help: String, _ samples: [Sample], sorts: Bool = true
    ) {
      text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
      let lines = samples.map { suffix, labels, value in
        let list = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
        return "\(name)\(suffix)\(list.isEmpty ? "" : "{\(list.joined(separator: ","))}") \(value)\n"
      }
      text += (sorts ? lines.sorted() : lines).joined()
    }

    private static func escaped(_ value: String) -> String {
      value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
  }
}
