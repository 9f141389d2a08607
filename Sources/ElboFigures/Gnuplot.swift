import Foundation

/// The installed gnuplot, run once a picture.
public struct Gnuplot: Sendable {
  /// The program's path.
  public let executable: String
  private let environment: [String: String]

  /// Finds gnuplot: `$ELBO_GNUPLOT` where it is set, else the first on `$PATH`.
  ///
  /// - Throws: `FigureError` where there is none.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(FigureError) {
    self.environment = environment
    if let named = environment["ELBO_GNUPLOT"], !named.isEmpty {
      guard Self.isProgram(named) else {
        throw FigureError(
          "ELBO_GNUPLOT", "\(named) is not a program that can be run",
          remedy: "unset it, or set it to gnuplot's path")
      }
      executable = named
      return
    }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    guard let found = folders.lazy.map({ $0 + "/gnuplot" }).map(String.init).first(where: Self.isProgram)
    else {
      throw FigureError(
        "gnuplot", "is not installed, and draws the charts",
        remedy: "run 'apt-get install gnuplot-nox', or set ELBO_GNUPLOT to its path")
    }
    executable = found
  }

  private static func isProgram(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
      && FileManager.default.isExecutableFile(atPath: path)
  }

  /// Draws `plot` into `path`: SVG where the name ends in `.svg`, else PNG at twice the plot's size.
  ///
  /// The file appears complete or not at all.
  /// - Throws: `FigureError` for data that do not fit together, a path that cannot be written, or what
  ///   gnuplot complained about.
  public func draw(_ plot: some Plot, to path: String) throws(FigureError) {
    let format = PictureFormat(path: path)
    var script = GnuplotScript()
    script.add(format.terminal(size: plot.size))
    PlotStyle.addDefaults(to: &script)
    try plot.addCommands(to: &script)
    try run(script, format: format, to: path)
  }

  /// Runs `script`, whose first command sets the terminal, and keeps the one page it draws.
  package func run(_ script: GnuplotScript, format: PictureFormat, to path: String) throws(FigureError) {
    var picture = try StagedFile(for: path)
    let complaints = try execute(script, output: picture.descriptor)
    let (first, last) = picture.ends(16)
    guard format.isComplete(first: first, last: last) else {
      let reason = complaints.isEmpty ? "" : ": \(complaints)"
      throw FigureError(
        executable, "did not draw a whole \(format.name)\(reason)",
        remedy: "check that it is gnuplot 5.2 or newer and that the disk is not full")
    }
    try picture.commit()
  }

  /// Runs the program and returns what it wrote to standard error, on one line.
  private func execute(_ script: GnuplotScript, output: Int32) throws(FigureError) -> String {
    // A file as standard input cannot fill up, and cannot raise SIGPIPE where the program ends early.
    let scriptPath = FileManager.default.temporaryDirectory.path + "/elbo-\(UUID().uuidString).gnuplot"
    var input = try StagedFile(for: scriptPath)
    try input.write(Data(script.text.utf8))
    try input.commit()
    defer { unlink(scriptPath) }
    guard let commands = FileHandle(forReadingAtPath: scriptPath) else {
      throw FigureError(scriptPath, "cannot be read back", remedy: "check the temporary folder")
    }

    let process = Process()
    let complaints = Pipe()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = ["--default-settings"]
    var variables = environment
    variables["LC_ALL"] = "C.UTF-8"
    process.environment = variables
    process.standardInput = commands
    process.standardOutput = FileHandle(fileDescriptor: output, closeOnDealloc: false)
    process.standardError = complaints
    do {
      try process.run()
    } catch {
      throw FigureError(executable, "cannot be run: \(error.localizedDescription)")
    }
    let bytes = (try? complaints.fileHandleForReading.readToEnd()) ?? nil
    process.waitUntilExit()
    let message = Self.summary(of: String(decoding: bytes ?? Data(), as: UTF8.self))
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      let how = process.terminationReason == .exit ? "status" : "signal"
      let what = message.isEmpty ? "" : ": \(message)"
      throw FigureError(executable, "ended with \(how) \(process.terminationStatus)\(what)")
    }
    return message
  }

  /// gnuplot repeats the offending line with a caret below it: only the sentences are worth a person's time.
  private static func summary(of complaints: String) -> String {
    let lines = complaints.split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty && $0 != "^" }
    let sentences = lines.filter { $0.hasPrefix("line ") || $0.hasPrefix("\"") }
    return String((sentences.isEmpty ? lines : sentences).joined(separator: " ").prefix(400))
  }
}
