import Elbo
import Foundation
import Torch

/// Writes TensorBoard's events while a run trains: scalars as they are logged, sample grids as they are drawn,
/// histograms of the weights at every evaluation.
///
/// Each session writes a file of its own to `tensorboard/` in the run's folder; TensorBoard reads them as one run.
public final class TensorBoardLog: TrainingObserver {
  private var file: (handle: FileHandle, place: URL)?

  /// An observer for one session, which comes after `SampleGrids`.
  public init() {}

  /// Writes what the event tells.
  public func receive(_ event: TrainingEvent, from session: TrainingSession) throws {
    switch event {
    case .began(let progress):
      let time = try begin(in: session.directory.url.appending(path: "tensorboard"))
      // A run that was killed goes on from its checkpoint, before where its last file ends.
      try write(EventRecord.start(after: progress.step, time: time))
    case .stepped(let progress, let metrics):
      var values = Tensorboard_Summary.Value.scalars(
        Dictionary(uniqueKeysWithValues: metrics.map { ($0.key.rawValue, $0.value) }), phase: "train")
      values += samples(at: progress.step, in: session)
      try append(values, progress.step)
    case .evaluated(let progress, let split, let estimates):
      try append(
        Tensorboard_Summary.Value.scalars(estimates.mapValues(\.value), phase: split.rawValue)
          + Tensorboard_Summary.Value.histograms(session.trainer.model.weights), progress.step)
    default: break
    }
  }

  private func begin(in folder: URL) throws -> Date {
    try StagedFolder.make(folder)
    // Two sessions may begin in one second.
    var time = Date()
    while true {
      let place = folder.appending(path: EventRecord.name(time))
      let descriptor = open(place.path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
      if descriptor < 0, errno == EEXIST {
        time += 1
        continue
      }
      guard descriptor >= 0 else { throw FileError(cannot: "be written", place) }
      file = (FileHandle(fileDescriptor: descriptor, closeOnDealloc: true), place)
      try write(EventRecord.head(time))
      return time
    }
  }

  private func append(_ values: [Tensorboard_Summary.Value], _ step: Int) throws {
    if values.isEmpty { return }
    try write(EventRecord.bytes(values, step: step, time: Date()))
  }

  private func write(_ record: Data) throws {
    guard let file else { return }
    guard record.withUnsafeBytes({ AtomicFile.writeAll($0, to: file.handle.fileDescriptor) }) else {
      throw FileError(cannot: "be written", file.place)
    }
  }

  private func samples(at step: Int, in session: TrainingSession) -> [Tensorboard_Summary.Value] {
    let every = session.configuration.figures.sampleEvery
    guard every > 0, step % every == 0 else { return [] }
    let place = session.directory.figures.appending(path: String(format: "samples-%08d.png", step))
    guard let png = FileManager.default.contents(atPath: place.path) else { return [] }
    return Tensorboard_Summary.Value(png: png, tag: "figures/samples").map { [$0] } ?? []
  }
}
