import Elbo
import ElboData
import ElboFigures
import ElboServer
import Foundation
import Testing
import Torch

/// What the model's addresses answer.
@Suite(.timeLimit(.minutes(5))) struct OperationTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func answersAreTheModelsOwn() async throws {
    let path = try scratch.train()
    let z = [[0.5, 0.6], [-1, 0.25]]
    let expected = try {
      let run = try TrainedRun(path)
      return withoutGradients {
        run.model.decodeMean(Tensor(z.joined().map(Float.init), shape: [2, 2]), labels: nil)
      }.values(as: Float.self)
    }()
    try await withServer([path]) { server in
      let answer = try await server.post("/v1/models/digits/decode", "{\"z\": \(text(z))}")
      #expect(answer.status == 200)
      let x = try #require(answer.matrix("x"))
      #expect(x.map(\.count) == [64, 64])
      for (given, wanted) in zip(x.joined(), expected) { #expect(abs(given - Double(wanted)) < 1e-6) }
      #expect(answer.json["step"] as? Int == 6)

      let examples = try await server.send("/v1/models/digits/examples?n=3")
      let rows = text(try #require(examples.matrix("x")))
      let codes = try await server.post("/v1/models/digits/encode", "{\"x\": \(rows), \"code\": \"mean\"}")
      #expect(codes.matrix("z")?.map(\.count) == [2, 2, 2])
      let again = try await server.post(
        "/v1/models/digits/reconstruct", "{\"x\": \(rows), \"code\": \"mean\"}")
      #expect(again.matrix("z") == codes.matrix("z") && again.matrix("x")?.count == 3)
      let sample = try await server.post("/v1/models/digits/sample", "{\"n\": 5, \"draw\": \"sample\"}")
      #expect(try #require(sample.matrix("x")).joined().allSatisfy { $0 == 0 || $0 == 1 })
      #expect(sample.matrix("z")?.count == 5)
    }
  }

  @Test func arraysAndPicturesComeAndGo() async throws {
    let path = try scratch.train()
    try await withServer([path]) { server in
      let codes = NPY(shape: [3, 2], values: [0, 0, 1, 1, -1, 2])
      let array = try await server.send(
        "/v1/models/digits/decode", codes.data,
        headers: ["Content-Type": "application/x-npy", "Accept": "application/x-npy"])
      #expect(array.headers["content-type"] == "application/x-npy")
      #expect(try NPY(array.body, name: "answer").shape == [3, 64])
      let picture = try await server.post(
        "/v1/models/digits/decode", "{\"z\": [[0, 0]]}", headers: ["Accept": "image/png"])
      let bitmap = try Bitmap(png: picture.body)
      #expect(bitmap.width == 8 && bitmap.height == 8)
      let code = try await server.send(
        "/v1/models/digits/encode?code=mean", picture.body, headers: ["Content-Type": "image/png"])
      #expect(code.matrix("z")?.count == 1)
      // The picture's bytes stand for the same numbers.
      let x = bitmap.pixels.map { Double($0) / 255 }
      let same = try await server.post(
        "/v1/models/digits/encode", "{\"x\": \(text([x])), \"code\": \"mean\"}")
      for (a, b) in zip(code.matrix("z")![0], same.matrix("z")![0]) { #expect(abs(a - b) < 1e-5) }
      let none = try await server.post(
        "/v1/models/digits/encode", "{\"x\": \(text([x]))}", headers: ["Accept": "image/png"])
      #expect(none.status == 406 && none.message?.contains("application/x-npy") == true)
    }
  }

  /// For every kind of noise an encoder has: what a request gets depends on its seed, not on who came along.
  @Test(arguments: [
    ("gaussian", "vae-fashion", []), ("gaussian-full", "vae-fashion", []), ("iaf-flow", "vae-fashion", []),
    ("implicit", "vae-fashion", ["divergence.kind=density-ratio"]), ("deterministic", "aae-mnist", []),
  ])
  func drawsDependOnTheSeedAlone(kind: String, preset: String, settings: [String]) throws {
    let path = try scratch.train(
      "run", ["posterior.kind=\(kind)", "training.steps=2"] + settings, preset: preset)
    let model = try LoadedModel(TrainedRun(path))
    func request(_ operation: ModelRequest.Operation, _ seed: UInt64, _ rows: Int) -> ModelRequest {
      var request = ModelRequest(operation)
      request.count = rows
      request.seed = seed
      request.draw = operation.givesExamples ? .sample : .mean
      let width = operation.input == .z ? 2 : 64
      request.values = (0..<rows * width).map { Float(($0 * 7 + Int(seed)) % 2) }
      return request
    }
    try withoutGradients { () throws in
      while !model.isReady(for: request(.score, 1, 1)) { try model.calibration.advance() }
      for operation in ModelRequest.Operation.allCases {
        let requests = [request(operation, 1, 3), request(operation, 2, 1), request(operation, 3, 2)]
        let together = model.answer(requests)
        for (request, answer) in zip(requests, together) {
          let alone = model.answer([request])[0]
          for (a, b) in [(answer.z, alone.z), (answer.x, alone.x)] {
            #expect(a?.count == b?.count)
            // Products round by the size of the batch.
            for (one, other) in zip(a?.values ?? [], b?.values ?? []) {
              #expect(abs(one - other) < 1e-4, "\(operation)")
            }
          }
          for (one, other) in zip(answer.scores?.values ?? [], alone.scores?.values ?? []) {
            #expect(abs(one - other) < 1e-3)
          }
        }
        let (first, again) = (model.answer([requests[0]])[0], model.answer([requests[0]])[0])
        #expect(first.z?.values == again.z?.values && first.x?.values == again.x?.values)
        // Another seed draws something else, where anything is drawn.
        let other = model.answer([request(operation, 5, 3)])[0]
        if operation == .sample { #expect(first.z?.values != other.z?.values) }
      }
    }
  }
}
