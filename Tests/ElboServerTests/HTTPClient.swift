import Foundation
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Something that listens on a port of this machine.
protocol Listening: Sendable {
  var port: Int { get }
}

/// An answer over HTTP.
struct Answer: Sendable {
  let status: Int
  let headers: [String: String]
  let body: Data

  var json: [String: Any] { (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:] }
  var message: String? { (json["error"] as? [String: Any])?["message"] as? String }
  var text: String { String(decoding: body, as: UTF8.self) }
  func matrix(_ name: String) -> [[Double]]? { json[name] as? [[Double]] }
}

extension Listening {
  func send(
    _ path: String, _ body: Data? = nil, method: String? = nil, headers: [String: String] = [:]
  ) async throws -> Answer {
    var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
    request.httpMethod = method ?? (body == nil ? "GET" : "POST")
    request.httpBody = body
    request.timeoutInterval = 30
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await URLSession.shared.data(for: request)
    let http = try #require(response as? HTTPURLResponse)
    let headers = http.allHeaderFields.map { ("\($0.key)".lowercased(), "\($0.value)") }
    return Answer(
      status: http.statusCode, headers: Dictionary(headers) { first, _ in first }, body: data)
  }

  func post(_ path: String, _ json: String, headers: [String: String] = [:]) async throws -> Answer {
    try await send(
      path, Data(json.utf8), headers: ["Content-Type": "application/json"].merging(headers) { $1 })
  }

  /// What comes back for bytes as they stand, until the server closes the connection or falls silent for a while.
  func exchange(_ bytes: [UInt8], silence: Double = 0.3) throws -> String {
    let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(handle) }
    var patience = timeval(tv_sec: 0, tv_usec: Int(silence * 1e6))
    setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(connected == 0)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Foundation.send(handle, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { break }
      sent += count
    }
    var found: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(handle, &buffer, buffer.count, 0)
      if count <= 0 { break }
      found += buffer[..<count]
    }
    return String(decoding: found, as: UTF8.self)
  }
}

/// Rows of numbers as JSON.
func text(_ rows: [[Double]]) -> String {
  "[" + rows.map { "[" + $0.map { "\($0)" }.joined(separator: ",") + "]" }.joined(separator: ",") + "]"
}
