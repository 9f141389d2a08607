import Foundation
import Testing

/// Bytes that are no requests, or only the beginning of one: the server says so or closes, and goes on.
@Suite(.timeLimit(.minutes(5))) struct MalformedTests {
  @Test func bytesThatAreNoRequests() async throws {
    let scratch = try Scratch()
    let server = try ServerProcess([try scratch.train("digits", ["training.steps=2"])])
    let head =
      "POST /v1/models/digits/decode HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    let cases: [String] = [
      "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}",
      "GET / HTTP/1.1\r\n",
      "GET /\u{0} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "GET /%zz%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
      "GET /v1/models/%2e%2e%2f%2e%2e/decode HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
      head + "Content-Length: -1\r\n\r\n{}", head + "Content-Length: many\r\n\r\n{}",
      head + "Content-Length: 99999999999999999999\r\n\r\n{}", head + "Content-Length: 99\r\n\r\n{}",
      head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
      head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
      head + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}",
      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: \(String(repeating: "x", count: 200_000))\r\n\r\n",
      String(repeating: "A", count: 100_000), "GET \(String(repeating: "/a", count: 20000)) HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ]
    try await withThrowingTaskGroup(of: Void.self) { group in
      for bytes in cases {
        group.addTask {
          let answer = try server.exchange(Array(bytes.utf8))
          let status = answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
          #expect(
            answer.isEmpty || (status.map { $0 < 500 } ?? false), "\(bytes.prefix(80)): \(answer.prefix(200))"
          )
        }
      }
      try await group.waitForAll()
    }
    #expect(try await server.send("/health").status == 200)
    server.send(SIGTERM)
    #expect(server.status() == 0)
  }
}
