import CKernels
import Capture
import Testing
import Torch

/// Rows of tables, against libtorch.
@Suite(.serialized) struct GatheringTests {
  /// Every byte, in rows of odd and even widths, as libtorch scales it: the same bits.
  @Test(arguments: ["avx512", "avx2", "portable"], [1, 15, 16, 51, 64, 85])
  func pixelsAreScaledAsLibtorchDoes(_ set: String, _ width: Int) {
    let own = String(cString: ck_instruction_set())
    guard ck_use_instruction_set(set) else { return }
    defer { _ = ck_use_instruction_set(own) }
    let count = (256 + width - 1) / width
    let table = Tensor((0..<count * width).map { UInt8(truncatingIfNeeded: $0) }, shape: [count, width])
    let rows = (0..<3 * count).map { Int64($0 * 7 % count) }
    let unit = table.converted(to: .float32)
    unit.multiply(inPlace: 1 / 255)
    for (range, numbers) in [(0.0...1.0, unit), (-1.0...1.0, unit * 2 - 1)] {
      let whole = Tensor.pixels(table, in: range)
      #expect(whole.values(as: Float.self) == numbers.values(as: Float.self))
      // What lies behind the last row stays.
      let room = Tensor.full(7, shape: [rows.count + 1, width])
      room.narrowed(0, from: 0, length: rows.count).gather(rows, ofPixels: table, in: range)
      let places = Tensor(rows, shape: [rows.count])
      #expect(
        room.values(as: Float.self)
          == numbers.gathered(places).values(as: Float.self) + [Float](repeating: 7, count: width))
      let copies = Tensor.full(7, shape: [rows.count + 1, width])
      copies.narrowed(0, from: 0, length: rows.count).gather(rows, of: numbers)
      #expect(copies.values(as: Float.self) == room.values(as: Float.self))
    }
  }
}
