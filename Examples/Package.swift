// swift-tools-version: 6.2
import Foundation
import PackageDescription

// Each example is one program; yours would be a package like this one, with a URL in place of the path.
let parts: [Target.Dependency] = [
  .product(name: "Elbo", package: "elbo"), .product(name: "Torch", package: "elbo"),
]

// The code of the documentation's articles, which Tools/examples.sh writes down to have it compiled.
let articles: [Target] =
  FileManager.default.fileExists(atPath: Context.packageDirectory + "/Sources/ArticleCode/Articles.swift")
  ? [.target(name: "ArticleCode", dependencies: parts)] : []

let package = Package(
  name: "examples",
  dependencies: [.package(name: "elbo", path: "..")],
  targets: [
    .executableTarget(name: "CustomPosterior", dependencies: parts),
    .executableTarget(name: "CustomLikelihood", dependencies: parts),
    .executableTarget(name: "CustomDataset", dependencies: parts),
    .executableTarget(name: "TrainingInAnApp", dependencies: parts),
    .executableTarget(name: "Serving", dependencies: parts + [.product(name: "ElboServer", package: "elbo")]),
  ] + articles)
