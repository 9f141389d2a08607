import Torch

extension Trainer {
  /// Everything that decides the steps to come, by name.
  var state: [String: Tensor] {
    let random = generator.state
    var state = [
      "random": Tensor(random, shape: [random.count]),
      "rollbacks": Tensor([Int64(rollbacks)], shape: [1]),
    ]
    if isSteered {
      state["repeats"] = Tensor(repeats.map(Int64.init), shape: [repeats.count])
    }
    for (role, mover) in movers {
      for (name, tensor) in mover.optimiser.state { state["\(role.rawValue).\(name)"] = tensor }
    }
    return state
  }

  private var isSteered: Bool { phases.contains { $0.steering != nil } }

  /// Goes on from a saved state at a step.
  ///
  /// - Throws: `StateMismatch` or `TorchError` when it is another model's.
  func restore(_ saved: [String: Tensor], step: Int) throws {
    for (role, mover) in movers {
      let prefix = role.rawValue + "."
      let own = saved.filter { $0.key.hasPrefix(prefix) }
      try mover.optimiser.restore(
        Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(prefix.count)), $0.value) }))
    }
    guard let random = saved["random"], random.elementType == .uint8 else {
      throw StateMismatch(
        problem: "'random' is missing", location: "training state",
        remedy: "use a checkpoint that 'elbo' wrote")
    }
    if isSteered { repeats = try saved.counts("repeats", count: repeats.count) }
    // Runs of before there were rollbacks had none.
    rollbacks = try saved["rollbacks"] == nil ? 0 : saved.counts("rollbacks", count: 1)[0]
    try generator.restore(random.values(as: UInt8.self))
    self.step = step
  }

  /// Goes back to an earlier state, and on from there with learning rates halved once more and with other
  /// noise. Batches are those of their steps, as ever.
  func goBack(to earlier: TrainerSnapshot) throws {
    let count = rollbacks + 1
    try earlier.restore(self)
    rollbacks = count
    let seed = configuration.seed &+ UInt64(count) &* 0x9E37_79B9_7F4A_7C15
    try generator.restore(Generator(seed: seed, device: generator.device).state)
  }
}

extension [String: Tensor] {
  /// The counts in a saved tensor.
  ///
  /// - Throws: `StateMismatch` when there are none, or not so many.
  func counts(_ name: String, count: Int) throws(StateMismatch) -> [Int] {
    guard let tensor = self[name], tensor.elementType == .int64, tensor.shape == [count],
      tensor.values(as: Int64.self).allSatisfy({ $0 >= 0 })
    else {
      throw StateMismatch(
        problem: "'\(name)' is missing, or is not \(count) counts", location: "training state",
        remedy: "use a checkpoint that 'elbo' wrote for this configuration")
    }
    return tensor.values(as: Int64.self).map(Int.init)
  }
}
