import Elbo
import ElboData

/// What a request can know of a model, without its tensors.
struct ModelDescription: Sendable {
  let name: String
  let preset: String
  let step: Int
  let latentDimension: Int
  let features: Int
  let image: ImageShape?
  /// The values between which pixels lie.
  let range: ClosedRange<Double>
  /// The values of x that are taken: those that the likelihood has a density for.
  let limits: ClosedRange<Double>
  /// The number of classes, where the encoder is told the class.
  let encoderClasses: Int?
  /// The number of classes, where the decoder is told the class.
  let decoderClasses: Int?
  let classNames: [String]
  let testCount: Int

  /// Numbers that a model can work with in single precision.
  static let widest = -1e30...1e30

  init(_ name: String, _ run: TrainedRun) throws {
    self.name = name
    preset = run.configuration.name
    step = run.step
    latentDimension = run.model.latentDimension
    features = run.test.featureCount
    image = run.test.image
    range = run.test.range
    limits = try run.support.clamped(to: Self.widest)
    classNames = run.test.labels == nil ? [] : run.test.classNames
    encoderClasses = run.configuration.conditioning.encoder ? run.test.shape.classes : nil
    decoderClasses = run.model.decoderClasses
    testCount = run.test.count
  }

  var json: JSON {
    [
      "name": .string(name), "preset": .string(preset), "step": .int(step),
      "latentDimension": .int(latentDimension), "features": .int(features),
      "image": image.map {
        ["channels": .int($0.channels), "height": .int($0.height), "width": .int($0.width)]
      } ?? .null,
      "range": [.number(range.lowerBound), .number(range.upperBound)],
      "classNames": .array(classNames.map(JSON.string)),
      "encoderTakesLabels": .bool(encoderClasses != nil), "decoderTakesLabels": .bool(decoderClasses != nil),
      "testExamples": .int(testCount),
    ]
  }
}
