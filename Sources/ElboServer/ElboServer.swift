import Elbo
import Foundation
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP server of runs: the dashboard, and the interface to their models.
public struct ElboServer: Sendable {
  package let models: [ModelWorker]
  private let options: ServerOptions
  package let metrics: ServerMetrics
  private let logger: Logger

  /// Loads the models of run folders. A run without a checkpoint is followed, and its model served once it has one.
  ///
  /// - Throws: a `DiagnosedError` where a folder holds no run or weights cannot be loaded.
  public init(_ paths: [String], _ options: ServerOptions = ServerOptions(), logsRequests: Bool = false)
    throws
  {
    try options.check()
    self.options = options
    let metrics = ServerMetrics()
    self.metrics = metrics
    var logger = Logger(label: "elbo") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = logsRequests ? .info : .warning
    self.logger = logger
    var taken: Set<String> = []
    models = try paths.map { path in
      let directory = try RunDirectory(existing: path)
      let name = Self.name(of: directory, besides: taken)
      taken.insert(name)
      return try ModelWorker(name, directory, options, metrics)
    }
  }

  /// A name that can stand in an address: the folder's, with a number where another has it already.
  private static func name(of directory: RunDirectory, besides taken: Set<String>) -> String {
    let folder = directory.url.standardizedFileURL.lastPathComponent
    let plain = String(
      folder.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "-" })
    let base = plain.isEmpty ? "run" : plain
    guard taken.contains(base) else { return base }
    return "\(base)-\((2...).first { !taken.contains("\(base)-\($0)") }!)"
  }

  /// The names under which models are served.
  public var names: [String] { models.map(\.name) }

  /// Serves until the process is told to stop or the task is cancelled; requests that are being answered get their
  /// answers.
  ///
  /// - Parameters:
  ///   - signals: whether SIGINT and SIGTERM end it.
  ///   - onStart: gets the port.
  /// - Throws: `ServerError` where the address cannot be listened on.
  public func run(signals: Bool = true, onStart: @escaping @Sendable (Int) async -> Void) async throws {
    for model in models { model.start() }
    let application = Application(
      router: try router(),
      configuration: .init(address: .hostname(options.host, port: options.port), serverName: "elbo"),
      onServerRunning: { channel in await onStart(channel.localAddress?.port ?? 0) }, logger: logger)
    let services = ServiceGroup(
      configuration: .init(
        services: [application], gracefulShutdownSignals: signals ? [.sigint, .sigterm] : [], logger: logger))
    // Cancelled itself, the application would drop the requests at hand.
    let serving = Task { try await services.run() }
    let outcome = await withTaskCancellationHandler {
      await serving.result
    } onCancel: {
      Task { await services.triggerGracefulShutdown() }
    }
    for model in models { await model.stop() }
    do {
      try outcome.get()
    } catch let error as IOError {
      throw ServerError(
        "cannot listen: \(String(cString: strerror(error.errnoCode)))", at: "\(options.host):\(options.port)",
        remedy: "choose another --port")
    }
  }

  private func router() throws -> Router<ServerContext> {
    let table = RouteTable()
    let plain = Router(context: ServerContext.self)
    plain.add(middleware: Envelope(metrics: metrics, table: table))
    plain.add(middleware: Admission(options: options))
    let router = KnownRouter(router: plain, table: table)
    let named = Dictionary(uniqueKeysWithValues: models.map { ($0.name, $0) })
    ModelRoutes(models: named, options: options).add(to: router)
    let (models, options, metrics) = (models, options, metrics)
    router.only(.get, "/") { _, _ in Dashboard.response() }
    router.only(.get, "/health") { _, _ in
      .json([
        "status": "ok",
        "models": .array(
          models.map {
            ["name": .string($0.name), "step": $0.description.map { .int($0.step) } ?? .null]
          }),
      ])
    }
    router.only(.get, "/metrics") { _, _ in
      .data(Array(metrics.text(models).utf8), type: "text/plain; version=0.0.4")
    }
    router.only(.get, "/openapi.json") { _, _ in
      .json(OpenAPI(models: models.compactMap(\.description), options: options).document)
    }
    router.only(.get, "/v1/events") { _, _ in
      EventStream(models: models, pollEvery: options.pollEvery).response()
    }
    return plain
  }
}
