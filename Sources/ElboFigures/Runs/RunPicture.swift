import Elbo
import Torch

/// One picture of a run: what it shows, of which runs it can be drawn, and how.
struct RunPicture: Sendable {
  /// The file's name, without its ending.
  let name: String
  let title: String
  let caption: String
  let alternativeText: String
  let applies: @Sendable (RunMaterial) -> Bool
  let draw: @Sendable (RunMaterial, _ path: String) throws -> Void

  /// All pictures, in the order of a report. A new one is one file and one line here.
  static let all: [RunPicture] = [
    .trainingCurves, .bound, .latentScatter, .posteriors, .reliability, .decoderConfidence, .reconstructions,
    .interpolation,
    .traversal, .arithmetic, .styleAndContent, .priorMeans, .priorSamples, .latentGrid, .codesAndPrior,
    .priorWalk, .embedding, .clusters, .classAndStyle,
  ]
}
