import Testing
import Torch

/// What ends the process, seen from outside, and what must be counted in a process of its own.
@Suite struct FailureTests {
  private func text(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  @Test func aProductOfUnfitShapesTrapsWithTorchsMessageAndTheCallSite() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3]).matmul(Tensor.zeros([4, 5]))
    }
    #expect(text(result).contains("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"))
    #expect(text(result).contains("TorchTests/FailureTests.swift:"))
  }

  @Test func anUnfitLayerInputTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = Linear(inputs: 3, outputs: 2, initialiser: .heNormal, using: Generator(seed: 0))
      _ = layer(Tensor.zeros([7, 4]))
    }
    #expect(text(result).contains("shapes cannot be multiplied (7x4 and 3x2)"))
    #expect(text(result).contains("TorchTests/FailureTests.swift:"))
  }

  @Test func aReshapeToAnotherCountTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3]).reshaped([7])
    }
    #expect(text(result).contains("shape '[7]' is invalid for input of size 6"))
  }

  @Test func readingAnotherTypeTraps() async {
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2]).values(as: Double.self) }
    await #expect(processExitsWith: .failure) { _ = Tensor([1] as [Float], shape: [2]) }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2]).item() }
  }

  @Test func theGradientOfSomethingUnrecordedTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor.zeros([2])
      _ = gradient(of: x.sum(), withRespectTo: [x])
    }
    #expect(text(result).contains("does not require grad"))
  }

  /// 256 TiB are more than an address space of 47 bits; 2^64 bytes are more than can be counted.
  @Test func memoryThatRunsOutEndsInOneLineAndStatus1() async {
    func check(_ result: ExitTest.Result?) {
      // The address sanitiser has a line of its own for that.
      let lines = text(result).split(separator: "\n").filter { !$0.contains("WARNING: AddressSanitizer") }
      #expect(lines.count == 1, "\(lines)")
      #expect(lines.first?.hasPrefix("elbo: libtorch: ") == true, "\(lines)")
      #expect(lines.first?.contains("use a smaller batch or model") == true, "\(lines)")
    }
    check(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([1 << 46])
      })
    check(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([1 << 62])
      })
    check(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([1 << 40, 1]).matmul(Tensor.zeros([1, 1 << 40]))
      })
  }

  @Test func errorsAreOneLineWhateverTheyQuote() {
    struct Quoting: DiagnosedError {
      let problem = "'1\r\n2\u{1B}[2J\u{2028}é' is no number"
      let location = "a\tb.yaml"
      let remedy = "give a number"
    }
    #expect(
      Quoting().description == #"a\tb.yaml: '1\r\n2\u{1B}[2J\u{2028}é' is no number; give a number"#)
  }

  /// In a process of its own, since the count is the process's.
  @Test func aTrainingLoopLeaksNoTensor() async {
    await #expect(processExitsWith: .success) {
      Engine.prepare(threads: 1)
      let generator = Generator(seed: 1)
      let first = Linear(inputs: 4, outputs: 8, initialiser: .heNormal, using: generator)
      let second = Linear(inputs: 8, outputs: 1, initialiser: .heNormal, using: generator)
      let group = first.parameters.prefixed("first") + second.parameters.prefixed("second")
      let (adam, sgd) = (Adam(group), SGD(group, momentum: 0.9))
      var counts: Set<Int> = []
      for step in 0..<1_000 {
        let x = Tensor.standardNormal([16, 4], using: generator)
        let output = second(first(x).relu())
        let (a, b) = (output.squared().mean(), (output - x.sum(over: [1], keeping: true)).squared().mean())
        let slopes = gradient(of: a, withRespectTo: group.tensors, keepingGraph: true)
        let others = gradient(of: b, withRespectTo: group.tensors)
        clipGradients(others, toNorm: 1)
        adam.step(gradients: slopes, rate: 1e-3)
        sgd.step(gradients: others, rate: 1e-3)
        _ = adam.state.count + generator.state.count
        if step % 100 == 0 { #expect(b.allFinite) }
        counts.insert(Engine.liveTensorCount)
      }
      #expect(counts.count == 1, "\(counts)")
    }
  }

  @Test func theEngineSaysWhatItIs() {
    #expect(Engine.version.hasPrefix("2.13"))
    #expect(!Engine.instructionSet.isEmpty)
    #expect(Engine.threadCount >= 1)
    #expect(Device.cpu.description == "cpu" && Device.cuda(1).description == "cuda:1")
  }
}
