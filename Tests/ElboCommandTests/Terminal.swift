import Foundation
import Testing

/// A pseudo-terminal, whose screen is what was written to it.
final class Terminal {
  /// The side that a program writes to and reads from.
  let handle: FileHandle
  private let main: Int32

  init(columns: UInt16) throws {
    main = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(main >= 0)
    // What posix_openpt and its kin come down to on Linux; their header is not in Swift's module of the C
    // library.
    let (unlock, number) = (UInt(0x4004_5431), UInt(0x8004_5430))
    var locked: Int32 = 0
    var terminal: Int32 = 0
    let isOpen = ioctl(main, unlock, &locked) == 0 && ioctl(main, number, &terminal) == 0
    try #require(isOpen)
    let side = open("/dev/pts/\(terminal)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(side >= 0)
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    let isSized = ioctl(side, UInt(TIOCSWINSZ), &size) == 0
    try #require(isSized)
    handle = FileHandle(fileDescriptor: side, closeOnDealloc: true)
  }

  deinit { close(main) }

  /// Types as a person does.
  func type(_ text: String) throws {
    let count = write(main, text, text.utf8.count)
    try #require(count == text.utf8.count)
  }

  /// What was written until all writers were done. Call once the program runs.
  func contents() -> String {
    try? handle.close()
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(main, &chunk, chunk.count)
      if count <= 0 { return String(decoding: all, as: UTF8.self) }
      all += chunk[..<count]
    }
  }
}
