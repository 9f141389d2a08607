import Elbo
import ElboDistributions
import Foundation
import Testing
import Torch

/// The parts of the family against what their definitions say.
@Suite struct PartsTests {
  /// log |det| of a map's Jacobian by taking every derivative.
  private func logDeterminant(_ map: any FlowMap, at z: [Float], context: Tensor) -> Double {
    let d = z.count
    let input = Tensor(z, shape: [1, d])
    input.setRequiresGradient(true)
    let image = map(input, context: context).z
    var matrix = (0..<d).map { row in
      gradient(
        of: image.selected(1, at: row).sum(), withRespectTo: [input], keepingGraph: true)[0]!
        .converted(to: .float64).contiguous().values(as: Double.self)
    }
    // Gaussian elimination with pivots.
    var result = 0.0
    for column in 0..<d {
      let pivot = (column..<d).max { abs(matrix[$0][column]) < abs(matrix[$1][column]) }!
      matrix.swapAt(column, pivot)
      result += log(abs(matrix[column][column]))
      for row in column + 1..<d {
        let factor = matrix[row][column] / matrix[column][column]
        for k in column..<d { matrix[row][k] -= factor * matrix[column][k] }
      }
    }
    return result
  }

  @Test(arguments: [2, 3, 5]) func flowsKnowTheirDeterminants(_ dimension: Int) throws {
    let generator = Generator(seed: 11)
    let maps: [any FlowMap] = [
      PlanarFlow(dimension: dimension, using: generator),
      CouplingFlow(dimension: dimension, context: 2, keepsEven: true, hidden: [7], using: generator),
      CouplingFlow(dimension: dimension, context: 2, keepsEven: false, hidden: [], using: generator),
      AutoregressiveFlow(dimension: dimension, context: 2, reverses: false, hidden: [9], using: generator),
      AutoregressiveFlow(dimension: dimension, context: 2, reverses: true, hidden: [9, 8], using: generator),
    ]
    let context = Tensor.standardNormal([1, 2], using: generator)
    for map in maps {
      // Away from the identity, where every term counts.
      for parameter in map.parameters.tensors { parameter.fillNormal(deviation: 0.7, using: generator) }
      let z = Tensor.standardNormal([1, dimension], using: generator)
      let stated = map(z, context: context).logDeterminant.item()
      let found = logDeterminant(map, at: z.values(as: Float.self), context: context)
      #expect(abs(stated - found) < 1e-4 * max(1, abs(found)), "\(type(of: map)) in \(dimension) dimensions")
    }
  }

  @Test func couplingsInvert() {
    let generator = Generator(seed: 3)
    let map = CouplingFlow(dimension: 4, context: 1, keepsEven: true, hidden: [8], using: generator)
    let z = Tensor.standardNormal([20, 4], using: generator)
    let context = Tensor.standardNormal([20, 1], using: generator)
    let image = map(z, context: context)
    let back = map.inverse(image.z, context: context)
    #expect((back.z - z).abs().max().item() < 1e-4)
    #expect((back.logDeterminant + image.logDeterminant).abs().max().item() < 1e-4)
  }

  @Test func discretisedLogisticIsADistribution() {
    let levels = (Tensor.range(to: 256) / 255).unsqueezed(1)
    let mean = Tensor([Float(-0.2), 0, 0.3, 0.5, 0.999, 1.4], shape: [6])
    for scale in [-6.0, -3, -1, 1] {
      let distribution = DiscretisedLogistic(mean: mean, logScale: Tensor.full(scale, shape: [6]))
      let total = distribution.logDensity(at: levels).exp().sum(over: [0])
      #expect((total - 1).abs().max().item() < 1e-4, "scale e^\(scale)")
    }
    let sharp = DiscretisedLogistic(
      mean: Tensor([Float(0.4)], shape: [1]), logScale: Tensor.full(-5, shape: [1]))
    let draws = sharp.sample([4000], using: Generator(seed: 1))
    // The mean of 4000 draws of standard deviation .0122: off by more than 5 standard errors once in 1.7
    // million.
    #expect(abs(draws.mean().item() - 0.4) < 5 * 0.0125 / Double(4000).squareRoot())
    #expect(((draws * 255).round() / 255 - draws).abs().max().item() < 1e-6)
  }

  @Test func mixtureIsARingOfItsClasses() {
    let prior = MixturePrior(latentDimension: 2, components: 10, reach: 4, scales: (0.5, 0.1))
    let generator = Generator(seed: 5)
    let labels = Tensor((0..<5000).map { Int64($0 % 10) }, shape: [5000])
    let z = prior.sample(labels: labels, using: generator).values(as: Float.self)
    for k in 0..<10 {
      let angle = 2 * Double.pi * Double(k) / 10
      let own = stride(from: k, to: 5000, by: 10).map { (Double(z[2 * $0]), Double(z[2 * $0 + 1])) }
      let along = own.map { $0.0 * cos(angle) + $0.1 * sin(angle) }
      let across = own.map { -$0.0 * sin(angle) + $0.1 * cos(angle) }
      // 500 draws: means within 5 standard errors, deviations within 5 of theirs (sigma / sqrt(2 n)).
      for (values, mean, scale) in [(along, 4.0, 0.5), (across, 0.0, 0.1)] {
        let estimate = Estimate(meanOf: values, unit: "")
        #expect(abs(estimate.value - mean) < 5 * scale / Double(500).squareRoot())
        let deviation = estimate.standardError * Double(500).squareRoot()
        #expect(abs(deviation - scale) < 5 * scale / Double(1000).squareRoot())
      }
    }
    // The density is that of the samples: E log p by draws equals minus the entropy of ten components far
    // apart.
    let all = prior.sample(20_000, using: generator)
    let density = prior.distribution.logDensity(at: all).converted(to: .float64).values(as: Double.self)
    let entropy = log(10) + log(2 * Double.pi * M_E) + log(0.5 * 0.1)
    let found = Estimate(meanOf: density, unit: "")
    #expect(abs(found.value + entropy) < 5 * found.standardError + 1e-3)
  }

  @Test func swissRollUnrollsByClass() {
    let prior = SwissRollPrior(latentDimension: 2, classes: 10, reach: 10)
    let labels = Tensor((0..<4000).map { Int64($0 % 11) - 1 }, shape: [4000])
    let z = prior.sample(labels: labels, using: Generator(seed: 2)).values(as: Float.self)
    for index in 0..<4000 where index % 11 > 0 {
      let k = Double(index % 11 - 1)
      let radius = hypot(Double(z[2 * index]), Double(z[2 * index + 1]))
      // Radius 10 sqrt(t) with t in [k/10, (k+1)/10], blurred by noise of deviation .1: 6 of them, once in
      // 10^9.
      #expect(radius > 10 * (k / 10).squareRoot() - 0.6 && radius < 10 * ((k + 1) / 10).squareRoot() + 0.6)
    }
  }

  @Test func aSphereHasOneRadiusAndNoDirection() {
    var deviations: [Double] = []
    for seed in 101...120 {
      let z = SpherePrior(latentDimension: 5).sample(2_000, using: Generator(seed: UInt64(seed)))
      let radii = z.squared().sum(over: [1]).numbers
      #expect(radii.allSatisfy { abs($0 - 5) < 1e-4 })
      deviations += z.mean(over: [0]).numbers.map { $0 * 2_000.0.squareRoot() }
    }
    // Coordinates have mean 0 and variance 1: a sum of 100 squares, within four of its standard deviations.
    let total = deviations.reduce(0) { $0 + $1 * $1 }
    #expect(abs(total - 100) < 4 * 200.0.squareRoot())
  }

  /// Against the mean over random directions of 1/2 int (smoothed projections' difference)^2, by its closed form
  /// for normal kernels: N(a - b; 0, 2 s) for pairs of codes, and so on.
  @Test func cramerWoldDistanceIsAMeanOverDirections() {
    let (n, d) = (40, 24)
    let z = Tensor.standardNormal([n, d], using: Generator(seed: 5)) * 1.3 + 0.2
    let directions = Tensor.standardNormal([d, 4_000], using: Generator(seed: 6))
    let unit = directions / directions.squared().sum(over: [0], keeping: true).sqrt()
    let projected = z.matmul(unit)
    let s = pow(4 / (3 * Double(n)), 0.4)
    func density(_ squares: Tensor, _ variance: Double) -> Tensor {
      (squares * (-0.5 / variance)).exp() * (1 / (2 * Double.pi * variance).squareRoot())
    }
    let pairs = (projected.unsqueezed(0) - projected.unsqueezed(1)).squared()
    let expected =
      density(pairs, 2 * s).mean().item() + 1 / (4 * Double.pi * (1 + s)).squareRoot()
      - 2 * density(projected.squared(), 1 + 2 * s).mean().item()
    let found = CramerWold<DeterministicPosterior>().distance(z).item()
    // The closed form is the limit of many dimensions: each term, of about .2, is off by a few thousandths in 24.
    #expect(abs(found - expected) < 0.005 && expected > 0.015)
    let near = CramerWold<DeterministicPosterior>().distance(
      Tensor.standardNormal([400, d], using: Generator(seed: 7)))
    #expect(near.item() < 0.3 * found)
  }

  @Test func discrepancyIsUnbiasedAndSeesADifference() {
    let generator = Generator(seed: 8)
    for kernel in DivergenceOptions.Kernel.allCases {
      let discrepancy = MaximumMeanDiscrepancy<DeterministicPosterior, StandardNormalPrior>(kernel)
      let same = (0..<200).map { _ in
        discrepancy.discrepancy(
          .standardNormal([40, 3], using: generator), .standardNormal([40, 3], using: generator)
        ).item()
      }
      let estimate = Estimate(meanOf: same, unit: "")
      // Zero in expectation: beyond 5 standard errors once in 1.7 million.
      #expect(abs(estimate.value) < 5 * estimate.standardError, "\(kernel): \(estimate)")
      let apart = discrepancy.discrepancy(
        .standardNormal([200, 3], using: generator), .standardNormal([200, 3], using: generator) + 1)
      #expect(apart.item() > 20 * estimate.standardError)
    }
  }

  @Test func importanceWeightsTightenTheBound() throws {
    let settings = [
      "data.name=drawn-digits", "data.size=8", "data.count=400", "encoder.hidden=[16]", "decoder.hidden=[16]",
      "data.sampling=full", "divergence.kind=importance-weighted",
    ]
    var bounds: [Double] = []
    for samples in [1, 4, 16] {
      let configuration = try ConfigurationLoader.load(
        "vae-fashion", settings: settings + ["divergence.samples=\(samples)"])
      let trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
      let reading = trainer.advance(reading: true)
      if samples == 1 { #expect(abs(reading[.importanceWeightedBound]! - reading[.elbo]!) < 1e-3) }
      bounds.append(try #require(reading[.importanceWeightedBound]))
    }
    #expect(bounds == bounds.sorted() && bounds[2] > bounds[0])
  }

  @Test func fullCovarianceContainsTheDiagonal() throws {
    let configuration = try ConfigurationLoader.load(
      "avb-four-points",
      settings: ["posterior.kind=gaussian-full", "divergence.kind=kl", "encoder.hidden=[5]"])
    let trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
    let exact = trainer.advance(reading: true)
    #expect(try #require(exact[.kl]) > 0)
  }

  @Test func flowPriorIsADistributionThatLearns() throws {
    let configuration = try ConfigurationLoader.load(
      "vae-fashion",
      settings: [
        "data.name=drawn-digits", "data.size=8", "data.count=100", "prior.kind=flow", "prior.flowHidden=[8]",
        "prior.flowLength=2",
      ])
    let trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
    for (name, tensor) in trainer.model.weights where name.hasPrefix("prior.") {
      tensor.fillNormal(deviation: 0.3, using: Generator(seed: UInt64(tensor.count)))
    }
    // The density integrates to 1 over a grid that holds nearly all of it, and is that of the samples.
    let distribution = try #require(trainer.model.priorDistribution)
    let axis = (Tensor.range(to: 600) + 0.5) * (60.0 / 600) - 30
    let grid = Tensor.stack([axis.tiled([600]), axis.repeatedEach(600)], over: 1)
    let (mass, second) = withoutGradients {
      let density = distribution.logDensity(at: grid).exp() * 0.01
      return (density.sum().item(), (density * grid.squared().sum(over: [1])).sum().item())
    }
    #expect(abs(mass - 1) < 0.01)
    let draws = withoutGradients {
      trainer.model.samplePrior(20_000, using: Generator(seed: 1)).squared().sum(over: [1])
        .converted(to: .float64).values(as: Double.self)
    }
    let found = Estimate(meanOf: draws, unit: "")
    #expect(abs(found.value - second) < 5 * found.standardError + 0.02 * second)
    let moving = try #require(trainer.model.weights["prior.maps.0.network.layers.0.weight"])
    let before = moving.detached().cloned()
    trainer.advance()
    #expect((moving.detached() - before).abs().max().item() > 0)
  }

  @Test func vampPriorLearnsItsPseudoInputs() throws {
    let configuration = try ConfigurationLoader.load(
      "vae-fashion",
      settings: [
        "data.name=drawn-digits", "data.size=8", "data.count=100", "prior.kind=vamp", "prior.components=7",
        "training.batchSize=20",
      ])
    let trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
    let name = "prior.pseudoInputs"
    let inputs = try #require(trainer.model.weights[name])
    #expect(inputs.shape == [7, 64] && trainer.model.parameterCounts["prior"] == 7 * 64)
    let before = inputs.detached().cloned()
    trainer.advance()
    #expect((inputs.detached() - before).abs().max().item() > 0)
  }
}
