import CTorch
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Process-wide facts and settings of libtorch.
public enum Engine {
  /// The version of libtorch this was built against, such as "2.13.0".
  public static var version: String { String(cString: ct_version()) }

  /// The instruction set libtorch chose for its kernels, such as "AVX512".
  public static var instructionSet: String { String(cString: ct_cpu_capability()) }

  /// The number of threads one operation may use.
  public static var threadCount: Int {
    get { Int(ct_num_threads()) }
    set { ct_set_num_threads(Int32(newValue)) }
  }

  /// Runs `body` with libtorch's operations on one thread, where other threads are at work already.
  package static func onOneThread<Result>(_ body: () -> Result) -> Result {
    let before = ct_num_threads()
    guard before > 1 else { return body() }
    ct_set_num_threads(1)
    defer { ct_set_num_threads(before) }
    return body()
  }

  /// Whether GPUs round the factors of single-precision products and convolutions to TF32's 11 significant bits.
  /// libtorch as it comes does so for convolutions.
  package static func roundFactorsOnGPUs(_ on: Bool) { ct_set_tf32(on) }

  /// The number of tensors that Swift code holds; constant over the steps of a loop that leaks nothing.
  public static var liveTensorCount: Int { Int(ct_live_tensor_count()) }

  /// Makes one of the machine's GPUs the only one that this process sees; call before anything asks for one.
  public static func takeDevice(_ index: Int) {
    let name = "CUDA_VISIBLE_DEVICES"
    let visible = getenv(name).map { String(cString: $0).split(separator: ",").map(String.init) }
    guard let visible else {
      setenv(name, String(index), 1)
      return
    }
    if index < visible.count { setenv(name, visible[index], 1) }
  }

  /// Runs `body` with numbers next to zero kept as they are on this thread, whatever `prepare` said.
  package static func keepingDenormals<Result>(_ body: () throws -> Result) rethrows -> Result {
    let flushes = smallest.withLock { $0 == 0 }
    guard flushes else { return try body() }
    _ = ct_set_flush_denormal(false)
    defer { _ = ct_set_flush_denormal(true) }
    return try body()
  }

  /// A number that compares as zero where such numbers are flushed.
  private static let smallest = Mutex(Double.leastNonzeroMagnitude)

  /// Settings under which training is fastest; call once, before the first tensor.
  ///
  /// Freed activations stay with the process, and denormal numbers are flushed to zero: Adam with a small
  /// beta1 drives the moments of dead units into denormals, which take a hundred times as long to multiply.
  public static func prepare(threads: Int? = nil) {
    ct_tune_allocator()
    _ = ct_set_flush_denormal(true)
    if let threads { threadCount = threads }
  }
}

/// Runs `body` without recording operations for gradients. The mode belongs to the thread, so `body` is
/// synchronous.
public func withoutGradients<Result, Failure: Error>(
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let before = ct_set_grad_enabled(false)
  defer { _ = ct_set_grad_enabled(before) }
  return try body()
}

/// Runs `body` with operations recorded for gradients, where a caller has switched that off.
public func withGradients<Result, Failure: Error>(
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let before = ct_set_grad_enabled(true)
  defer { _ = ct_set_grad_enabled(before) }
  return try body()
}
