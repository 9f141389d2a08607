import Elbo
import ElboData
import ElboFigures
import ElboServer
import Foundation
import Testing

/// Bad requests get a status of 4xx and one clear sentence.
@Suite(.timeLimit(.minutes(5))) struct BadRequestTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func bodiesThatMakeNoSense() async throws {
    let path = try scratch.train()
    let cases: [(operation: String, body: String, status: Int, says: String)] = [
      ("decode", "", 400, "not JSON"), ("decode", "{", 400, "not JSON"),
      ("decode", "[]", 400, "not a JSON object"),
      ("decode", "null", 400, "JSON"), ("decode", "3", 400, "JSON"),
      ("decode", "\u{0}\u{1}", 400, "not JSON"),
      ("decode", "{}", 422, "'z' is missing"), ("decode", "{\"z\": null}", 400, "z"),
      ("decode", "{\"z\": 3}", 400, "z"), ("decode", "{\"z\": [3]}", 400, "z"),
      ("decode", "{\"z\": [[\"a\", 1]]}", 400, "z[0][0]"), ("decode", "{\"z\": [[true, 1]]}", 400, "z[0][0]"),
      ("decode", "{\"z\": [[null, 1]]}", 400, "z[0][0]"), ("decode", "{\"z\": [[1e999, 1]]}", 400, "number"),
      ("decode", "{\"z\": [[1e300, 1]]}", 422, "number 0 of row 0"),
      ("decode", "{\"z\": []}", 422, "no rows"),
      ("decode", "{\"z\": [[1]]}", 422, "takes 2"), ("decode", "{\"z\": [[1, 2], [1]]}", 422, "z[1]"),
      ("decode", "{\"z\": [[1, 2]], \"sede\": 1}", 400, "did you mean 'seed'"),
      ("decode", "{\"x\": [[1, 2]]}", 400, "did you mean 'z'"),
      ("decode", "{\"z\": [[1, 2]], \"seed\": -1}", 422, "'seed'"),
      ("decode", "{\"z\": [[1, 2]], \"seed\": 1.5}", 422, "'seed'"),
      ("decode", "{\"z\": [[1, 2]], \"seed\": 99999999999999999999}", 422, "'seed'"),
      ("decode", "{\"z\": [[1, 2]], \"draw\": \"maybe\"}", 422, "mean, sample"),
      ("decode", "{\"z\": [[1, 2]], \"labels\": [1]}", 422, "not told classes"),
      ("decode", "{\"z\": \(text((0..<1025).map { [Double($0), 0] }))}", 413, "at most 1024"),
      ("sample", "{\"n\": 0}", 422, "1 to 1024"), ("sample", "{\"n\": 1000000000}", 422, "1 to 1024"),
      ("sample", "{\"n\": true}", 422, "1 to 1024"), ("sample", "{\"z\": [[1, 2]]}", 400, "unknown name 'z'"),
      (
        "encode", "{\"x\": [[\(Array(repeating: "2", count: 64).joined(separator: ","))]]}", 422, "0.0 to 1.0"
      ),
      ("encode", "{\"x\": [[1]]}", 422, "takes 64"),
      ("score", "{\"x\": [[1]], \"falseAlarmRate\": 1}", 422, "1e-6 to 0.5"),
    ]
    try await withServer([path]) { server in
      for (operation, body, status, says) in cases {
        let answer = try await server.post("/v1/models/digits/\(operation)", body)
        #expect(answer.status == status, "\(operation) \(body.prefix(80)): \(answer.message ?? "")")
        #expect(answer.message?.contains(says) == true, "\(body.prefix(80)): \(answer.message ?? "nothing")")
        #expect(answer.headers["content-type"] == "application/json")
      }
    }
  }

  @Test func otherBodiesAddressesAndMethods() async throws {
    let path = try scratch.train()
    let tooWide = NPY(shape: [2, 3], values: [1, 2, 3, 4, 5, 6]).data
    let large = try Bitmap(filled: 0, width: 9, height: 9, channels: 1).pngData()
    try await withServer([path], { $0.bodyLimit = 4096 }) { server in
      let decode = "/v1/models/digits/decode"
      let array = ["Content-Type": "application/x-npy"]
      let cases: [(path: String, body: Data?, method: String, headers: [String: String], status: Int)] = [
        (decode, Data("z".utf8), "POST", array, 400), (decode, Data(), "POST", array, 400),
        (decode, tooWide, "POST", array, 422), (decode, tooWide.prefix(70), "POST", array, 400),
        (decode, NPY(shape: [2], values: [1, 2]).data, "POST", array, 422),
        (decode, NPY(shape: [1, 2], values: [.nan, 2]).data, "POST", array, 422),
        (decode, NPY(shape: [0, 2], values: []).data, "POST", array, 422),
        ("/v1/models/digits/encode", large, "POST", ["Content-Type": "image/png"], 422),
        ("/v1/models/digits/encode", large.prefix(40), "POST", ["Content-Type": "image/png"], 400),
        (decode, large, "POST", ["Content-Type": "image/png"], 400),
        (decode, Data("{}".utf8), "POST", ["Content-Type": "text/plain"], 415),
        (decode, Data(repeating: 32, count: 5000), "POST", ["Content-Type": "application/json"], 413),
        (
          decode, Data("{\"z\":[[1,2]]}".utf8), "POST",
          ["Content-Type": "application/json", "Accept": "text/html"], 406
        ),
        (decode + "?sed=1", Data("{}".utf8), "POST", ["Content-Type": "application/json"], 400),
        (decode, nil, "GET", [:], 405), (decode, nil, "DELETE", [:], 405),
        ("/health", Data(), "POST", [:], 405),
        ("/v1/models/digit/decode", Data("{}".utf8), "POST", [:], 404), ("/nothing", nil, "GET", [:], 404),
        ("/v1/models/digits/examples?n=1000", nil, "GET", [:], 422),
        ("/health", nil, "GET", ["Host": "evil.example"], 421),
      ]
      for (path, body, method, headers, status) in cases {
        let answer = try await server.send(path, body, method: method, headers: headers)
        #expect(answer.status == status, "\(method) \(path) \(headers): \(answer.message ?? "")")
        #expect(answer.message?.isEmpty == false)
      }
      let wrong = try await server.send(decode)
      #expect(wrong.headers["allow"] == "POST")
    }
  }

  @Test func requestsBearIdsAndTheToken() async throws {
    let path = try scratch.train()
    try await withServer([path], { $0.token = "open-sesame" }) { server in
      #expect(try await server.send("/health").status == 200)
      let without = try await server.send("/v1/models", headers: ["X-Request-ID": "mine-1"])
      #expect(without.status == 401 && without.headers["www-authenticate"] == "Bearer")
      #expect(without.headers["x-request-id"] == "mine-1")
      #expect((without.json["error"] as? [String: Any])?["requestId"] as? String == "mine-1")
      #expect(
        try await server.send("/v1/models", headers: ["Authorization": "Bearer open-sesamE"]).status == 401)
      let with = try await server.send(
        "/v1/models", headers: ["Authorization": "Bearer open-sesame", "X-Request-ID": "bad id\""])
      #expect(with.status == 200 && UUID(uuidString: with.headers["x-request-id"] ?? "") != nil)
    }
    var options = ServerOptions()
    options.host = "0.0.0.0"
    #expect(throws: ConfigurationError.self) { try ElboServer([path], options) }
  }

  @Test func theDocumentSpeaksOfEveryModel() async throws {
    let path = try scratch.train()
    try await withServer([path, path]) { server in
      #expect(server.server.names == ["digits", "digits-2"])
      let document = try await server.send("/openapi.json").json
      let paths = try #require(document["paths"] as? [String: Any])
      for name in server.server.names {
        for operation in ModelRequest.Operation.allCases {
          #expect(paths["/v1/models/\(name)/\(operation.rawValue)"] != nil)
        }
      }
      #expect(document["openapi"] as? String == "3.1.0")
    }
  }
}
