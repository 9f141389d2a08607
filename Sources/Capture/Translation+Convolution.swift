import CKernels
import Torch

extension Translation {
  /// `aten::convolution`: input, weights, bias, options.
  mutating func convolution(_ arguments: [Recording.Argument], to value: Recording.Value) -> Bool {
    guard case .tensor(let input) = arguments[0], case .tensor(let weights) = arguments[1],
      case .bool(let isTransposed) = arguments[6],
      let convolution = Convolution(
        isTransposed ? .largeFromSmall : .smallFromLarge, input: input.shape, output: value.shape,
        weights: weights, options: arguments[3...]),
      let source = pictures(input),
      let output = result(value, examples: input.shape[0])?.pictures
    else { return false }
    var inputs = [Operand.place(source), .place(place(of: weights))]
    if case .tensor(let bias) = arguments[2] { inputs.append(.place(dense(bias))) }
    add(.convolution(convolution), inputs, to: output)
    return true
  }

  /// `aten::convolution_backward`: slope, input, weights, the bias's sizes, options, which results are wanted.
  mutating func convolutionBackward(_ call: Recording.Call) -> Bool {
    let arguments = call.arguments
    guard case .tensor(let slope) = arguments[0], case .tensor(let input) = arguments[1],
      case .tensor(let weights) = arguments[2], case .bool(let isTransposed) = arguments[7],
      slope.type == .float32,
      input.type == .float32, call.results.count == 3
    else { return false }
    func convolution(_ kind: Convolution.Kind) -> Convolution? {
      Convolution(kind, input: input.shape, output: slope.shape, weights: weights, options: arguments[4...])
    }
    guard convolution(.weightsGradient) != nil, let slopes = pictures(slope), let source = pictures(input)
    else {
      return false
    }
    if let value = call.results[0] {
      guard let output = result(value, examples: input.shape[0])?.pictures else { return false }
      add(
        .convolution(convolution(isTransposed ? .smallFromLarge : .largeFromSmall)!),
        [.place(slopes), .place(place(of: weights))], to: output)
    }
    if let value = call.results[1] {
      guard let output = result(value), output.isDense else { return false }
      let (small, large) = isTransposed ? (source, slopes) : (slopes, source)
      add(
        .convolution(convolution(.weightsGradient)!), [.place(small), .place(large)],
        to: Place(buffer: output.buffer, offset: output.offset, shape: [1, output.count], strides: [0, 1]))
    }
    if let value = call.results[2] {
      guard let output = result(value), output.isDense else { return false }
      add(.sum(Int32(CK_SUM_OVER_COLUMNS), scale: 1), [.place(slopes)], to: output)
    }
    return true
  }

  /// Pictures as a matrix of channels by all else, examples innermost: copied to such memory where they lie
  /// otherwise.
  private mutating func pictures(_ value: Recording.Value) -> Place? {
    guard value.type == .float32, value.shape.count == 4 else { return nil }
    let place = place(of: value)
    guard graph.buffers[place.buffer].constant == nil else { return nil }
    return place.pictures ?? rotated(place).pictures
  }

  /// The same elements with the first dimension innermost: copied, unless that was done before.
  private mutating func rotated(_ place: Place) -> Place {
    if let twin = twin(of: place) { return twin }
    let copy = temporary(place.shape, examples: place.shape[0])
    elementwise(CK_COPY, [.place(place)], to: copy)
    remember(copy.buffer, asTwinOf: place)
    return copy
  }
}

extension Place {
  /// Pictures [examples, channels, height, width] that lie with examples innermost, as a matrix of channels by
  /// all else; nil for others.
  fileprivate var pictures: Place? {
    guard shape.count == 4, isRotated else { return nil }
    let columns = shape[0] * shape[2] * shape[3]
    return Place(buffer: buffer, offset: offset, shape: [shape[1], columns], strides: [columns, 1])
  }
}
