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
  /// The values of x that the likelihood has a density for.
  let support: ClosedRange<Double>
  /// The number of classes, where the encoder is told the class.
  let encoderClasses: Int?
  /// The number of classes, where the decoder is told the class.
  let decoderClasses: Int?
  let classNames: [String]
  let testCount: Int

  init(_ name: String, _ run: TrainedRun) throws {
    self.name = name
    preset = run.configuration.name
    step = run.step
    latentDimension = run.model.latentDimension
    features = run.test.featureCount
    image = run.test.image
    range = run.test.range
    support = try run.support
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
