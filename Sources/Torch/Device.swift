import CTorch

/// Where a tensor's elements live.
public enum Device: Hashable, Sendable, CustomStringConvertible {
  /// The processor's own memory.
  case cpu
  /// The CUDA device of this index.
  case cuda(Int)

  init(code: Int32) { self = code < 0 ? .cpu : .cuda(Int(code)) }

  var code: Int32 {
    switch self {
    case .cpu: Int32(CT_CPU)
    case .cuda(let index): Int32(index)
    }
  }

  /// The number of CUDA devices this libtorch can use; 0 without a GPU or with a CPU build.
  public static var cudaDeviceCount: Int { Int(ct_cuda_device_count()) }

  /// The value as text.
  public var description: String {
    switch self {
    case .cpu: "cpu"
    case .cuda(let index): "cuda:\(index)"
    }
  }
}
