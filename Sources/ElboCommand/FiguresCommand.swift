import ArgumentParser
import Elbo
import ElboFigures
import Torch

/// `elbo figures DIR`
struct FiguresCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figures", abstract: "Draw a run's pictures and its report.html.")

  @Argument(help: "The run's folder.") var directory: String

  func run() throws {
    Engine.prepare()
    let report = try RunFigures.draw(TrainedRun(directory)) { note("wrote \($0)") }
    print(report.relativePath)
  }
}
