import Foundation
import HTTPTypes
import Hummingbird

extension HTTPField.Name {
  static let requestID = HTTPField.Name("X-Request-ID")!
  static let contentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
}

/// Around all else: gives the request an id, makes one JSON sentence of every error, counts and logs.
struct Envelope: RouterMiddleware {
  let metrics: ServerMetrics
  let table: RouteTable

  func handle(
    _ request: Request, context: ServerContext,
    next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    var context = context
    context.requestID = Self.id(of: request)
    context.logger[metadataKey: "request"] = "\(context.requestID)"
    var response: Response
    do {
      response = try await next(request, context)
    } catch let error as APIError {
      response = error.response(from: request, context: context)
    } catch let error as any HTTPResponseError {
      response = refusal(error.status, request).response(from: request, context: context)
    } catch {
      context.logger.error("\(error)")
      response = APIError(.internalServerError, "the server failed; its log says how").response(
        from: request, context: context)
    }
    response.headers[.requestID] = context.requestID
    response.headers[.contentTypeOptions] = "nosniff"
    let seconds = start.duration(to: .now) / .seconds(1)
    metrics.noteRequest(
      route: context.endpointPath ?? "none", status: response.status.code, seconds: seconds)
    context.logger.info(
      "\(request.method.rawValue) \(request.uri.path) \(response.status.code) \(Int(seconds * 1e6)) us")
    return response
  }

  private func refusal(_ status: HTTPResponse.Status, _ request: Request) -> APIError {
    guard status == .notFound else { return APIError(status, status.reasonPhrase.lowercased()) }
    let methods = table.methods(at: request.uri.path)
    if methods.isEmpty { return APIError(.notFound, "there is nothing at this address") }
    return APIError(
      .methodNotAllowed, "this address takes \(methods.joined(separator: " and "))",
      headers: [.allow: methods.joined(separator: ", ")])
  }

  /// The client's own id where it is a plain one.
  private static func id(of request: Request) -> String {
    if let given = request.headers[.requestID], (1...64).contains(given.count),
      given.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) })
    {
      return given
    }
    return UUID().uuidString.lowercased()
  }
}

/// Lets only those in who bear the token, where there is one, and only what is meant for this server.
struct Admission: RouterMiddleware {
  let options: ServerOptions
  /// What anybody may see.
  static let open: Set<String> = ["/", "/health"]

  func handle(
    _ request: Request, context: ServerContext,
    next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    if let token = options.token {
      guard Self.open.contains(request.uri.path) || isBorne(token, by: request) else {
        throw APIError(
          .unauthorized, "this server asks for a token, in 'Authorization: Bearer TOKEN'",
          headers: [.wwwAuthenticate: "Bearer"])
      }
    } else if options.isLoopback, !isLocal(request.head.authority) {
      // A page elsewhere could let its own name point to this machine.
      throw APIError(.misdirectedRequest, "this server answers to localhost only")
    }
    return try await next(request, context)
  }

  private func isBorne(_ token: String, by request: Request) -> Bool {
    guard let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer ") else {
      return false
    }
    let (given, expected) = (Array(header.utf8.dropFirst(7)), Array(token.utf8))
    // As long for any text of the right length.
    return given.count == expected.count && zip(given, expected).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private func isLocal(_ authority: String?) -> Bool {
    guard let authority, !authority.isEmpty else { return true }
    let host =
      authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
    return ["localhost", "127.0.0.1", "[::1]"].contains(host.lowercased())
  }
}
