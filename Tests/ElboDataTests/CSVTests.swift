import ElboData
import Testing

/// Files of comma-separated values.
struct CSVTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ text: String, label: String = "") throws -> CSV {
    try CSV(contentsOf: folder.write(Array(text.utf8), to: "own.csv"), label: label)
  }

  @Test func numbersWithAndWithoutAHeader() throws {
    let plain = try read("1,2.5\n-3e2, 4\n\n")
    #expect(plain.columns == nil && plain.width == 2 && plain.count == 2 && plain.labels == nil)
    #expect(plain.values == [1, 2.5, -300, 4])
    let named = try read("\u{FEFF}height,\"a, \"\"b\"\"\"\r\n1,2\r\n3,4", label: "")
    #expect(named.columns == ["height", "a, \"b\""] && named.values == [1, 2, 3, 4])
  }

  @Test func aColumnOfClasses() throws {
    let table = try read("x,kind,y\n1,pear,2\n3,apple,4\n5,\"pear\",6\n", label: "kind")
    #expect(table.columns == ["x", "y"] && table.values == [1, 2, 3, 4, 5, 6])
    #expect(table.classNames == ["apple", "pear"] && table.labels == [1, 0, 1])
    let numbers = try read("kind,x\n10,1\n9,2\n10,3\n", label: "kind")
    #expect(numbers.classNames == ["9", "10"] && numbers.labels == [1, 0, 1])
  }

  @Test(arguments: [
    ("x,y\n1,2\n\n3\n", "", "own.csv:4", "line 4 has 1 fields, the first has 2"),
    ("x,y\n1,2\n3,4,5\n", "", "own.csv:3", "line 3 has 3 fields, the first has 2"),
    ("x,y\n1,2\n3,red\n", "", "own.csv:3", "line 3, column 'y': 'red' is no finite number"),
    ("x,y\n1,\n", "", "own.csv:2", "line 2, column 'y': '' is no finite number"),
    ("1,2\n3,nan\n", "", "own.csv:2", "line 2, column 2: 'nan' is no finite number"),
    ("x,y\n1,2\n", "z", "own.csv", "there is no column 'z'"),
    ("1,2\n3,4\n", "z", "own.csv", "there is no column 'z'"),
    ("x\na\n", "x", "own.csv", "there is no column of numbers"),
    ("x,y\n", "", "own.csv", "it holds no lines of numbers"),
    ("x,\"y\n1,2\n", "", "own.csv:1", "a quotation mark opens on line 1 and none closes it"),
    ("\n\n", "", "own.csv", "it holds no lines"),
  ])
  func filesThatDoNotServe(_ text: String, _ label: String, _ place: String, _ problem: String) throws {
    let error = try #require(throws: DataError.self) { try read(text, label: label) }
    #expect(error.location.hasSuffix(place) && error.problem == problem, "\(error)")
  }
}
