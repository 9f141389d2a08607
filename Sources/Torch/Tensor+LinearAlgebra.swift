import CTorch

extension Tensor {
  /// The matrix product, batched over leading dimensions: [..., n, k] x [..., k, m] -> [..., n, m].
  public func matmul(_ other: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    Tensor.make(file: file, line: line) { ct_matmul($0, handle, other.handle, $1) }
  }

  /// x W^T + b: [..., in] with W [out, in] and b [out] -> [..., out].
  public func linear(
    weight: Tensor, bias: Tensor?, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withExtendedLifetime(bias) {
      Tensor.make(file: file, line: line) { ct_linear($0, handle, weight.handle, bias?.handle, $1) }
    }
  }

  /// The Euclidean distance of each row [n, d] from each row of another matrix [m, d]: [n, m].
  public func distances(to other: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    Tensor.make(file: file, line: line) { ct_cdist($0, handle, other.handle, $1) }
  }

  /// The lower triangular L with L L^T = this symmetric positive definite matrix [..., n, n].
  public func cholesky(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    Tensor.make(file: file, line: line) { ct_cholesky($0, handle, $1) }
  }

  /// The eigenvalues of this symmetric matrix [..., n, n], ascending: [..., n]. Its lower triangle is read.
  public func symmetricEigenvalues(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    Tensor.make(file: file, line: line) { ct_eigvalsh($0, handle, $1) }
  }

  /// The X of L X = B, where this L [..., n, n] is triangular and B is [..., n, k].
  public func solveTriangular(
    _ b: Tensor, upper: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    Tensor.make(file: file, line: line) { ct_solve_triangular($0, handle, b.handle, upper, $1) }
  }

  /// The elements on and below a diagonal; zero above.
  public func lowerTriangle(diagonal: Int = 0) -> Tensor {
    Tensor.make { ct_tril($0, handle, Int64(diagonal), $1) }
  }

  /// The diagonal of the last two dimensions: [..., n, n] -> [..., n].
  public func diagonal() -> Tensor { Tensor.make { ct_diagonal($0, handle, $1) } }

  /// Diagonal matrices: [..., n] -> [..., n, n].
  public func diagonalEmbedded() -> Tensor { Tensor.make { ct_diag_embed($0, handle, $1) } }
}
