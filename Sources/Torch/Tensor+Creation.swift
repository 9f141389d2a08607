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
    if let drawn = generator.drawByParts(shape, { standardNormal($0, using: $2, type: type) }) {
      return drawn
    }
    return make { slot, error in
      shape.withInt64 {
        ct_randn(slot, $0, $1, generator.handle, type.rawValue, generator.device.code, error)
      }
    }
  }

  /// Independent draws from the uniform distribution on [0, 1).
  public static func uniform(
    _ shape: Shape, using generator: Generator, type: ElementType = .float32
  ) -> Tensor {
    if let drawn = generator.drawByParts(shape, { uniform($0, using: $2, type: type) }) { return drawn }
    return make { slot, error in
      shape.withInt64 { ct_rand(slot, $0, $1, generator.handle, type.rawValue, generator.device.code, error) }
    }
  }

  /// Independent integers, each of 0 ..< `bound` equally likely.
  public static func randomIntegers(
    below bound: Int, shape: Shape, using generator: Generator, type: ElementType = .int64
  ) -> Tensor {
    make { slot, error in
      shape.withInt64 {
        ct_randint(slot, Int64(bound), $0, $1, generator.handle, type.rawValue, generator.device.code, error)
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
    if let drawn = generator.drawByParts(
      probabilities.shape, { bernoulli(probabilities.narrowed(to: $0, rows: $1), using: $2) })
    {
      return drawn
    }
    return make { ct_bernoulli($0, probabilities.handle, generator.handle, $1) }
  }

  /// Draws of indices with probabilities proportional to `weights` [..., k]: shape [..., count].
  public static func categorical(
    weights: Tensor, count: Int, using generator: Generator, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    if let drawn = generator.drawByParts(
      weights.shape,
      {
        categorical(
          weights: weights.narrowed(to: $0, rows: $1), count: count, using: $2, file: file, line: line)
      })
    {
      return drawn
    }
    return make(file: file, line: line) {
      ct_multinomial($0, weights.handle, Int64(count), true, generator.handle, $1)
    }
  }
}

extension Tensor {
  /// The rows of the one dimension in which a shape is shorter than this tensor's.
  fileprivate func narrowed(to shape: Shape, rows: Range<Int>) -> Tensor {
    guard let dimension = shape.indices.first(where: { shape[$0] != size($0) }) else { return self }
    return narrowed(dimension, from: rows.lowerBound, length: rows.count)
  }
}
