import CTorch

extension Tensor {
  /// Two-dimensional cross-correlation.
  ///
  /// x [n, in, h, w] with weight [out, in, kh, kw] and bias [out] -> [n, out, h', w'],
  /// h' = (h + 2 padding - kh) / stride + 1, rounded down.
  public func convolution(
    weight: Tensor, bias: Tensor?, stride: Int = 1, padding: Int = 0, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    withExtendedLifetime(bias) {
      Tensor.make(file: file, line: line) {
        ct_conv2d($0, handle, weight.handle, bias?.handle, Int64(stride), Int64(padding), $1)
      }
    }
  }

  /// Two-dimensional transposed convolution: the gradient of `convolution` with respect to its input.
  ///
  /// x [n, in, h, w] with weight [in, out, kh, kw] and bias [out] -> [n, out, h', w'],
  /// h' = (h - 1) stride - 2 padding + kh + outputPadding.
  public func transposedConvolution(
    weight: Tensor, bias: Tensor?, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withExtendedLifetime(bias) {
      Tensor.make(file: file, line: line) {
        ct_conv_transpose2d(
          $0, handle, weight.handle, bias?.handle, Int64(stride), Int64(padding), Int64(outputPadding), $1)
      }
    }
  }
}
