// A data set of your own: points on two rings, learnt by a VAE, and samples of it as text.
import Elbo
import ElboData
import Foundation
import Torch

/// Points at distance 1 or 2 from 0, a little off; which ring is the label.
DataSources.register(
  "rings",
  DataSource(
    // Known before the points are: networks are sized, and presets described, without loading anything.
    shape: { _ in DataShape(features: 2, image: nil, classes: 2) },
    load: { options, split, seed, device in
      let count = split == .train ? options.count : 1000
      // Another seed than the training split's, or the test would ask for what was learnt by heart.
      let generator = Generator(seed: seed &* 2 &+ (split == .train ? 0 : 1))
      let labels = Tensor.randomIntegers(below: 2, shape: [count], using: generator)
      let radius =
        labels.converted(to: .float32) + 1 + Tensor.standardNormal([count], using: generator) * 0.05
      let angle = Tensor.uniform([count], using: generator) * (2 * Double.pi)
      return Dataset(
        name: "rings",
        features: Tensor.stack([radius * angle.cos(), radius * angle.sin()], over: 1).moved(to: device),
        labels: labels.values(as: Int64.self).map(Int.init), classNames: ["inner", "outer"], range: -3...3)
    }))

let folder =
  FileManager.default.temporaryDirectory.path + "/custom-dataset-\(ProcessInfo.processInfo.processIdentifier)"
defer { try? FileManager.default.removeItem(atPath: folder) }

let configuration = try ConfigurationLoader.load(
  "vae-mnist",
  settings: [
    "data.name=rings", "data.count=5000", "likelihood.kind=gaussian", "likelihood.scale=0.1",
    "latent.dimension=2",
    "encoder.hidden=[64,64]", "decoder.hidden=[64,64]", "decoder.outputActivation=identity",
    "training.steps=3000",
  ])
_ = try TrainingSession(configuration, out: folder).run()

let run = try TrainedRun(folder)
let generator = Generator(seed: 0)
let samples = withoutGradients {
  run.model.decodeMean(run.model.samplePrior(2000, using: generator), labels: nil)
}

/// A character a cell of the square from -2.5 to 2.5, the darker the more samples.
let side = 40
var counts = [[Int]](repeating: [Int](repeating: 0, count: 2 * side), count: side)
let values = samples.floats
for point in stride(from: 0, to: values.count, by: 2) {
  let column = Int((values[point] + 2.5) / 5 * Float(2 * side))
  let row = Int((2.5 - values[point + 1]) / 5 * Float(side))
  if counts.indices.contains(row), counts[row].indices.contains(column) { counts[row][column] += 1 }
}
for row in counts { print(String(row.map { Array(" .:*#")[min($0, 4)] })) }
