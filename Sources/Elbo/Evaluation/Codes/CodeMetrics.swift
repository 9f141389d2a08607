import ElboData
import Torch

/// What codes hold of the classes; what each estimator's bias and variance are stands with its type.
extension Evaluator.Metric {
  /// The accuracy of the five nearest of 10,000 training codes, codes being posterior means:
  /// `NearestNeighbourClassifier`.
  static let neighbourAccuracy = Self(
    summary: "accuracy of classes by the 5 nearest training codes", effort: .large,
    unit: "fraction of examples",
    obstacle: labelObstacle,
    examples: { evaluator in
      let reference = try evaluator.referenceCodes()
      let classifier = NearestNeighbourClassifier(reference.z, labels: reference.labels)
      return try evaluator.accuracy { classifier.classes(of: $0) }
    })

  /// The accuracy of logistic regression on 10,000 training codes: `LinearProbe`.
  static let linearProbeAccuracy = Self(
    summary: "accuracy of a linear classifier of training codes", effort: .large,
    unit: "fraction of examples",
    obstacle: labelObstacle,
    examples: { evaluator in
      let reference = try evaluator.referenceCodes()
      let probe = LinearProbe(reference.z, labels: reference.labels)
      return try evaluator.accuracy { probe.classes(of: $0) }
    })

  /// The fraction of examples whose cluster is matched with their class, and `clustering-information`, the
  /// normalised mutual information of the two: `ClusterAgreement`. Clusters are the code's classes, else as
  /// many as there are classes, by `KMeans` of posterior means.
  static let clusteringAccuracy = Self(
    summary:
      "accuracy of the code's clusters, else of k-means, under the best one-to-one matching; with their "
      + "normalised mutual information", effort: .large, obstacle: labelObstacle,
    judge: { evaluator, name in
      let (clusters, classes) = try evaluator.clusters()
      func agreement(_ places: [Int]) -> ClusterAgreement {
        ClusterAgreement(clusters: places.map { clusters[$0] }, classes: places.map { classes[$0] })
      }
      let found = agreement(Array(classes.indices))
      var bootstrap = Bootstrap(classes.count, seed: evaluator.seed)
      let error = bootstrap.standardError(100) { agreement($0).normalisedMutualInformation }
      var judgement = Judgement(
        name, examples: found.isMatched.map { $0 ? 1 : 0 }, unit: "fraction of examples")
      judgement.estimates["clustering-information"] = Estimate(
        value: found.normalisedMutualInformation, standardError: error, count: classes.count, unit: "fraction"
      )
      return judgement
    })

  /// The gap with the class as the one factor that is known: `MutualInformationGap`. A model may hold the
  /// class in one dimension and still mix everything else.
  static let mutualInformationGap = Self(
    summary: "mutual information gap of the latent dimensions, the class its only factor", effort: .large,
    obstacle: { evaluator in
      labelObstacle(evaluator)
        ?? (evaluator.model.latentDimension < 2 ? "a gap takes two latent dimensions" : nil)
    },
    estimate: { evaluator in
      let codes = try evaluator.labelledCodes(of: evaluator.dataset)
      let gap = MutualInformationGap(codes.z, factors: [codes.labels])
      var bootstrap = Bootstrap(codes.labels.count, seed: evaluator.seed)
      return Estimate(
        value: gap.value, standardError: bootstrap.standardError(100, gap.value), count: codes.labels.count,
        unit: "fraction")
    })

  private static let labelObstacle: @Sendable (Evaluator) -> String? = { evaluator in
    guard let labels = evaluator.dataset.labels else { return "the examples have no labels" }
    return labels.count { $0 >= 0 } < 2 ? "fewer than two examples have labels" : nil
  }
}

extension Evaluator {
  /// Posterior means and classes of the examples whose labels are known; means without a formula are averages
  /// of 16 draws.
  func labelledCodes(of examples: Dataset) throws -> (z: Tensor, labels: [Int]) {
    let labels = examples.labels!
    let places = labels.indices.filter { labels[$0] >= 0 }
    let known = examples.examples(at: places)
    let generator = Generator(seed: seed, device: known.device)
    let means = try rows(known, "posterior means") { model.encodeMean($0, samples: 16, using: generator) }
    return (means, known.labels!)
  }

  /// Codes of at most 10,000 examples of the training split with all labels, whatever training was told of
  /// them. Where that split is judged itself, its codes are among their own neighbours.
  func referenceCodes() throws -> (z: Tensor, labels: [Int]) {
    var told = configuration
    told.data.labelled = 0
    let generator = Generator(seed: seed ^ 0x7265_66, device: dataset.device)
    let examples = try Dataset.load(told, .train).shuffled(10_000, using: generator)
      .drawn(as: configuration.data, using: generator)
    return try labelledCodes(of: examples)
  }

  /// Whether the class of each of the split's labelled examples is found from its code, 1 or 0.
  func accuracy(_ classes: (Tensor) -> [Int]) throws -> [Double] {
    let codes = try labelledCodes(of: dataset)
    return zip(classes(codes.z), codes.labels).map { $0 == $1 ? 1 : 0 }
  }

  /// The cluster and the class of each labelled example.
  func clusters() throws -> (clusters: [Int], classes: [Int]) {
    if model.codeClasses != nil {
      let pairs = try labelledClasses()
      return (pairs.map(\.found), pairs.map(\.label))
    }
    let codes = try labelledCodes(of: dataset)
    let generator = Generator(seed: seed ^ 0x6B_6D, device: codes.z.device)
    let found = KMeans(codes.z, count: max(1, dataset.classNames.count), using: generator)
    return (found.clusters, codes.labels)
  }
}
