import Elbo
import Torch

/// How a server listens, and how much it takes on.
public struct ServerOptions: Sendable {
  /// The address to listen on.
  public var host = "127.0.0.1"
  /// The port; 0 for a free one.
  public var port = 8080
  /// What requests must bear, in 'Authorization: Bearer TOKEN'; nil for nothing.
  public var token: String?
  /// The most rows that pass a model together.
  public var batchRows = 256
  /// How long a request waits for others to join it, in seconds.
  public var batchWait = 0.001
  /// The most requests that wait for a model; further ones are refused with 429.
  public var queueLimit = 256
  /// The most bytes of a request's body.
  public var bodyLimit = 16 << 20
  /// The most rows of one request.
  public var rowLimit = 1024
  /// How long a request may take, in seconds.
  public var deadline = 10.0
  /// How often run folders are looked at, in seconds.
  public var pollEvery = 0.5

  /// The defaults.
  public init() {}

  /// Refuses options that make no sense together.
  func check() throws(ConfigurationError) {
    guard isLoopback || token != nil else {
      throw ConfigurationError(
        "'\(host)' can be reached from other machines, and no token is asked for", at: "--host",
        remedy: "give --token, or leave --host out")
    }
    guard token.map({ $0.count >= 8 && $0.allSatisfy { $0.isASCII && !$0.isWhitespace } }) ?? true else {
      throw ConfigurationError(
        "a token has 8 characters or more, of ASCII and without spaces", at: "--token")
    }
  }

  /// Whether only this machine reaches the server.
  var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }
}

/// A server that cannot start or go on.
public struct ServerError: DiagnosedError {
  /// What is wrong.
  public let problem: String
  /// Where it is wrong.
  public let location: String
  /// What to do about it.
  public let remedy: String

  init(_ problem: String, at location: String, remedy: String) {
    self.problem = problem
    self.location = location
    self.remedy = remedy
  }
}
