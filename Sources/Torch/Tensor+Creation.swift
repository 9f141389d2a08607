import CTorch

extension Tensor {
  /// A tensor of one value.
  public static func full(
    _ value: Double, shape: Shape, type: ElementType = .float32, device: Device = .cpu
  ) -> Tensor {
    make { slot, error in
      shape.withInt64 { ct_full(slot, $0, $1, value, type.rawValue, device.code, error) }
    }
  }

  /// A tensor whose elements are yet to be written.
  package static func empty(_ shape: Shape, type: ElementType = .float32, device: Device = .cpu) -> Tensor {
    make { slot, error in
      shape.withInt64 { ct_empty(slot, $0, $1, type.rawValue, device.code, error) }
    }
  }

  /// A tensor of zeros.
  public static func zeros(_ shape: Shape, type: ElementType = .float32, device: Device = .cpu) -> Tensor {
    full(0, shape: shape, type: type, device: device)
  }

  /// A tensor of ones.
  public static func ones(_ shape: Shape, type: ElementType = .float32, device: Device = .cpu) -> Tensor {
    full(1, shape: shape, type: type, device: device)
  }

  /// A tensor of zeros with another's shape, type and device.
  public static func zeros(like other: Tensor) -> Tensor {
    zeros(other.shape, type: other.elementType, device: other.device)
  }

  /// The numbers from `start` up to, and without, `end`.
  public static func range(
    from start: Double = 0, to end: Double, by step: Double = 1, type: ElementType = .float32,
    device: Device = .cpu
  ) -> Tensor {
    make { ct_arange($0, start, end, step, type.rawValue, device.code, $1) }
  }

  /// The identity matrix [n, n].
  public static func identity(_ n: Int, type: ElementType = .float32, device: Device = .cpu) -> Tensor {
    make { ct_eye($0, Int64(n), type.rawValue, device.code, $1) }
  }

  /// Independent draws from N(0, 1); the recorded ones where the generator replays.
  public static func standardNormal(
    _ shape: Shape, using generator: Generator, type: ElementType = .float32
  ) -> Tensor {
    if let recorded = generator.nextRecorded(shape, type) { return recorded }
    return generator.draw(shape) { shape in
      make { slot, error in
        shape.withInt64 {
          ct_randn(slot, $0, $1, generator.handle, type.rawValue, generator.device.code, error)
        }
      }
    }
  }

  /// Independent draws from the uniform distribution on [0, 1).
  public static func uniform(
    _ shape: Shape, using generator: Generator, type: ElementType = .float32
  ) -> Tensor {
    generator.draw(shape) { shape in
      make { slot, error in
        shape.withInt64 {
          ct_rand(slot, $0, $1, generator.handle, type.rawValue, generator.device.code, error)
        }
      }
    }
  }

  /// Independent integers, each of 0 ..< `bound` equally likely.
  public static func randomIntegers(
    below bound: Int, shape: Shape, using generator: Generator, type: ElementType = .int64
  ) -> Tensor {
    generator.draw(shape) { shape in
      make { slot, error in
        shape.withInt64 {
          ct_randint(
            slot, Int64(bound), $0, $1, generator.handle, type.rawValue, generator.device.code, error)
        }
      }
    }
  }

  /// The integers 0 ..< `n` in random order.
  public static func randomPermutation(_ n: Int, using generator: Generator) -> Tensor {
    make {
      ct_randperm($0, Int64(n), generator.handle, ElementType.int64.rawValue, generator.device.code, $1)
    }
  }

  /// Independent draws of 0 or 1, each 1 with the probability given in its place.
  public static func bernoulli(_ probabilities: Tensor, using generator: Generator) -> Tensor {
    // Draws take the same course whatever the probabilities, so those of other processes' rows need not be known.
    generator.draw(probabilities.shape) { shape in
      var whole = probabilities
      if shape != probabilities.shape {
        let batch = zip(shape, probabilities.shape).enumerated().first { $1.0 != $1.1 }!.offset
        let copies = shape[batch] / probabilities.size(batch)
        whole = .concatenate([Tensor](repeating: probabilities, count: copies), over: batch)
      }
      return make { ct_bernoulli($0, whole.handle, generator.handle, $1) }
    }
  }

  /// Draws of indices with probabilities proportional to `weights` [..., k]: shape [..., count].
  public static func categorical(
    weights: Tensor, count: Int, using generator: Generator, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    make(file: file, line: line) {
      ct_multinomial($0, weights.handle, Int64(count), true, generator.handle, $1)
    }
  }
}
