/// Places buffers in one piece of memory, so that those that are needed at the same time do not overlap.
struct Arena {
  /// Each buffer's first byte.
  private(set) var offsets: [Int: Int] = [:]
  /// The bytes that are needed.
  private(set) var byteCount = 0

  /// A buffer and the first and last place in the order that uses it.
  struct Life {
    var buffer: Int
    var byteCount: Int
    var span: ClosedRange<Int>
  }

  /// Places the largest first, each where the first gap is.
  init(_ lives: [Life]) {
    var placed: [(life: Life, bytes: Range<Int>)] = []
    for life in lives.sorted(by: { ($0.byteCount, $1.buffer) > ($1.byteCount, $0.buffer) }) {
      let size = (life.byteCount + 127) / 64 * 64
      let others = placed.filter { $0.life.span.overlaps(life.span) }.map(\.bytes)
        .sorted { $0.lowerBound < $1.lowerBound }
      var start = 0
      for other in others {
        if start + size <= other.lowerBound { break }
        start = max(start, other.upperBound)
      }
      placed.append((life, start..<(start + size)))
      offsets[life.buffer] = start
      byteCount = max(byteCount, start + size)
    }
  }
}
