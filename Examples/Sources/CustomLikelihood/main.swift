// A likelihood of your own: digits of which a few pixels are wild, learnt by a Gaussian and by Student's t.
import Elbo
import ElboData
import Foundation
import Torch

Likelihoods.register("student") { options in StudentLikelihood(scale: options.scale) }

/// Drawn digits; one in fifty pixels of what is learnt from is 5 or -5 instead of 0 to 1.
DataSources.register(
  "spoilt-digits",
  DataSource(
    shape: { _ in DataShape(features: 64, image: ImageShape(channels: 1, height: 8, width: 8), classes: 0) },
    load: { options, split, seed, device in
      let set = try DrawnDigits(size: 8, seed: seed).images(split, count: split == .train ? 2000 : 500)
      let clean = Tensor(set.pixels.map { Float($0) / 255 }, shape: [set.count, 64])
      let generator = Generator(seed: seed)
      let isWild = Tensor.bernoulli(
        Tensor.full(split == .train ? 0.02 : 0, shape: clean.shape), using: generator)
      let wild = (Tensor.uniform(clean.shape, using: generator) - 0.5).sign() * 5
      return Dataset(
        name: "spoilt-digits", features: (clean * (1 - isWild) + wild * isWild).moved(to: device),
        image: ImageShape(
          channels: 1, height: 8, width: 8), range: -5...5)
    }))

let folder =
  FileManager.default.temporaryDirectory.path
  + "/custom-likelihood-\(ProcessInfo.processInfo.processIdentifier)"
defer { try? FileManager.default.removeItem(atPath: folder) }

for kind in ["gaussian", "student"] {
  let configuration = try ConfigurationLoader.load(
    "vae-mnist",
    settings: [
      "data.name=spoilt-digits", "likelihood.kind=\(kind)", "likelihood.scale=0.2", "latent.dimension=8",
      "decoder.outputActivation=identity", "training.steps=1500",
    ])
  _ = try TrainingSession(configuration, out: folder + "/" + kind).run()

  let run = try TrainedRun(folder + "/" + kind)
  let mse = try Evaluator(model: run.model, dataset: run.test, configuration: run.configuration).evaluate([
    "mse"
  ])
  print(
    kind.padding(toLength: 10, withPad: " ", startingAt: 0),
    String(format: "squared error on clean digits %.4f ± %.4f", mse["mse"]!.value, mse["mse"]!.standardError))
}
