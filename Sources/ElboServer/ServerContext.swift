import Hummingbird
import Logging

/// What goes with a request.
struct ServerContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The name under which logs and errors speak of it.
  var requestID = ""

  init(source: Source) { coreContext = .init(source: source) }
}
