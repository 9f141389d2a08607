import ElboData
import Torch

extension Generator {
  /// A seed for draws that do not come from this generator.
  fileprivate func drawSeed() -> UInt64 {
    UInt64(Tensor.uniform([1], using: self, type: .float64).item() * 0x1p53)
  }
}

extension Dataset {
  /// The examples at some places, in that order.
  package func examples(at places: [Int]) -> Dataset {
    let chosen: Examples
    func rows() -> Tensor { Tensor(places.map(Int64.init), shape: [places.count]).moved(to: device) }
    switch examples {
    case .held(let features): chosen = .held(features.gathered(rows()))
    case .pixels(let pixels): chosen = .pixels(pixels.gathered(rows()))
    case .fetched(let fetched): chosen = .fetched(fetched.at(places))
    }
    return with(chosen, labels: labels.map { labels in places.map { labels[$0] } })
  }

  /// At most `limit` examples in random order, each as likely as any other to be among them.
  package func shuffled(_ limit: Int, using generator: Generator) -> Dataset {
    let order = Tensor.randomPermutation(count, using: generator).values(as: Int64.self)
    return examples(at: order.prefix(limit).map(Int.init))
  }

  /// The examples as the encoder saw them in training: where pixels are drawn anew for each batch, one draw of them.
  package func drawn(as options: DataOptions, using generator: Generator) -> Dataset {
    guard options.binarisation == .dynamic else { return self }
    switch examples {
    case .held, .pixels: return with(.held(.bernoulli(features, using: generator)), labels: labels)
    case .fetched(let fetched):
      return with(.fetched(fetched.binarised(seed: generator.drawSeed())), labels: labels)
    }
  }
}
