import Torch

/// Discriminators of the blocks of z, one each, that may be told the class: one-hot over the classes and
/// "unlabelled".
public struct BlockDiscriminator: Module {
  let networks: [any Network]
  private let blocks: [Range<Int>]
  private let classes: Int

  /// Networks for the blocks of z; `classes` is 0 where they are not told the class.
  init(_ blocks: [Range<Int>], classes: Int, networks: [any Network]) {
    self.blocks = blocks
    self.classes = classes
    self.networks = networks
  }

  /// Whether the discriminators are told the class.
  var seesLabels: Bool { classes > 0 }
  /// The number of blocks, by which a mean over all logits becomes the sum of each block's mean.
  var blockCount: Double { Double(blocks.count) }

  /// The logits: [n, blocks].
  func callAsFunction(_ z: Tensor, labels: Tensor?) -> Tensor {
    let beside: [Tensor]
    if seesLabels {
      guard let labels else { preconditionFailure("a discriminator that is told the class got none") }
      // Class -1, "unlabelled", is the first of the codes.
      beside = [(labels + 1).converted(to: .int64).oneHot(classes: classes + 1).converted(to: .float32)]
    } else {
      beside = []
    }
    let logits = zip(blocks, networks).map { block, network in
      let part = block.count == z.size(1) ? z : z.narrowed(1, from: block.lowerBound, length: block.count)
      return network(beside.isEmpty ? part : Tensor.concatenate([part] + beside, over: 1))
    }
    return logits.count == 1 ? logits[0] : Tensor.concatenate(logits, over: 1)
  }
}
