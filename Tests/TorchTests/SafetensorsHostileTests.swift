import Foundation
import Testing
import Torch

/// Files that nobody should trust: each gives a `SafetensorsError` or a sound value, never a crash.
@Suite struct SafetensorsHostileTests {
  private func file(_ header: some Sequence<UInt8>, body: Int = 0, length: UInt64? = nil) -> Data {
    let bytes = Array(header)
    var data = withUnsafeBytes(of: (length ?? UInt64(bytes.count)).littleEndian) { Data($0) }
    data.append(contentsOf: bytes)
    data.append(contentsOf: [UInt8](repeating: 1, count: body))
    return data
  }

  private func file(_ header: String, body: Int = 0) -> Data { file(header.utf8, body: body) }

  /// Reads every value, so that a tensor whose shape lies would be found out.
  private func survives(_ data: Data) -> Bool {
    do {
      let read = try Safetensors(data, name: "file")
      for tensor in read.tensors.values {
        #expect(tensor.shape.reduce(1, *) == tensor.count)
        #expect(numbers(tensor).count == tensor.count)
      }
      return true
    } catch {
      #expect(error.location == "file" && !error.problem.contains("\n"))
      return false
    }
  }

  @Test func theLeastFileIsSound() throws {
    #expect(try Safetensors(file("{}"), name: "file").tensors.isEmpty)
    #expect(survives(file("{}      ")))
    #expect(survives(file(#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, body: 2)))
  }

  @Test(arguments: [
    "", " ", "{", "[]", "[1]", "1", "null", "\"a\"", "{]", "{}{}", "{}\u{0}", "{\"a\"}", "{\"a\":}",
    "{\"a\":1,}",
    "\u{feff}{}",
  ])
  func refusesHeadersThatAreNoObject(header: String) { #expect(!survives(file(header))) }

  @Test(arguments: [
    #"null"#, #"1"#, #"[]"#, #"{}"#, #""F32""#,
    #"{"dtype":"F32","shape":[1]}"#,
    #"{"dtype":"F32","data_offsets":[0,4]}"#,
    #"{"shape":[1],"data_offsets":[0,4]}"#,
    #"{"dtype":"F31","shape":[1],"data_offsets":[0,4]}"#,
    #"{"dtype":32,"shape":[1],"data_offsets":[0,4]}"#,
    #"{"dtype":null,"shape":[1],"data_offsets":[0,4]}"#,
    #"{"dtype":"f32","shape":[1],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":1,"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[null],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[true],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[2],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[0],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[18446744073709551617],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[1e300],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[1],"data_offsets":[0]}"#,
    #"{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}"#,
    #"{"dtype":"F32","shape":[1],"data_offsets":[4,0]}"#,
    #"{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}"#,
    #"{"dtype":"F32","shape":[1],"data_offsets":[-4,4]}"#,
    #"{"dtype":"F32","shape":[1],"data_offsets":[0,8]}"#,
    #"{"dtype":"F32","shape":[1],"data_offsets":[4,8]}"#,
    #"{"dtype":"F32","shape":[1],"data_offsets":[0,"4"]}"#,
    #"{"dtype":"F32","shape":[1],"data_offsets":[0.5,4.5]}"#,
    #"{"dtype":"F32","shape":[1],"data_offsets":[false,4]}"#,
    #"{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775803,9223372036854775807]}"#,
    #"{"dtype":"F32","shape":[1],"data_offsets":[18446744073709551612,18446744073709551616]}"#,
    #"{"dtype":"F32","shape":[0,4611686018427387904],"data_offsets":[0,0]}"#,
    #"{"dtype":"F32","shape":[4611686018427387904,0],"data_offsets":[0,0]}"#,
  ])
  func refusesEntriesThatLie(entry: String) {
    #expect(!survives(file(#"{"a":"# + entry + "}", body: 4)))
  }

  @Test(arguments: [
    [0, 0], [0, 4], [4, 0], [1 << 62, 1 << 62, 0], [0, 1 << 62, 1 << 62], [0, .max, .max, .max],
    [1 << 61, 0, 1],
  ])
  func survivesEmptyShapes(shape: [Int]) {
    let entry = #"{"a":{"dtype":"F32","shape":\#(shape),"data_offsets":[0,0]}}"#
    _ = survives(file(entry))
  }

  @Test(arguments: [
    // A hole, an overlap, the same bytes twice, bytes of nobody.
    ("[0,4]", "[5,9]", 9), ("[0,4]", "[2,6]", 6), ("[0,4]", "[0,4]", 4), ("[0,4]", "[4,8]", 9),
    ("[4,8]", "[0,4]", 7), ("[1,5]", "[5,9]", 9),
  ])
  func refusesBytesThatMeanNothingOrTwoThings(first: String, second: String, body: Int) {
    let header =
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":"# + first
      + #"},"b":{"dtype":"F32","shape":[1],"data_offsets":"# + second + "}}"
    #expect(!survives(file(header, body: body)))
  }

  @Test(arguments: [#"{"a":1}"#, #"{"a":null}"#, #"{"a":{}}"#, "[]", "1", "null", #""text""#])
  func refusesMetadataThatAreNotTexts(metadata: String) {
    #expect(!survives(file(#"{"__metadata__":"# + metadata + "}")))
  }

  @Test func refusesTruthValuesThatAreNeither() {
    var data = file(#"{"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}"#, body: 2)
    #expect(survives(data))
    data[data.count - 1] = 2
    #expect(!survives(data))
  }

  @Test func aKeyGivenTwiceIsHarmless() {
    let entry = #""a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}"#
    let other = #""a":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}"#
    _ = survives(file("{\(entry),\(entry)}", body: 2))
    #expect(!survives(file("{\(entry),\(other)}", body: 3)))
  }

  @Test(arguments: [UInt64(1), 1 << 20, 100_000_001, 1 << 31, 1 << 63, .max, .max - 7])
  func refusesLengthsBeyondTheFile(length: UInt64) {
    #expect(!survives(file([], length: length)))
    #expect(!survives(file(Array("{}".utf8), length: length)))
  }

  @Test func refusesDeepNesting() {
    for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
      let deep = String(repeating: open, count: 200_000)
      #expect(!survives(file(#"{"a":"# + deep)))
      #expect(!survives(file(#"{"a":"# + deep + "1" + String(repeating: close, count: 200_000) + "}")))
    }
  }

  @Test func refusesTextThatIsNotUTF8() {
    #expect(!survives(file([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])))
    // Overlong, a lone surrogate, cut short.
    for bad in [[0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf0, 0x9f]] as [[UInt8]] {
      #expect(!survives(file(#"{"__metadata__":{""#.utf8 + bad + #"":"x"}}"#.utf8)))
    }
    #expect(!survives(file("{}".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })))
    _ = survives(file(#"{"__metadata__":{"\ud800":"x"}}"#))
  }

  @Test func refusesEveryBeginningOfAFile() throws {
    let whole = try Data(contentsOf: Golden.url("python"))
    for count in 0..<whole.count { #expect(!survives(whole.prefix(count)), "\(count) bytes") }
    #expect(survives(whole))
    #expect(!survives(whole + [0]))
  }

  @Test func readsASlice() throws {
    let whole = try Data(contentsOf: Golden.url("python"))
    let slice = (Data([1, 2, 3]) + whole).dropFirst(3)
    #expect(survives(slice))
  }

  /// Up to 8 flipped bits anywhere, and as many changed bytes in the header alone, where they do most.
  @Test func survivesDamage() throws {
    let whole = try Data(contentsOf: Golden.url("python"))
    let header = whole.withUnsafeBytes { Int(UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))) }
    let alphabet = Array("0123456789-+.eE[]{}\",:\\ntruefalse\u{0}".utf8)
    var outcomes: Set<Bool> = []
    for seed in 0..<2_000 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      var flipped = whole
      var edited = whole
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        flipped[Int.random(in: 0..<whole.count, using: &random)] ^=
          1 << UInt8.random(in: 0...7, using: &random)
        edited[Int.random(in: 8..<8 + header, using: &random)] = alphabet.randomElement(using: &random) ?? 0
      }
      outcomes.insert(survives(flipped))
      outcomes.insert(survives(edited))
    }
    // Some damage is only to values: it must not all be refused.
    #expect(outcomes == [true, false])
  }

  @Test func refusesAnEmptyFile() throws {
    try withTemporaryFolder { folder in
      let empty = folder.appending(path: "empty")
      try Data().write(to: empty)
      let error = #expect(throws: SafetensorsError.self) { try Safetensors(contentsOf: empty) }
      #expect(error?.location == empty.path)
    }
  }
}
