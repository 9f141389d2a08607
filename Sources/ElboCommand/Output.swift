import Elbo
import Foundation
import Torch

/// Prints a value as JSON, keys sorted, numbers that are none as "NaN" or "Infinity".
func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
  print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// Makes sure that all results have reached standard output: a full disk may only show here.
func flushOutput() throws {
  guard fflush(nil) == 0 else {
    throw FileError(cannot: "be written", URL(filePath: "/dev/stdout"))
  }
}

/// Writes a line to standard error.
func note(_ line: String) { StatusLine.shared.write(line: line) }

/// Writes a warning to standard error.
func warn(_ text: String) { note(Ink.yellow("elbo: warning:") + " " + text) }
