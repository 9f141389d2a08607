import ArgumentParser
import Elbo
import ElboFigures
import Foundation
import Torch

/// `elbo train <preset | file.yaml>` and `elbo train --resume DIR`
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a preset or a configuration file, or go on with a run.")

  @Argument(help: "A preset's name, or a YAML file.") var source: String?
  @Option(name: .customLong("set"), help: "Change a key: key=value. Can be given several times.")
  var settings: [String] = []
  @Option(help: "The run's folder; by default runs/NAME-1, runs/NAME-2, ...") var out: String?
  @Option(help: "Go on with the run in this folder, exactly where it stopped.") var resume: String?
  @Option(help: "cpu or cuda.") var device: String?
  @Option(help: "fp32.") var precision: String?
  @Option(help: "Threads an operation may use.") var threads: Int?
  @Flag(help: "Show no progress.") var quiet = false

  func validate() throws {
    guard (source == nil) != (resume == nil) else {
      throw ValidationError("give a preset or a file to train, or --resume with a run's folder")
    }
    if resume != nil, !settings.isEmpty || out != nil || device != nil || precision != nil {
      throw ValidationError("--resume goes on with the run's own configuration: leave out --set, --out, --device")
    }
    if let threads, threads < 1 { throw ValidationError("--threads \(threads) is not 1 or more") }
  }

  func run() throws {
    Engine.prepare(threads: threads)
    Interruption.listen()
    let observers: [any TrainingObserver] = [SampleGrids()] + (quiet ? [] : [ProgressBar()])
    let session: TrainingSession
    if let resume {
      session = try TrainingSession(resuming: resume, observers: observers)
    } else {
      let assignments = settings + [("device", device), ("precision", precision)].compactMap { key, value in
        value.map { "\(key)=\($0)" }
      }
      session = try TrainingSession(
        ConfigurationLoader.load(source!, settings: assignments), out: out, observers: observers)
    }
    let outcome = try session.run()
    print(session.directory.url.relativePath)
    if outcome == .interrupted {
      note("elbo: interrupted; go on with 'elbo train --resume \(session.directory.url.relativePath)'")
      throw ExitCode(130)
    }
  }
}
