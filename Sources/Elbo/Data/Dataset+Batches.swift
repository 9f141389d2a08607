import ElboData
import Torch

extension Dataset {
  /// Gives batches of at most `size` examples to a closure, in order; no more than a few are fetched ahead.
  ///
  /// - Throws: `DataError` where examples cannot be fetched, and what the closure throws.
  package func forEachBatch(of size: Int, _ body: (Batch) throws -> Void) throws {
    guard case .fetched(let fetched) = examples else {
      for batch in batches(of: size) { try body(batch) }
      return
    }
    let count = count
    let fetcher = fetched.fetcher { step in
      step * size < count ? (Int64(step * size)..<Int64(min(count, (step + 1) * size))).map { $0 } : nil
    }
    for step in 0..<(count + size - 1) / size {
      let x = try fetcher.take(step: step) { values, rows in
        Tensor(copying: values, shape: [rows.count, featureCount]).moved(to: device)
      }
      try body(Batch(x, labels: labels(step * size..<step * size + x.size(0))))
    }
  }

  /// Batches of at most `size` examples, in order, each fetched when it is asked for.
  package func batches(of size: Int) -> AnySequence<Batch> {
    AnySequence(
      stride(from: 0, to: count, by: size).lazy.map { start in
        let range = start..<min(count, start + size)
        switch examples {
        case .held(let features):
          return Batch(
            features.narrowed(0, from: start, length: range.count), labels: labels(range))
        case .fetched(let fetched):
          do throws(DataError) {
            return Batch(try fetched.tensor(range), labels: labels(range))
          } catch { exitWithError(error) }
        }
      })
  }

  private func labels(_ range: Range<Int>) -> Tensor? {
    labels.map { Tensor($0[range].map(Int64.init), shape: [range.count]).moved(to: device) }
  }

  /// The least and the greatest value of the examples; of some thousand of them where not all were looked at.
  var bounds: (low: Double, high: Double) {
    get throws(DataError) {
      switch examples {
      case .held(let features): return (features.min().item(), features.max().item())
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
