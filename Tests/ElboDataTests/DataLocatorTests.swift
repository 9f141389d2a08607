import ElboData
import Foundation
import Testing

@Suite struct DataLocatorTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func locator(_ environment: [String: String] = [:]) -> DataLocator {
    DataLocator(environment: environment, workingDirectory: folder.path, systemRoot: folder.file("system"))
  }

  @Test func searchesItsPlacesInOrder() throws {
    let environment = ["ELBO_DATA": folder.file("root")]
    try writeSmallSet(in: folder, "system/usr/share/datasets/fashion-mnist")
    #expect(try locator(environment).locate(.fashionMNIST).path.hasPrefix(folder.file("system")))
    try writeSmallSet(in: folder, ".data/fashion-mnist")
    #expect(try locator(environment).locate(.fashionMNIST).path == folder.file(".data/fashion-mnist"))
    // A folder that lacks a file is passed over.
    try writeSmallSet(in: folder, "root/fashion-mnist")
    let labels = folder.file("root/fashion-mnist/t10k-labels-idx1-ubyte")
    try FileManager.default.removeItem(atPath: labels)
    #expect(try locator(environment).locate(.fashionMNIST).path == folder.file(".data/fashion-mnist"))
    try folder.write(idxLabels(count: 10), to: "root/fashion-mnist/t10k-labels-idx1-ubyte")
    #expect(try locator(environment).locate(.fashionMNIST).path == folder.file("root/fashion-mnist"))
    try writeSmallSet(in: folder, "mine")
    #expect(
      try locator(environment).locate(.fashionMNIST, path: folder.file("mine")).path == folder.file("mine"))
  }

  @Test(arguments: ["root", "root/", "root/mnist", "~/root", "~/root/mnist/"])
  func understandsTheWaysToNameAFolder(_ value: String) throws {
    try writeSmallSet(in: folder, "root/mnist")
    let found = try locator(["ELBO_DATA": value, "HOME": folder.path]).locate(.mnist)
    #expect(found.path == folder.file("root/mnist"))
    #expect(locator(["ELBO_DATA": value, "HOME": folder.path]).fetchFolder(of: .mnist) == found.path)
  }

  @Test func fetchesToTheWorkingDirectoryWithoutAnEnvironment() {
    #expect(locator().fetchFolder(of: .mnist) == folder.file(".data/mnist"))
    #expect(locator(["ELBO_DATA": ""]).fetchFolder(of: .mnist) == folder.file(".data/mnist"))
  }

  @Test(arguments: [true, false])
  func loadsBothParts(isPacked: Bool) throws {
    try writeSmallSet(in: folder, "set", isPacked: { $0.hasPrefix("train") == isPacked })
    let found = try locator().locate(.mnist, path: "set")
    let train = try found.load(.train)
    #expect(train.count == 20 && train.height == 3 && train.width == 2 && train.name == "mnist")
    #expect(try found.load(.test).labels == (0..<10).map { UInt8($0) })
  }

  @Test func saysWhereItLookedAndWhatToDo() throws {
    try writeSmallSet(in: folder, ".data/fashion-mnist")
    try FileManager.default.removeItem(atPath: folder.file(".data/fashion-mnist/train-images-idx3-ubyte"))
    let fashion = try #require(throws: DataError.self) {
      try locator(["ELBO_DATA": "/nowhere"]).locate(.fashionMNIST)
    }
    #expect(fashion.kind == .missing && fashion.location == "fashion-mnist")
    #expect(fashion.problem.contains("looked in /nowhere/fashion-mnist, "))
    #expect(
      fashion.problem.contains(".data/fashion-mnist (lacks train-images-idx3-ubyte, plain or with .gz)"))
    #expect(fashion.problem.contains("/usr/share/datasets/fashion-mnist"))
    #expect(fashion.remedy.contains("elbo data fetch fashion-mnist"))
    #expect(fashion.remedy.contains("apt-get install dataset-fashion-mnist"))
    let mnist = try #require(throws: DataError.self) { try locator().locate(.mnist) }
    #expect(mnist.remedy.contains("elbo data fetch mnist") && !mnist.remedy.contains("apt-get"))
  }

  @Test func aGivenPathIsTheOnlyPlace() throws {
    try writeSmallSet(in: folder, ".data/mnist")
    let missing = try #require(throws: DataError.self) { try locator().locate(.mnist, path: "elsewhere") }
    #expect(missing.description.hasPrefix(folder.file("elsewhere") + ": there is no such folder"))
    let file = try #require(throws: DataError.self) {
      try locator().locate(.mnist, path: ".data/mnist/train-images-idx3-ubyte")
    }
    #expect(file.problem == "the folder is a file")
  }

  @Test func namesOfSets() throws {
    #expect(try IDXSet(named: "fashion-mnist") == .fashionMNIST)
    let error = try #require(throws: DataError.self) { try IDXSet(named: "mnits") }
    #expect(error.exitStatus == 2 && error.remedy == "did you mean 'mnist'?")
    let other = try #require(throws: DataError.self) { try IDXSet(named: "cifar") }
    #expect(other.remedy == "use one of: mnist, fashion-mnist")
    for set in IDXSet.allCases { #expect(set.classNames.count == set.classCount) }
  }

  @Test func theCatalogueSaysWhatIsThere() throws {
    try writeSmallSet(in: folder, ".data/mnist")
    let catalogue = DataCatalogue(locator: locator())
    #expect(catalogue.entries.map(\.name) == ["four-points", "drawn-digits", "mnist", "fashion-mnist"])
    #expect(catalogue.entries.map(\.isAvailable) == [true, true, true, false])
    #expect(try catalogue.entry(named: "mnist").folder == folder.file(".data/mnist"))
    #expect(try catalogue.entry(named: "fashion-mnist").remedy.contains("elbo data fetch fashion-mnist"))
    #expect(catalogue.entries.allSatisfy { !$0.summary.isEmpty && !$0.summary.contains("\n") })
    let error = try #require(throws: DataError.self) { try catalogue.entry(named: "cifar") }
    #expect(error.remedy.contains("drawn-digits"))
  }
}
