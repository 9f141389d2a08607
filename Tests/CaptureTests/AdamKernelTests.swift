import CKernels
import ElboData
import Foundation
import Testing

/// Adam's update as a kernel, against the same in double precision.
@Suite(.serialized) struct AdamKernelTests {
  static let sets = ["avx512", "avx2", "portable"]

  struct State {
    var value: [Float], first: [Float], second: [Float]
  }

  /// What one update makes of a parameter that has had 6.
  func moved(_ start: State, by gradient: [Float], rate: Double, epsilon: Double) -> State {
    var state = start
    var adam = ck_adam(rate: rate, beta1: 0.9, beta2: 0.999, epsilon: epsilon, weight_decay: 0)
    var updates: Float = 6
    state.value.withUnsafeMutableBufferPointer { value in
      state.first.withUnsafeMutableBufferPointer { first in
        state.second.withUnsafeMutableBufferPointer { second in
          gradient.withUnsafeBufferPointer { gradient in
            withUnsafeMutablePointer(to: &updates) { updates in
              var parameter = ck_adam_parameter(
                value: value.baseAddress!, first: first.baseAddress!, second: second.baseAddress!,
                gradient: gradient.baseAddress!, updates: updates, count: Int64(gradient.count), rounded: nil)
              ck_run_adam(&adam, &parameter, 1)
            }
          }
        }
      }
    }
    #expect(updates == 7)
    return state
  }

  func withSet(_ set: String, _ body: () throws -> Void) rethrows {
    let own = String(cString: ck_instruction_set())
    guard ck_use_instruction_set(set) else { return }
    defer { _ = ck_use_instruction_set(own) }
    try body()
  }

  /// Lengths with and without a rest of a vector or of a few; moments of all sizes that squares of floats have.
  @Test(arguments: sets, [1, 16, 64, 83, 128, 8300])
  func updatesAreThoseOfDoublePrecision(_ set: String, _ count: Int) {
    withSet(set) {
      var random = SplitMix64(seed: 3)
      func power(_ range: ClosedRange<Float>) -> Float {
        (Bool.random(using: &random) ? 1 : -1) * pow(10, Float.random(in: range, using: &random))
      }
      for (rate, epsilon, sizes) in [
        (0.002, 1e-8, Float(-12)...12), (1e6, 1e-3, -2...2), (1e-9, 0, -12...12),
      ] {
        // What a value was hides nothing of what it moved by.
        let start = State(
          value: [Float](repeating: 0, count: count), first: (0..<count).map { _ in power(sizes) },
          second: (0..<count).map { _ in
            let root = power(sizes)
            return root * root
          })
        let gradient = (0..<count).map { _ in power(sizes) }
        let end = moved(start, by: gradient, rate: rate, epsilon: epsilon)
        for i in 0..<count {
          let g = Double(gradient[i])
          let first = 0.9 * Double(start.first[i]) + 0.1 * g
          let second = 0.999 * Double(start.second[i]) + 0.001 * g * g
          // By the moments as they were rounded: what the first one loses to a difference is not the step's error.
          let root = Double(end.second[i]).squareRoot() / (1 - pow(0.999, 7)).squareRoot()
          let value = -rate / (1 - pow(0.9, 7)) * Double(end.first[i]) / (root + epsilon)
          #expect(abs(Double(end.first[i]) - first) <= 2e-7 * max(abs(Double(start.first[i])), abs(g)))
          #expect(abs(Double(end.second[i]) - second) <= 3e-7 * second)
          #expect(abs(Double(end.value[i]) - value) <= 4e-7 * abs(value), "\(epsilon) \(i)")
        }
      }
    }
  }

  /// A schedule may end at a rate of 0: moments go on, values stay, to the bit. So they do at a rate that is 0 as a float.
  @Test(arguments: sets, [0, 1e-60]) func aRateOfNothingMovesNothing(_ set: String, _ rate: Double) {
    withSet(set) {
      let values: [Float] = [0, 1, -3e-30, 5e20, -7]
      let start = State(
        value: (0..<83).map { values[$0 % 5] }, first: [Float](repeating: 0.5, count: 83),
        second: (0..<83).map { $0 % 3 == 0 ? 0 : 0.25 })
      for epsilon in [1e-8, 0] {
        let end = moved(start, by: [Float](repeating: 1, count: 83), rate: rate, epsilon: epsilon)
        #expect(end.value.map(\.bitPattern) == start.value.map(\.bitPattern))
        #expect(end.first.allSatisfy { abs($0 - 0.55) < 1e-6 })
      }
    }
  }

  /// No gradient yet, and gradients whose squares are no floats.
  @Test(arguments: sets) func theSmallestAndTheLargestGradientsLeaveNumbers(_ set: String) {
    withSet(set) {
      let none = [Float](repeating: 0, count: 40)
      let still = moved(State(value: none, first: none, second: none), by: none, rate: 0.01, epsilon: 1e-8)
      #expect(still.value == none && still.first == none && still.second == none)
      let large = [Float](repeating: 1e30, count: 40)
      let end = moved(State(value: none, first: none, second: none), by: large, rate: 0.01, epsilon: 1e-8)
      #expect(end.value.allSatisfy { $0 < 0 && $0.isFinite } && end.second.allSatisfy(\.isFinite))
    }
  }
}
