// A data set of your own: points along a spiral, learnt by a VAE with one latent, and its samples as text.
import Elbo
import ElboData
import Foundation
import Torch

/// Points of the plane a little beside a spiral of one and a half turns.
DataSources.register(
  "spiral",
  DataSource(
    // Known before the points are: networks are sized, and presets described, without loading anything.
    shape: { _ in DataShape(features: 2, image: nil, classes: 0) },
    load: { options, split, seed, device in
      let count = split == .train ? options.count : 1000
      // Another seed than the training split's, or the test would ask for what was learnt by heart.
      let generator = Generator(seed: seed &* 2 &+ (split == .train ? 0 : 1))
      let turn = Tensor.uniform([count], using: generator)
      let (radius, angle) = (turn * 1.8 + 0.3, turn * (3 * Double.pi))
      let curve = Tensor.stack([radius * angle.cos(), radius * angle.sin()], over: 1)
      let points = curve + Tensor.standardNormal([count, 2], using: generator) * 0.05
      return Dataset(name: "spiral", features: points.moved(to: device), range: -3...3)
    }))

let folder =
  FileManager.default.temporaryDirectory.path + "/custom-dataset-\(ProcessInfo.processInfo.processIdentifier)"
defer { try? FileManager.default.removeItem(atPath: folder) }

let configuration = try ConfigurationLoader.load(
  "vae-mnist",
  settings: [
    "data.name=spiral", "data.count=20000", "likelihood.kind=gaussian", "likelihood.scale=0.05",
    "latent.dimension=1", "encoder.hidden=[64,64]", "decoder.hidden=[64,64]", "optimiser.learningRate=2e-3",
    "training.steps=5000",
  ])
_ = try TrainingSession(configuration, out: folder).run()

let run = try TrainedRun(folder)
let z = run.model.samplePrior(2000, using: Generator(seed: 0))
let samples = withoutGradients { run.model.decodeMean(z, labels: nil) }

/// A character a cell of the square from -2.5 to 2.5, the darker the more samples.
let (rows, columns) = (40, 80)
var counts = [[Int]](repeating: [Int](repeating: 0, count: columns), count: rows)
let values = samples.values(as: Float.self)
for point in stride(from: 0, to: values.count, by: 2) {
  let column = Int((values[point] + 2.5) / 5 * Float(columns))
  let row = Int((2.5 - values[point + 1]) / 5 * Float(rows))
  if counts.indices.contains(row), counts[row].indices.contains(column) { counts[row][column] += 1 }
}
let shades: [Character] = [" ", ".", ":", "*", "#"]
for row in counts { print(String(row.map { shades[min($0, 4)] })) }
