import Foundation
import Testing

/// The dashboard in headless Chromium, driven by real clicks and keys; see browser.py.
@Suite(.timeLimit(.minutes(5))) struct BrowserTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private static func has(_ command: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(command)")
    }
  }

  /// Screenshots are kept beside the test's program, in `browser/`.
  @Test(
    .enabled(
      if: has("chromedriver") && has("python3"),
      "chromedriver or python3 is not there: apt-get install chromium-driver python3"))
  func theDashboardIsLiveAndTheLatentSpaceIsWalkedThrough() async throws {
    let four = try scratch.train(
      "four", ["latent.dimension=4", "data.size=12", "training.steps=400", "training.logEvery=20"])
    let plain = try scratch.train(
      "plain", ["data.size=12", "training.steps=400", "training.logEvery=20", "seed=7"])
    let large = try scratch.train("large", ["latent.dimension=3", "data.size=112"])
    // This one trains while the page is looked at.
    let training = try ServerProcess.start([
      "train", "vae-fashion", "--out", scratch.file("live"), "--quiet", "--set", "data.name=drawn-digits",
      "--set", "data.size=12", "--set", "data.count=500", "--set", "data.validation=100", "--set",
      "latent.dimension=2", "--set", "encoder.hidden=[64]", "--set", "decoder.hidden=[64]", "--set",
      "training.batchSize=100", "--set", "training.steps=1000000", "--set", "training.logEvery=100", "--set",
      "checkpoint.every=2000", "--set", "training.evaluateEvery=1000",
    ])
    defer {
      training.terminate()
      training.waitUntilExit()
    }
    for _ in 0..<200 where !FileManager.default.fileExists(atPath: scratch.file("live/metrics.jsonl")) {
      try await Task.sleep(for: .milliseconds(50))
    }
    let server = try ServerProcess([scratch.file("live"), plain, four, large])
    let pictures = ServerProcess.program.deletingLastPathComponent().appending(path: "browser").path
    try FileManager.default.createDirectory(atPath: pictures, withIntermediateDirectories: true)
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "browser.py").path
    let browser = Process()
    let (output, errors) = (Pipe(), Pipe())
    browser.executableURL = URL(filePath: "/usr/bin/env")
    browser.arguments = ["python3", script, server.address, pictures]
    browser.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
    browser.standardOutput = output
    browser.standardError = errors
    try browser.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let problems = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    browser.waitUntilExit()
    try #require(browser.terminationStatus == 0, "\(problems)")
    let seen = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    check(seen, "\(text)")
    let metrics = try await server.send("/metrics").text
    // Most of them within 50 ms; other tests run at the same time, and a run trains.
    let prompt = try #require(share(of: "/v1/models/{name}/decode", within: 0.05, in: metrics))
    #expect(prompt > 0.5, "\(metrics)")
    print("\(100 * prompt) % of images were decoded within 50 ms; pictures are in \(pictures); seen: \(text)")
  }

  private func check(_ seen: [String: Any], _ text: Comment) {
    func number(_ name: String) -> Double { seen[name] as? Double ?? .nan }
    #expect((seen["complaints"] as? [String])?.isEmpty == true, text)
    #expect((seen["elsewhere"] as? [String])?.isEmpty == true, text)
    #expect((seen["unnamed"] as? [String])?.isEmpty == true, text)
    #expect(number("runs") == 4 && number("charts") >= 4, text)
    #expect(number("pointsAfter") > number("pointsBefore"), text)
    #expect(number("linesOfTwoRuns") >= 2, text)
    // Four clicks and what was there before: an image each.
    #expect(number("imagesByClicks") >= 4, text)
    #expect((seen["clickedTo"] as? [Double])?.count == 2, text)
    #expect(seen["keysMove"] as? Bool == true && seen["dragMoves"] as? Bool == true, text)
    #expect(seen["touchMoves"] as? Bool == true && seen["sliderMoves"] as? Bool == true, text)
    #expect(seen["wayMoves"] as? Bool == true && seen["isDark"] as? Bool == true, text)
    #expect(number("widthOnPhone") <= 390, text)
  }

  /// The share of an address's requests that took at most so many seconds on the server.
  private func share(of route: String, within seconds: Double, in metrics: String) -> Double? {
    func count(_ bound: String) -> Double? {
      let name = "elbo_http_request_duration_seconds_bucket{le=\"\(bound)\",route=\"\(route)\"}"
      return metrics.split(separator: "\n").first { $0.hasPrefix(name) }
        .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
    }
    guard let within = count("\(seconds)"), let all = count("+Inf"), all > 0 else { return nil }
    return within / all
  }
}
