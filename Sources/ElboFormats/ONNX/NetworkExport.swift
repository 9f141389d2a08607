import Elbo
import Foundation
import SwiftProtobuf
import Torch

/// A run's encoder and decoder as ONNX models.
///
/// The encoder's inputs are "x" [batch, features] and, for a posterior that is a sample, "noise" from N(0, I); its
/// outputs are q(z|x)'s parameters, "mean" and "log_scale", or "z". The decoder's input is "z"; its outputs are
/// "mean", E[x|z], and what else p(x|z) is given by. A network that is told the class has an input "classes" of one-hot
/// rows.
package struct NetworkExport {
  /// What the files say of where they come from.
  private let facts: [(String, String)]
  private let version: String
  private let model: any LatentVariableModel
  private let features: Int
  private let device: Device

  /// The networks of a model, for x of so many features.
  package init(
    _ model: any LatentVariableModel, features: Int, device: Device, version: String,
    facts: [(String, String)]
  ) {
    self.model = model
    self.features = features
    self.device = device
    self.version = version
    self.facts = facts
  }

  init(_ run: TrainedRun, origin: ExportOrigin) {
    self.init(
      run.model, features: run.test.featureCount,
      device: run.test.device, version: origin.version,
      facts: origin.facts)
  }

  /// The bytes of `encoder.onnx`.
  package func encoder() throws(ExportError) -> Data {
    let classes = model.encoderClasses
    return try file(
      encoderGraph(),
      describing: "The encoder q(z|x). \(classes == nil ? "" : "Rows of 'classes' are one-hot.")")
  }

  /// The shapes of the noise that the encoder takes for so many examples.
  package func noiseShapes(batch: Int) throws(ExportError) -> [Shape] {
    try encoderGraph().input.filter { $0.name.hasPrefix("noise") }.map { input in
      input.type.tensorType.shape.dim.map { $0.dimParam.isEmpty ? Int($0.dimValue) : batch }
    }
  }

  private func encoderGraph() throws(ExportError) -> Onnx_GraphProto {
    let classes = model.encoderClasses
    return try graph(
      "encoder", inputs: [.init(name: "x", width: features)] + Self.input(ofClasses: classes)
    ) { inputs, generator in
      model.encoderOutputs(inputs[0], classes: classes == nil ? nil : inputs[1], using: generator)
    }
  }

  /// The bytes of `decoder.onnx`.
  package func decoder() throws(ExportError) -> Data {
    let classes = model.decoderClasses
    return try file(
      graph(
        "decoder",
        inputs: [.init(name: "z", width: model.latentDimension)] + Self.input(ofClasses: classes)
      ) { inputs, _ in
        model.decoderOutputs(inputs[0], classes: classes == nil ? nil : inputs[1])
      }, describing: "The decoder p(x|z). \(classes == nil ? "" : "Rows of 'classes' are one-hot.")")
  }

  /// Whether a network of one input [n, width] can be said in ONNX.
  ///
  /// - Throws: `ExportError` with the operator that cannot.
  package static func check(
    _ name: String, width: Int, parameters: [String: Tensor], _ network: (Tensor) -> Tensor
  ) throws(ExportError) {
    _ = try GraphTracer.graph(
      name, inputs: [.init(name: "x", width: width)], parameters: parameters, device: .cpu
    ) { inputs, _ in [NamedTensor("y", network(inputs[0]))] }
  }

  private static func input(ofClasses count: Int?) -> [GraphTracer.Input] {
    count.map { [.init(name: "classes", width: $0)] } ?? []
  }

  private func graph(
    _ name: String, inputs: [GraphTracer.Input], _ body: ([Tensor], Generator) -> [NamedTensor]
  ) throws(ExportError) -> Onnx_GraphProto {
    try GraphTracer.graph(name, inputs: inputs, parameters: model.weights, device: device, body)
  }

  private func file(_ graph: Onnx_GraphProto, describing text: String) throws(ExportError) -> Data {
    var file = Onnx_ModelProto()
    file.irVersion = 8
    file.producerName = "elbo"
    file.producerVersion = version
    file.docString = text.trimmingCharacters(in: .whitespaces)
    file.graph = graph
    var operators = Onnx_OperatorSetIdProto()
    operators.version = Int64(GraphTracer.opset)
    file.opsetImport = [operators]
    file.metadataProps = facts.map { key, value in
      var entry = Onnx_StringStringEntryProto()
      entry.key = key
      entry.value = value
      return entry
    }
    do {
      return try file.serializedData()
    } catch {
      throw ExportError("cannot be written: \(error)", at: graph.name + ".onnx")
    }
  }
}
