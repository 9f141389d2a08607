import Foundation
import Testing

/// Disks that are full.
@Suite(.timeLimit(.minutes(5))) struct DiskTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @discardableResult
  private static func system(_ arguments: String...) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  /// Whether this process may mount a file system of its own.
  private static let mayMount: Bool = {
    guard getuid() == 0, let scratch = try? Scratch() else { return false }
    defer { system("umount", scratch.path) }
    return system("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", scratch.path)
  }()

  @Test(.enabled(if: mayMount, "only root can mount a small disk")) func aFullDiskIsSaid() async throws {
    try await scratch.trainDigits("run")
    let disk = scratch.file("disk")
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
    try #require(Self.system("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk))
    defer { Self.system("umount", disk) }
    let full = "no space left on device; free some space"
    try await scratch.elbo("sample", "run", "-n", "2000", "-o", "disk/x.npy").expectFailure(
      1, "disk/x.npy", full)
    let picture = try await scratch.elbo("sample", "run", "-n", "2000", "--sample", "-o", "disk/x.png")
    picture.expectFailure(1, "disk/x.png", "o space left on device")
    #expect(try scratch.names("disk").isEmpty)
    let arguments = ["train", "vae-mnist", "--quiet", "--out", "disk/run"] + Tiny.digits
    try await scratch.elbo.run(arguments + ["--set", "encoder.hidden=[500]"]).expectFailure(
      1, "disk/run", full)
    #expect(try scratch.names("disk/run/checkpoints").allSatisfy { !$0.hasSuffix("tmp") })
  }

  @Test(.enabled(if: access("/dev/full", W_OK) == 0, "there is no /dev/full"))
  func resultsThatCannotBePrinted() async throws {
    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(fileURLWithPath: scratch.elbo.executable)
    process.arguments = ["presets"]
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    process.standardError = errors
    try process.run()
    let text = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    #expect(text.hasPrefix("elbo: ") && text.contains("no space left on device"), "\(text)")
  }
}
