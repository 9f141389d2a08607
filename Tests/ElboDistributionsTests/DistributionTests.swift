import ElboDistributions
import Testing
import Torch

@Suite("Each distribution against torch.distributions")
struct DistributionTests {
  @Test("Every family of the golden file is tested")
  func coverage() throws {
    #expect(try Golden().families().subtracting(["kl"]) == Set(families))
  }

  @Test("Log densities and their gradients", arguments: families)
  func logDensity(family: String) throws {
    for golden in try GoldenCase.all(of: family) {
      let expected = try #require(golden.fields["logDensity"])
      let value = try #require(golden.fields["value"])
      let point = value.elementType.isFloatingPoint ? value.leaf() : value
      let density = golden.distribution.logDensity(at: point)
      expectClose(density, expected, "\(golden.name) log density")

      var inputs = golden.parameters
      if value.elementType.isFloatingPoint { inputs["value"] = point }
      let wanted = inputs.filter { golden.fields["gradient." + $0.key] != nil }
      let weight = try #require(golden.fields["weight"])
      // Outside a support there is nothing to differentiate.
      let inside = density.isFinite().select(density, otherwise: Tensor.zeros(like: density))
      let slopes = gradient(of: (inside * weight).sum(), withRespectTo: wanted.map(\.value))
      for (name, slope) in zip(wanted.keys, slopes) {
        let reference = try #require(golden.fields["gradient." + name])
        expectClose(try #require(slope), reference, "\(golden.name) gradient of \(name)")
      }
    }
  }

  @Test("Mean, variance and entropy, each where it has a closed form", arguments: families)
  func moments(family: String) throws {
    for golden in try GoldenCase.all(of: family) {
      let distribution = golden.distribution
      let moments = [
        "mean": (distribution as? any MeanDistribution)?.mean,
        "variance": (distribution as? any VarianceDistribution)?.variance,
        "entropy": (distribution as? any EntropyDistribution)?.entropy,
      ]
      for (name, value) in moments {
        #expect((value == nil) == (golden.fields[name] == nil), "\(golden.name): \(name)")
        guard let value, let expected = golden.fields[name] else { continue }
        expectClose(value, expected, "\(golden.name) \(name)")
      }
    }
  }

  @Test(
    "Samples are of sampleShape + batchShape + eventShape, densities of sampleShape + batchShape",
    arguments: families, [[], [4], [2, 3]])
  func shapes(family: String, sampleShape: Shape) throws {
    for golden in try GoldenCase.all(of: family) {
      let distribution = golden.distribution
      let sample = distribution.sample(sampleShape, using: Generator(seed: 1))
      let batch = sampleShape + distribution.batchShape
      #expect(sample.shape == batch + distribution.eventShape, "\(golden.name)")
      let density = distribution.logDensity(at: sample)
      #expect(density.shape == batch, "\(golden.name)")
      // A sample lies in the support.
      #expect(density.allFinite, "\(golden.name)")
      let carriesGradients = distribution.isReparameterised && !golden.parameters.isEmpty
      #expect(sample.requiresGradient == carriesGradients, "\(golden.name)")
    }
  }

  @Test("The same seed gives the same sample", arguments: families)
  func determinism(family: String) throws {
    let distribution = try #require(GoldenCase.all(of: family).last).distribution
    let generator = Generator(seed: 7)
    let first = distribution.sample([50], using: generator).numbers
    #expect(first == distribution.sample([50], using: Generator(seed: 7)).numbers)
    #expect(first != distribution.sample([50], using: generator).numbers)
  }
}
