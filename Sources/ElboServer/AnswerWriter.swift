import ElboData
import ElboFigures
import Foundation
import Hummingbird

/// An answer in the form that a request accepts: JSON, an NPY array, or a PNG of the images.
struct AnswerWriter {
  enum Form { case json, npy, png }

  let model: ModelDescription
  let form: Form

  /// - Throws: `APIError` 406 where none of the accepted types can be given.
  init(accept: String?, model: ModelDescription, _ operation: ModelRequest.Operation) throws(APIError) {
    self.model = model
    let givesImages = operation.givesExamples && model.image != nil
    form = try Self.form(accept, offersNPY: operation != .score, offersPNG: givesImages)
  }

  /// - Throws: `APIError` 406.
  static func form(_ accept: String?, offersNPY: Bool, offersPNG: Bool) throws(APIError) -> Form {
    let types = (accept ?? "*/*").split(separator: ",").map {
      $0.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    }
    for type in types {
      switch type {
      case "application/json", "application/*", "*/*": return .json
      case "application/x-npy", "application/octet-stream": if offersNPY { return .npy }
      case "image/png", "image/*": if offersPNG { return .png }
      default: continue
      }
    }
    let offers =
      ["application/json"] + (offersNPY ? ["application/x-npy"] : []) + (offersPNG ? ["image/png"] : [])
    throw APIError(.notAcceptable, "this answer can be had as \(offers.joined(separator: ", "))")
  }

  func response(_ answer: ModelAnswer) throws -> Response {
    if form == .json { return .json(json(answer)) }
    guard let rows = answer.x ?? answer.z else { return .json(json(answer)) }
    if form == .png { return try .png(rows, of: model) }
    return .data(
      [UInt8](NPY(shape: [rows.count, rows.width], values: rows.values).data), type: "application/x-npy")
  }

  private func json(_ answer: ModelAnswer) -> JSON {
    var members: [String: JSON] = ["model": .string(model.name), "step": .int(answer.step)]
    members["z"] = answer.z?.json
    members["x"] = answer.x?.json
    if let scores = answer.scores {
      members["scores"] = .array(scores.values.map(JSON.number))
      members["measure"] = .string(scores.measure.name)
      members["isBound"] = .bool(scores.measure.isBound)
      members["unit"] = "nats/example"
      members["pValues"] = .array(scores.pValues.map(JSON.number))
      members["anomalous"] = .array(scores.pValues.map { .bool($0 <= scores.falseAlarmRate) })
      members["threshold"] = scores.threshold.map(JSON.number) ?? .null
      members["falseAlarmRate"] = .number(scores.falseAlarmRate)
      members["calibration"] = ["split": .string(scores.split), "count": .int(scores.calibrationCount)]
    }
    return .object(members)
  }
}

extension Response {
  /// Images in rows, as few of them as make a square; one image alone without a frame.
  static func png(_ rows: Rows, of model: ModelDescription) throws -> Response {
    guard let shape = model.image else {
      throw APIError(.notAcceptable, "the model's examples are no images")
    }
    let columns = max(1, Int(Double(rows.count).squareRoot().rounded(.up)))
    let isOne = rows.count == 1
    let grid = ImageGrid(
      values: rows.values, count: rows.count, channels: shape.channels, height: shape.height,
      width: shape.width,
      columns: columns, range: Float(model.range.lowerBound)...Float(model.range.upperBound),
      gap: isOne ? 0 : 1,
      scale: isOne ? 1 : 2)
    return .data([UInt8](try grid.rendered().pngData()), type: "image/png")
  }
}
