import ArgumentParser
import Elbo
import ElboFigures
import Torch

/// `elbo figures DIR`
struct FiguresCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figures", abstract: "Draw a run's pictures and its report.html.",
    discussion: """
      elbo figures runs/fashion

      Draws from the newest checkpoint, so also for a run that was interrupted. Needs gnuplot.
      """)

  @Argument(help: ArgumentHelp("The run's folder.", valueName: "run"), completion: .run) var directory: String

  func run() throws {
    Engine.prepare()
    let run = try TrainedRun(directory)
    let report = try waiting("drawing") { told in
      try RunFigures.draw(run) { file, done, total in
        note("wrote \(file)")
        told(done, total)
      }
    }
    print(report.relativePath)
  }
}
