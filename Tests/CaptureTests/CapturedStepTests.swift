import CKernels
import Capture
import Foundation
import Testing
import Torch

/// Captured steps against autograd on the same numbers.
@Suite(.serialized) struct CapturedStepTests {
  /// Records `body`, changes the inputs, replays, and compares the tensors that `body` gives with what it
  /// gives when it is simply run on the changed inputs.
  private func check(
    _ inputs: [Tensor], generator: Generator = Generator(seed: 1), within tolerance: Double = 1e-5,
    _ body: (Generator) -> [Tensor]
  ) throws -> CapturedStep {
    let start = generator.state
    var found: [[Float]] = []
    var actions: [CapturedStep.HostAction] = []
    let (_, recording) = Recording.record {
      let results = body(generator)
      let counts = results.map(\.count)
      actions.append(
        CapturedStep.HostAction(reading: results) { addresses in
          { found = zip(addresses, counts).map { Array(UnsafeBufferPointer(start: $0, count: $1)) } }
        })
    }
    let step = CapturedStep(recording, actions: actions, reading: [], threads: 2)
    for input in inputs {
      withoutGradients { input.copy(from: input * 0.7 + 0.1) }
    }
    try generator.restore(start)
    step.run()
    let after = generator.state
    try generator.restore(start)
    let expected = body(generator).map { $0.values(as: Float.self) }
    #expect(after == generator.state, "draws are those of the step as it was recorded")
    #expect(found.map(\.count) == expected.map(\.count))
    for (found, expected) in zip(found, expected) {
      #expect(found.allSatisfy { $0.isFinite })
      let scale = expected.map(abs).max() ?? 0
      let error = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
      #expect(Double(error) <= tolerance * Double(max(scale, 1e-3)))
    }
    return step
  }

  private func random(_ shape: Shape, _ seed: UInt64) -> Tensor {
    Tensor.standardNormal(shape, using: Generator(seed: seed))
  }

  private func parameter(_ shape: Shape, _ seed: UInt64) -> Tensor {
    let tensor = random(shape, seed) * 0.3
    let leaf = tensor.detached().cloned()
    leaf.setRequiresGradient(true)
    return leaf
  }

  @Test(arguments: ["amx", "avx512bf16", "avx512", "avx2", "portable"])
  func normalNumbersAreThoseOfLibtorch(_ instructionSet: String) throws {
    let own = String(cString: ck_instruction_set())
    guard ck_use_instruction_set(instructionSet) else { return }
    defer { _ = ck_use_instruction_set(own) }
    // Fewer than 16 are drawn by libtorch; the last 16 are drawn twice where 16 does not divide the count; MT19937 makes
    // 624 words at a time.
    let shapes: [Shape] = [
      [15], [16], [17], [5, 5], [31], [32], [47], [100], [8, 126], [1], [623], [624], [625], [40, 1000],
    ]
    _ = try check([], generator: Generator(seed: 11), within: 1e-6) { generator in
      shapes.map { Tensor.standardNormal($0, using: generator) }
    }
  }

  @Test func twoObjectivesOfOneForwardPassShareProducts() throws {
    // Too few rows for bands, and too large to run side by side: each product is listed.
    let x = random([60, 150], 1)
    let weights = [parameter([148, 150], 2), parameter([140, 148], 3), parameter([1, 140], 4)]
    let bias = parameter([148], 5)
    func logits(_ x: Tensor) -> Tensor {
      let first = x.linear(weight: weights[0], bias: bias).relu()
      return first.matmul(weights[1].transposed()).relu().matmul(weights[2].transposed())
    }
    let input = parameter([60, 150], 6)
    let step = try check([x] + weights) { _ in
      let t = logits(input * x)
      let towards = gradient(of: t.mean(), withRespectTo: [input], keepingGraph: true).compactMap { $0 }
      let against = gradient(of: (-t).softplus().mean(), withRespectTo: weights + [bias]).compactMap { $0 }
      return towards + against
    }
    // Three products forwards; backwards one between the hidden layers for both objectives, one to the input,
    // one for each weight, and one of depth one, from the output for both objectives.
    #expect(step.listing.filter { $0.hasPrefix("product") }.count == 3 + 1 + 1 + 3 + 1, "\(step.listing)")
  }

  @Test(arguments: [1, 3])
  func convolutionsMayBeFollowedByAnything(_ channels: Int) throws {
    let x = random([24, 2, 7, 6], 1)
    let weights = [parameter([channels, 2, 3, 3], 2), parameter([channels, 4, 4, 4], 3)]
    let biases = [parameter([channels], 4), parameter([4], 5)]
    let input = parameter([24, 2, 7, 6], 6)
    let step = try check([x] + weights + biases, within: 3e-5) { _ in
      let small = (x + input).convolution(weight: weights[0], bias: biases[0], stride: 2, padding: 1).tanh()
      let large = small.transposedConvolution(weight: weights[1], bias: biases[1], stride: 2, padding: 1)
      // Examples by all else, a sum over them, a call of libtorch's own, and numbers in one line.
      let rows = large.reshaped([24, -1])
      let shares = rows.softmax(over: 1)
      let line = (small * small).reshaped([-1])
      let loss = (shares * rows).sum() + line.sum() + rows.sum(over: [0]).squared().mean()
      let slopes = gradient(of: loss, withRespectTo: [input] + weights + biases).compactMap { $0 }
      return [small, large, rows, line] + slopes
    }
    #expect(step.listing.filter { $0.hasPrefix("convolution") }.count == 6, "\(step.listing)")
    #expect(!step.listing.contains { $0.contains("aten::convolution") })
  }

  /// A network over `rows` examples, its gradients, sums of every kind, and what follows them.
  private func network(_ x: Tensor, _ noise: Tensor, _ weights: [Tensor], _ bias: Tensor) -> [Tensor] {
    let hidden = Tensor.concatenate([x, noise], over: 1).linear(weight: weights[0], bias: bias).relu()
    let output = hidden.matmul(weights[1].transposed())
    let again = (hidden * hidden).matmul(weights[2].transposed()).tanh()
    // A sum over the batch that the batch is then compared with.
    let centred = again - again.mean(over: [0], keeping: true)
    let loss = (output.squared().sum(over: [1]) + centred.exp().sum(over: [1])).mean()
    let slopes = gradient(of: loss, withRespectTo: weights + [bias, x]).compactMap { $0 }
    return [output, centred, loss, hidden.sum(over: [0])] + slopes + [slopes[1] * 2 + weights[1]]
  }

  @Test(arguments: [128, 301, 500])
  func groupsThatGoByRowsRunInBands(_ rows: Int) throws {
    let (x, noise) = (parameter([rows, 5], 1), random([rows, 3], 2))
    let weights = [parameter([70, 8], 3), parameter([2, 70], 4), parameter([9, 70], 5)]
    let bias = parameter([70], 6)
    let step = try check([x, noise, bias] + weights, within: 2e-5) { _ in network(x, noise, weights, bias) }
    #expect(step.listing.contains { $0.contains("lanes") }, "\(step.listing)")
  }

  /// Backward passes through wide weights, which are cut along their rows: a mask and the sums of a bias's gradient, or a
  /// chain and its sums, come after the halves were added.
  @Test(arguments: [160, 300]) func productsOfHalvedDepthAreFinishedAndFollowed(_ width: Int) throws {
    let x = random([45, 20], 1)
    let weights = [parameter([144, 20], 2), parameter([width, 144], 3)]
    let bias = parameter([144], 4)
    for activate in [{ $0.relu() }, { $0.tanh() }] as [(Tensor) -> Tensor] {
      _ = try check([x, bias] + weights, within: 2e-5) { _ in
        let hidden = activate(x.linear(weight: weights[0], bias: bias))
        let loss = hidden.matmul(weights[1].transposed()).softplus().sum()
        return gradient(of: loss, withRespectTo: weights + [bias]).compactMap { $0 }
      }
    }
  }

  /// Few rows go by bands where many groups do, and small groups that need nothing of one another run side by side.
  @Test func manySmallGroupsOfFewRowsShareThreads() throws {
    let x = random([64, 24], 1)
    let widths = [24, 40, 33, 20, 40]
    let weights = zip(widths, widths.dropFirst()).enumerated().map { number, sizes in
      parameter([sizes.1, sizes.0], UInt64(number + 2))
    }
    let step = try check([x] + weights, within: 2e-5) { _ in
      let output = weights.reduce(x) { $0.matmul($1.transposed()).tanh() }
      return [output] + gradient(of: output.squared().sum(), withRespectTo: weights).compactMap { $0 }
    }
    #expect(step.listing.contains { $0.hasPrefix("4 lanes of 7, made of 7 groups") }, "\(step.listing)")
    #expect(step.listing.contains { $0.hasPrefix("4 lanes of 1, made of 4 groups") }, "\(step.listing)")
  }

  @Test func resultsAreTheSameBitsForAnyNumberOfThreads() throws {
    let (x, noise) = (parameter([333, 5], 1), random([333, 3], 2))
    let weights = [parameter([70, 8], 3), parameter([2, 70], 4), parameter([9, 70], 5)]
    let bias = parameter([70], 6)
    let results = [1, 2, 3].map { threads -> [[UInt32]] in
      var found: [[UInt32]] = []
      var actions: [CapturedStep.HostAction] = []
      let (_, recording) = Recording.record {
        let results = network(x, noise, weights, bias)
        let counts = results.map(\.count)
        actions.append(
          CapturedStep.HostAction(reading: results) { addresses in
            {
              found = zip(addresses, counts).map {
                UnsafeBufferPointer(start: $0, count: $1).map(\.bitPattern)
              }
            }
          })
      }
      CapturedStep(recording, actions: actions, reading: [], threads: threads).run()
      return found
    }
    #expect(results[0] == results[1] && results[0] == results[2] && !results[0].isEmpty)
  }

  @Test func operationsWithoutATranslationStayLibtorchs() throws {
    let x = random([6, 10], 1)
    let step = try check([x]) { _ in [x.softmax(over: 1) * 2 + 1, (x * x).transposed().exp().sum(over: [0])] }
    #expect(step.listing.contains { $0.contains("softmax") })
  }

  @Test func partsOfTensorsComeAndGo() throws {
    let x = random([7, 12], 1)
    let y = parameter([7, 5], 2)
    _ = try check([x]) { _ in
      let left = x.narrowed(1, from: 0, length: 5), right = x.narrowed(1, from: 5, length: 7)
      let joined = Tensor.concatenate([left * y, right.exp(), y], over: 1)
      let value = (joined * joined).narrowed(1, from: 3, length: 9).sum()
      return [joined, gradient(of: value, withRespectTo: [y])[0]!]
    }
  }

  @Test func broadcastsAndSums() throws {
    let x = random([9, 13], 1), row = random([13], 2), column = random([9, 1], 3)
    _ = try check([x, row, column]) { _ in
      let z = (x + row) * column - row / (column.squared() + 1)
      return [z, z.sum(over: [0]), z.sum(over: [1]), z.mean(), z.transposed() * 2, z.squared().sum()]
    }
  }

  @Test func writesInPlaceAreSeenInOrder() throws {
    let x = random([8, 4], 1)
    _ = try check([x]) { _ in
      let sum = x + 1
      let before = sum * 2
      sum.add(inPlace: x, scale: 3)
      return [before, sum * 2, sum]
    }
  }

  @Test func drawsCountEvenWhereNobodyReadsThem() throws {
    let x = random([5, 3], 1)
    _ = try check([x]) { generator in
      _ = Tensor.standardNormal([4, 4], using: generator)
      return [x + Tensor.standardNormal([5, 3], using: generator)]
    }
  }

  @Test func scalarsCanBeReadAfterEachRun() {
    let x = random([100], 1)
    var total: Tensor?
    let (_, recording) = Recording.record { total = x.squared().sum() }
    let step = CapturedStep(recording, actions: [], reading: [total!], threads: 1)
    for factor in [1.0, 2.0, 3.0] {
      x.copy(from: random([100], 1) * factor)
      step.run()
      let expected = x.squared().sum().item()
      #expect(abs(step.output(0) - expected) <= 1e-5 * expected)
    }
  }

  /// Three parameters: the product that gives the first one's gradient may move it, though its old value is read later
  /// in the recording; the second one's gradient is read by something else too; the third one's is no product.
  @Test func productsMoveParametersWhenNobodyNeedsThemAsTheyWere() {
    let x = random([50, 96], 1)
    func make() -> (adam: Adam, weights: [Tensor]) {
      let weights = [parameter([120, 96], 2), parameter([110, 120], 3), parameter([110], 4)]
      var group = ParameterGroup()
      for (name, weight) in zip(["a", "b", "c"], weights) { group.append(weight, named: name) }
      return (Adam(group), weights)
    }
    func step(_ weights: [Tensor]) -> (slopes: [Tensor?], norms: [Tensor]) {
      let hidden = x.matmul(weights[0].transposed()).relu()
      let loss = hidden.linear(weight: weights[1], bias: weights[2]).squared().mean()
      let slopes = gradient(of: loss, withRespectTo: weights)
      return (slopes, withoutGradients { [weights[0].squared().sum(), slopes[1]!.squared().sum()] })
    }
    let (own, found) = make(), (libtorch, expected) = make()
    var actions: [CapturedStep.HostAction] = []
    var norms: [Tensor] = []
    var rate = 0.1
    let (_, recording) = Recording.record {
      let result = step(found)
      norms = result.norms
      actions.append(CapturedStep.HostAction(moving: own, by: result.slopes) { rate })
    }
    let captured = CapturedStep(recording, actions: actions, reading: norms, threads: 2)
    #expect(captured.listing.filter { $0.contains("and Adam") }.count == 1, "\(captured.listing)")
    for number in 0..<4 {
      rate = 0.1 / Double(1 + number)
      captured.run()
      let result = step(expected)
      for (index, norm) in result.norms.enumerated() {
        #expect(abs(captured.output(index) - norm.item()) <= 1e-4 * norm.item(), "\(index) at step \(number)")
      }
      libtorch.step(gradients: result.slopes, rate: rate)
    }
    #expect(own.updates.values(as: Float.self) == [4, 4, 4])
    for (found, expected) in zip(found, expected) {
      let error = withoutGradients { (found - expected).squared().sum().item().squareRoot() }
      #expect(error <= 1e-4 * withoutGradients { expected.squared().sum().item().squareRoot() })
    }
  }

  /// The copies in bf16 of parameters move with them, and follow whoever else changes them.
  @Test func copiesInHalvesAgreeWithParameters() {
    let x = random([64, 128], 1)
    let weights = [parameter([160, 128], 2), parameter([130, 160], 3)]
    var group = ParameterGroup()
    for (name, weight) in zip(["a", "b"], weights) { group.append(weight, named: name) }
    let adam = Adam(group)
    func forward() -> Tensor {
      let hidden = x.matmul(weights[0].transposed()).relu()
      return hidden.matmul(weights[1].transposed()).squared().mean()
    }
    func capture() -> CapturedStep {
      var actions: [CapturedStep.HostAction] = []
      var loss: Tensor!
      let (_, recording) = Recording.record {
        loss = forward()
        actions.append(
          CapturedStep.HostAction(moving: adam, by: gradient(of: loss, withRespectTo: weights)) { 0.01 })
      }
      return CapturedStep(recording, actions: actions, reading: [loss], threads: 2, halves: true)
    }
    let steps = [capture(), capture()]
    for number in 0..<8 {
      // Two captures take turns, and now and then somebody else changes the parameters.
      if number % 3 == 2 {
        withoutGradients { for weight in weights { weight.copy(from: weight * 1.5) } }
      }
      let expected = withoutGradients { forward().item() }
      let step = steps[number / 2 % 2]
      step.run()
      #expect(abs(step.output(0) - expected) <= 0.02 * expected, "step \(number)")
    }
  }

  @Test(arguments: [0, 0.01], [false, true]) func adamIsLibtorchs(_ weightDecay: Double, _ skips: Bool) {
    func make() -> (Adam, [Tensor]) {
      let parameters = [random([33, 7], 1), random([5], 2), random([20000], 3)].map { Parameter($0) }
      var group = ParameterGroup()
      for (name, parameter) in zip(["a", "b", "c"], parameters) {
        group.append(parameter.tensor, named: name)
      }
      return (
        Adam(group, options: Adam.Options(beta1: 0.5, beta2: 0.99, epsilon: 1e-6, weightDecay: weightDecay)),
        parameters.map(\.tensor)
      )
    }
    let (libtorch, expected) = make(), (own, found) = make()
    for step in 0..<5 {
      let slopes = [
        random([33, 7], UInt64(10 + step)), skips ? nil : random([5], 9), random([20000], UInt64(20 + step)),
      ]
      libtorch.step(gradients: slopes, rate: 0.01)
      withExtendedLifetime(slopes) {
        let update = AdamUpdate(own, by: slopes) { 0.01 }
        update.prepare(slopes.compactMap { $0?.floatMemory })
        update.run()
      }
    }
    for (found, expected) in zip(found, expected) {
      let error = (found - expected).squared().sum().item().squareRoot()
      #expect(error <= 1e-6 * expected.squared().sum().item().squareRoot())
    }
  }
}
