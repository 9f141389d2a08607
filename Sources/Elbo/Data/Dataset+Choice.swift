import ElboData
import Torch

extension Dataset {
  /// The examples at some places, in that order.
  package func examples(at places: [Int]) -> Dataset {
    let rows = Tensor(places.map(Int64.init), shape: [places.count]).moved(to: features.device)
    return Dataset(
      name: name, features: features.gathered(rows),
      labels: labels.map { labels in places.map { labels[$0] } },
      classNames: classNames, image: image, range: range)
  }

  /// At most `limit` examples in random order, each as likely as any other to be among them.
  package func shuffled(_ limit: Int, using generator: Generator) -> Dataset {
    let order = Tensor.randomPermutation(count, using: generator).values(as: Int64.self)
    return examples(at: order.prefix(limit).map(Int.init))
  }

  /// The examples as the encoder saw them in training: where pixels are drawn anew for each batch, one draw of them.
  package func drawn(as options: DataOptions, using generator: Generator) -> Dataset {
    guard options.binarisation == .dynamic else { return self }
    return Dataset(
      name: name, features: Tensor.bernoulli(features, using: generator), labels: labels,
      classNames: classNames,
      image: image, range: range)
  }
}
