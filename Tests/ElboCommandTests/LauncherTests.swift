import Foundation
import Testing

/// `elbo` where libtorch or the engine is not: a copy of the programs that looks for libtorch in a folder
/// that does not exist.
@Suite(.timeLimit(.minutes(5))) struct LauncherTests {
  let scratch: Scratch
  let libtorch: String
  var elbo: Program

  init() throws {
    scratch = try Scratch()
    let chosen = ProcessInfo.processInfo.environment["LIBTORCH"] ?? ""
    libtorch = chosen.isEmpty ? Program.package + "/.libtorch" : chosen
    elbo = scratch.elbo
    elbo.executable = scratch.file("elbo")
    for name in ["elbo", "elbo-engine"] {
      var data = try Data(contentsOf: URL(fileURLWithPath: Program.buildFolder + "/" + name))
      let path = Data((libtorch + "/lib").utf8)
      let place = try #require(data.range(of: path), "\(name) does not look in \(libtorch)/lib")
      data.replaceSubrange(place, with: Data((libtorch + "/xyz").utf8))
      try data.write(to: URL(fileURLWithPath: scratch.file(name)))
      try #require(chmod(scratch.file(name), 0o755) == 0)
    }
    elbo.environment["LD_LIBRARY_PATH"] = ""
  }

  @Test(arguments: ["--version", "doctor", "train"]) func libtorchIsMissing(_ argument: String) async throws {
    try await elbo(argument).expectFailure(
      1, "\(libtorch)/xyz", "libtorch is not there (libtorch.so)", "make setup", "LIBTORCH")
  }

  @Test func libtorchIsHalfThere() async throws {
    var elbo = elbo
    elbo.environment["LIBTORCH"] = scratch.file("torch")
    for name in ["libtorch.so", "libtorch_cpu.so"] { try scratch.write("", to: "torch/lib/" + name) }
    try await elbo("--version").expectFailure(1, "libtorch is not there", "make setup")
  }

  @Test(arguments: ["LD_LIBRARY_PATH", "LIBTORCH"]) func libtorchIsElsewhere(_ variable: String) async throws
  {
    var elbo = elbo
    elbo.environment[variable] = variable == "LIBTORCH" ? libtorch : "/nowhere:\(libtorch)/lib"
    try await elbo("doctor", "--json").expectSuccess()
  }

  @Test func theEngineIsMissing() async throws {
    try FileManager.default.removeItem(atPath: scratch.file("elbo-engine"))
    try await elbo("--version").expectFailure(1, scratch.file("elbo-engine"), "not there", "make build")
  }

  @Test func theEngineCannotBeRun() async throws {
    var elbo = elbo
    elbo.environment["LIBTORCH"] = libtorch
    try scratch.write("not a program", to: "elbo-engine")
    try await elbo("--version").expectFailure(1, scratch.file("elbo-engine"), "make build")
  }

  /// A link elsewhere, as in ~/bin, finds the engine beside the program it points to.
  @Test func aLinkWillDo() async throws {
    let link = scratch.file("link")
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: Program.buildFolder + "/elbo")
    var elbo = scratch.elbo
    elbo.executable = link
    try await elbo("--version").expectSuccess()
  }

  @Test func argumentsPassUnchanged() async throws {
    let odd = "a b\"c$d'é\n*"
    let outcome = try await scratch.elbo("presets", odd)
    // Errors escape line breaks.
    let said = odd.replacingOccurrences(of: "\n", with: "\\n")
    #expect(outcome.status == 2 && outcome.errors.contains("unknown preset '\(said)'"))
  }
}
