import Torch

/// What each case of `make_golden.py` is in Swift, by the same name.
enum OperationCases {
  typealias Case = @Sendable ([Tensor]) -> Tensor

  static let all: [String: Case] = [elementwise, arithmetic, reductions, shapes, algebra, losses]
    .reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  static let elementwise: [String: Case] = [
    "identity": { Activation.identity($0[0]) },
    "relu": { Activation.relu($0[0]) },
    "leakyReLU": { Activation.leakyReLU(slope: 0.2)($0[0]) },
    "elu": { Activation.elu($0[0]) },
    "tanh": { Activation.tanh($0[0]) },
    "sigmoid": { Activation.sigmoid($0[0]) },
    "softplus": { Activation.softplus($0[0]) },
    "silu": { Activation.silu($0[0]) },
    "gelu": { Activation.gelu($0[0]) },
    "logSigmoid": { $0[0].logSigmoid() },
    "exp": { $0[0].exp() },
    "expm1": { $0[0].expm1() },
    "log": { $0[0].log() },
    "log1p": { $0[0].log1p() },
    "sqrt": { $0[0].sqrt() },
    "rsqrt": { $0[0].reciprocalSquareRoot() },
    "square": { $0[0].squared() },
    "abs": { $0[0].abs() },
    "sign": { $0[0].sign() },
    "floor": { $0[0].floor() },
    "round": { $0[0].round() },
    "sin": { $0[0].sin() },
    "cos": { $0[0].cos() },
    "atanh": { $0[0].atanh() },
    "erf": { $0[0].erf() },
    "logGamma": { $0[0].logGamma() },
    "reciprocal": { $0[0].reciprocal() },
    "clamp": { $0[0].clamped(from: -0.5, to: 0.75) },
    "power": { $0[0].power(2.5) },
  ]

  static let arithmetic: [String: Case] = [
    "add": { $0[0] + $0[1] },
    "subtract": { $0[0] - $0[1] },
    "multiply": { $0[0] * $0[1] },
    "divide": { $0[0] / $0[1] },
    "scalars": { x in
      let scaled: Tensor = ((3 - x[0]) * 2 + 1.5) / 4
      return (scaled - 0.25) + 2 / x[0]
    },
    "negate": { -$0[0] },
    "maximum": { maximum($0[0], $0[1]) },
    "minimum": { minimum($0[0], $0[1]) },
    "where": { $0[0].isGreater(than: 0.1).select($0[0], otherwise: $0[1]) },
  ]

  static let reductions: [String: Case] = [
    "sum": { $0[0].sum() },
    "mean": { $0[0].mean() },
    "min": { $0[0].min() },
    "max": { $0[0].max() },
    "sumOver": { $0[0].sum(over: [0, 2]) },
    "sumKeeping": { $0[0].sum(over: [1], keeping: true) },
    "meanOver": { $0[0].mean(over: [-1]) },
    "maxOver": { $0[0].max(over: [1, 2]) },
    "minOver": { $0[0].min(over: [0], keeping: true) },
    "logSumExp": { ($0[0] * 60).logSumExp(over: [1, 2]) },
    "variance": { $0[0].variance(over: [0, 1]) },
    "variancePopulation": { $0[0].variance(over: [2], keeping: true, correction: 0) },
    "cumulativeSum": { $0[0].cumulativeSum(over: 1) },
    "softmax": { $0[0].softmax(over: -1) },
    "logSoftmax": { $0[0].logSoftmax(over: 1) },
  ]

  static let shapes: [String: Case] = [
    "reshape": { $0[0].reshaped([4, -1]) },
    "flatten": { $0[0].flattened() },
    "permute": { $0[0].permuted([2, 0, 1]) },
    "transpose": { $0[0].transposed() },
    "expand": { $0[0].unsqueezed(0).expanded(to: [4, 3, 5]) },
    "squeeze": { $0[0].narrowed(1, from: 0, length: 1).squeezed(1) },
    "narrow": { $0[0].narrowed(2, from: 1, length: 2) },
    "select": { $0[0].selected(1, at: 2) },
    "gather": { $0[0].gathered($0[1]) },
    "gatherElements": { $0[0].gatheredElements($0[1], over: 1) },
    "repeatEach": { $0[0].repeatedEach(3) },
    "tile": { $0[0].tiled([2, 3]) },
    "concatenate": { Tensor.concatenate($0, over: 1) },
    "stack": { Tensor.stack($0, over: 1) },
    "lowerTriangle": { $0[0].lowerTriangle(diagonal: -1) },
    "diagonal": { $0[0].diagonal() },
    "diagonalEmbed": { $0[0].diagonalEmbedded() },
  ]

  static let algebra: [String: Case] = [
    "matmul": { $0[0].matmul($0[1]) },
    "matmulBatched": { $0[0].matmul($0[1]) },
    "linear": { $0[0].linear(weight: $0[1], bias: $0[2]) },
    "linearPlain": { $0[0].linear(weight: $0[1], bias: nil) },
    "cholesky": { (($0[0] + $0[0].transposed()) / 2).cholesky() },
    "solveLower": { $0[0].solveTriangular($0[1]) },
    "solveUpper": { $0[0].transposed().solveTriangular($0[1], upper: true) },
    "conv": { $0[0].convolution(weight: $0[1], bias: $0[2]) },
    "convStride2Padding1": { $0[0].convolution(weight: $0[1], bias: $0[2], stride: 2, padding: 1) },
    "convStride3": { $0[0].convolution(weight: $0[1], bias: nil, stride: 3, padding: 2) },
    "convTranspose": { $0[0].transposedConvolution(weight: $0[1], bias: $0[2]) },
    "convTransposeStride2": {
      $0[0].transposedConvolution(weight: $0[1], bias: $0[2], stride: 2, padding: 1)
    },
    "convTransposeOutputPadding": {
      $0[0].transposedConvolution(weight: $0[1], bias: $0[2], stride: 3, padding: 2, outputPadding: 1)
    },
  ]

  static let losses: [String: Case] = [
    "binaryCrossEntropy": { $0[1].binaryCrossEntropy(withLogits: $0[0]) },
    "totalBinaryCrossEntropy": { $0[1].totalBinaryCrossEntropy(withLogits: $0[0]) },
    "meanSquaredError": { $0[0].meanSquaredError(to: $0[1]) },
  ]
}
