import Testing
import Torch

@Suite struct TensorTests {
  @Test func valuesComeBackAsTheyWentIn() {
    #expect(Tensor([1.5, -2, 3] as [Float], shape: [3]).values(as: Float.self) == [1.5, -2, 3])
    #expect(Tensor([1.0 / 3] as [Double], shape: []).values(as: Double.self) == [1.0 / 3])
    #expect(Tensor([Int64.min, .max], shape: [1, 2]).values(as: Int64.self) == [.min, .max])
    #expect(Tensor([Int32.min, .max], shape: [2, 1]).values(as: Int32.self) == [.min, .max])
    #expect(Tensor([0, 255] as [UInt8], shape: [2]).values(as: UInt8.self) == [0, 255])
    #expect(Tensor([] as [Float], shape: [0, 4]).values(as: Float.self) == [])
  }

  @Test func valuesOfViewsAreInRowMajorOrder() {
    let matrix = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    #expect(matrix.transposed().values(as: Float.self) == [1, 4, 2, 5, 3, 6])
    #expect(matrix.narrowed(1, from: 1, length: 2).values(as: Float.self) == [2, 3, 5, 6])
  }

  @Test func describesItsShape() {
    let block = Tensor.zeros([2, 3, 4], type: .float64)
    #expect(block.shape == [2, 3, 4] && block.rank == 3 && block.count == 24)
    #expect(block.size(0) == 2 && block.size(-1) == 4)
    #expect(block.elementType == .float64 && block.device == .cpu)
    #expect(block.description == "Tensor(float64, [2, 3, 4])")
    #expect(Tensor(2).description == "Tensor(float32, [], [2.0])")
  }

  @Test(arguments: ElementType.allCases)
  func convertsToEachType(type: ElementType) {
    let ones = Tensor([1, 0, 1] as [Float], shape: [3]).converted(to: type)
    #expect(ones.elementType == type)
    #expect(numbers(ones) == [1, 0, 1])
    #expect(bytes(ones).count == 3 * type.byteCount)
  }

  @Test func creates() {
    #expect(numbers(.full(7, shape: [2])) == [7, 7])
    #expect(numbers(.ones([1, 2], type: .int64)) == [1, 1])
    #expect(numbers(.range(from: 1, to: 2, by: 0.25)) == [1, 1.25, 1.5, 1.75])
    #expect(numbers(.identity(2)) == [1, 0, 0, 1])
    let like = Tensor.zeros(like: .ones([2, 1], type: .float64))
    #expect(like.shape == [2, 1] && like.elementType == .float64 && numbers(like) == [0, 0])
  }

  @Test func compares() {
    let x = Tensor([-1, 0, 1] as [Float], shape: [3])
    let y = Tensor([0, 0, 0] as [Float], shape: [3])
    #expect(numbers(x.isGreater(than: 0)) == [0, 0, 1])
    #expect(numbers(x.isAtLeast(0)) == [0, 1, 1])
    #expect(numbers(x.isLess(than: 0)) == [1, 0, 0])
    #expect(numbers(x.isAtMost(0)) == [1, 1, 0])
    #expect(numbers(x.isEqual(to: y)) == [0, 1, 0])
    #expect(numbers(x.isLess(than: y)) == [1, 0, 0])
    #expect(numbers(x.isLess(than: y).logicalNot()) == [0, 1, 1])
    #expect(numbers(x.isAtLeast(0).logicalAnd(x.isAtMost(0))) == [0, 1, 0])
    #expect(numbers(x.argMax(over: 0)) == [2])
    #expect(numbers(Tensor([2, 0] as [Int64], shape: [2]).oneHot(classes: 3)) == [0, 0, 1, 1, 0, 0])
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func findsWhatIsNotFinite(bad: Float) {
    #expect(Tensor([1, -1] as [Float], shape: [2]).allFinite)
    #expect(!Tensor([1, bad] as [Float], shape: [2]).allFinite)
  }

  @Test func writesInPlaceThroughViewsOnly() {
    let base = Tensor.zeros([2, 2])
    let row = base.selected(0, at: 1)
    let copy = base.cloned()
    row.fill(3)
    row.add(inPlace: Tensor.ones([2]), scale: 2)
    row.multiply(inPlace: 10)
    #expect(numbers(base) == [0, 0, 50, 50])
    #expect(numbers(copy) == [0, 0, 0, 0])
    base.copy(from: Tensor([1, 2] as [Int64], shape: [2]))
    #expect(numbers(base) == [1, 2, 1, 2])
  }

  @Test func addingGivesANewTensor() {
    var sum = Tensor(1)
    let before = sum
    sum += Tensor(2)
    #expect(sum.item() == 3 && before.item() == 1)
    #expect(before.isIdentical(to: before) && !before.isIdentical(to: before.cloned()))
  }
}
