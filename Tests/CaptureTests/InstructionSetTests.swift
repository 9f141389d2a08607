import CKernels
import Foundation
import Synchronization
import Testing

/// The instruction set that a thread's calls run.
@Suite struct InstructionSetTests {
  @Test func aThreadsChoiceIsItsOwn() {
    let own = String(cString: ck_instruction_set())
    guard own != "portable", ck_use_instruction_set("portable") else { return }
    defer { _ = ck_use_instruction_set(own) }
    #expect(String(cString: ck_instruction_set()) == "portable")
    let elsewhere = Mutex("")
    let done = DispatchSemaphore(value: 0)
    Thread {
      elsewhere.withLock { $0 = String(cString: ck_instruction_set()) }
      done.signal()
    }.start()
    done.wait()
    #expect(elsewhere.withLock { $0 } == own)
  }

  @Test func anUnknownSetIsRefused() {
    #expect(!ck_use_instruction_set("sse9"))
  }
}
