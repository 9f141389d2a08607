// Training inside an app: the run trains on a thread of its own, and the main actor follows its events.
import Elbo
import Foundation
import Torch

/// What a window would show.
@MainActor final class RunView {
  private var shown = -1

  func show(_ event: TrainingEvent) {
    switch event {
    case .began(let progress): print("training, \(progress.steps) steps")
    case .stepped(let progress, let metrics):
      let percent = progress.step * 100 / progress.steps
      guard percent >= shown + 10, let elbo = metrics[.elbo] else { return }
      shown = percent
      print(String(format: "%3d %%  ELBO %8.2f nats  %.0f steps/s", percent, elbo, progress.rate))
    case .evaluated(_, let split, let estimates):
      print(
        String(
          format: "\(split.rawValue) split: ELBO %.2f ± %.2f nats", estimates["elbo"]!.value,
          estimates["elbo"]!.standardError))
    case .warned(_, let finding): print("beware: \(finding)")
    case .skipped(_, let error): print("beware: \(error)")
    case .saved: print("saved")
    case .finished: print("done")
    }
  }
}

let folder =
  FileManager.default.temporaryDirectory.path
  + "/training-in-an-app-\(ProcessInfo.processInfo.processIdentifier)"
defer { try? FileManager.default.removeItem(atPath: folder) }

let configuration = try ConfigurationLoader.load(
  "vae-mnist",
  settings: ["data.name=drawn-digits", "data.count=2000", "training.steps=1000", "training.logEvery=10"])
let view = RunView()

// The person closes the window at half-time: the run stops after the step at hand, and the stream ends once its checkpoint
// is written.
let run = TrainingStream(configuration, out: folder)
for try await event in run {
  view.show(event)
  if case .stepped(let progress, _) = event, progress.step >= 500 { run.stop() }
}

// Another day it goes on exactly there.
print("going on")
for try await event in TrainingStream(resuming: folder) { view.show(event) }
