import ArgumentParser
import Elbo
import Foundation
import Torch

/// `elbo bench <preset> [--steps N] [--warmup N] [--inference | --profile | --check FILE] [--json]`
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure how fast a preset trains on this machine.",
    discussion: """
      elbo bench vae-mnist               steps a second, start-up, peak memory
      elbo bench vae-mnist --inference   evaluation, encoding and decoding instead
      elbo bench vae-mnist --profile     where the time of a step goes
      elbo bench vae-mnist --check FILE  losses from given weights, batches, noise

      Nothing is written: no log, no checkpoint, no pictures. FILE is a safetensors file with 'weights.NAME' for each \
      parameter, 'batches' (int64, [steps, batch size]) and 'noise.0', 'noise.1', ... (float32, [steps, ...]), a \
      step's standard-normal draws in the order of their use.
      """)

  @Argument(
    help: ArgumentHelp("A preset's name, or a YAML file.", valueName: "preset|file"), completion: .source)
  var source: String
  @Option(help: ArgumentHelp("Steps to time.", valueName: "n")) var steps = 500
  @Option(help: ArgumentHelp("Steps before the clock starts.", valueName: "n")) var warmup = 50
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change a key. Can be given several times.", valueName: "key=value"),
    completion: .setting)
  var settings: [String] = []
  @Option(help: ArgumentHelp("Where to compute: cpu or cuda.", valueName: "cpu|cuda")) var device: String?
  @Option(
    help: ArgumentHelp(
      "The numbers of products: fp32, bf16, tf32 on a GPU, or auto: bf16 where the processor multiplies it faster.",
      valueName: "name"))
  var precision: String?
  @Option(help: ArgumentHelp("The threads an operation may use.", valueName: "n")) var threads: Int?
  @Flag(help: "Time evaluation, encoding and decoding of the test split instead.") var inference = false
  @Flag(help: "Time each part of a step instead.") var profile = false
  @Option(
    help: ArgumentHelp(
      "Print, as JSON, the losses of the steps that this safetensors file describes instead.",
      valueName: "file"))
  var check: String?
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard steps > 0, warmup >= 0 else { throw ValidationError("--steps is 1 or more, --warmup 0 or more") }
    if let threads, threads < 1 { throw ValidationError("--threads \(threads) is not 1 or more") }
    if [inference, profile, check != nil].filter({ $0 }).count > 1 {
      throw ValidationError("--inference, --profile and --check exclude each other")
    }
  }

  func run() throws {
    Engine.prepare(threads: threads)
    var assignments = settings
    if let device { assignments.append("device=\(device)") }
    if let precision { assignments.append("precision=\(precision)") }
    let configuration = try ConfigurationLoader.load(source, settings: assignments)
    if let check {
      try printJSON(BenchmarkCheck(configuration, inputs: URL(filePath: check)))
    } else if profile {
      try show(waiting("timing") { _ in try StepProfile(configuration, steps: steps, warmUp: warmup) }) {
        profile in
        let lines = profile.parts.map { String(format: "%9.1f us  ", $0.microseconds) + $0.name }
        let whole = String(
          format: "%9.1f us  a step, %d threads", profile.stepMicroseconds, profile.threads)
        return (lines + [whole]).joined(separator: "\n")
      }
    } else if inference {
      try show(waiting("timing") { _ in try InferenceBenchmark(configuration, seconds: 1) }) {
        String(
          format: "%.0f examples/s evaluated, %.0f encoded, %.0f decoded, %d threads; data loaded in %.2f s",
          $0.evaluatedPerSecond, $0.encodedPerSecond, $0.sampledPerSecond, $0.threads, $0.secondsToLoadData)
      }
    } else {
      try show(waiting("timing") { _ in try Benchmark(configuration, steps: steps, warmUp: warmup) }) {
        String(
          format: "%.1f steps/s over %d steps, %d threads; first step after %.2f s; peak memory %.0f MB",
          $0.stepsPerSecond, $0.steps, $0.threads, $0.secondsToFirstStep, Double($0.peakMemoryBytes) / 1e6)
      }
    }
  }

  private func show<Result: Encodable>(_ result: Result, as text: (Result) -> String) throws {
    if json {
      try printJSON(result)
    } else {
      print(text(result))
    }
  }
}
