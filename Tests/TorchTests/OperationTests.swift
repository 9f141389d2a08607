import Testing
import Torch

/// Values and gradients of the operations, each against PyTorch's.
///
/// The tolerance leaves room for another instruction set's order of summation: 1e-5 relative and 2e-6
/// absolute in float32, whose unit roundoff is 6e-8.
@Suite struct OperationTests {
  @Test func everyGoldenCaseIsTested() throws {
    let names = Set(try Golden.tensors("operations").keys.compactMap { $0.split(separator: "/").first })
    #expect(names == Set(OperationCases.all.keys.map { Substring($0) }))
  }

  @Test(arguments: OperationCases.all.keys.sorted())
  func agreesWithPyTorch(name: String) throws {
    let golden = try Golden.tensors("operations")
    let operation = try #require(OperationCases.all[name])
    let inputs = (0..<3).compactMap { golden["\(name)/x\($0)"] }
    let differentiated = inputs.indices.filter { golden["\(name)/g\($0)"] != nil }
    for place in differentiated { inputs[place].setRequiresGradient(true) }

    let result = operation(inputs)
    expectClose(result, try #require(golden[name + "/y"]), absolute: 2e-6, "\(name): value")

    let weighted = (result * (try #require(golden[name + "/w"]))).sum()
    let found = gradient(of: weighted, withRespectTo: differentiated.map { inputs[$0] })
    for (slope, place) in zip(found, differentiated) {
      expectClose(
        try #require(slope), try #require(golden["\(name)/g\(place)"]), absolute: 2e-6,
        "\(name): gradient \(place)")
    }
  }

  @Test func layersComputeWhatTheirOperationsDo() throws {
    let golden = try Golden.tensors("operations")
    func at(_ name: String) throws -> Tensor { try #require(golden[name]) }
    let generator = Generator(seed: 0)
    func fill(_ weight: Parameter, _ bias: Parameter, from name: String) throws {
      weight.tensor.copy(from: try at(name + "/x1"))
      bias.tensor.copy(from: try at(name + "/x2"))
    }
    let dense = Linear(inputs: 4, outputs: 3, initialiser: .heNormal, using: generator)
    try fill(dense.weight, dense.bias, from: "linear")
    expectClose(dense(try at("linear/x0")), try at("linear/y"))
    #expect(dense.inputs == 4 && dense.outputs == 3)

    let convolution = Convolution(
      inputs: 3, outputs: 4, kernel: 4, stride: 2, padding: 1, initialiser: .heNormal, using: generator)
    try fill(convolution.weight, convolution.bias, from: "convStride2Padding1")
    expectClose(
      convolution(try at("convStride2Padding1/x0")), try at("convStride2Padding1/y"), absolute: 2e-6)

    let transposed = TransposedConvolution(
      inputs: 4, outputs: 2, kernel: 5, stride: 3, padding: 2, outputPadding: 1, initialiser: .heNormal,
      using: generator)
    try fill(transposed.weight, transposed.bias, from: "convTransposeOutputPadding")
    expectClose(
      transposed(try at("convTransposeOutputPadding/x0")), try at("convTransposeOutputPadding/y"),
      absolute: 2e-6)
  }
}
