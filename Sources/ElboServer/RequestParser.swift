import Elbo
import ElboData
import ElboFigures
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Torch

/// Makes of a body and a query what is asked of a model, or says what is wrong with them.
///
/// A body is JSON, an NPY array of rows, or a PNG of one image. Options stand in the JSON object or in the query.
struct RequestParser {
  let operation: ModelRequest.Operation
  let model: ModelDescription
  let rowLimit: Int

  /// - Throws: `APIError` with a status of 4xx.
  func parse(_ body: ByteBuffer, type: String?, query: [(String, String)]) throws(APIError) -> ModelRequest {
    var request = ModelRequest(operation)
    for (name, text) in query {
      guard allowed.contains(name) else { throw unknown(name, in: "the query") }
      try set(name, Option(text), in: &request)
    }
    let bytes = Data(body.readableBytesView)
    switch type?.prefix(while: { $0 != ";" }).trimmingCharacters(in: .whitespaces).lowercased() {
    case "application/json": try fill(&request, fromJSON: bytes)
    case "application/x-npy", "application/octet-stream": try fill(&request, fromNPY: bytes)
    case "image/png": try fill(&request, fromPNG: bytes)
    case nil where bytes.isEmpty && operation == .sample: break
    default:
      throw APIError(
        .unsupportedMediaType,
        "'\(type ?? "")' is not read; send application/json, application/x-npy or image/png")
    }
    try check(request)
    return request
  }

  private var allowed: [String] { operation.options + ["seed", "labels"] }

  private func unknown(_ name: String, in place: String) -> APIError {
    let known = (allowed + [operation.input?.rawValue].compactMap { $0 })
    let hint =
      known.nearest(to: name).map { "did you mean '\($0)'?" } ?? "known: \(known.joined(separator: ", "))"
    return .malformed("unknown name '\(String(name.prefix(40)))' in \(place); \(hint)")
  }

  // MARK: Bodies

  private func fill(_ request: inout ModelRequest, fromJSON bytes: Data) throws(APIError) {
    let body: RequestBodyJSON
    do {
      // Numbers next to zero are numbers here.
      body = try Engine.keepingDenormals { try JSONDecoder().decode(RequestBodyJSON.self, from: bytes) }
    } catch let error as DecodingError {
      throw .malformed(error.oneLine)
    } catch {
      throw .malformed("the body is not JSON")
    }
    for (name, option) in body.options {
      guard allowed.contains(name) else { throw unknown(name, in: "the body") }
      try set(name, option, in: &request)
    }
    let rows = [ModelRequest.Input.x: body.x, .z: body.z]
    for (input, rows) in rows where rows != nil && input != operation.input {
      throw unknown(input.rawValue, in: "the body")
    }
    guard let input = operation.input else { return }
    guard let rows = rows[input] ?? nil else {
      throw .unfit("'\(input.rawValue)' is missing: a list of rows of \(width) numbers")
    }
    for (index, row) in rows.enumerated() where row.count != width {
      throw .unfit("\(input.rawValue)[\(index)] has \(row.count) numbers, the model takes \(width)")
    }
    try check(rows.lazy.joined())
    request.count = rows.count
    request.values = rows.flatMap { $0.map(Float.init) }
  }

  private func fill(_ request: inout ModelRequest, fromNPY bytes: Data) throws(APIError) {
    guard operation.input != nil else { throw .malformed("'sample' takes no rows; send options as JSON") }
    do {
      let array = try NPY(bytes, name: "the body")
      guard array.shape.count >= 2, let count = array.shape.first, count > 0 else {
        throw APIError.unfit("an array of shape \(array.shape) holds no rows; send [count, \(width)]")
      }
      guard array.values.count == count * width else {
        throw APIError.unfit("rows of \(array.values.count / count) numbers, the model takes \(width)")
      }
      try check(array.values.lazy.map(Double.init))
      request.count = count
      request.values = array.values
    } catch let error as APIError {
      throw error
    } catch {
      throw .malformed("\(error)")
    }
  }

  private func fill(_ request: inout ModelRequest, fromPNG bytes: Data) throws(APIError) {
    guard operation.input == .x else { throw .malformed("'\(operation.rawValue)' takes no image") }
    guard let shape = model.image else { throw .unfit("the model's examples are no images; send numbers") }
    let bitmap: Bitmap
    do {
      bitmap = try Bitmap(png: bytes, name: "the body")
    } catch {
      throw .malformed("the body is not a PNG that can be read")
    }
    guard bitmap.width == shape.width, bitmap.height == shape.height, bitmap.channels == shape.channels else {
      throw .unfit(
        "an image of \(bitmap.width) x \(bitmap.height) pixels and \(bitmap.channels) channels, the model takes "
          + "\(shape.width) x \(shape.height) and \(shape.channels)")
    }
    let (low, high) = (Float(model.range.lowerBound), Float(model.range.upperBound))
    let plane = shape.width * shape.height
    request.count = 1
    // Channels stand side by side in a bitmap, one after the other in an example.
    request.values = (0..<shape.count).map { index in
      let byte = bitmap.pixels[index % plane * shape.channels + index / plane]
      return low + (high - low) * Float(byte) / 255
    }
  }

  private var width: Int { operation.input == .z ? model.latentDimension : model.features }

  // MARK: Options

  private func set(_ name: String, _ option: Option, in request: inout ModelRequest) throws(APIError) {
    switch name {
    case "seed":
      guard let seed = option.integer, (0...ModelRequest.largestSeed).contains(seed) else {
        throw bad(name, "an integer from 0 to \(ModelRequest.largestSeed)")
      }
      request.seed = UInt64(seed)
    case "n":
      guard let n = option.integer, (1...rowLimit).contains(n) else { throw bad(name, "1 to \(rowLimit)") }
      request.count = n
    case "falseAlarmRate":
      guard let rate = option.number, ModelRequest.rates.contains(rate) else {
        throw bad(name, "1e-6 to 0.5")
      }
      request.falseAlarmRate = rate
    case "code": request.code = try choice(name, option)
    case "draw": request.draw = try choice(name, option)
    default:
      guard let labels = option.integers else { throw bad(name, "a list of classes") }
      request.labels = labels
    }
  }

  private func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, _ option: Option
  ) throws(APIError) -> Choice where Choice.RawValue == String {
    guard let text = option.text, let choice = Choice(rawValue: text) else {
      throw bad(name, Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  private func bad(_ name: String, _ expected: String) -> APIError {
    .unfit("'\(name)' is not what it should be: \(expected)")
  }

  // MARK: What was understood

  private func check(_ request: ModelRequest) throws(APIError) {
    guard request.count > 0 else { throw .unfit("there are no rows") }
    guard request.count <= rowLimit else {
      throw APIError(.contentTooLarge, "\(request.count) rows, at most \(rowLimit) are taken at once")
    }
    try checkLabels(request)
  }

  /// Refuses numbers that the model does not know, before they are rounded.
  private func check(_ values: some Sequence<Double>) throws(APIError) {
    let limits = operation.input == .x ? model.limits : ModelDescription.widest
    for (place, value) in values.enumerated() where !limits.contains(value) {
      throw .unfit(
        "number \(place % width) of row \(place / width) is \(value), the model knows \(limits.lowerBound) to "
          + "\(limits.upperBound)")
    }
  }

  private func checkLabels(_ request: ModelRequest) throws(APIError) {
    let encodes = operation.input == .x
    let decodes = operation.givesExamples || operation == .score
    let classes = (encodes ? model.encoderClasses : nil) ?? (decodes ? model.decoderClasses : nil)
    guard let classes else {
      if request.labels != nil { throw .unfit("this model is not told classes; leave 'labels' out") }
      return
    }
    guard let labels = request.labels else {
      throw .unfit("this model is told classes; give 'labels', one of 0 to \(classes - 1) a row")
    }
    guard labels.count == request.count else {
      throw .unfit("\(labels.count) labels for \(request.count) rows")
    }
    guard labels.allSatisfy((0..<classes).contains) else {
      throw .unfit("a label is none of 0 to \(classes - 1)")
    }
  }
}

/// An option's value, of the query or of a body.
struct Option: Sendable {
  var text: String?
  var number: Double?
  var integer: Int?
  var integers: [Int]?

  /// Of a query's text.
  init(_ text: String) {
    self.text = text
    number = Double(text)
    integer = Int(text)
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = words.compactMap { Int($0) }
    integers = numbers.count == words.count ? numbers : nil
  }
}

extension Option: Decodable {
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    text = try? container.decode(String.self)
    // A boolean is no number.
    guard (try? container.decode(Bool.self)) == nil else { return }
    integer = try? container.decode(Int.self)
    number = try? container.decode(Double.self)
    integers = try? container.decode([Int].self)
  }
}

/// A JSON body: rows, and options by name.
struct RequestBodyJSON: Decodable {
  // Numbers too small for single precision are zeros, those too large are refused later.
  var x: [[Double]]?
  var z: [[Double]]?
  var options: [(String, Option)] = []

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    for name in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
      switch name.stringValue {
      case "x": x = try container.decode([[Double]].self, forKey: name)
      case "z": z = try container.decode([[Double]].self, forKey: name)
      default: options.append((name.stringValue, try container.decode(Option.self, forKey: name)))
      }
    }
  }
}

extension DecodingError {
  /// What is wrong and where, as one clause.
  var oneLine: String {
    func place(_ path: [any CodingKey]) -> String {
      let text = path.map { $0.intValue.map { "[\($0)]" } ?? String($0.stringValue.prefix(40)) }.joined()
      return text.isEmpty ? "the body" : text
    }
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return context.codingPath.isEmpty
        ? "the body is not a JSON object"
        : "\(place(context.codingPath)) is not a number, or not a list of rows"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "\(place(context.codingPath)) is not a number that can be represented"
    default: return "the body is not JSON, or has a number that cannot be represented"
    }
  }
}
