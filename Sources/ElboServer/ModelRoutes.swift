import Elbo
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The addresses under /v1/models.
struct ModelRoutes: Sendable {
  let models: [String: ModelWorker]
  let options: ServerOptions

  func add(to router: KnownRouter) {
    router.only(.get, "/v1/models") { _, _ in
      .json(["models": .array(models.values.sorted { $0.name < $1.name }.map(listing))])
    }
    router.only(.get, "/v1/models/:name") { _, context in .json(listing(try model(context))) }
    for operation in ModelRequest.Operation.allCases {
      router.only(.post, "/v1/models/:name/\(operation.rawValue)") { request, context in
        try await answer(operation, request, model(context))
      }
    }
    router.only(.get, "/v1/models/:name/examples") { request, context in
      try await examples(request, model(context))
    }
    router.only(.get, "/v1/models/:name/explorer") { _, context in
      let worker = try model(context)
      return .json(try await worker.ask { try $0.explorer.get().json })
    }
  }

  private func listing(_ model: ModelWorker) -> JSON {
    guard case .object(var members)? = model.description?.json else {
      return ["name": .string(model.name), "step": .null]
    }
    members["problem"] = model.problem.map(JSON.string)
    return .object(members)
  }

  private func model(_ context: ServerContext) throws(APIError) -> ModelWorker {
    let name = context.parameters.get("name") ?? ""
    guard let model = models[name] else {
      let known = models.keys.sorted()
      let hint =
        known.nearest(to: name).map { "did you mean '\($0)'?" }
        ?? "there are \(known.joined(separator: ", "))"
      throw APIError(.notFound, "there is no model of this name; \(hint)")
    }
    return model
  }

  private func answer(
    _ operation: ModelRequest.Operation, _ request: Request, _ worker: ModelWorker
  ) async throws -> Response {
    guard let model = worker.description else { throw ModelWorker.empty(worker.name) }
    let writer = try AnswerWriter(accept: request.headers[.accept], model: model, operation)
    let body = try await collect(request)
    let parser = RequestParser(operation: operation, model: model, rowLimit: options.rowLimit)
    let query = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
    let asked = try parser.parse(body, type: request.headers[.contentType], query: query)
    return try writer.response(try await worker.answer(asked))
  }

  private func collect(_ request: Request) async throws -> ByteBuffer {
    let tooLarge = APIError(.contentTooLarge, "the body has more than \(options.bodyLimit) bytes")
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > options.bodyLimit {
      throw tooLarge
    }
    var body = ByteBuffer()
    do {
      for try await part in request.body {
        guard body.readableBytes + part.readableBytes <= options.bodyLimit else { throw tooLarge }
        body.writeImmutableBuffer(part)
      }
    } catch let error as APIError {
      throw error
    } catch {
      throw APIError.malformed("the body broke off, or is not framed as HTTP has it")
    }
    return body
  }

  /// The first examples of the test split.
  private func examples(_ request: Request, _ worker: ModelWorker) async throws -> Response {
    guard let model = worker.description else { throw ModelWorker.empty(worker.name) }
    let query = request.uri.queryParameters
    guard query.allSatisfy({ $0.key == "n" }), let n = query["n"].map({ Int($0) }) ?? 12,
      (1...100).contains(n)
    else { throw APIError.unfit("the query may say n, 1 to 100, and nothing else") }
    let form = try AnswerWriter.form(
      request.headers[.accept], offersNPY: false, offersPNG: model.image != nil)
    let (rows, labels) = try await worker.ask { model in
      let test = model.run.test
      let batch = try test.batch(0..<min(n, test.count))
      return (Rows(batch.x), test.labels.map { Array($0.prefix(n)) })
    }
    if form == .png { return try .png(rows, of: model) }
    return .json([
      "model": .string(model.name), "x": rows.json,
      "labels": labels.map { .array($0.map(JSON.int)) } ?? .null,
    ])
  }
}

/// A router that knows which methods its addresses take.
struct KnownRouter {
  let router: Router<ServerContext>
  let table: RouteTable

  /// A route of one method; what is got can be asked for its head.
  func only(
    _ method: HTTPRequest.Method, _ path: String,
    _ handler: @escaping @Sendable (Request, ServerContext) async throws -> Response
  ) {
    router.on(RouterPath(path), method: method, use: handler)
    table.add(method, path)
    guard method == .get else { return }
    table.add(.head, path)
    router.on(RouterPath(path), method: .head) { request, context in
      var response = try await handler(request, context)
      response.body = .init()
      return response
    }
  }
}
