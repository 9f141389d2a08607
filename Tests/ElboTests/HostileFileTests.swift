import Elbo
import ElboData
import Foundation
import Testing
import Torch

/// Files of Tests/Corpus, and seeded changes of them, to every reader: a value or one line, never a crash. What
/// `make fuzz` finds goes there.
struct HostileFileTests {
  private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Corpus")

  private static func read(_ reader: String, _ file: URL) throws {
    switch reader {
    case "idx":
      _ = try? IDX.labels(at: file.path)
      _ = try IDX.images(at: file.path)
    case "npy": _ = try NPY(contentsOf: file.path)
    case "csv": _ = try CSV(contentsOf: file.path, label: "kind")
    case "npz": _ = try NPZ.array(of: file.path)
    case "image": _ = try ImageTable(path: file.path, size: 8, range: .unit, budget: 0).values([0])
    case "safetensors": _ = try Safetensors(contentsOf: file)
    default: _ = try ConfigurationLoader.load(file.path)
    }
  }

  /// Whether it was read.
  private static func survives(_ reader: String, _ data: Data, in folder: URL) throws -> Bool {
    let file = folder.appending(path: reader == "image" ? "file.png" : "file.yaml")
    try data.write(to: file)
    do {
      try read(reader, file)
      return true
    } catch let error as any DiagnosedError {
      #expect(!error.description.contains("\n"), "\(error)")
      return false
    }
  }

  @Test(arguments: ["idx", "npy", "npz", "csv", "image", "safetensors", "yaml"])
  func filesOfStrangers(_ reader: String) throws {
    try withTemporaryFolder { folder in
      let names = try contents(Self.corpus.appending(path: reader))
      var outcomes: Set<Bool> = []
      var random = SplitMix64(seed: 11)
      for name in names {
        let sound = try Data(contentsOf: Self.corpus.appending(path: reader).appending(path: name))
        outcomes.insert(try Self.survives(reader, sound, in: folder))
        for _ in 0..<40 {
          var data = sound
          for _ in 0...random.bounded(4) where !data.isEmpty {
            let place = Int(random.bounded(UInt64(data.count)))
            switch random.bounded(4) {
            case 0: data[place] ^= 1 << UInt8(random.bounded(8))
            case 1: data[place] = UInt8(random.bounded(256))
            case 2: data.removeSubrange(place..<min(data.count, place + Int(random.bounded(9))))
            default: data.insert(contentsOf: data.prefix(place).suffix(Int(random.bounded(20))), at: place)
            }
            data = Data(data)
          }
          _ = try Self.survives(reader, data, in: folder)
        }
      }
      #expect(names.count > 3 && outcomes == [true, false])
    }
  }
}
