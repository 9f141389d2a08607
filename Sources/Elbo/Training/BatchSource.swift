import Capture
import ElboData
import Torch

/// The batches of a run's steps: of all examples, or of those with a known class.
final class BatchSource {
  private let dataset: Dataset
  /// The examples that are drawn from, where those are not all.
  private let places: [Int64]?
  private let labels: Tensor?
  private let binarises: Bool
  private let inputNoise: Double
  private let order: BatchOrder
  /// The one batch of all steps, where there is only one.
  private let fullBatch: Batch?
  /// What fetches the examples of coming steps, where they are not in memory.
  private let fetcher: BatchFetcher?

  /// Batches of all examples.
  ///
  /// - Parameter group: the processes that share each batch; nil where this one is alone.
  convenience init(
    _ dataset: Dataset, _ configuration: RunConfiguration, group: ProcessGroup? = nil
  ) throws(DataError) {
    let sampler = try BatchSampler(
      count: dataset.count, batchSize: configuration.training.batchSize, mode: configuration.data.sampling,
      lastBatch: configuration.data.partialBatch, seed: configuration.seed)
    try self.init(
      dataset, places: nil, labels: configuration.usesLabels ? dataset.labelTensor : nil,
      BatchOrder(sampler, group), configuration)
  }

  /// Batches of the examples whose class is known, in an order of their own.
  convenience init(
    labelled dataset: Dataset, _ configuration: RunConfiguration, group: ProcessGroup? = nil
  ) throws(DataError) {
    let known = (dataset.labels ?? []).enumerated().filter { $0.element >= 0 }.map { Int64($0.offset) }
    let sampler = try BatchSampler(
      count: known.count, batchSize: min(known.count, configuration.supervision.batchSize), lastBatch: .drop,
      seed: configuration.seed ^ 0x6C_6162)
    try self.init(
      dataset, places: known, labels: dataset.labelTensor, BatchOrder(sampler, group), configuration)
  }

  private init(
    _ dataset: Dataset, places: [Int64]?, labels: Tensor?, _ order: BatchOrder,
    _ configuration: RunConfiguration
  ) throws(DataError) {
    self.dataset = dataset
    self.places = places
    self.labels = labels
    self.order = order
    binarises = configuration.data.binarisation == .dynamic
    inputNoise = configuration.training.inputNoise
    if order.sampler.mode == .full, !binarises, inputNoise == 0 {
      let indices = order.indices(step: 0)
      let batch = try dataset.batch(Int(indices[0])..<Int(indices[0]) + indices.count)
      fullBatch = Batch(batch.x, labels: labels == nil ? nil : batch.labels)
      fetcher = nil
    } else {
      fullBatch = nil
      guard case .fetched(let fetched) = dataset.examples else {
        fetcher = nil
        return
      }
      // The fetcher's threads have an order of their own: a sampler keeps the permutation of its epoch.
      let ahead = BatchOrder(order.sampler, order.group)
      fetcher = fetched.fetcher { step in
        let drawn = ahead.indices(step: step)
        return places.map { places in drawn.map { places[Int($0)] } } ?? drawn
      }
    }
  }

  /// The number of steps in which every example is seen once.
  var stepsPerEpoch: Int { order.sampler.stepsPerEpoch }

  /// The numbers of examples that batches have.
  var batchCounts: Set<Int> {
    let sampler = order.sampler
    let whole = min(sampler.batchSize, sampler.mode == .replacement ? sampler.batchSize : sampler.count)
    let isKept = sampler.lastBatch == .keep && [.shuffled, .sequential].contains(sampler.mode)
    let rest = isKept ? sampler.count % whole : 0
    return rest > 0 ? [whole, rest] : [whole]
  }

  /// Waits until the examples of a step can be had.
  ///
  /// - Throws: `DataError` where they cannot.
  func prepare(step: Int) throws(DataError) { try fetcher?.prepare(step: step) }

  /// The batch of a step; the process ends where its examples cannot be fetched, which `prepare` finds out.
  ///
  /// - Parameter memory: a batch that may be overwritten where it has the right shape, and is given back then.
  func batch(step: Int, using generator: Generator, reusing memory: Batch? = nil) -> Batch {
    if let fullBatch { return fullBatch }
    if let fetcher {
      do throws(DataError) {
        return try fetcher.take(step: step) { values, examples in
          batch(of: examples, using: generator, reusing: memory) { target in
            target.floatMemory.update(from: values, count: examples.count * dataset.featureCount)
          } grey: {
            Tensor(copying: values, shape: [examples.count, dataset.featureCount])
              .moved(to: generator.device)
          }
        }
      } catch { exitWithError(error) }
    }
    let drawn = order.indices(step: step)
    let indices = places.map { places in drawn.map { places[Int($0)] } } ?? drawn
    return batch(of: indices, using: generator, reusing: memory) { target in
      dataset.examples.gather(indices, into: target)
    } grey: {
      dataset.examples.gathered(Tensor(indices, shape: [indices.count]).moved(to: generator.device))
    }
  }

  /// A batch of some examples.
  ///
  /// - Parameter fill: puts their numbers into a tensor's memory.
  /// - Parameter grey: their numbers as a tensor.
  private func batch(
    of indices: [Int64], using generator: Generator, reusing memory: Batch?, fill: (Tensor) -> Void,
    grey: () -> Tensor
  ) -> Batch {
    generator.share?.rows = indices.count
    if let memory, canReuse(memory, for: indices.count) {
      fill(memory.x)
      if let own = memory.labels, let labels {
        own.copy(from: labels.gathered(Tensor(indices, shape: [indices.count])))
      }
      return memory
    }
    let grey = grey()
    let x = binarises ? Tensor.bernoulli(grey, using: generator) : grey
    return Batch(
      x, labels: labels?.gathered(Tensor(indices, shape: [indices.count]).moved(to: generator.device)),
      input: inputNoise > 0 ? x + Tensor.standardNormal(x.shape, using: generator) * inputNoise : nil)
  }

  private func canReuse(_ memory: Batch, for count: Int) -> Bool {
    places == nil && !binarises && inputNoise == 0 && memory.count == count
      && dataset.device == .cpu && (memory.labels == nil) == (labels == nil)
  }
}

/// The examples of each step's batch, of which this process has its part.
private final class BatchOrder {
  var sampler: BatchSampler
  /// The processes that share each batch; nil where this one is alone.
  let group: ProcessGroup?

  init(_ sampler: BatchSampler, _ group: ProcessGroup?) { (self.sampler, self.group) = (sampler, group) }

  func indices(step: Int) -> [Int64] {
    let all = sampler.indices(step: step)
    guard let group else { return all }
    let rows = all.count / group.size
    return Array(all[rows * group.rank..<rows * (group.rank + 1)])
  }
}
