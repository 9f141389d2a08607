import ArgumentParser

/// The root of the command line.
struct ElboCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "elbo",
    abstract: "Trains, judges, draws and uses deep latent-variable models.",
    discussion: """
      elbo presets                              what can be trained
      elbo train vae-fashion --out runs/fashion train a preset
      elbo figures runs/fashion                 draw its pictures and report.html
      elbo evaluate runs/fashion --json         judge it on the test split
      elbo sweep vae-fashion --grid latent.dimension=2,10   try several values

      Exit status: 0 done, 1 a failure at run time, 2 wrong arguments or configuration, 130 interrupted after a \
      checkpoint. Results go to standard output, progress and errors to standard error.
      """,
    version: elboVersion,
    subcommands: [
      PresetsCommand.self, TrainCommand.self, EvaluateCommand.self, SampleCommand.self,
      ReconstructCommand.self,
      EncodeCommand.self, DecodeCommand.self, FiguresCommand.self, ServeCommand.self, ExportCommand.self,
      ImportCommand.self, BenchCommand.self, DataCommand.self, DoctorCommand.self, RunsCommand.self,
      SweepCommand.self,
    ])
}

/// The version that `--version` prints.
let elboVersion = "0.1.0"
