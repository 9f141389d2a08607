import CKernels

/// What captured steps find in the processor.
public enum Processor {
  /// Whether products of bf16 are faster than those of single precision: by the tiles of Intel's AMX, or by the AVX-512 of
  /// AMD's processors since Zen 4. Intel's AVX-512 multiplies both alike.
  public static var multipliesHalvesFaster: Bool { ck_multiplies_halves_faster() }
}
