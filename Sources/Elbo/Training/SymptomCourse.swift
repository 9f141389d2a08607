/// How long a symptom has been there, or has been away, over the logged steps.
package struct SymptomCourse: Equatable {
  /// A symptom counts once it has been there for this many readings in a row, so that no single batch decides,
  /// and over this many steps, so that the first steps do not where each of them is logged.
  package static let readings = 5
  package static let steps = 1000

  private var isThere = false
  private var count = 0
  private var since = 0
  private var isTold = false

  /// Takes note of one reading.
  ///
  /// - Returns: whether the symptom is to be told of: it has lasted, and was not told of since it last was
  ///   away for as long.
  package mutating func note(_ isThere: Bool, at step: Int) -> Bool {
    if isThere != self.isThere || count == 0 {
      self.isThere = isThere
      count = 0
      since = step
    }
    count += 1
    guard count >= Self.readings, step - since >= Self.steps else { return false }
    defer { isTold = isThere }
    return isThere && !isTold
  }

  /// The course as numbers, for a checkpoint.
  var numbers: [Int] { [isThere ? 1 : 0, count, since, isTold ? 1 : 0] }

  package init() {}

  /// The course that `numbers` describe.
  init(_ numbers: [Int]) {
    (isThere, count, since, isTold) = (numbers[0] != 0, numbers[1], numbers[2], numbers[3] != 0)
  }
}
