import ElboData
import Torch

/// Everything that decides a run: a preset, a file and `--set` merged, and then fixed.
///
/// The properties' values here are the defaults. A key of the YAML is the path of properties, such as
/// `training.batchSize`.
public struct RunConfiguration: Codable, Sendable, Hashable {
  /// The preset this came from, or the name of the file.
  public var name = "custom"
  /// Decides the initial weights, the batches and the noise.
  public var seed: UInt64 = 1
  /// Whether to do what the source document does, mistakes included, or what it should do.
  public var variant = Variant.corrected
  /// Where to compute.
  public var device = DeviceChoice.cpu
  /// The numbers of the matrix products.
  public var precision = Precision.fp32
  /// How long to train, and what to say meanwhile.
  public var training = TrainingOptions()
  /// Which data, and how batches are drawn.
  public var data = DataOptions()
  /// The latent space.
  public var latent = LatentOptions()
  /// The network of q(z|x).
  public var encoder = NetworkOptions()
  /// The network of p(x|z).
  public var decoder = NetworkOptions()
  /// The network of a divergence that has one.
  public var discriminator = NetworkOptions()
  /// Which networks are told the class.
  public var conditioning = ConditioningOptions()
  /// q(z|x).
  public var posterior = PosteriorOptions()
  /// p(z).
  public var prior = PriorOptions()
  /// p(x|z).
  public var likelihood = LikelihoodOptions()
  /// What holds the posterior near the prior.
  public var divergence = DivergenceOptions()
  /// How the encoder and the decoder are moved.
  public var optimiser = OptimiserOptions()
  /// How the discriminator is moved.
  public var discriminatorOptimiser = OptimiserOptions()
  /// How labelled examples teach the encoder their classes.
  public var supervision = SupervisionOptions()
  /// What to do where the numbers of the run go wrong.
  public var `guard` = GuardMode.warn
  /// When the state is saved.
  public var checkpoint = CheckpointOptions()
  /// The pictures made while training.
  public var figures = FigureOptions()

  /// The defaults.
  public init() {}

  /// Whether any part of the model is told the classes of a batch.
  var usesLabels: Bool { conditioning.encoder || conditioning.decoder || divergence.labelledPrior }

  /// How a role's parameters are moved.
  func optimiser(of role: ParameterRole) -> OptimiserOptions {
    switch role {
    case .generator: optimiser
    case .discriminator: discriminatorOptimiser
    case .classifier: supervision.optimiser
    }
  }
}

/// Which reading of a source document to follow.
public enum Variant: String, Codable, Sendable, CaseIterable {
  /// What the source does, its mistakes too.
  case faithful
  /// What it means to do.
  case corrected
}

/// Where to compute.
public enum DeviceChoice: String, Codable, Sendable, CaseIterable {
  /// The processor.
  case cpu
  /// The first CUDA device.
  case cuda
}

/// The numbers in which matrix products are computed.
public enum Precision: String, Codable, Sendable, CaseIterable {
  /// Single precision throughout.
  case fp32
  /// The factors of matrix products are rounded to bf16 as they are read; weights, activations, sums, optimisers,
  /// convolutions and evaluation stay in single precision. For captured steps.
  case bf16
  /// On a GPU the factors of products and convolutions are rounded to TF32, 11 significant bits.
  case tf32
  /// bf16 where the processor multiplies it faster and the run can use that, else single precision. A
  /// configuration that has been read holds what this came to.
  case auto
}

/// How long to train, and what to say meanwhile.
public struct TrainingOptions: Codable, Sendable, Hashable {
  /// The number of steps; each takes one batch.
  public var steps = 1000
  /// The examples of a step.
  public var batchSize = 64
  /// Multiplies the generator's objective before gradients are taken. Adam all but ignores it; some documents
  /// sum over a batch, or weight the terms, in ways that this expresses.
  public var objectiveScale = 1.0
  /// The standard deviation of noise on what the encoder sees while it trains; the decoder is still asked for
  /// examples without it. Im et al. 2017, "Denoising criterion for variational auto-encoding".
  public var inputNoise = 0.0
  /// Gradients of one objective are scaled to at most this joint norm; 0 leaves them alone.
  public var gradientClip = 0.0
  /// Whether a step is recorded once and replayed in a fused form, or run with autograd each time.
  public var capture = true
  /// Metrics are read and logged every so many steps.
  public var logEvery = 50
  /// The test split is evaluated every so many steps; 0 means at the end only.
  public var evaluateEvery = 0
}

/// Which data, and how batches are drawn from them.
public struct DataOptions: Codable, Sendable, Hashable {
  /// A set's name, as `elbo data list` shows it.
  public var name = "four-points"
  /// A folder or file that holds the set; where it is empty the usual places are searched.
  public var path = ""
  /// How batches are drawn.
  public var sampling = BatchSampler.Mode.shuffled
  /// What happens to the examples left over at the end of an epoch.
  public var partialBatch = BatchSampler.LastBatch.keep
  /// Whether grey pixels are made black or white: never, once, or anew for each batch.
  public var binarisation = Binarisation.off
  /// The interval that pixels are scaled to.
  public var range = PixelRange.unit
  /// The number of training examples that are held out for validation: the same for every seed.
  public var validation = 0
  /// The number of training examples whose class is known, as many of each class; 0 means all.
  public var labelled = 0
  /// The number of examples of each class in a toy set.
  public var pointsPerClass = 128
  /// The number of drawn digits to train on.
  public var count = 10_000
  /// The height and width of drawn digits, and those that pictures of a folder are brought to; 0 means 28, and
  /// pictures as they are.
  public var size = 0
  /// The classes of a person's own examples: an NPY file of whole numbers, an array's name in an NPZ file, or
  /// a column's name in a CSV file; empty where they have none.
  public var labels = ""
  /// The array's name in an NPZ file of several.
  public var array = ""
  /// Whether columns of a CSV file are brought to mean 0 and variance 1, both those of the training split.
  public var standardise = false
  /// The fraction of a person's own examples that are for testing.
  public var testFraction = 0.1
  /// The seed that decides which those are; it is not the run's, so that runs of several seeds are judged alike.
  public var splitSeed = 0
  /// The most MiB of decoded pictures to keep, and of NPY files to read through before the first step.
  public var memory = 1024
  /// Whether the files' sums are kept with the run, and compared when it goes on.
  public var checksum = Checksum.off

  /// The interval that pixels are scaled to.
  public typealias PixelRange = ElboData.PixelRange

  /// A sum of a file's bytes.
  public enum Checksum: String, Codable, Sendable, CaseIterable {
    /// None.
    case off
    /// SHA-256, as `sha256sum` has it.
    case sha256
  }
}

/// The latent space.
public struct LatentOptions: Codable, Sendable, Hashable {
  /// The number of dimensions.
  public var dimension = 2
  /// Where above 0, the decoder sees style + W class in place of a code that has a class: each column of W is
  /// the head of a cluster, and heads are kept at least this far apart.
  public var headDistance = 0.0
}

/// Which networks are told the class of an example.
public struct ConditioningOptions: Codable, Sendable, Hashable {
  /// Whether the encoder is told.
  public var encoder = false
  /// Whether the decoder is told.
  public var decoder = false
}

/// How one network's parameters are moved.
public struct OptimiserOptions: Codable, Sendable, Hashable {
  /// The rule.
  public var kind = Kind.adam
  /// The factor of an update.
  public var learningRate = 1e-3
  /// The decay of Adam's first moment, or SGD's momentum.
  public var beta1 = 0.9
  /// The decay of Adam's second moment.
  public var beta2 = 0.999
  /// What Adam adds to the second moment's root.
  public var epsilon = 1e-8
  /// The factor of an L2 penalty.
  public var weightDecay = 0.0
  /// The course of the learning rate.
  public var schedule = ScheduleOptions()

  /// The rule.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Kingma and Ba 2015.
    case adam
    /// Stochastic gradient descent with momentum.
    case sgd
  }
}

/// How a number changes over training.
public struct ScheduleOptions: Codable, Sendable, Hashable {
  /// The shape of the course.
  public var kind = Kind.constant
  /// The length of the warm-up or of the cosine, or the steps between two reductions.
  public var steps = 1000
  /// What the number is multiplied by at each reduction, or the floor of the cosine.
  public var factor = 0.1

  /// The shape.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// 1 throughout.
    case constant
    /// From 0 to 1 over `steps`, then 1.
    case warmUp = "warm-up"
    /// From 1 to `factor` over `steps` by half a cosine.
    case cosine
    /// Times `factor` every `steps`.
    case stepwise
    /// Times `factor` every step.
    case exponential
    /// From 0 to 1 in the first `factor` of each `steps`, then 1. Fu et al. 2019.
    case cyclic
  }

  /// The schedule these options describe.
  public var schedule: Schedule {
    switch kind {
    case .constant: .constant
    case .warmUp: .warmUp(steps: steps)
    case .cosine: .cosine(steps: steps, floor: factor)
    case .stepwise: .stepwise(every: steps, factor: factor)
    case .exponential: .exponential(factor: factor)
    case .cyclic: .cyclic(steps: steps, ramp: factor)
    }
  }
}

/// How labelled examples teach the encoder their classes, where its posterior has a class.
public struct SupervisionOptions: Codable, Sendable, Hashable {
  /// The updates by labelled examples after each step; 0 means that no labels are used.
  public var updates = 0
  /// The labelled examples of an update; a set of fewer is used whole.
  public var batchSize = 100
  /// How they move the encoder.
  public var optimiser = OptimiserOptions()
}

/// When the state of a run is saved.
public struct CheckpointOptions: Codable, Sendable, Hashable {
  /// The steps between two checkpoints; 0 means at the end only.
  public var every = 0
  /// The number of checkpoints kept beside the last.
  public var keep = 2
}

/// The pictures made while training.
public struct FigureOptions: Codable, Sendable, Hashable {
  /// The steps between two grids of decoded prior samples; 0 means none.
  public var sampleEvery = 0
  /// The rows of a grid of samples.
  public var rows = 4
  /// The columns of a grid of samples.
  public var columns = 4
}
