import Foundation
import Testing
import Torch

/// A network of two layers whose values the golden files give.
private struct Network: Module {
  let first: Linear
  let second: Linear

  init(startingFrom golden: [String: Tensor]) throws {
    let generator = Generator(seed: 0)
    first = Linear(inputs: 3, outputs: 5, initialiser: .torchUniform, using: generator)
    second = Linear(inputs: 5, outputs: 2, initialiser: .torchUniform, using: generator)
    for (name, tensor) in parameters.dictionary { tensor.copy(from: try #require(golden["start/" + name])) }
  }

  func error(_ x: Tensor, _ y: Tensor) -> Tensor { second(first(x).tanh()).meanSquaredError(to: y) }
}

/// The optimisers of the golden file, by name.
private func makeOptimizer(_ name: String, _ parameters: ParameterGroup) -> (any Optimizer, rate: Double) {
  switch name {
  case "adam": (Adam(parameters), 0.01)
  case "adamHalfBeta": (Adam(parameters, options: .init(beta1: 0.5, epsilon: 1e-7)), 0.002)
  case "adamDecay":
    (
      Adam(parameters, options: .init(beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.1)), 0.05
    )
  case "sgd": (SGD(parameters), 0.1)
  case "sgdMomentum": (SGD(parameters, momentum: 0.9), 0.05)
  default: (SGD(parameters, momentum: 0.7, weightDecay: 0.2), 0.05)
  }
}

private let optimizers = ["adam", "adamHalfBeta", "adamDecay", "sgd", "sgdMomentum", "sgdMomentumDecay"]

@Suite struct OptimizerTests {
  /// Ten steps; 2e-5 relative and 1e-6 absolute, since each step adds its own rounding.
  @Test(arguments: optimizers, ["plain", "skipping", "clipped"])
  func agreesWithPyTorch(name: String, mode: String) throws {
    let golden = try Golden.tensors("optimisers")
    let network = try Network(startingFrom: golden)
    let (x, y) = (try #require(golden["x"]), try #require(golden["y"]))
    let (optimizer, rate) = makeOptimizer(name, network.parameters)
    var (losses, norms): ([Tensor], [Tensor]) = ([], [])
    for step in 0..<10 {
      let error = network.error(x, y)
      losses.append(error.detached())
      var slopes = gradient(of: error, withRespectTo: network.parameters.tensors)
      if mode == "skipping" && step % 2 == 1 { slopes[1] = nil }
      if mode == "clipped" { norms.append(clipGradients(slopes, toNorm: 0.3)) }
      optimizer.step(gradients: slopes, rate: rate)
    }
    let key = "\(name)/\(mode)/"
    expectClose(Tensor.stack(losses), try #require(golden[key + "losses"]), relative: 2e-5, "losses")
    if mode == "clipped" {
      expectClose(Tensor.stack(norms), try #require(golden[key + "norms"]), relative: 2e-5, "norms")
    }
    for (parameter, tensor) in network.parameters.dictionary {
      expectClose(tensor, try #require(golden[key + parameter]), relative: 2e-5, parameter)
    }
  }

  @Test(arguments: optimizers)
  func goesOnFromASavedState(name: String) throws {
    let golden = try Golden.tensors("optimisers")
    let (x, y) = (try #require(golden["x"]), try #require(golden["y"]))
    func run(_ network: Network, _ optimizer: any Optimizer, _ rate: Double, steps: Int) {
      for _ in 0..<steps {
        let slopes = gradient(of: network.error(x, y), withRespectTo: network.parameters.tensors)
        optimizer.step(gradients: slopes, rate: rate)
      }
    }
    let whole = try Network(startingFrom: golden)
    let (optimizer, rate) = makeOptimizer(name, whole.parameters)
    run(whole, optimizer, rate, steps: 4)

    let resumed = try Network(startingFrom: golden)
    let (fresh, _) = makeOptimizer(name, resumed.parameters)
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "state.safetensors")
      try Safetensors(tensors: optimizer.state).write(to: url)
      try fresh.restore(try Safetensors(contentsOf: url).tensors)
    }
    try copyState(from: whole.parameters.dictionary, to: resumed.parameters.dictionary, kind: "network")

    run(whole, optimizer, rate, steps: 4)
    run(resumed, fresh, rate, steps: 4)
    for (a, b) in zip(whole.parameters.tensors, resumed.parameters.tensors) { #expect(identical(a, b)) }
    #expect(optimizer.state.keys.sorted() == fresh.state.keys.sorted())
    for (key, tensor) in optimizer.state { #expect(identical(tensor, try #require(fresh.state[key]))) }
  }

  /// A rate that float32 holds: then both updates are the same to the bit.
  @Test(arguments: optimizers)
  func aRateInATensorIsReadWhenTheUpdateRuns(name: String) throws {
    let golden = try Golden.tensors("optimisers")
    let (x, y) = (try #require(golden["x"]), try #require(golden["y"]))
    let (known, read) = (try Network(startingFrom: golden), try Network(startingFrom: golden))
    let (first, _) = makeOptimizer(name, known.parameters), (second, _) = makeOptimizer(name, read.parameters)
    let element = Tensor([Float(0)], shape: [])
    for rate in [0.0078125, 0.0625, 0.03125] {
      first.step(
        gradients: gradient(of: known.error(x, y), withRespectTo: known.parameters.tensors), rate: rate)
      element.fill(rate)
      second.step(
        gradients: gradient(of: read.error(x, y), withRespectTo: read.parameters.tensors),
        at: .element(element))
    }
    for (a, b) in zip(known.parameters.tensors, read.parameters.tensors) { #expect(identical(a, b)) }
  }

  @Test func graphsNeedAGPU() {
    #expect(!DeviceGraph.isAvailable(on: .cpu))
    #expect(Device.cudaDeviceCount > 0 || !DeviceGraph.isAvailable(on: .cuda(0)))
  }

  @Test func stepsWithoutAnyGradientChangeNothing() throws {
    let network = try Network(startingFrom: try Golden.tensors("optimisers"))
    let before = network.parameters.tensors.map(numbers)
    for name in optimizers {
      let (optimizer, rate) = makeOptimizer(name, network.parameters)
      optimizer.step(gradients: [nil, nil, nil, nil], rate: rate)
      let (empty, _) = makeOptimizer(name, ParameterGroup())
      empty.step(gradients: [], rate: rate)
    }
    #expect(network.parameters.tensors.map(numbers) == before)
  }

  @Test func momentsAreLaidOutLikeTheirParameters() throws {
    let wide = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    var group = ParameterGroup()
    group.append(Parameter(wide.transposed()).tensor, named: "w")
    let adam = Adam(group, options: .init(beta1: 0.5))
    let slope = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])
    adam.step(gradients: [slope], rate: 0.1)
    expectClose(try #require(adam.state["firstMoment.w"]), slope * 0.5)
    expectClose(group.tensors[0], wide.transposed() - 0.1, absolute: 1e-5)
  }

  /// Rows of a parameter and of its moments are read together: caches find room for all three.
  @Test func largeMomentsLieAtOtherPlacesOfAPage() {
    var group = ParameterGroup()
    group.append(Parameter(Tensor.ones([70, 40])).tensor, named: "w")
    let adam = Adam(group), slopes = Tensor.range(to: 2800).reshaped([70, 40])
    let place = { (tensor: Tensor) in Int(bitPattern: tensor.floatMemory) }
    let parameter = place(group.tensors[0])
    for (moments, apart) in [(adam.firstMoments[0], 21 * 64), (adam.secondMoments[0], 42 * 64)] {
      #expect((place(moments) - parameter - apart) % 4096 == 0)
      #expect(moments.shape == [70, 40] && moments.sum().item() == 0)
    }
    adam.step(gradients: [slopes], rate: 0.1)
    expectClose(adam.firstMoments[0], slopes * 0.1)
    expectClose(adam.secondMoments[0], slopes * slopes * 0.001)
  }

  @Test func aStateThatDoesNotFitChangesNothing() throws {
    let network = try Network(startingFrom: try Golden.tensors("optimisers"))
    let adam = Adam(network.parameters)
    adam.step(gradients: network.parameters.tensors.map { Tensor.ones($0.shape) }, rate: 0.1)
    let sound = adam.state.mapValues { $0.cloned() }
    let key = "secondMoment.second.weight"

    func rejected(_ problem: String, _ change: (inout [String: Tensor]) -> Void) {
      var state = sound.mapValues { $0 * 3 }
      change(&state)
      let error = #expect(throws: StateMismatch.self) { try adam.restore(state) }
      #expect(error?.problem.contains(problem) == true, "\(String(describing: error))")
      #expect(error?.description.contains("\n") == false)
      for (name, tensor) in adam.state { #expect(identical(tensor, sound[name]!)) }
    }
    rejected("'\(key)' is missing") { $0[key] = nil }
    rejected("'\(key)' has shape [5, 2] where this model has [2, 5]") { $0[key] = Tensor.zeros([5, 2]) }
    rejected("'stray' belongs to no part") { $0["stray"] = Tensor(1) }
    rejected("is missing") { $0 = [:] }
    #expect(throws: Never.self) { try adam.restore(sound) }
  }
}

@Suite struct ScheduleTests {
  static let schedules: [String: Schedule] = [
    "warmUp": .warmUp(steps: 8), "cosine": .cosine(steps: 20, floor: 0.1),
    "stepwise": .stepwise(every: 7, factor: 0.3), "exponential": .exponential(factor: 0.9),
  ]

  @Test(arguments: schedules.keys.sorted())
  func agreesWithPyTorch(name: String) throws {
    let expected = try #require(try Golden.tensors("schedules")[name]).values(as: Double.self)
    let schedule = try #require(Self.schedules[name])
    for (step, value) in expected.enumerated() {
      #expect(abs(schedule.value(at: step) - value) < 1e-12, "step \(step)")
    }
  }

  @Test func staysAtItsEnd() {
    #expect(Schedule.constant.value(at: 1_000_000) == 1)
    #expect(Schedule.warmUp(steps: 8).value(at: 1_000_000) == 1)
    #expect(abs(Schedule.cosine(steps: 20, floor: 0.1).value(at: 1_000_000) - 0.1) < 1e-12)
  }

  @Test(arguments: [
    Schedule.warmUp(steps: 0), .cosine(steps: 0, floor: 0.5), .stepwise(every: 0, factor: 0.5),
  ])
  func lengthsOfZeroAreHarmless(schedule: Schedule) {
    #expect((0...10).allSatisfy { (0...1).contains(schedule.value(at: $0)) })
  }
}
