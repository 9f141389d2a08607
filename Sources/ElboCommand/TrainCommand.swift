import ArgumentParser
import Elbo
import ElboFigures
import ElboFormats
import Foundation
import Torch

/// `elbo train <preset | file.yaml>` and `elbo train --resume DIR`
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a preset or a configuration file, or go on with a run.",
    discussion: """
      elbo train avb-four-points
      elbo train vae-fashion --set latent.dimension=10 --set seed=2 --out runs/ten
      elbo train vae-fashion-conv --set data.name=images --set data.path=photos \\
          --set data.size=64 --set latent.dimension=32     on a folder of pictures
      elbo train mine.yaml                   keys as 'elbo presets NAME' shows
      elbo train --resume runs/ten           go on after Ctrl-C or a crash
      elbo train --resume runs/ten --set training.steps=20000   and longer

      Prints the run's folder, which holds config.yaml, metrics.jsonl, checkpoints/ and figures/. Ctrl-C saves a \
      checkpoint and exits 130; a second one ends at once.
      """)

  @Argument(
    help: ArgumentHelp("A preset's name, or a YAML file.", valueName: "preset|file"), completion: .source)
  var source: String?
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change a key. Can be given several times.", valueName: "key=value"),
    completion: .setting)
  var settings: [String] = []
  @Option(
    help: ArgumentHelp("The run's folder; by default runs/NAME-1, runs/NAME-2, ...", valueName: "folder"),
    completion: .directory)
  var out: String?
  @Option(
    help: ArgumentHelp("Go on with the run in this folder, exactly where it stopped.", valueName: "folder"),
    completion: .run)
  var resume: String?
  @Option(
    help: ArgumentHelp("Where to compute: cpu or cuda.", valueName: "cpu|cuda"),
    completion: .list(["cpu", "cuda"])) var device: String?
  @Option(
    help: ArgumentHelp(
      "The numbers of products: fp32, bf16, tf32 on a GPU, or auto: bf16 where the processor multiplies it faster.",
      valueName: "name"),
    completion: .list(["fp32", "bf16", "tf32", "auto"]))
  var precision: String?
  @Option(help: ArgumentHelp("The threads an operation may use.", valueName: "n")) var threads: Int?
  @Flag(help: "Write TensorBoard's event files to tensorboard/ in the run's folder too.")
  var tensorboard = false
  @Flag(help: "Show no progress.") var quiet = false
  @Flag(help: "Say how steps are computed.") var verbose = false

  func validate() throws {
    guard (source == nil) != (resume == nil) else {
      throw ValidationError("give a preset or a file to train, or --resume with a run's folder")
    }
    if resume != nil, out != nil || device != nil || precision != nil {
      throw ValidationError(
        "--resume goes on with the run's own configuration: leave out --out, --device, --precision")
    }
    if let threads, threads < 1 { throw ValidationError("--threads \(threads) is not 1 or more") }
  }

  func run() throws {
    let place = try ProcessPlace(environment: ProcessInfo.processInfo.environment)
    if let place { Engine.takeDevice(place.localRank) }
    Engine.prepare(threads: threads)
    Interruption.listen()
    guard let place else { return try train(nil) }
    guard resume != nil || out != nil else {
      throw ConfigurationError(
        "several processes need to be told the run's folder", at: "--out", remedy: "give --out")
    }
    let usesGPU = try configuration(place).device == .cuda
    try train(ProcessGroup(place, device: usesGPU ? .cuda(0) : .cpu))
  }

  /// The folder to go on with: a run that a launcher starts anew goes on, where it has come to a checkpoint.
  private func folder(_ place: ProcessPlace?) -> String? {
    guard resume == nil, let place, place.restart > 0, let out, RunDirectory.hasCheckpoint(out) else {
      return resume
    }
    return out
  }

  private func configuration(_ place: ProcessPlace?) throws -> RunConfiguration {
    if let folder = folder(place) {
      return try ConfigurationLoader.load(runFile: RunDirectory(existing: folder).configuration)
    }
    let given = [("device", device), ("precision", precision)]
    return try ConfigurationLoader.load(
      source ?? "", settings: settings + given.compactMap { key, value in value.map { "\(key)=\($0)" } })
  }

  private func train(_ group: ProcessGroup?) throws {
    let isFirst = group?.isFirst ?? true
    let bar = quiet || !isFirst ? nil : ProgressBar()
    let observers: [any TrainingObserver] =
      !isFirst
      ? []
      : [SampleGrids()] + (tensorboard ? [TensorBoardLog()] : []) + (bar.map { [$0] } ?? []) + [
        WarningLines(), RoundingLine(),
      ]
        + (verbose ? [CaptureLine()] : [])
    let session: TrainingSession
    let known = folder(group?.place)
    if let group, group.any(known != nil), known == nil {
      throw FileError(
        URL(filePath: out ?? ""), problem: "holds no checkpoint here, and does where another process looks",
        remedy: "give all processes the same files")
    }
    if let folder = known {
      session = try TrainingSession(
        resuming: folder, settings: resume == nil ? [] : settings, group: group, observers: observers)
    } else {
      // What a launcher starts anew before its first checkpoint starts at the beginning.
      if isFirst, let out, group?.place.restart ?? 0 > 0 { RunDirectory.clear(out) }
      session = try TrainingSession(configuration(nil), out: out, group: group, observers: observers)
    }
    let outcome: TrainingSession.Outcome
    do {
      defer { bar?.clear() }
      outcome = try session.run()
    }
    if isFirst { print(session.directory.url.relativePath) }
    if outcome == .interrupted {
      guard isFirst else { throw ExitCode(130) }
      note("elbo: interrupted; go on with 'elbo train --resume \(session.directory.url.relativePath)'")
      throw ExitCode(130)
    }
  }
}
