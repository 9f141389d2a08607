// swift-tools-version: 6.2
import Foundation
import PackageDescription

// The folder that holds libtorch's `include/` and `lib/`: `$LIBTORCH`, else `.libtorch/` in the package,
// where `make setup` unpacks it.
let chosen = Context.environment["LIBTORCH"] ?? ""
let libtorch = chosen.isEmpty ? Context.packageDirectory + "/.libtorch" : chosen
if !FileManager.default.fileExists(atPath: libtorch + "/include/torch") {
  fatalError("\(libtorch): libtorch 2.13 is not there; run 'make setup', or set LIBTORCH to its folder")
}

// pkg-config rejects -rpath, so the flags are given here, once.
let torchCompile: [CXXSetting] = [
  .unsafeFlags([
    "-isystem", libtorch + "/include",
    "-isystem", libtorch + "/include/torch/csrc/api/include",
    "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror",
  ])
]
// A CUDA build of libtorch has NCCL in it; the header comes with CUDA.
let hasNCCL =
  FileManager.default.fileExists(atPath: libtorch + "/lib/libtorch_cuda.so")
  && ["/usr/include", "/usr/local/cuda/include", libtorch + "/include"].contains {
    FileManager.default.fileExists(atPath: $0 + "/nccl.h")
  }
let nccl: [CXXSetting] =
  hasNCCL ? [.define("ELBO_NCCL"), .unsafeFlags(["-isystem", "/usr/local/cuda/include"])] : []
let torchLink: [LinkerSetting] = [
  .unsafeFlags(["-L", libtorch + "/lib", "-Xlinker", "-rpath", "-Xlinker", libtorch + "/lib"]),
  .linkedLibrary("torch"), .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
]

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

// The presets travel inside the program. SwiftPM keeps what it read of this file: a preset that was added is
// seen once the file is touched.
let presetFiles = try FileManager.default.contentsOfDirectory(atPath: Context.packageDirectory + "/Presets")
  .filter { $0.hasSuffix(".yaml") }.sorted()

// The dashboard's page travels inside the program too.
let pageFiles = [
  "dashboard.html", "dashboard.css", "connection.js", "runs.js", "curves.js", "plane.js", "pictures.js",
  "explorer.js", "start.js", "uPlot.iife.min.js", "uPlot.min.css", "uPlot.LICENSE.txt",
]

// What Tools/fuzz.sh builds: it needs the fuzzer's own main.
let fuzzTargets: [Target] =
  (Context.environment["ELBO_FUZZ_BUILD"] ?? "").isEmpty
  ? []
  : [
    .executableTarget(
      name: "fuzz-readers", dependencies: ["Elbo", "ElboData", "Torch"], path: "Tools/Fuzz",
      swiftSettings: strict)
  ]

// The test targets that Tools/sanitise.sh builds: all of them where none is named.
let chosenTests = (Context.environment["ELBO_TESTS"] ?? "").split(separator: ",").map(String.init)

// Included by the kernels' files, once for each instruction set.
let kernelParts = [
  "kernels.inc", "vector.inc", "half.inc", "instructions.inc", "pointwise.inc", "tiles.inc", "strips.inc",
  "packing.inc", "narrow.inc", "halving.inc", "product.inc", "convolution.inc", "adam.inc", "normal.inc",
  "gather.inc",
]

let package = Package(
  name: "elbo",
  products: [
    .library(name: "Torch", targets: ["Torch"]),
    .library(name: "ElboDistributions", targets: ["ElboDistributions"]),
    .executable(name: "elbo", targets: ["ElboLauncher"]),
    .executable(name: "elbo-engine", targets: ["ElboCommand"]),
    .library(name: "ElboFigures", targets: ["ElboFigures"]),
    .library(name: "ElboServer", targets: ["ElboServer"]),
    .library(name: "ElboFormats", targets: ["ElboFormats"]),
    .library(name: "Elbo", targets: ["Elbo", "ElboData", "ElboDistributions"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.0.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    .target(
      name: "CTorch", exclude: ["ops.yaml"], cxxSettings: torchCompile + nccl, linkerSettings: torchLink),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPNG", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CJPEG", providers: [.apt(["libjpeg-dev"])]),
    .target(
      name: "CKernels", exclude: kernelParts,
      cxxSettings: [.unsafeFlags(["-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"])]),
    .target(name: "Torch", dependencies: ["CTorch"], swiftSettings: strict),
    .target(name: "Capture", dependencies: ["Torch", "CKernels"], swiftSettings: strict),
    .target(name: "ElboDistributions", dependencies: ["Torch"], swiftSettings: strict),
    .testTarget(
      name: "ElboDataTests", dependencies: ["ElboData", "CPNG", "CJPEG"],
      exclude: ["loopback_server.py", "Golden"],
      swiftSettings: strict),
    .target(
      name: "ElboData",
      dependencies: [
        "Torch", "CZlib", "CPNG", "CJPEG", .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .target(
      name: "Elbo",
      dependencies: [
        "Torch", "Capture", "ElboDistributions", "ElboData", "ElboPresets", "ElboResources",
        .product(name: "Yams", package: "Yams"),
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .target(
      name: "ElboPresets", path: "Presets", resources: presetFiles.map { .embedInCode($0) },
      swiftSettings: strict),
    .target(
      name: "ElboResources", path: "Resources", resources: [.embedInCode("mnist-features.safetensors")],
      swiftSettings: strict),
    .executableTarget(
      name: "train-feature-classifier", dependencies: ["Elbo", "ElboData", "Torch"],
      path: "Tools/TrainFeatureClassifier", swiftSettings: strict),
    .executableTarget(
      name: "generate-ops", dependencies: [.product(name: "Yams", package: "Yams")],
      path: "Tools/GenerateOps", swiftSettings: strict),
    .target(
      name: "ElboFigures", dependencies: ["Elbo", "ElboData", "Torch", "CPNG"], swiftSettings: strict),
    .target(
      name: "ElboFormats",
      dependencies: [
        "Elbo", "ElboData", "ElboFigures", "Torch", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["ONNX/onnx.proto", "TensorBoard/event.proto"], swiftSettings: strict),
    .executableTarget(
      name: "ElboLauncher",
      cSettings: [
        .define("ELBO_LIBTORCH_LIB", to: "\"\(libtorch)/lib\""),
        .unsafeFlags(["-Wall", "-Wextra", "-Werror"]),
      ],
      linkerSettings: [.linkedLibrary("dl")]),
    .target(
      name: "ElboServer",
      dependencies: [
        "Elbo", "ElboFigures", .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      resources: pageFiles.map { .embedInCode("Resources/\($0)") },
      swiftSettings: strict),
    .executableTarget(
      name: "ElboCommand",
      dependencies: [
        "Elbo", "ElboFigures", "ElboFormats", "ElboServer",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ElboServerTests", dependencies: ["Elbo", "ElboData", "ElboFigures", "ElboServer", "Torch"],
      exclude: ["browser.py", "webdriver.py"], swiftSettings: strict),
    .testTarget(
      name: "ElboCommandTests", dependencies: ["ElboData", "ElboFigures", "Torch"], exclude: ["press_tab.py"],
      swiftSettings: strict),
    .testTarget(
      name: "ElboDistributionsTests", dependencies: ["ElboDistributions", "Torch"], exclude: ["Golden"],
      swiftSettings: strict),
    .testTarget(
      name: "ElboBenchmarkTests", dependencies: ["Elbo", "ElboData", "Torch"], swiftSettings: strict),
    .testTarget(
      name: "ElboTests",
      dependencies: [
        "Capture", "Elbo", "Torch", "ElboData", "ElboDistributions", "ElboPresets",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      exclude: ["Golden"], swiftSettings: strict),
    // It compiles the kernels' files itself, so that their module is in its way; what uses it links them.
    .target(
      name: "EmulatedTiles", path: "Tests/EmulatedTiles",
      cxxSettings: [
        .headerSearchPath("../../Sources/CKernels/include"),
        .unsafeFlags(["-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"]),
      ]),
    .testTarget(
      name: "CaptureTests", dependencies: ["Capture", "CKernels", "ElboData", "EmulatedTiles", "Torch"],
      swiftSettings: strict),
    .testTarget(
      name: "ElboInteropTests", dependencies: ["Elbo", "ElboFigures", "ElboFormats", "ElboData", "Torch"],
      exclude: ["Python"], swiftSettings: strict),
    .testTarget(name: "ElboFiguresTests", dependencies: ["ElboFigures"], swiftSettings: strict),
    .testTarget(name: "TorchTests", dependencies: ["Torch"], exclude: ["Golden"], swiftSettings: strict),
  ] + fuzzTargets,
  cxxLanguageStandard: .cxx20
)

if !chosenTests.isEmpty {
  package.targets.removeAll { $0.type == .test && !chosenTests.contains($0.name) }
}
