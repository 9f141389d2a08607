import Capture
import ElboData
import Torch

/// The batches of a run's steps: of all examples, or of those with a known class.
struct BatchSource {
  private let dataset: Dataset
  /// The examples that are drawn from, where those are not all.
  private let places: Tensor?
  private let labels: Tensor?
  private let binarises: Bool
  private let inputNoise: Double
  private var sampler: BatchSampler
  /// The processes that share each batch; nil where this one is alone.
  var group: ProcessGroup? {
    didSet {
      guard let batch = fullBatch, let group else { return }
      let rows = batch.count / group.size
      fullBatch = Batch(
        batch.x.narrowed(0, from: rows * group.rank, length: rows),
        labels: batch.labels?.narrowed(0, from: rows * group.rank, length: rows))
    }
  }
  /// The one batch of all steps, where there is only one.
  private var fullBatch: Batch?

  /// Batches of all examples.
  init(_ dataset: Dataset, _ configuration: RunConfiguration) throws(DataError) {
    self.dataset = dataset
    places = nil
    labels = configuration.usesLabels ? dataset.labelTensor : nil
    binarises = configuration.data.binarisation == .dynamic
    inputNoise = configuration.training.inputNoise
    sampler = try BatchSampler(
      count: dataset.count, batchSize: configuration.training.batchSize, mode: configuration.data.sampling,
      lastBatch: configuration.data.partialBatch, seed: configuration.seed)
    fullBatch =
      configuration.data.sampling == .full && !binarises && inputNoise == 0
      ? Batch(dataset.features, labels: labels) : nil
  }

  /// Batches of the examples whose class is known, in an order of their own.
  init(labelled dataset: Dataset, _ configuration: RunConfiguration) throws(DataError) {
    self.dataset = dataset
    let known = (dataset.labels ?? []).enumerated().filter { $0.element >= 0 }.map { Int64($0.offset) }
    places = Tensor(known, shape: [known.count]).moved(to: dataset.features.device)
    labels = dataset.labelTensor
    binarises = configuration.data.binarisation == .dynamic
    inputNoise = configuration.training.inputNoise
    sampler = try BatchSampler(
      count: known.count, batchSize: min(known.count, configuration.supervision.batchSize), lastBatch: .drop,
      seed: configuration.seed ^ 0x6C_6162)
    fullBatch = nil
  }

  /// The number of steps in which every example is seen once.
  var stepsPerEpoch: Int { sampler.stepsPerEpoch }

  /// The numbers of examples that batches have.
  var batchCounts: Set<Int> {
    let whole = min(sampler.batchSize, sampler.mode == .replacement ? sampler.batchSize : sampler.count)
    let isKept = sampler.lastBatch == .keep && [.shuffled, .sequential].contains(sampler.mode)
    let rest = isKept ? sampler.count % whole : 0
    return rest > 0 ? [whole, rest] : [whole]
  }

  /// This process's part of a batch.
  private func own(_ indices: [Int64]) -> [Int64] {
    guard let group else { return indices }
    let rows = indices.count / group.size
    return Array(indices[rows * group.rank..<rows * (group.rank + 1)])
  }

  /// The batch of a step.
  ///
  /// - Parameter memory: a batch that may be overwritten where it has the right shape, and is given back then.
  mutating func batch(step: Int, using generator: Generator, reusing memory: Batch? = nil) -> Batch {
    if let fullBatch { return fullBatch }
    let indices = own(sampler.indices(step: step))
    generator.share?.rows = indices.count
    if let memory, canReuse(memory, for: indices.count) {
      memory.x.gather(indices, of: dataset.features)
      if let own = memory.labels, let labels {
        own.copy(from: labels.gathered(Tensor(indices, shape: [indices.count])))
      }
      return memory
    }
    var rows = Tensor(indices, shape: [indices.count]).moved(to: generator.device)
    if let places { rows = places.gathered(rows) }
    let grey = dataset.features.gathered(rows)
    let x = binarises ? Tensor.bernoulli(grey, using: generator) : grey
    return Batch(
      x, labels: labels?.gathered(rows),
      input: inputNoise > 0 ? x + Tensor.standardNormal(x.shape, using: generator) * inputNoise : nil)
  }

  private func canReuse(_ memory: Batch, for count: Int) -> Bool {
    places == nil && !binarises && inputNoise == 0 && memory.count == count
      && dataset.features.device == .cpu && (memory.labels == nil) == (labels == nil)
  }
}
