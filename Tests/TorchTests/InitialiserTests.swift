import Testing
import Torch

@Suite struct InitialiserTests {
  /// The weights and biases that `torch.nn.init` draws for the same shapes: bounds, deviations and fans at
  /// once.
  @Test(arguments: Initialiser.allCases, ["linear", "convolution", "transposedConvolution"])
  func drawsWhatPyTorchDraws(initialiser: Initialiser, layer: String) throws {
    let golden = try Golden.tensors("initialisers")
    let generator = Generator(seed: 7)
    let parameters =
      switch layer {
      case "linear": Linear(inputs: 9, outputs: 6, initialiser: initialiser, using: generator).parameters
      case "convolution":
        Convolution(inputs: 3, outputs: 4, kernel: 3, initialiser: initialiser, using: generator).parameters
      default:
        TransposedConvolution(inputs: 5, outputs: 2, kernel: 4, initialiser: initialiser, using: generator)
          .parameters
      }
    #expect(parameters.names == ["weight", "bias"])
    for (name, tensor) in parameters.dictionary {
      expectClose(tensor, try #require(golden["\(initialiser.rawValue)/\(layer)/\(name)"]), name)
    }
  }

  /// Mean and variance within 4.5 standard errors: each is missed by chance once in 150,000 seeds. Fixed
  /// seed.
  @Test(arguments: Initialiser.allCases)
  func hasItsVariance(initialiser: Initialiser) {
    let (inputs, outputs) = (300, 200)
    let layer = Linear(inputs: inputs, outputs: outputs, initialiser: initialiser, using: Generator(seed: 5))
    let (variance, isUniform) =
      switch initialiser {
      case .glorotUniform: (2.0 / 500, true)
      case .glorotNormal: (2.0 / 500, false)
      case .heUniform: (2.0 / 300, true)
      case .heNormal: (2.0 / 300, false)
      case .torchUniform: (1.0 / 900, true)
      }
    let values = numbers(layer.weight.tensor)
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let second = values.reduce(0) { $0 + $1 * $1 } / count
    // The variance of a square is 2 v^2 for a normal variable and (4/5) v^2 for a uniform one.
    let spread = ((isUniform ? 0.8 : 2) / count).squareRoot() * variance
    #expect(abs(mean) < 4.5 * (variance / count).squareRoot())
    #expect(abs(second - variance) < 4.5 * spread)
    if isUniform {
      let bound = (3 * variance).squareRoot()
      let largest = values.lazy.map(abs).max() ?? 0
      #expect(largest <= bound * (1 + 1e-6))
      // Missed by chance once in e^20 seeds.
      #expect(largest > bound * (1 - 20 / count))
    }
  }

  @Test(arguments: Initialiser.allCases)
  func biasesAreZeroExceptInPyTorchsDefault(initialiser: Initialiser) {
    let layer = Linear(inputs: 16, outputs: 400, initialiser: initialiser, using: Generator(seed: 5))
    let values = numbers(layer.bias.tensor)
    if initialiser == .torchUniform {
      #expect(
        values.allSatisfy { abs($0) <= 0.25 } && (values.max() ?? 0) > 0.23 && (values.min() ?? 0) < -0.23)
    } else {
      #expect(values.allSatisfy { $0 == 0 })
    }
  }

  @Test func namesAreThoseOfConfigurations() {
    let names = ["glorot-uniform", "glorot-normal", "he-uniform", "he-normal", "torch-uniform"]
    #expect(Initialiser.allCases.map(\.rawValue) == names)
  }
}
