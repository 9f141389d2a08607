import ElboData
import Foundation
import Testing

/// Files that are not what they should be, and places that take none: one line, and nothing half-written.
@Suite(.timeLimit(.minutes(5))) struct DamageTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Numbers in big-endian order, as IDX headers have them.
  private static func header(_ words: UInt32...) -> [UInt8] {
    words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
  }

  private static func images(_ count: Int, side: Int = 28, magic: UInt32 = 0x803) -> [UInt8] {
    header(magic, UInt32(count), UInt32(side), UInt32(side))
      + (0..<count * side * side).map { UInt8($0 * 7 % 256) }
  }

  private static func labels(_ count: Int) -> [UInt8] {
    header(0x801, UInt32(count)) + (0..<count).map { UInt8($0 % 10) }
  }

  private func writeSet() throws {
    try scratch.write(Self.images(20), to: "set/train-images-idx3-ubyte")
    try scratch.write(Self.labels(20), to: "set/train-labels-idx1-ubyte")
    try scratch.write(Self.images(10), to: "set/t10k-images-idx3-ubyte")
    try scratch.write(Self.labels(10), to: "set/t10k-labels-idx1-ubyte")
  }

  private func train(_ assignments: String...) async throws -> Outcome {
    try await scratch.elbo.run(
      ["train", "vae-mnist", "--out", "run", "--quiet"] + Tiny.digits
        + Tiny.settings(["data.name=mnist", "data.path=set", "training.batchSize=10"] + assignments))
  }

  private func gzip(_ name: String) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", scratch.file(name)]
    try process.run()
    process.waitUntilExit()
    return try scratch.bytes(name + ".gz")
  }

  @Test func setsThatAreUnsound() async throws {
    try writeSet()
    try await train().expectSuccess()
    try FileManager.default.removeItem(atPath: scratch.file("run"))
    let name = "set/train-images-idx3-ubyte"
    let sound = try scratch.bytes(name)
    let cases: [([UInt8], String, [String])] = [
      (sound.dropLast(5), name, ["15680 bytes", "15675"]),
      (Self.images(20, magic: 0x804), name, ["magic number is 0x00000804"]),
      ([], name, ["the file is empty"]), (sound + [1], name, ["train-images"]),
      (Self.images(20, side: 27), name, ["784 features", "729"]),
      (Self.labels(19), "set/train-labels-idx1-ubyte", ["20 images", "19 labels"]),
      (Self.images(10).dropLast(1), "set/t10k-images-idx3-ubyte", ["7840 bytes", "7839"]),
    ]
    for (bytes, path, parts) in cases {
      let before = try scratch.bytes(path)
      try scratch.write(Array(bytes), to: path)
      let outcome = try await train()
      outcome.expectFailure(1)
      for part in parts { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
      #expect(!scratch.exists("run"))
      try scratch.write(before, to: path)
    }
    let packed = try gzip(name)
    for (bytes, part) in [
      (packed.dropLast(9), "cut short"), (packed[..<40] + [packed[40] ^ 0x55] + packed[41...], "damaged"),
    ] {
      try scratch.write(Array(bytes), to: name + ".gz")
      try await train().expectFailure(1, part, "train-images-idx3-ubyte.gz")
    }
    try FileManager.default.removeItem(atPath: scratch.file(name + ".gz"))
    try await train().expectFailure(1, "lacks train-images-idx3-ubyte")
    try await train("data.path=nowhere").expectFailure(1, "nowhere", "there is no such folder")
    #expect(try scratch.names() == ["set"])
  }

  @Test func aDensityOfCodesNeedsTheTrainingSplit() async throws {
    try writeSet()
    try await train().expectSuccess()
    func sample(_ arguments: String...) async throws -> Outcome {
      try await scratch.elbo.run(["sample", "run", "-n", "2"] + arguments)
    }
    try await sample("--from", "mixture", "--components", "2").expectSuccess()
    let name = "set/train-images-idx3-ubyte"
    try scratch.write(Array(try scratch.bytes(name).dropLast(5)), to: name)
    try await sample().expectSuccess()
    try await sample("--from", "mixture").expectFailure(1, name, "15680 bytes")
    try FileManager.default.removeItem(atPath: scratch.file(name))
    try await sample("--from", "mixture").expectFailure(1, "lacks train-images-idx3-ubyte")
  }

  private func array(_ name: String, _ shape: [Int], _ change: (inout [Float]) -> Void = { _ in }) throws {
    var values = [Float](repeating: 0.5, count: shape.reduce(1, *))
    change(&values)
    try scratch.write(Array(NPY(shape: shape, values: values).data), to: name)
  }

  @Test func numbersThatAreNone() async throws {
    try array("nan.npy", [20, 64]) { $0[70] = .nan }
    try array("infinite.npy", [20, 64]) { $0[0] = .infinity }
    try array("two.npy", [20, 64]) { $0[5] = 2 }
    try array("late.npy", [20, 64]) { $0[19 * 64] = -1 }
    try array("few.npy", [5, 64])
    func train(_ file: String) async throws -> Outcome {
      try await self.train("data.name=npy", "data.path=" + file)
    }
    try await train("nan.npy").expectFailure(1, "nan.npy", "value 6 of example 1 is nan")
    try await train("infinite.npy").expectFailure(1, "infinite.npy", "value 0 of example 0 is inf")
    try await train("two.npy").expectFailure(2, "likelihood.kind", "0.5 to 2.0", "support [0.0, 1.0]")
    try await train("late.npy").expectFailure(2, "likelihood.kind", "-1.0 to 0.5", "support [0.0, 1.0]")
    try await self.train("data.name=npy", "data.path=few.npy", "training.batchSize=2").expectFailure(
      1, "few.npy", "0.1 of 5 examples leaves none")
    try await train("none.npy").expectFailure(1, "none.npy", "cannot be read")
    try await self.train("data.name=npy", "data.path=").expectFailure(2, "data.path", "no file is given")
    #expect(!scratch.exists("run"))

    try await scratch.trainDigits()
    try array("wide.npy", [20, 65])
    for (file, part) in [
      ("nan.npy", "is nan"), ("two.npy", "0.5 to 2.0"), ("wide.npy", "65 features"),
      ("none.npy", "cannot be read"),
    ] {
      try await scratch.elbo("encode", "digits", "--input", file, "-o", "z.npy").expectFailure(1, file, part)
    }
    try scratch.write(scratch.bytes("late.npy").dropLast(2).map { $0 }, to: "late.npy")
    try await scratch.elbo("encode", "digits", "--input", "late.npy").expectFailure(1, "not a sound NPY file")
    #expect(!scratch.exists("z.npy"))
  }

  @Test func runsThatAreDamaged() async throws {
    try await scratch.trainDigits("sound")
    func damaged(_ change: () throws -> Void, _ check: () async throws -> Void) async throws {
      try scratch.copy("sound", to: "run")
      try change()
      try await check()
      try FileManager.default.removeItem(atPath: scratch.file("run"))
    }
    let weights = "run/checkpoints/last.safetensors"
    let settings = try scratch.text("sound/config.yaml")
    try await damaged {
      let other = settings.replacingOccurrences(of: "dimension: 2", with: "dimension: 3")
      try scratch.write(other, to: "run/config.yaml")
    } _: {
      for arguments in [["sample", "run"], ["evaluate", "run"]] {
        try await scratch.elbo.run(arguments).expectFailure(
          1, "last.safetensors", "has shape", "this model has")
      }
      try await scratch.elbo("train", "--resume", "run", "--quiet").expectFailure(
        2, "run/config.yaml", "latent.dimension from 2 to 3")
    }
    try await damaged {
      try scratch.write(
        settings.replacingOccurrences(of: "dimension: 2", with: "dimension: two"), to: "run/config.yaml")
    } _: {
      try await scratch.elbo("sample", "run").expectFailure(2, "run/config.yaml: latent.dimension", "'two'")
    }
    try await damaged({ try scratch.write(Array(scratch.bytes(weights).prefix(300)), to: weights) }) {
      try await scratch.elbo("sample", "run").expectFailure(
        1, "last.safetensors", "not a sound safetensors file")
    }
    try await damaged({ try scratch.write([UInt8](repeating: 0xA5, count: 4000), to: weights) }) {
      try await scratch.elbo("sample", "run").expectFailure(
        1, "last.safetensors", "not a sound safetensors file")
    }
    try await damaged({ try FileManager.default.removeItem(atPath: scratch.file(weights)) }) {
      try await scratch.elbo("sample", "run").expectFailure(1, "last.safetensors", "no checkpoint yet")
      // It is a second name of what the newest checkpoint has.
      try await scratch.elbo("train", "--resume", "run", "--quiet").expectSuccess()
      #expect(try scratch.bytes(weights) == scratch.bytes("sound/checkpoints/last.safetensors"))
      for name in try scratch.names("run/checkpoints") where name.hasSuffix(".sha256") {
        try FileManager.default.removeItem(atPath: scratch.file("run/checkpoints/" + name))
      }
      try await scratch.elbo("train", "--resume", "run").expectFailure(
        1, "last.safetensors", "no checkpoint yet")
    }
    try await damaged({ try scratch.copy(weights, to: "other") }) {
      try scratch.write(scratch.bytes("other"), to: "run/checkpoints/step-00000006.state.safetensors")
      try await scratch.elbo("train", "--resume", "run").expectFailure(
        1, "step-00000006.state.safetensors", "damaged")
    }
    try await damaged({
      try scratch.write("{\"step\":2}\n" + scratch.text("run/metrics.jsonl"), to: "run/metrics.jsonl")
    }) {
      try await scratch.elbo("figures", "run").expectFailure(
        1, "metrics.jsonl", "line 1 is not a line of metrics")
      #expect(!scratch.exists("run/report.html"))
    }
    try await damaged({}) {
      var elbo = scratch.elbo
      elbo.environment = ["PATH": scratch.file("nowhere")]
      try await elbo("figures", "run").expectFailure(1, "gnuplot", "apt-get install gnuplot-nox")
      elbo.environment = ["ELBO_GNUPLOT": "/bin/false"]
      try await elbo("figures", "run").expectFailure(1, "/bin/false")
      #expect(try !scratch.exists("run/report.html") && scratch.names("run/figures").isEmpty)
    }
  }

  /// Each flip of one bit of the weights' file is noticed, or does not change what is loaded.
  @Test func flippedBitsAreNoticed() async throws {
    try await scratch.trainPoints("run")
    let weights = "run/checkpoints/last.safetensors"
    let sound = try scratch.bytes(weights)
    let draws = try await scratch.elbo("sample", "run").output
    var noticed = 0
    for index in 0..<12 {
      let place = index * (sound.count - 1) / 11
      var bytes = sound
      bytes[place] ^= 1 << UInt8(index % 8)
      try scratch.write(bytes, to: weights)
      let outcome = try await scratch.elbo("sample", "run")
      if outcome.status == 0 {
        #expect(outcome.output == draws, "byte \(place)")
      } else {
        outcome.expectFailure(1)
        noticed += 1
      }
    }
    #expect(noticed > 6)
  }

  @Test func placesThatTakeNoFile() async throws {
    try await scratch.trainDigits("run")
    let before = try scratch.names("run")
    let arguments = ["train", "vae-mnist"] + Tiny.digits
    try await scratch.elbo.run(arguments + ["--out", "run"]).expectFailure(
      1, "run", "is not empty", "--resume")
    #expect(try scratch.names("run") == before)
    try scratch.write("x", to: "file")
    try await scratch.elbo.run(arguments + ["--out", "file"]).expectFailure(1, "file", "not a folder")
    try await scratch.elbo.run(arguments + ["--out", "file/run"]).expectFailure(
      1, "file/run", "cannot be made")
    try await scratch.elbo.run(arguments + ["--out", "/proc/run"]).expectFailure(
      1, "/proc/run", "cannot be made")
    try await scratch.elbo("sample", "run", "-o", "nowhere/x.png").expectFailure(
      1, "nowhere/x.png", "cannot be written")
    try await scratch.elbo("sample", "run", "-o", "nowhere/x.npy").expectFailure(
      1, "nowhere/x.npy", "cannot be written")
    try FileManager.default.createDirectory(atPath: scratch.file("x.png"), withIntermediateDirectories: false)
    try await scratch.elbo("sample", "run", "-o", "x.png").expectFailure(1, "x.png", "is a folder")
    #expect(try scratch.names() == ["file", "run", "x.png"])
  }
}
