import Capture
import Torch

/// A step that several processes take together: each has its share of the batch, gradients are averaged before they
/// move anything, and so all have the same weights, moments and generators at all times.
extension Trainer {
  /// Refuses batches that cannot be shared evenly.
  static func check(_ group: ProcessGroup, _ sources: [BatchSource]) throws(ConfigurationError) {
    for source in sources {
      for count in source.batchCounts where count % group.size != 0 {
        throw ConfigurationError(
          "a batch of \(count) examples cannot be shared evenly by \(group.size) processes",
          at: "training.batchSize",
          remedy:
            "choose a multiple of \(group.size), and data.partialBatch=drop where a smaller batch ends an epoch"
        )
      }
    }
  }

  /// What a step's gradients are averaged with: above 0 where some process was asked to stop.
  func prepareStop() { stopSign.fill(stopRequest.isMade ? 1 : 0) }

  /// Whether the processes agree, since the last step, that they were asked to stop.
  var isStopRequested: Bool { group == nil ? stopRequest.isMade : stopSign.item() > 0 }

  /// The update of a group of parameters by gradients that are averaged first, as a captured step does it.
  func averagedUpdate(_ role: ParameterRole, by gradients: [Tensor?]) -> CapturedStep.HostAction {
    guard let group else { return update(role, by: gradients) }
    let mover = movers[role]!
    let isClipped = configuration.training.gradientClip > 0
    return CapturedStep.HostAction(reading: gradients.compactMap { $0 }) { [unowned self] addresses in
      let tensors = Self.tensors(over: addresses, gradients, mover)
      let shared = [stopSign] + tensors.compactMap { $0 }
      let adam = isClipped ? nil : mover.optimiser as? Adam
      let update = adam.map { AdamUpdate($0, by: gradients) { self.rate(of: mover) } }
      update?.prepare(addresses)
      return {
        group.average(shared)
        if let update { update.run() } else { self.move(role, tensors) }
      }
    }
  }

  /// The means of metrics over all processes.
  func averaged(_ metrics: [MetricName: Double]) -> [MetricName: Double] {
    guard let group, !metrics.isEmpty else { return metrics }
    let names = metrics.keys.sorted()
    let values = Tensor(names.map { metrics[$0]! }, shape: [names.count])
    group.average([values])
    return Dictionary(uniqueKeysWithValues: zip(names, values.values(as: Double.self)))
  }
}
