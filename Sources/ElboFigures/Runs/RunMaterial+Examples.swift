import Elbo
import Torch

extension RunMaterial {
  /// Test examples, the first of each of these classes that is not among them yet; where the test split has no labels, or
  /// none of the class left, its first examples that are not among them.
  func examples(ofClasses classes: [Int]) -> Dataset {
    let test = run.test
    var free = Array(0..<test.count)
    let places = classes.map { label in
      let index = test.labels.flatMap { labels in free.firstIndex { labels[$0] == label } } ?? 0
      // A split of fewer examples than are shown gives them again.
      if free.count == 1 { return free[0] }
      return free.remove(at: index)
    }
    return test.examples(at: places)
  }

  /// The number of classes of the test split: 1 where it has no labels.
  var classCount: Int { max(1, run.test.labels == nil ? 1 : run.test.classNames.count) }

  /// The posterior mean of each example.
  func meanCodes(_ examples: Dataset, stream: UInt64) -> Tensor {
    let generator = generator(stream)
    return withoutGradients { model.encodeMean(examples.batch, samples: 64, using: generator) }
  }

  /// The mean images of latents [n, latentDimension], each of the class of its example for a decoder that is told it:
  /// latents come in runs of equal length, one run for each example.
  func decoded(_ z: Tensor, like examples: Dataset) -> Tensor {
    let labels = examples.batch.labels?.repeatedEach(z.size(0) / examples.count)
    return withoutGradients { model.decodeMean(z, labels: labels) }
  }
}
