import HTTPTypes
import Synchronization

/// Which methods each address takes, so that others are told.
final class RouteTable: Sendable {
  private let routes = Mutex([(parts: [Substring], method: HTTPRequest.Method)]())

  func add(_ method: HTTPRequest.Method, _ path: String) {
    routes.withLock { $0.append((path.split(separator: "/"), method)) }
  }

  /// The methods of an address; none where there is nothing.
  func methods(at path: String) -> [String] {
    let parts = path.split(separator: "/")
    return routes.withLock { routes in
      routes.filter { route in
        route.parts.count == parts.count
          && zip(route.parts, parts).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
      }.map(\.method.rawValue)
    }
  }
}
