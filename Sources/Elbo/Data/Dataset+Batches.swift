import ElboData
import Torch

extension Dataset {
  /// Gives batches of at most `size` examples to a closure, in order; no more than a few are fetched ahead.
  ///
  /// - Throws: `DataError` where examples cannot be fetched, and what the closure throws.
  package func forEachBatch(of size: Int, _ body: (Batch) throws -> Void) throws {
    switch examples {
    case .held, .pixels:
      for start in stride(from: 0, to: count, by: size) {
        try body(batch(start..<min(count, start + size)))
      }
    case .fetched(let fetched):
      let count = count
      let fetcher = fetched.fetcher { step in
        step * size < count ? (Int64(step * size)..<Int64(min(count, (step + 1) * size))).map { $0 } : nil
      }
      for step in 0..<batchCount(of: size) {
        let x = try fetcher.take(step: step) { values, rows in
          Tensor(copying: values, shape: [rows.count, featureCount]).moved(to: device)
        }
        try body(Batch(x, labels: labels(step * size..<step * size + x.size(0))))
      }
    }
  }

  /// What a closure makes of batches of at most `size` examples, in order.
  ///
  /// - Throws: as `forEachBatch`.
  package func mapBatches<Result>(of size: Int, _ body: (Batch) throws -> Result) throws -> [Result] {
    var results: [Result] = []
    try forEachBatch(of: size) { results.append(try body($0)) }
    return results
  }

  /// How many batches of at most `size` examples there are.
  package func batchCount(of size: Int) -> Int { (count + size - 1) / size }

  /// Examples that follow one another, as one batch.
  ///
  /// - Throws: `DataError` where they cannot be fetched.
  package func batch(_ range: Range<Int>) throws(DataError) -> Batch {
    switch examples {
    case .held(let features):
      return Batch(
        features.narrowed(0, from: range.lowerBound, length: range.count), labels: labels(range))
    case .pixels(let pixels):
      return Batch(
        pixels.narrowed(from: range.lowerBound, length: range.count).numbers, labels: labels(range))
    case .fetched(let fetched): return Batch(try fetched.tensor(range), labels: labels(range))
    }
  }

  /// The examples at some places, int64 [n], as one batch.
  ///
  /// - Throws: `DataError` where they cannot be fetched.
  package func batch(at places: Tensor) throws(DataError) -> Batch {
    switch examples {
    case .held, .pixels: return Batch(examples.gathered(places), labels: labelTensor?.gathered(places))
    case .fetched(let fetched):
      let rows = places.values(as: Int64.self).map(Int.init)
      return Batch(
        try fetched.at(rows).tensor(rows.indices),
        labels: labels.map { labels in
          Tensor(rows.map { Int64(labels[$0]) }, shape: [rows.count]).moved(to: device)
        })
    }
  }

  private func labels(_ range: Range<Int>) -> Tensor? {
    labels.map { Tensor($0[range].map(Int64.init), shape: [range.count]).moved(to: device) }
  }

  /// The least and the greatest value of the examples; of some thousand of them where not all were looked at.
  var bounds: (low: Double, high: Double) {
    get throws(DataError) {
      switch examples {
      case .held(let features): return (features.min().item(), features.max().item())
      case .pixels(let pixels): return pixels.bounds
      case .fetched(let fetched):
        let bounds: ClosedRange<Double>
        if let known = fetched.bounds { bounds = known } else { bounds = try fetched.sampledBounds }
        return (bounds.lowerBound, bounds.upperBound)
      }
    }
  }
}

extension FetchedExamples {
  /// The interval of the values of at most 1024 of the examples, evenly spread.
  var sampledBounds: ClosedRange<Double> {
    get throws(DataError) {
      let some = at(stride(from: 0, to: places.count, by: max(1, (places.count + 1023) / 1024)))
      let values = try some.tensor(0..<some.places.count)
      return values.min().item()...values.max().item()
    }
  }
}

extension Tensor {
  /// A tensor on the CPU with the numbers that start there.
  init(copying values: UnsafePointer<Float>, shape: Shape) {
    self.init(
      bytes: UnsafeRawBufferPointer(start: values, count: 4 * shape.reduce(1, *)), shape: shape,
      type: .float32)
  }
}
