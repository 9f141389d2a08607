import Foundation
import HTTPTypes
import Hummingbird

/// A request that gets no answer: a status, and one clear sentence as JSON.
struct APIError: Error, HTTPResponseError {
  let status: HTTPResponse.Status
  let message: String
  var headers: HTTPFields = [:]

  init(_ status: HTTPResponse.Status, _ message: String, headers: HTTPFields = [:]) {
    self.status = status
    self.message = message
    self.headers = headers
  }

  func response(from request: Request, context: some RequestContext) -> Response {
    let id = (context as? ServerContext)?.requestID
    var error: [String: JSON] = ["status": .int(status.code), "message": .string(message)]
    error["requestId"] = id.map(JSON.string)
    return Response.json(.object(["error": .object(error)]), status: status, headers: headers)
  }

  /// The model has more requests waiting than it takes.
  static let overloaded = APIError(
    .tooManyRequests, "the model has too many requests waiting; try again in a second",
    headers: [.retryAfter: "1"])
  /// The request's time is up.
  static let late = APIError(
    .gatewayTimeout, "the request's deadline passed before the model came to it", headers: [.retryAfter: "1"])
  /// The server is going.
  static let stopping = APIError(
    .serviceUnavailable, "the server is shutting down", headers: [.retryAfter: "5"])

  static func malformed(_ message: String) -> APIError { APIError(.badRequest, message) }
  static func unfit(_ message: String) -> APIError { APIError(.unprocessableContent, message) }
}
