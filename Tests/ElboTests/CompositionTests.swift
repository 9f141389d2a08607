import Elbo
import ElboData
import Foundation
import Testing
import Torch

/// Parts that do not go together are refused with the reason, before anything is written.
struct CompositionTests {
  private static let square = ImageShape(channels: 1, height: 28, width: 28)

  @Test(arguments: [
    (
      "vae-mnist", "posterior.kind=deterministic",
      "posterior.kind: this divergence needs the posterior's density"
    ),
    ("vae-mnist", "posterior.kind=implicit", "posterior.kind: this divergence needs the posterior's density"),
    ("avb-four-points", "divergence.kind=kl", "use divergence.kind=density-ratio or adversarial"),
    (
      "avb-four-points", "posterior.kind=deterministic",
      "posterior.kind: the ratio of a deterministic posterior's"
    ),
    (
      "vae-mnist", "posterior.kind=gausian",
      "posterior.kind: unknown value 'gausian'; did you mean 'gaussian'?"
    ),
    (
      "vae-mnist", "prior.kind=normal",
      "prior.kind: unknown value 'normal'; known: categorical-normal, flow, mixture, sphere, standard-normal, swiss-roll, uniform, vamp"
    ),
    (
      "vae-mnist", "likelihood.kind=bernouli",
      "likelihood.kind: unknown value 'bernouli'; did you mean 'bernoulli'?"
    ),
    ("vae-mnist", "divergence.kind=k", "divergence.kind: unknown value 'k'; did you mean 'kl'?"),
    ("vae-mnist", "encoder.kind=dens", "encoder.kind: unknown value 'dens'; did you mean 'dense'?"),
    ("vae-mnist", "decoder.kind=conv", "decoder.kind: unknown value 'conv'; known: convolutional, dense"),
    ("vae-mnist", "data.name=mnits", "data.name: unknown value 'mnits'; did you mean 'mnist'?"),
    (
      "vae-fashion-conv", "encoder.channels=[]",
      "encoder.channels: a convolutional network needs a convolution"
    ),
    (
      "vae-fashion-conv", "decoder.channels=[]",
      "decoder.channels: a convolutional network needs a convolution"
    ),
    (
      "vae-fashion-conv", "encoder.channels=[8,8,8]",
      "encoder.channels: an image of 28 x 28 is too small for 3"
    ),
    (
      "vae-fashion-conv", "decoder.kernel=29",
      "decoder.channels: an image of 28 x 28 is too small for 2 convolutions"
    ),
    (
      "vae-fashion-conv", "data.name=four-points",
      "encoder.kind: a convolutional network needs images; use 'dense'"
    ),
    ("vae-mnist", "data.name=npy", "data.path: no file is given"),
  ])
  func refusals(_ preset: String, _ setting: String, _ expected: String) throws {
    let error = try failure(ConfigurationError.self) { try PresetDescription(preset, settings: [setting]) }
    #expect(error.description.contains(expected), "\(error)")
    #expect(error.exitStatus == 2 && !error.description.contains("\n"))
  }

  @Test func imagesThatTheMirroredConvolutionsCannotMake() throws {
    let error = try failure(ConfigurationError.self) {
      try model(
        "vae-fashion-conv", [], features: 28 * 29, image: ImageShape(channels: 1, height: 28, width: 29))
    }
    #expect(error.location == "decoder.kernel" && error.problem.contains("28 x 29"))
  }

  @Test(arguments: [
    ("gaussian", "kl"), ("gaussian", "density-ratio"), ("gaussian", "adversarial"),
    ("implicit", "density-ratio"),
    ("implicit", "adversarial"), ("universal-approximator", "adversarial"), ("deterministic", "adversarial"),
  ])
  func everythingElseGoesTogether(_ posterior: String, _ divergence: String) throws {
    for network in ["dense", "convolutional"] {
      let built = try model(
        "vae-fashion-conv",
        ["posterior.kind=\(posterior)", "divergence.kind=\(divergence)", "encoder.kind=\(network)"],
        features: 784, image: Self.square)
      #expect(built.encodeZeroNoise(Batch(Tensor.zeros([2, 784]))).shape == [2, 2])
      #expect(built.roles == (divergence == "kl" ? [.generator] : [.generator, .discriminator]))
    }
  }

  @Test(arguments: [
    (
      "aae-mnist", "likelihood.kind=bernoulli",
      "likelihood.kind: features of drawn-digits reach from -1.0 to 1.0"
    ),
    ("aae-mnist", "data.binarisation=dynamic", "data.binarisation: binarised pixels need data.range=unit"),
    ("vae-mnist", "data.range=symmetric", "outside the likelihood's support [0.0, 1.0]"),
  ])
  func dataThatDoNotFit(_ preset: String, _ setting: String, _ expected: String) throws {
    let settings = ["data.name=drawn-digits", "data.size=8", "data.count=200", setting]
    let error = try failure(ConfigurationError.self) { try trainer(preset, settings) }
    #expect(error.description.contains(expected), "\(error)")
  }

  @Test func batchesThatCannotBeFilled() throws {
    let settings = ["data.name=drawn-digits", "data.size=8", "data.count=50", "data.partialBatch=drop"]
    let error = try failure(DataError.self) { try trainer("vae-mnist", settings) }
    #expect(
      error.description.contains("no batch of 64 can be filled from 50 examples") && error.exitStatus == 2)
    // Draws with replacement fill any batch.
    _ = try trainer("vae-mnist", settings + ["data.sampling=replacement"]).advance()
  }

  @Test func imagesTooSmallForTheConvolutions() throws {
    let error = try failure(ConfigurationError.self) {
      try trainer("vae-fashion-conv", ["data.name=drawn-digits", "data.size=8", "data.count=20"])
    }
    #expect(error.description.contains("an image of 8 x 8 is too small"))
  }

  @Test(.enabled(if: Device.cudaDeviceCount == 0)) func aDeviceThatIsNotThere() throws {
    let error = try failure(ConfigurationError.self) { try trainer("avb-four-points", ["device=cuda"]) }
    #expect(error.location == "device" && error.remedy.contains("--device cpu"))
  }
}
