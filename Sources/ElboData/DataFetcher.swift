import Crypto
import Foundation

/// Fetches the files of a published set into a folder: what `elbo data fetch NAME` does.
///
/// A file is written as `NAME.gz.part`, checked, and only then renamed to `NAME.gz`; an interrupted fetch
/// goes on from its `.part` file. Each mirror is tried in turn. Files that are there and right are left
/// alone.
public struct DataFetcher: Sendable {
  /// Called as bytes come in: the file's name, how many bytes there are, and how many there will be if known.
  public typealias Progress = @Sendable (_ file: String, _ received: Int, _ total: Int?) -> Void

  /// The set's name.
  public let name: String
  /// The folder that the files go to.
  public let folder: String
  /// The addresses tried in turn, each a folder's.
  public let mirrors: [URL]

  private let files: [IDXSet.File]
  private let remedy: String
  private let timeout: Double

  private static let triesPerMirror = 5

  /// A fetch of `set` into `folder`.
  ///
  /// `$ELBO_MIRROR`, addresses with spaces or commas between them, stands in for the public mirrors; the
  /// files of a set are then looked for under `ADDRESS/NAME/`.
  ///
  /// Throws: `unknownName` where `$ELBO_MIRROR` is not made of http or https addresses.
  public init(
    _ set: IDXSet, into folder: String,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(DataError) {
    let own = (environment["ELBO_MIRROR"] ?? "").split { $0 == " " || $0 == "," || $0 == "\n" }
    let addresses = own.isEmpty ? set.mirrors : own.map { "\($0)/\(set.rawValue)/" }
    try self.init(
      name: set.rawValue, files: set.files, mirrors: addresses, folder: folder,
      remedy: set.debian.map { "or 'apt-get install \($0.package)'" })
  }

  package init(
    name: String, files: [IDXSet.File], mirrors: [String], folder: String, remedy: String? = nil,
    timeout: Double = 30
  ) throws(DataError) {
    var urls: [URL] = []
    for address in mirrors {
      guard let url = URL(string: address), ["http", "https"].contains(url.scheme), url.host != nil else {
        throw DataError(
          .unknownName, at: "ELBO_MIRROR", "'\(address)' is no http or https address",
          remedy: "give an address such as http://host/path")
      }
      urls.append(url)
    }
    self.name = name
    self.files = files
    self.mirrors = urls
    self.folder = folder
    self.timeout = timeout
    self.remedy = ["check the network or set ELBO_MIRROR", remedy].compactMap { $0 }.joined(separator: ", ")
  }

  /// Fetches what is missing and returns the paths of all files.
  ///
  /// Throws: `unwritable` where the folder or disk does not take the files, `network` with every mirror's
  /// reason where none gives the right file, `corrupt` where another file is in the way, `cancelled`.
  @discardableResult
  public func fetch(progress: @escaping Progress = { _, _, _ in }) async throws(DataError) -> [String] {
    do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
      throw DataError(
        .unwritable, at: folder, "the folder cannot be made (\(reason(of: error)))",
        remedy: "set ELBO_DATA to a folder that you may write to")
    }
    var paths: [String] = []
    for file in files { paths.append(try await fetch(file, progress: progress)) }
    return paths
  }

  private func fetch(_ file: IDXSet.File, progress: @escaping Progress) async throws(DataError) -> String {
    let plain = folder + "/" + file.name
    let packed = plain + ".gz"
    if FileManager.default.fileExists(atPath: plain) {
      guard let problem = mismatch(of: plain, with: file) else { return plain }
      // Readers take the plain file first, so a right packed one beside it would not help.
      throw DataError(
        .corrupt, at: plain, "this is not \(name)'s file (\(problem))", remedy: "move it away and run again")
    }
    if FileManager.default.fileExists(atPath: packed), mismatch(of: packed, with: file) == nil {
      return packed
    }

    let part = packed + ".part"
    var problems: [String] = []
    for mirror in mirrors {
      let url = mirror.appendingPathComponent(file.name + ".gz")
      if let problem = try await fetch(file, from: url, into: part, progress: progress) {
        problems.append("\(url.absoluteString): \(problem)")
        continue
      }
      guard rename(part, packed) == 0 else { throw unwritable(packed, errno) }
      return packed
    }
    throw DataError(
      .network, at: "\(name)/\(file.name).gz",
      "no mirror gave this file (\(problems.joined(separator: "; ")))",
      remedy: remedy)
  }

  /// Fetches from one mirror until the file is right, or gives the reason why the mirror will not do.
  private func fetch(
    _ file: IDXSet.File, from url: URL, into part: String, progress: @escaping Progress
  ) async throws(DataError) -> String? {
    var problem = "the transfer kept breaking off"
    for _ in 0..<Self.triesPerMirror {
      let sizeBefore = size(of: part)
      let download = HTTPDownload(
        url: url, path: part, limit: file.size + file.size / 64 + 1 << 16, timeout: timeout,
        progress: { progress(file.name + ".gz", $0, $1) })
      switch await download.run() {
      case .complete:
        guard let found = mismatch(of: part, with: file) else { return nil }
        unlink(part)
        // The first bytes may have been another mirror's, packed differently: once more from the start.
        if sizeBefore == 0 { return found }
        problem = found
      case .notResumable:
        unlink(part)
        if sizeBefore == 0 { return "the server answers with a part that was not asked for" }
      case .tooLarge:
        unlink(part)
        if sizeBefore == 0 { return "it sends more than the file can have" }
        problem = "it sends more than the file can have"
      case .failed(let error):
        if size(of: part) == 0 { unlink(part) }
        if error.kind != .network { throw error }
        problem = error.problem
        // What came in is worth going on from; a mirror that gives nothing is not.
        if size(of: part) <= sizeBefore { return problem }
      }
    }
    return problem
  }

  private func size(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// How the file at `path`, unpacked, differs from what `file` should be, or nil where it is right.
  private func mismatch(of path: String, with file: IDXSet.File) -> String? {
    do throws(DataError) {
      let source = try ByteSource(path: path)
      var hash = SHA256()
      var chunk = [UInt8](repeating: 0, count: 1 << 18)
      var total = 0
      while true {
        let size = try source.read(into: &chunk, limit: chunk.count)
        if size == 0 { break }
        total += size
        if total > file.size { return "it holds more than \(file.size) bytes" }
        chunk.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<size])) }
      }
      let sum = hash.finalize().hexadecimal
      return sum == file.sha256
        ? nil : "its SHA-256 is \(sum.prefix(12))..., not \(file.sha256.prefix(12))..."
    } catch {
      return error.problem
    }
  }

  private func reason(of error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    guard let underlying, underlying.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
    return systemMessage(Int32(underlying.code))
  }
}
