import ArgumentParser
import Elbo
import Foundation
import Torch

/// `elbo bench <preset> [--steps N] [--warmup N] [--json]`
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure how fast a preset trains on this machine.",
    discussion: """
      elbo bench vae-fashion
      elbo bench avb-four-points --steps 1000 --threads 1 --json

      Nothing is written: no log, no checkpoint, no pictures.
      """)

  @Argument(help: ArgumentHelp("A preset's name, or a YAML file.", valueName: "preset|file")) var source:
    String
  @Option(help: ArgumentHelp("Steps to time.", valueName: "n")) var steps = 500
  @Option(help: ArgumentHelp("Steps before the clock starts.", valueName: "n")) var warmup = 50
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change a key. Can be given several times.", valueName: "key=value"))
  var settings: [String] = []
  @Option(help: ArgumentHelp("Where to compute: cpu or cuda.", valueName: "cpu|cuda")) var device: String?
  @Option(help: ArgumentHelp("The numbers to compute with: fp32.", valueName: "name")) var precision: String?
  @Option(help: ArgumentHelp("The threads an operation may use.", valueName: "n")) var threads: Int?
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard steps > 0, warmup >= 0 else { throw ValidationError("--steps is 1 or more, --warmup 0 or more") }
    if let threads, threads < 1 { throw ValidationError("--threads \(threads) is not 1 or more") }
  }

  func run() throws {
    Engine.prepare(threads: threads)
    let assignments =
      settings
      + [("device", device), ("precision", precision)].compactMap { key, value in
        value.map { "\(key)=\($0)" }
      }
    let configuration = try ConfigurationLoader.load(source, settings: assignments)
    let result = try Benchmark(configuration, steps: steps, warmUp: warmup, since: ProcessClock.start)
    if json {
      try printJSON(result)
    } else {
      print(
        String(
          format: "%.1f steps/s over %d steps, %d threads; first step after %.2f s; peak memory %.0f MB",
          result.stepsPerSecond, result.steps, result.threads, result.secondsToFirstStep,
          Double(result.peakMemoryBytes) / 1e6))
    }
  }
}
