import CTorch

extension Tensor {
  /// Sum, element by element, with broadcasting.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    make { ct_add($0, a.handle, b.handle, $1) }
  }

  /// Difference, element by element, with broadcasting.
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    make { ct_sub($0, a.handle, b.handle, $1) }
  }

  /// Product, element by element, with broadcasting.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    make { ct_mul($0, a.handle, b.handle, $1) }
  }

  /// Quotient, element by element, with broadcasting.
  public static func / (a: Tensor, b: Tensor) -> Tensor {
    make { ct_div($0, a.handle, b.handle, $1) }
  }

  /// The elements plus a number.
  public static func + (a: Tensor, b: Double) -> Tensor { make { ct_add_scalar($0, a.handle, b, $1) } }

  /// The elements plus a number.
  public static func + (a: Double, b: Tensor) -> Tensor { b + a }

  /// The elements less a number.
  public static func - (a: Tensor, b: Double) -> Tensor { a + -b }

  /// A number less the elements.
  public static func - (a: Double, b: Tensor) -> Tensor { make { ct_rsub_scalar($0, b.handle, a, $1) } }

  /// The elements times a number.
  public static func * (a: Tensor, b: Double) -> Tensor { make { ct_mul_scalar($0, a.handle, b, $1) } }

  /// The elements times a number.
  public static func * (a: Double, b: Tensor) -> Tensor { b * a }

  /// The elements divided by a number.
  public static func / (a: Tensor, b: Double) -> Tensor { a * (1 / b) }

  /// A number divided by the elements.
  public static func / (a: Double, b: Tensor) -> Tensor { b.reciprocal() * a }

  /// The elements with their signs changed.
  public static prefix func - (a: Tensor) -> Tensor { make { ct_neg($0, a.handle, $1) } }

  /// Adds another tensor's elements, giving a new tensor.
  public static func += (a: inout Tensor, b: Tensor) { a = a + b }
}

/// The larger of two tensors' elements, place by place.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor {
  Tensor.make { ct_maximum($0, a.handle, b.handle, $1) }
}

/// The smaller of two tensors' elements, place by place.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor {
  Tensor.make { ct_minimum($0, a.handle, b.handle, $1) }
}
