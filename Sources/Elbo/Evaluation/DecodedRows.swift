import Torch

extension LatentVariableModel {
  /// Gives examples for many z to a closure, by batches of at most 500, in order and without gradients.
  ///
  /// - Parameters:
  ///   - z: [n, latentDimension].
  ///   - labels: int64 [n], for a decoder that is told the class.
  ///   - draws: nil for E[x|z]; the generator of a draw from p(x|z).
  ///   - body: takes a batch of examples, [rows, features].
  package func forEachDecoded(
    _ z: Tensor, labels: Tensor?, drawing draws: Generator? = nil, _ body: (Tensor) -> Void
  ) {
    let (count, size) = (z.size(0), 500)
    // Codes are passed on as a batch, which has labels too.
    let passes = ReplayedPasses(of: self, (count + size - 1) / size, on: z.device, using: draws) { codes in
      let x =
        draws.map { decodeSample(codes.x, labels: codes.labels, using: $0) }
        ?? decodeMean(codes.x, labels: codes.labels)
      return [x]
    }
    withoutGradients {
      for start in stride(from: 0, to: count, by: size) {
        let part = Batch(z, labels: labels).narrowed(from: start, length: min(size, count - start))
        passes.of(part) { pass in body(pass()[0]) }
      }
    }
  }

  /// Examples for many z, as `forEachDecoded` gives them: [n, features].
  ///
  /// - Parameter told: is told how many are done.
  package func decode(
    _ z: Tensor, labels: Tensor?, drawing draws: Generator? = nil, told: (Int) -> Void = { _ in }
  ) -> Tensor {
    var (parts, done) = ([Tensor](), 0)
    forEachDecoded(z, labels: labels, drawing: draws) { x in
      parts.append(x)
      done += x.size(0)
      told(done)
    }
    return Tensor.concatenate(parts, over: 0)
  }
}
