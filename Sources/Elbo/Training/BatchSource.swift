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
  /// The one batch of all steps, where there is only one.
  private let fullBatch: Batch?

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

  /// The batch of a step.
  ///
  /// - Parameter memory: a batch that may be overwritten where it has the right shape, and is given back then.
  mutating func batch(step: Int, using generator: Generator, reusing memory: Batch? = nil) -> Batch {
    if let fullBatch { return fullBatch }
    let indices = sampler.indices(step: step)
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
