import Torch

/// What an elementwise operation reads: elements in memory, or one number for all.
enum Operand: Hashable {
  case place(Place)
  case constant(Float)

  var place: Place? { if case .place(let place) = self { place } else { nil } }
}

/// One operation of a step.
struct Node {
  /// What is computed.
  var kind: Kind
  /// What is read, each of the output's shape after broadcasting.
  var inputs: [Operand]
  /// What is written; for a call or a mark its whole list is in `outputs`.
  var outputs: [Place]
  /// The parameter that a product moves, instead of writing its gradient; the second output is where that lies, and the
  /// third its copy in bf16, where there is one.
  var moves: MovedParameter?

  enum Kind: Hashable {
    /// An instruction of the kernels' chains with its constant.
    case elementwise(Int32, Float)
    /// The product of two matrices; the second may come a second time, laid out in panels.
    case product
    /// A product's second matrix laid out for the kernels.
    case panels
    /// A convolution, or one of its gradients, of pictures [channels, height, width, images].
    case convolution(Convolution)
    /// `scale` times a sum: see the kernels' header for its kinds.
    case sum(Int32, scale: Float)
    /// A call of libtorch, by its number in the recording.
    case call(Int)
    /// What the host does, by the number of its mark.
    case mark(Int)
  }

  /// Whether it is no part of a chain, but may have one after it.
  var isLeader: Bool {
    switch kind {
    case .product, .panels, .convolution: true
    default: false
    }
  }

  /// Inputs and output as matrices of one shape; nil where their strides do not allow it. Of a sum the output
  /// is left as it is.
  var matrices: (shape: Shape, inputs: [Operand], output: Place)? {
    if case .sum = kind {
      guard case .place(let input) = inputs[0] else { return nil }
      return (input.shape, inputs, outputs[0])
    }
    let rank = outputs[0].shape.count
    // Batches that lie innermost stay so: rows go by the channels.
    let rotates = outputs[0].isRotated
    func upright(_ place: Place) -> Place { rotates ? place.rotated : place }
    let output = upright(outputs[0])
    let ways = rank < 2 ? [0] : rank == 2 ? [1] : [1] + (2..<rank).reversed() + [0]
    for leading in ways {
      guard let matrix = output.matrix(leading: leading) else { continue }
      var mapped: [Operand] = []
      for input in inputs {
        switch input {
        case .constant: mapped.append(input)
        case .place(let place):
          if let place = upright(place).matrix(leading: leading) { mapped.append(.place(place)) }
        }
      }
      if mapped.count == inputs.count { return (matrix.shape, mapped, matrix) }
    }
    return nil
  }
}

/// A step as operations on buffers.
struct Graph {
  var nodes: [Node] = []
  var buffers: [Buffer] = []

  /// Memory that operations share.
  struct Buffer {
    /// The storage of the recording that it stands for.
    var storage: Int?
    var byteCount: Int
    /// Whether its memory is the step's own, rather than that of a parameter, an input or a constant.
    var isOwn: Bool
    /// The value of all its elements, where that is known.
    var constant: Float?
    /// Whether its numbers are bf16, and so half as large; places count numbers all the same.
    var isHalf = false
    /// Whether what it holds stays from one run of the step to the next.
    var lasts = false
    /// The number of examples, where they lie innermost: an element (n, m) of n examples at m n + n.
    var examples: Int?
  }
}
