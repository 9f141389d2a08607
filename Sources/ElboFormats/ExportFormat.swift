/// What a run can be handed on as.
public enum ExportFormat: String, CaseIterable, Sendable {
  /// `encoder.onnx` and `decoder.onnx`.
  case onnx
  /// `model.safetensors`, whose keys are the paths of modules in PyTorch.
  case safetensors
  /// TensorBoard's event files.
  case tensorboard
  /// A folder for a model hub: card, weights, configuration, metrics, hashes.
  case bundle
}
