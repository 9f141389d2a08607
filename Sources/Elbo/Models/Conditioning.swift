import ElboData
import Torch

/// Which networks are told the class of an example, as a one-hot vector beside their input.
public struct Conditioning: Sendable, Hashable {
  /// Whether q(z|x, y) sees the class.
  public let encoder: Bool
  /// Whether p(x|z, y) sees the class.
  public let decoder: Bool
  /// The number of classes.
  public let classes: Int

  /// No network is told.
  public static let none = Conditioning(encoder: false, decoder: false, classes: 0)

  /// The number of values that the encoder sees beside x.
  var encoderExtras: Int { encoder ? classes : 0 }
  /// The number of values that the decoder sees beside z.
  var decoderExtras: Int { decoder ? classes : 0 }

  /// What the encoder sees of a batch.
  func encoderInput(_ batch: Batch) -> Tensor {
    encoder ? joined(batch.input, batch.labels) : batch.input
  }

  /// What the decoder sees of latents and classes.
  func decoderInput(_ z: Tensor, _ labels: Tensor?) -> Tensor { decoder ? joined(z, labels) : z }

  /// What a network that is told the class sees: its values beside rows of `classes`, one-hot, or of zeros
  /// for an example without one.
  static func joined(_ values: Tensor, _ rows: Tensor?) -> Tensor {
    rows.map { Tensor.concatenate([values, $0], over: 1) } ?? values
  }

  private func joined(_ values: Tensor, _ labels: Tensor?) -> Tensor {
    guard let labels else { preconditionFailure("a network that is told the class got none") }
    return Self.joined(values, oneHot(labels))
  }

  /// One-hot rows [n, classes]; rows of zeros for examples without a class.
  private func oneHot(_ labels: Tensor) -> Tensor {
    // Class -1 falls on a first column that is then left out.
    (labels + 1).converted(to: .int64).oneHot(classes: classes + 1).narrowed(1, from: 1, length: classes)
      .converted(to: .float32)
  }
}
