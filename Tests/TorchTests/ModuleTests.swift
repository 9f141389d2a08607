import Testing
import Torch

private func dense(_ inputs: Int, _ outputs: Int) -> Linear {
  Linear(inputs: inputs, outputs: outputs, initialiser: .glorotUniform, using: Generator(seed: 0))
}

private struct Block: Module {
  var layers: [Linear]
  var activation = Activation.relu
}

private final class Boxed: Module {
  let inner = dense(1, 1)
}

private struct Everything: Module {
  var block = Block(layers: [dense(2, 3), dense(3, 4)])
  var present: Linear? = dense(1, 2)
  var absent: Linear?
  var bare = Parameter(Tensor.zeros([5]))
  var optionalBare: Parameter? = Parameter(Tensor.zeros([7]))
  var mixed: [any Module] = [dense(1, 1), Block(layers: [dense(1, 2)])]
  var sparse: [Linear?] = [nil, dense(2, 1)]
  var nested: [[Parameter]] = [[Parameter(Tensor(1))], [Parameter(Tensor(2)), Parameter(Tensor(3))]]
  var pair = (dense(1, 1), right: dense(1, 1))
  var boxed = Boxed()
  var kept = [Buffer(Tensor.zeros([3]))]
  var width = 3
  var constant = Tensor.zeros([100])
}

@Suite struct ModuleTests {
  @Test func parametersAreNamedByTheirPath() {
    let group = Everything().parameters
    #expect(
      group.names == [
        "block.layers.0.weight", "block.layers.0.bias", "block.layers.1.weight", "block.layers.1.bias",
        "present.weight", "present.bias", "bare", "optionalBare", "mixed.0.weight", "mixed.0.bias",
        "mixed.1.layers.0.weight", "mixed.1.layers.0.bias", "sparse.1.weight", "sparse.1.bias", "nested.0.0",
        "nested.1.0", "nested.1.1", "pair.0.weight", "pair.0.bias", "pair.right.weight", "pair.right.bias",
        "boxed.inner.weight", "boxed.inner.bias",
      ])
  }

  @Test func buffersAreApart() {
    let module = Everything()
    #expect(module.buffers.names == ["kept.0"] && module.buffers.count == 3)
    #expect(!module.buffers.tensors[0].requiresGradient && module.followers.isEmpty)
  }

  @Test func countsValues() {
    let block = Block(layers: [dense(2, 3), dense(3, 4)])
    #expect(block.parameters.count == 2 * 3 + 3 + 3 * 4 + 4)
    #expect(block.parameters.tensors.count == 4)
    #expect(Block(layers: []).parameters.isEmpty)
    #expect(Block(layers: []).parameters.count == 0)
    let images = Convolution(
      inputs: 3, outputs: 8, kernel: 5, initialiser: .heNormal, using: Generator(seed: 0))
    #expect(images.parameters.count == 3 * 8 * 25 + 8)
  }

  @Test func parametersAreTheModulesOwn() {
    let layer = dense(2, 2)
    layer.parameters.tensors[0].fill(4)
    #expect(numbers(layer.weight.tensor) == [4, 4, 4, 4])
    #expect(layer.parameters.tensors.allSatisfy { $0.requiresGradient })
  }

  @Test func aParameterCopiesItsValues() {
    let values = Tensor.zeros([2])
    let parameter = Parameter(values)
    parameter.tensor.fill(1)
    #expect(numbers(values) == [0, 0])
    #expect(!values.requiresGradient)
  }

  @Test func groupsJoin() {
    let (a, b) = (dense(1, 2), dense(2, 1))
    let both = a.parameters.prefixed("a") + b.parameters.prefixed("b")
    #expect(both.names == ["a.weight", "a.bias", "b.weight", "b.bias"])
    #expect(both.dictionary["b.weight"]?.isIdentical(to: b.weight.tensor) == true)
    #expect(both.count == a.parameters.count + b.parameters.count)
  }

  @Test func twoParametersOfOneNameTrap() async {
    await #expect(processExitsWith: .failure) {
      let group = dense(1, 1).parameters
      _ = group + group
    }
  }
}
