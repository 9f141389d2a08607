import ElboData
import ElboFigures
import Foundation
import Testing

/// A person's own files, from training to the report, and what is wrong with them.
@Suite(.timeLimit(.minutes(5))) struct OwnDataTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// A picture with a gradient, of 1 or 3 channels.
  private func picture(_ name: String, _ width: Int, _ height: Int, channels: Int) throws {
    let pixels = (0..<width * height * channels).map { UInt8(($0 * 5 + name.count) % 256) }
    let file = try Bitmap(width: width, height: height, channels: channels, pixels: pixels).pngData()
    try scratch.write(Array(file), to: name)
  }

  private func train(_ out: String, _ settings: String...) async throws -> Outcome {
    let tiny = [
      "encoder.channels=[4]", "decoder.channels=[4]", "encoder.hidden=[8]", "decoder.hidden=[8]",
      "training.batchSize=8", "training.steps=12", "training.logEvery=2", "training.evaluateEvery=0",
      "data.testFraction=0.25", "figures.sampleEvery=0",
    ]
    return try await scratch.elbo.run(
      ["train", "vae-fashion-conv", "--out", out, "--quiet", "--threads", "1"]
        + Tiny.settings(tiny + settings))
  }

  /// Pictures of several sizes, grey and in colours, in folders that are classes.
  @Test func picturesFromTheFolderToTheReport() async throws {
    for index in 0..<24 {
      let kind = index % 2 == 0 ? "cats" : "dogs"
      try picture("set/\(kind)/\(index).png", 17 + index, 40 - index, channels: index % 3 == 0 ? 3 : 1)
    }
    let pictures = ["data.name=images", "data.path=set"]
    try await train("run", pictures[0], pictures[1]).expectFailure(
      1, "pixels, set/cats/0.png is 17x40", "data.size")
    #expect(!scratch.exists("run"))
    // What people try first.
    try await scratch.elbo("train", "set").expectFailure(
      2, "set: is a folder", "--set data.name=images --set data.path=set")
    try await train("run", pictures[1]).expectFailure(1, "set data.name=images to train on the pictures")
    try await train("run", pictures[0], pictures[1], "data.size=16", "data.validation=99").expectFailure(
      2, "99 of 18 examples leave none", "set it to fewer")
    try await train("run", pictures[0], pictures[1], "data.size=16").expectSuccess()
    let judged = try await scratch.elbo("evaluate", "run", "--metric", "elbo", "--metric", "ssim", "--json")
    #expect(try (judged.json["elbo"] as? [String: Any])?["count"] as? Int == 6, "\(judged.errors)")
    try await scratch.elbo("figures", "run").expectSuccess()
    #expect(try scratch.names("run/figures").contains("reconstructions.png"))
    #expect(try scratch.text("run/report.html").contains("Reconstructions"))
    for (input, count) in [("set", 24), ("set/dogs", 12), ("set/dogs/1.png", 1)] {
      try await scratch.elbo("encode", "run", "--input", input, "-o", "z.npy").expectSuccess()
      #expect(try NPY(contentsOf: scratch.file("z.npy")).shape == [count, 2])
    }
    try scratch.write("a note", to: "set/dogs/99.png")
    try await train("other", pictures[0], pictures[1], "data.size=16").expectFailure(
      1, "set/dogs/99.png", "neither a PNG nor a JPEG")
    #expect(!scratch.exists("other"))
  }

  /// A picture whose pixels are cut short: found when they are decoded, and nothing is lost.
  @Test func aDamagedPictureInTheMiddle() async throws {
    for index in 0..<24 { try picture("set/\(index).png", 16, 16, channels: 1) }
    let sound = try scratch.bytes("set/7.png")
    try scratch.write(Array(sound.dropLast(30)), to: "set/7.png")
    try await train("run", "data.name=images", "data.path=set", "checkpoint.every=0").expectFailure(
      1, "set/7.png: is not a PNG that can be read", "repair or remove it, then go on with",
      "elbo train --resume run")
    try scratch.write(sound, to: "set/7.png")
    try await scratch.elbo("train", "--resume", "run", "--quiet").expectSuccess()
    try await train("whole", "data.name=images", "data.path=set", "checkpoint.every=0").expectSuccess()
    let weights = "checkpoints/last.safetensors"
    #expect(try scratch.bytes("run/\(weights)") == scratch.bytes("whole/\(weights)"))
  }

  @Test(arguments: [
    ("a,b\n1,2\n3\n5,6\n", "own.csv:3", "line 3 has 1 fields, the first has 2"),
    ("a,b\n1,2\n3,red\n5,6\n", "own.csv:3", "column 'b': 'red' is no finite number"),
    ("", "own.csv", "empty"),
  ])
  func tablesThatDoNotServe(_ text: String, _ place: String, _ problem: String) async throws {
    try scratch.write(text, to: "own.csv")
    let outcome = try await scratch.elbo(
      "train", "vae-mnist", "--quiet", "--set", "data.name=csv", "--set", "data.path=own.csv", "--out", "run")
    outcome.expectFailure(1, place, problem)
    #expect(outcome.errors.split(separator: "\n").count == 1 && !scratch.exists("run"))
  }

  /// A file that is made shorter under a run that reads it.
  @Test func aFileThatShrinks() async throws {
    let values = [Float](repeating: 0.5, count: 4000 * 64)
    try scratch.write(Array(NPY(shape: [4000, 64], values: values).data), to: "own.npy")
    let running = try await scratch.elbo.start(
      [
        "train", "vae-mnist", "--out", "run", "--quiet", "--set", "data.name=npy", "--set",
        "data.path=own.npy",
      ]
        + Tiny.settings(["encoder.hidden=[8]", "decoder.hidden=[8]", "training.logEvery=10", "guard=off"]))
    let deadline = Date(timeIntervalSinceNow: 60)
    while (try? scratch.log("run").count) ?? 0 < 2, Date() < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(truncate(scratch.file("own.npy"), 4096) == 0)
    try await running.outcome().expectFailure(1, "elbo: a data file became shorter while it was read")
  }
}
