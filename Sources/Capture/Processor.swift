import CKernels

/// What captured steps find in the processor.
public enum Processor {
  /// Whether products of bf16 are faster than those of single precision: by tiles, Intel's AMX. AVX-512's products of
  /// bf16 are not: they take what they save for rounding.
  public static var multipliesHalvesFaster: Bool { String(cString: ck_instruction_set()) == "amx" }
}
