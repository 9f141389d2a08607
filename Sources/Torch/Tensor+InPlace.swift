import CTorch

extension Tensor {
  /// Overwrites the elements with draws from N(mean, deviation^2).
  public func fillNormal(mean: Double = 0, deviation: Double = 1, using generator: Generator) {
    withoutGradients {
      require(file: #fileID, line: #line) { ct_normal_(handle, mean, deviation, generator.handle, $0) }
    }
  }

  /// Overwrites the elements with draws from the uniform distribution on [low, high).
  public func fillUniform(from low: Double, to high: Double, using generator: Generator) {
    withoutGradients {
      require(file: #fileID, line: #line) { ct_uniform_(handle, low, high, generator.handle, $0) }
    }
  }

  /// Overwrites every element.
  public func fill(_ value: Double) {
    withoutGradients { require(file: #fileID, line: #line) { ct_fill_(handle, value, $0) } }
  }

  /// Overwrites the elements with another tensor's, converted and broadcast as needed.
  public func copy(from source: Tensor, file: StaticString = #fileID, line: UInt = #line) {
    withoutGradients { require(file: file, line: line) { ct_copy_(handle, source.handle, $0) } }
  }

  /// Adds `scale` times another tensor to the elements.
  public func add(
    inPlace other: Tensor, scale: Double = 1, file: StaticString = #fileID, line: UInt = #line
  ) {
    withoutGradients { require(file: file, line: line) { ct_add_(handle, other.handle, scale, $0) } }
  }

  /// Multiplies the elements.
  public func multiply(inPlace factor: Double) {
    withoutGradients { require(file: #fileID, line: #line) { ct_mul_(handle, factor, $0) } }
  }

  /// Asks that operations on this tensor be recorded for gradients, or no longer.
  public func setRequiresGradient(_ on: Bool) {
    require(file: #fileID, line: #line) { ct_requires_grad_(handle, on, $0) }
  }
}
