import ArgumentParser
import Elbo
import ElboFigures
import Foundation
import Torch

/// `elbo sweep PRESET --grid key=a,b ... [--random key=log:LOW:HIGH ... --trials N] [--halving]`
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Train many configurations, and rank them.",
    discussion: """
      elbo sweep vae-fashion --grid latent.dimension=2,10,50 \\
          --grid optimiser.learningRate=1e-3,1e-4
      elbo sweep vae-fashion --random optimiser.learningRate=log:1e-4:1e-2 \\
          --trials 16 --set data.validation=5000 --halving
      elbo sweep avb-four-points --grid posterior.kind=gaussian,implicit \\
          --seeds 5 --metric exact-log-likelihood
      elbo sweep --resume sweeps/vae-fashion        go on after Ctrl-C or a crash

      A grid tries each value with each of the others. --random draws: log:LOW:HIGH, uniform:LOW:HIGH, \
      integer:LOW:HIGH, or one of a,b,c; with a grid, each of its combinations gets all draws. --halving (Jamieson and \
      Talwalkar 2016) trains all trials a little and lets the better half go on, again and again, until one has all \
      steps.

      Each trial is a run in the sweep's folder, beside sweep.json, sweep.csv and sweep.png. The same command again goes \
      on where it stopped.
      """)

  @Argument(
    help: ArgumentHelp("A preset's name, or a YAML file.", valueName: "preset|file"), completion: .source)
  var source: String?
  @Option(help: ArgumentHelp("A key and the values to try.", valueName: "key=a,b,c"), completion: .key)
  var grid: [String] = []
  @Option(
    help: ArgumentHelp("A key and where its values are drawn from.", valueName: "key=log:low:high"),
    completion: .key)
  var random: [String] = []
  @Option(help: ArgumentHelp("How often --random draws.", valueName: "n")) var trials: Int?
  @Flag(help: "Give the worse trials up early.") var halving = false
  @Option(help: ArgumentHelp("With --halving, one trial in n goes on; by default 2.", valueName: "n"))
  var reduction: Int?
  @Option(
    help: "What trials are ranked by, as 'elbo evaluate' knows it, on the validation split if there is one.",
    completion: .metric)
  var metric = "elbo"
  @Flag(help: "Whether more or less of the metric is better, where that does not go without saying.")
  var direction: Direction?
  @Option(help: ArgumentHelp("Train each trial with so many seeds, and rank means.", valueName: "n"))
  var seeds = 1
  @Option(help: "The seed of the draws.") var seed: UInt64 = 0
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change a key in all trials. Can be given several times.", valueName: "key=value"),
    completion: .setting)
  var settings: [String] = []
  @Option(
    help: ArgumentHelp("The sweep's folder; by default sweeps/NAME.", valueName: "folder"),
    completion: .directory)
  var out: String?
  @Option(help: ArgumentHelp("Go on with the sweep in this folder.", valueName: "folder"), completion: .sweep)
  var resume: String?
  @Option(help: ArgumentHelp("The threads an operation may use.", valueName: "n")) var threads: Int?
  @Flag(help: "Show no progress.") var quiet = false
  @Flag(help: "Print JSON.") var json = false

  /// Which way is better.
  enum Direction: String, EnumerableFlag {
    case maximise, minimise
  }

  func validate() throws {
    guard (source == nil) != (resume == nil) else {
      throw ValidationError("give a preset or a file to sweep, or --resume with a sweep's folder")
    }
    if resume != nil, !(grid + random + settings).isEmpty || trials != nil || halving || out != nil {
      throw ValidationError("--resume goes on with the sweep's own plan: leave out what makes another")
    }
    guard random.isEmpty == (trials == nil) || resume != nil else {
      throw ValidationError("--random and --trials go together")
    }
    guard reduction == nil || halving else { throw ValidationError("--reduction is for --halving") }
    for (name, count, least) in [
      ("--trials", trials ?? 1, 1), ("--seeds", seeds, 1), ("--threads", threads ?? 1, 1),
      ("--reduction", reduction ?? 2, 2),
    ] where count < least {
      throw ValidationError("\(name) \(count) is not \(least) or more")
    }
  }

  func run() throws {
    Engine.prepare(threads: threads)
    Interruption.listen()
    let sweep = try resume.map { try Sweep(resuming: $0) } ?? begin()
    let folder = sweep.folder.url.relativePath
    if sweep.record.plan.choosesByTestSplit {
      warn(
        "trials are ranked by the test split, which flatters the best; hold examples out with '--set data.validation=N'"
      )
    }
    if sweep.record.plan.choosesByNoBound {
      warn(
        "the \(sweep.record.plan.objective.metric) by a discriminator is no bound, and may be best where the discriminator "
          + "is worst; rank by '--metric iwae', or 'exact-log-likelihood' for points")
    }
    let bar = quiet ? nil : SweepBar()
    let outcome: TrainingSession.Outcome
    do {
      defer { StatusLine.shared.clear() }
      outcome = try sweep.run(
        { if !quiet { show($0, of: sweep, bar) } }, observers: { _ in bar.map { [$0] } ?? [] })
    }
    do {
      for file in try SweepFigures.draw(sweep) { note("wrote \(file)") }
    } catch let error as FigureError {
      // The ranking is there without its picture.
      warn(error.description)
    }
    if json { try printJSON(sweep.summary) } else { print(table(sweep.summary)) }
    if outcome == .interrupted {
      note("elbo: interrupted; go on with 'elbo sweep --resume \(folder)'")
      throw ExitCode(130)
    }
  }

  private func begin() throws -> Sweep {
    let plan = try SweepPlan(
      source ?? "", settings: settings, grid: grid.map(GridAxis.init), random: random.map(RandomAxis.init),
      draws: trials ?? 1, seed: seed, seeds: seeds,
      halving: halving ? SuccessiveHalving(reduction: reduction ?? 2) : nil,
      objective: SweepObjective(
        metric, direction: direction.map { $0 == .maximise ? .maximise : .minimise }))
    let name = URL(filePath: source ?? "").deletingPathExtension().lastPathComponent
    return try Sweep(plan, in: out ?? "sweeps/\(name)")
  }

  private func show(_ event: Sweep.Event, of sweep: Sweep, _ bar: SweepBar?) {
    switch event {
    case .began(let trial, let run, let steps, let done, let total):
      bar?.begin("\(run.directory), \(done + 1) of \(total), to \(steps) steps: \(text(trial))")
    case .ended(let trial, let run):
      let objective = run.results.last.map {
        "\(sweep.record.plan.objective.metric) "
          + NumberText.measured($0.estimate.value, standardError: $0.estimate.standardError)
          + " after \($0.steps) steps"
      }
      note("\(run.directory): \(text(trial)): \(run.problem ?? objective ?? "")")
    }
  }

  private func text(_ trial: SweepTrial) -> String { trial.settings.map(\.text).joined(separator: " ") }

  private func table(_ summary: SweepSummary) -> String {
    TextTable(
      header: ["rank", "trial"] + summary.keys + ["steps", summary.objective.metric, "run"],
      rows: summary.rows.map { row in
        let objective = row.objective.map { NumberText.measured($0.value, standardError: $0.standardError) }
        return ["\(row.rank)", "\(row.trial)"] + summary.keys.map { row.settings[$0] ?? "" }
          + [
            "\(row.steps)", row.problem == nil ? objective ?? "–" : "failed", row.runs.joined(separator: " "),
          ]
      }
    ).text
  }
}
