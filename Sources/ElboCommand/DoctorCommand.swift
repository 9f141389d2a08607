import ArgumentParser
import Elbo
import ElboData
import ElboFigures
import Foundation
import Torch

/// `elbo doctor`
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Show what this machine offers: versions, cores, GPU, data sets.",
    discussion: """
      elbo doctor
      elbo doctor --json
      """)
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    Engine.prepare()
    let examination = Examination()
    if json { return try printJSON(examination) }
    for (name, value) in examination.lines {
      print(name.padding(toLength: 20, withPad: " ", startingAt: 0) + value)
    }
  }
}

/// What there is on this machine.
struct Examination: Encodable {
  let elbo = elboVersion
  let libtorch = Engine.version
  let swift = compiler
  let system = Examination.operatingSystem
  let processor = Examination.firstLine("/proc/cpuinfo", after: "model name") ?? "unknown"
  let cores = ProcessInfo.processInfo.activeProcessorCount
  let memoryBytes = ProcessInfo.processInfo.physicalMemory
  let threads = Engine.threadCount
  let kernels = Engine.instructionSet
  let instructionSets = Examination.instructionSets
  let cudaDevices = Device.cudaDeviceCount
  let gnuplot = (try? Gnuplot().executable) ?? "not found: apt-get install gnuplot-nox"
  let dataSets = DataCatalogue().entries

  var lines: [(String, String)] {
    [
      ("elbo", elbo), ("libtorch", libtorch), ("swift", swift), ("system", system), ("processor", processor),
      ("cores", String(cores)), ("memory", String(format: "%.1f GiB", Double(memoryBytes) / 1_073_741_824)),
      ("threads", String(threads)), ("libtorch kernels", kernels),
      ("instruction sets", instructionSets.isEmpty ? "unknown" : instructionSets.joined(separator: " ")),
      ("gpu", cudaDevices == 0 ? "none that this libtorch can use" : "\(cudaDevices) CUDA device(s)"),
      ("gnuplot", gnuplot),
    ]
      + dataSets.map {
        ("data: " + $0.name, $0.isBuiltIn ? "built in" : $0.folder ?? "not found: " + $0.remedy)
      }
  }

  private static let compiler: String = {
    #if compiler(>=6.4)
      "6.4 or newer"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }()

  private static var operatingSystem: String {
    firstLine("/etc/os-release", after: "PRETTY_NAME")?.trimmingCharacters(in: ["\""])
      ?? ProcessInfo.processInfo.operatingSystemVersionString
  }

  /// Those that decide how fast matrix products are.
  private static var instructionSets: [String] {
    let known = ["avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_tile", "amx_bf16", "amx_int8"]
    let flags = Set((firstLine("/proc/cpuinfo", after: "flags") ?? "").split(separator: " ").map(String.init))
    return known.filter(flags.contains)
  }

  /// The value of the first line of a file that starts with a key.
  private static func firstLine(_ path: String, after key: String) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) }),
      let separator = line.firstIndex(where: { $0 == ":" || $0 == "=" })
    else { return nil }
    return line[line.index(after: separator)...].trimmingCharacters(in: .whitespaces)
  }
}
