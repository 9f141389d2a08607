import Torch

/// The published sets of grey 28x28 images that come as four IDX files.
public enum IDXSet: String, Sendable, CaseIterable, Codable {
  /// Handwritten digits: LeCun, Cortes, Burges (1998).
  case mnist
  /// Pictures of clothing: Xiao, Rasul, Vollgraf (2017).
  case fashionMNIST = "fashion-mnist"

  /// A file of a set, with what it must unpack to.
  package struct File: Sendable, Equatable {
    /// The name without `.gz`.
    package let name: String
    /// The length of the unpacked file in bytes.
    package let size: Int
    /// The SHA-256 of the unpacked file in lower-case hexadecimal.
    package let sha256: String

    package init(name: String, size: Int, sha256: String) {
      self.name = name
      self.size = size
      self.sha256 = sha256
    }
  }

  /// The set of that name.
  ///
  /// Throws: `unknownName`, with the names there are.
  public init(named name: String) throws(DataError) {
    guard let set = IDXSet(rawValue: name) else {
      let names = Self.allCases.map(\.rawValue)
      throw DataError(
        .unknownName, at: name, "no data set of IDX files has this name",
        remedy: names.nearest(to: name).map { "did you mean '\($0)'?" }
          ?? "use one of: \(names.joined(separator: ", "))")
    }
    self = set
  }

  /// One line that says what the set holds.
  public var summary: String {
    switch self {
    case .mnist: "handwritten digits, 28x28 grey, 60,000 to train and 10,000 to test, 10 classes"
    case .fashionMNIST: "pictures of clothing, 28x28 grey, 60,000 to train and 10,000 to test, 10 classes"
    }
  }

  /// How many classes the labels name.
  public var classCount: Int { 10 }

  /// The classes' names, in the order of the labels.
  public var classNames: [String] {
    switch self {
    case .mnist: (0...9).map { String($0) }
    case .fashionMNIST:
      [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot",
      ]
    }
  }

  /// The Debian package that carries the set, and the folder it fills.
  var debian: (package: String, folder: String)? {
    switch self {
    case .mnist: nil
    case .fashionMNIST: ("dataset-fashion-mnist", "/usr/share/datasets/fashion-mnist")
    }
  }

  /// What to do where the set is not found.
  var remedy: String {
    let fetch = "run 'elbo data fetch \(rawValue)'"
    return debian.map { "\(fetch), or 'apt-get install \($0.package)'" } ?? fetch
  }

  /// Where the four files can be fetched: addresses to which a file's name with `.gz` is added.
  var mirrors: [String] {
    switch self {
    case .mnist:
      [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
      ]
    case .fashionMNIST:
      [
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
      ]
    }
  }

  /// The four files. The sums are of what they unpack to: mirrors and distributions pack the same bytes
  /// differently (Debian leaves out the name and time that the authors' gzip files carry).
  package var files: [File] {
    let sums =
      switch self {
      case .mnist:
        [
          "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
          "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
          "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
          "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ]
      case .fashionMNIST:
        [
          "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
          "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
          "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
          "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ]
      }
    let names = [Split.train, .test].flatMap { [IDXFolder.imagesName($0), IDXFolder.labelsName($0)] }
    let sizes = [47_040_016, 60_008, 7_840_016, 10_008]
    return zip(names, zip(sizes, sums)).map { File(name: $0, size: $1.0, sha256: $1.1) }
  }
}
