import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// One HTTP transfer into a file, which goes on from the bytes that the file already has where the server
/// can.
///
/// The file is written as bytes come in, and stays when the transfer fails, so that the next one can go on.
struct HTTPDownload: Sendable {
  /// How a transfer ended.
  enum Outcome: Sendable, Equatable {
    /// The server sent everything.
    case complete
    /// The server cannot go on from where the file ends; it has to be fetched from its start.
    case notResumable
    /// The server sends more than the limit, so what came in is not the file.
    case tooLarge
    /// What went wrong.
    case failed(DataError)
  }

  /// What to fetch.
  let url: URL
  /// Where to put it.
  let path: String
  /// The length at which the transfer is stopped, in bytes.
  let limit: Int
  /// How long the server may be silent, in seconds.
  let timeout: Double
  /// Called with the bytes the file has and, where known, will have.
  let progress: @Sendable (Int, Int?) -> Void

  /// Runs the transfer.
  func run() async -> Outcome {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return .failed(unwritable(path, errno)) }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      return .failed(
        DataError(
          .unwritable, at: path, "another fetch is writing this file", remedy: "wait for it, or end it"))
    }
    // A process that another thread is starting holds a copy of the descriptor for a moment, and with it a lock that
    // only closing would let go.
    defer { flock(descriptor, LOCK_UN) }
    let offset = Int(max(lseek(descriptor, 0, SEEK_END), 0))
    var request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: timeout)
    // Lengths and offsets are those of the file itself only where the server packs nothing on the way.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if offset > 0 { request.setValue("bytes=\(offset)-", forHTTPHeaderField: "Range") }

    let receiver = Receiver(descriptor: descriptor, offset: offset, download: self)
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = 1
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = timeout
    let session = URLSession(configuration: configuration, delegate: receiver, delegateQueue: queue)
    defer { session.finishTasksAndInvalidate() }
    let task = session.dataTask(with: request)
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        receiver.start(continuation)
        task.resume()
      }
    } onCancel: {
      task.cancel()
    }
    if Task.isCancelled {
      return .failed(
        DataError(.cancelled, at: url.absoluteString, "cancelled", remedy: "run it again to go on"))
    }
    if outcome == .complete, fsync(descriptor) != 0, errno != EINVAL {
      return .failed(unwritable(path, errno))
    }
    return outcome
  }
}

/// That `path` cannot be written, for the reason the system gives.
func unwritable(_ path: String, _ code: Int32) -> DataError {
  let remedy =
    code == ENOSPC || code == EDQUOT
    ? "free some space and run it again to go on" : "set ELBO_DATA to a folder that you may write to"
  return DataError(.unwritable, at: path, systemMessage(code), remedy: remedy)
}

/// Takes a transfer's answer and bytes as they come, on the session's one queue.
private final class Receiver: NSObject, URLSessionDataDelegate {
  private struct State {
    /// The length of the file.
    var received: Int
    var total: Int?
    var outcome: HTTPDownload.Outcome?
    var continuation: CheckedContinuation<HTTPDownload.Outcome, Never>?
  }

  private let descriptor: Int32
  private let offset: Int
  private let download: HTTPDownload
  private let state: Mutex<State>

  init(descriptor: Int32, offset: Int, download: HTTPDownload) {
    self.descriptor = descriptor
    self.offset = offset
    self.download = download
    state = Mutex(State(received: offset))
  }

  func start(_ continuation: CheckedContinuation<HTTPDownload.Outcome, Never>) {
    state.withLock { $0.continuation = continuation }
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    let outcome = state.withLock { state in
      state.outcome = judge(response, &state)
      return state.outcome
    }
    completionHandler(outcome == nil ? .allow : .cancel)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let (received, total, isStopped) = state.withLock { state in
      if state.outcome == nil { state.outcome = append(data, &state) }
      return (state.received, state.total, state.outcome != nil)
    }
    if isStopped { dataTask.cancel() } else { download.progress(received, total) }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    let (continuation, outcome) = state.withLock { state in
      let outcome = state.outcome ?? ending(with: error, state)
      defer { state.continuation = nil }
      return (state.continuation, outcome)
    }
    continuation?.resume(returning: outcome)
  }

  /// What the answer's status and headers already decide, or nil where bytes are to come.
  private func judge(_ response: URLResponse, _ state: inout State) -> HTTPDownload.Outcome? {
    guard let response = response as? HTTPURLResponse else { return failed("the answer is not HTTP") }
    let length = response.expectedContentLength > 0 ? Int(response.expectedContentLength) : nil
    switch response.statusCode {
    case 200:
      if offset > 0 {
        // The server does not do ranges and sends the file from its start.
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
          return .failed(unwritable(download.path, errno))
        }
        state.received = 0
      }
      state.total = length
      return nil
    case 206:
      guard let range = contentRange(of: response), range.start == offset else { return .notResumable }
      state.total = range.total ?? length.map { $0 + offset }
      return nil
    case 416:
      return contentRange(of: response)?.total == offset && offset > 0 ? .complete : .notResumable
    default:
      return failed("the server answers with status \(response.statusCode)")
    }
  }

  /// The numbers of "bytes 100-199/200" or "bytes */200".
  private func contentRange(of response: HTTPURLResponse) -> (start: Int?, total: Int?)? {
    guard let value = response.value(forHTTPHeaderField: "Content-Range"), value.hasPrefix("bytes ") else {
      return nil
    }
    let parts = value.dropFirst(6).split(separator: "/", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    return (parts[0].split(separator: "-").first.flatMap { Int($0) }, Int(parts[1]))
  }

  private func append(_ data: Data, _ state: inout State) -> HTTPDownload.Outcome? {
    if state.received + data.count > download.limit { return .tooLarge }
    let code: Int32 = data.withUnsafeBytes { bytes in
      var rest = bytes
      while let base = rest.baseAddress, !rest.isEmpty {
        let size = write(descriptor, base, rest.count)
        if size < 0 {
          if errno == EINTR { continue }
          return errno
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[size...])
      }
      return 0
    }
    if code != 0 { return .failed(unwritable(download.path, code)) }
    state.received += data.count
    return nil
  }

  private func ending(with error: (any Error)?, _ state: State) -> HTTPDownload.Outcome {
    if let error { return failed(message(error)) }
    if let total = state.total, state.received != total {
      return failed("the connection ended after \(state.received) of \(total) bytes")
    }
    return .complete
  }

  private func failed(_ problem: String) -> HTTPDownload.Outcome {
    .failed(DataError(.network, at: download.url.absoluteString, problem))
  }

  private func message(_ error: any Error) -> String {
    guard let code = (error as? URLError)?.code else { return "\(error)" }
    return switch code {
    case .cannotFindHost, .dnsLookupFailed: "the host's name is not known"
    case .cannotConnectToHost: "no connection to the host"
    case .notConnectedToInternet: "there is no network"
    case .timedOut: "the server was silent for \(Int(download.timeout)) seconds"
    case .networkConnectionLost: "the connection was lost"
    case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
      .serverCertificateNotYetValid, .serverCertificateHasUnknownRoot:
      "no secure connection (a certificate problem)"
    case .unsupportedURL, .badURL: "this is no address that can be fetched"
    default: "the transfer failed (\(error.localizedDescription))"
    }
  }
}
