import ElboData
import Foundation
import Testing
import Torch

/// Two processes that train one model: the numbers of one process, a lost one named, both stopped by one signal.
@Suite(.timeLimit(.minutes(5)), .serialized) struct DataParallelTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// A port that nobody listens on.
  private func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let found = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    try #require(found)
    return Int(UInt16(bigEndian: address.sin_port))
  }

  /// Starts both, as a launcher does.
  private func start(_ arguments: [String]) async throws -> [Program.Running] {
    let port = try freePort()
    var running: [Program.Running] = []
    for rank in 0..<2 {
      var elbo = scratch.elbo
      elbo.environment = [
        "RANK": "\(rank)", "WORLD_SIZE": "2", "LOCAL_RANK": "\(rank)", "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "\(port)",
      ]
      // Both have to run at once, however many cores there are.
      running.append(try await elbo.start(arguments, waitsForRoom: rank == 0))
    }
    return running
  }

  private func train(_ preset: String, _ settings: [String], _ name: String) -> [String] {
    ["train", preset, "--out", name, "--quiet", "--threads", "1"]
      + Tiny.settings(["training.steps=50", "training.logEvery=10"] + settings)
  }

  private static let digits = [
    "data.name=drawn-digits", "data.size=16", "data.count=200", "training.batchSize=40", "latent.dimension=4",
    "encoder.hidden=[32]", "decoder.hidden=[32]", "discriminator.hidden=[32]",
  ]

  /// Captured steps, steps with two optimisers, with labelled examples and noise, steps that compare examples with one
  /// another, and steps with autograd.
  @Test(arguments: [
    ["vae-mnist", "training.inputNoise=0.1", "data.binarisation=dynamic"],
    ["aae-mnist"],
    [
      "aae-mnist-semi-100", "data.validation=0", "latent.dimension=12", "data.labelled=40",
      "supervision.batchSize=20",
    ],
    ["wae-mmd-mnist"],
    ["wae-mmd-mnist", "divergence.kind=cramer-wold", "training.capture=false"],
    ["factor-vae-mnist"],
    ["vae-fashion-conv", "encoder.channels=[4, 8]", "decoder.channels=[8, 4]"],
  ])
  func twoAreAsOne(_ words: [String]) async throws {
    try await checkTwoAgainstOne(words[0], Self.digits + words.dropFirst())
  }

  /// Each process fetches its own part of a batch, ahead of the step that takes it.
  @Test func twoAreAsOneOnFetchedExamples() async throws {
    for shard in 0..<3 {
      let values = (0..<70 * 64).map { Float(($0 * 37 + shard) % 101) / 100 }
      try scratch.write(Array(NPY(shape: [70, 8, 8], values: values).data), to: "set/\(shard).npy")
    }
    try await checkTwoAgainstOne(
      "vae-mnist",
      [
        "data.name=npy", "data.path=set", "training.batchSize=40", "encoder.hidden=[32]",
        "decoder.hidden=[32]",
      ])
  }

  /// Each process in a network of its own, a wire between them: as on two machines.
  @Test(.enabled(if: TwoNetworks.problem == nil, TwoNetworks.comment))
  func twoAreAsOneAcrossNetworks() async throws {
    try await checkTwoAgainstOne("vae-mnist", Self.digits) { arguments in
      var both = scratch.elbo
      let elbo = both.executable
      both.executable = "/usr/bin/env"
      return [try await both.start(TwoNetworks.words([elbo] + arguments))]
    }
  }

  private func checkTwoAgainstOne(
    _ preset: String, _ settings: [String], by launch: (([String]) async throws -> [Program.Running])? = nil
  ) async throws {
    try await scratch.elbo.run(train(preset, settings, "one")).expectSuccess()
    let arguments = train(preset, settings, "two")
    let both = if let launch { try await launch(arguments) } else { try await start(arguments) }
    for running in both {
      try await running.outcome().expectSuccess()
    }
    let weights = try ["one", "two"].map {
      try Safetensors(contentsOf: URL(filePath: scratch.file($0 + "/checkpoints/last.safetensors"))).tensors
    }
    #expect(weights[0].keys.sorted() == weights[1].keys.sorted())
    var (difference, size) = (0.0, 0.0)
    for (name, tensor) in weights[0] where tensor.elementType == .float32 {
      let (a, b) = (tensor.values(as: Float.self), try #require(weights[1][name]).values(as: Float.self))
      for (x, y) in zip(a, b) {
        difference += Double((x - y) * (x - y))
        size += Double(x * x)
      }
    }
    let relative = (difference / size).squareRoot()
    #expect(relative < 1e-5, "\(relative)")
    // One writes.
    #expect(try scratch.names("two") == scratch.names("one"))
    let logs = try ["one", "two"].map { try scratch.log($0) }
    #expect(logs[0].count == logs[1].count)
    for (one, two) in zip(logs[0], logs[1]) {
      #expect(
        one["step"] as? Int == two["step"] as? Int && one["phase"] as? String == two["phase"] as? String)
      let (a, b) = (one["mse"] as? Double ?? .nan, two["mse"] as? Double ?? .nan)
      #expect(abs(a - b) < 1e-5 * abs(a))
    }
  }

  @Test func aLostOneIsNamed() async throws {
    let running = try await start(
      train("vae-mnist", Self.digits + ["training.steps=100000000", "checkpoint.every=100"], "run"))
    let deadline = Date(timeIntervalSinceNow: 60)
    while !scratch.exists("run/checkpoints/last.safetensors"), Date() < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    running[1].send(SIGKILL)
    let clock = ContinuousClock()
    let lost = clock.now
    try await running[0].outcome().expectFailure(1, "rank 0: rank 1 (process ", "was lost", "--resume")
    #expect(lost.duration(to: clock.now) < .seconds(30))
    _ = try await running[1].outcome()

    // One process goes on where two were.
    let step = try #require(scratch.log("run").last?["step"] as? Int)
    try await scratch.elbo(
      "train", "--resume", "run", "--quiet", "--set", "training.steps=\(step + 20)"
    ).expectSuccess()
  }

  @Test func oneSignalStopsBoth() async throws {
    let running = try await start(train("vae-mnist", Self.digits + ["training.steps=100000000"], "run"))
    let deadline = Date(timeIntervalSinceNow: 60)
    while (try? scratch.log("run").count) ?? 0 < 3, Date() < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    running[1].send(SIGTERM)
    for process in running { #expect(try await process.outcome().status == 130) }
    #expect(scratch.exists("run/checkpoints/last.safetensors"))
  }

  @Test func whereNobodySaysWhereToMeet() async throws {
    var elbo = scratch.elbo
    elbo.environment = ["RANK": "0", "WORLD_SIZE": "2"]
    let arguments = train("vae-mnist", Self.digits, "run")
    try await elbo.run(arguments).expectFailure(2, "MASTER_ADDR", "is not set")
    elbo.environment["MASTER_ADDR"] = "127.0.0.1"
    elbo.environment["RANK"] = "2"
    try await elbo.run(arguments).expectFailure(2, "RANK", "2 is not below WORLD_SIZE=2")
    #expect(try scratch.names().isEmpty)
  }
}
