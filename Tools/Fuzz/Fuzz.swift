import Elbo
import ElboData
import Foundation
import Torch

private let reader = ProcessInfo.processInfo.environment["ELBO_FUZZ"] ?? "yaml"
private let place =
  "/dev/shm/elbo-fuzz-\(ProcessInfo.processInfo.processIdentifier)"
  + (["yaml": ".yaml", "image": ".png"][reader] ?? "")

/// libFuzzer's driver.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>, _ words: UnsafeMutableRawPointer,
  _ input: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

/// The program: the package manager takes a module's function of this name for `main`, over libFuzzer's own.
@_cdecl("fuzz_readers_main")
public func run(_ count: CInt, _ words: UnsafeMutableRawPointer) -> CInt {
  var (count, words) = (count, words)
  return runDriver(&count, &words, fuzz)
}

/// libFuzzer's entry: the reader that ELBO_FUZZ names is given a file. It may throw what a person can act on, and
/// nothing else. Tools/fuzz.sh builds and runs this.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let file = open(place, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  precondition(file >= 0 && write(file, bytes, count) == count, "\(place) cannot be written")
  close(file)
  do {
    switch reader {
    case "idx":
      _ = try? IDX.labels(at: place)
      _ = try IDX.images(at: place)
    case "npy": _ = try NPY(contentsOf: place)
    case "safetensors": _ = try Safetensors(contentsOf: URL(filePath: place))
    case "yaml": _ = try ConfigurationLoader.load(place)
    case "csv": _ = try CSV(contentsOf: place, label: "kind")
    case "npz": _ = try NPZ.array(of: place)
    case "image": _ = try ImageTable(path: place, size: 8, range: .unit, budget: 0).values([0])
    default: fatalError("ELBO_FUZZ is no reader's name")
    }
  } catch let error as any DiagnosedError {
    precondition(!error.description.contains("\n"), "more than one line")
  } catch {
    fatalError("\(error)")
  }
  return 0
}
