import Elbo
import Foundation
import Testing
import Torch

/// Captured steps train as steps with autograd do.
@Suite struct StepCaptureTests {
  private static let digits = ["data.name=drawn-digits", "data.size=12", "data.count=300"]

  static let runs: [(preset: String, settings: [String])] = [
    ("avb-four-points-shallow", []), ("avb-four-points", []),
    ("avb-four-points-shallow", ["divergence.discriminatorSteps=3", "training.gradientClip=0.5"]),
    ("avb-four-points-shallow", ["optimiser.kind=sgd", "optimiser.schedule.kind=exponential"]),
    ("vae-mnist", digits), ("vae-mnist", digits + ["data.binarisation=dynamic"]),
    ("vae-fashion", digits + ["divergence.betaSchedule.kind=warm-up", "divergence.betaSchedule.steps=15"]),
    ("aae-mnist", digits), ("aae-mnist", digits + ["divergence.discriminatorUpdates=separate"]),
    ("aae-mnist", digits + ["divergence.rules.instanceNoise=0.3", "divergence.rules.instanceNoiseSteps=10"]),
    ("aae-mnist", digits + ["discriminator.spectralNorm=true", "training.inputNoise=0.2"]),
  ]

  /// Twenty steps of two trainers have the same metrics, but for rounding, which grows from step to step.
  private func expectSameSteps(_ first: Trainer, _ second: Trainer, _ place: String) {
    for step in 0..<20 {
      let found = first.advance(reading: true), expected = second.advance(reading: true)
      #expect(found.keys == expected.keys)
      for (name, value) in expected {
        let allowed = 3e-4 * max(abs(value), name == .explainedVariance ? 1 : 0.02)
        #expect(abs(found[name]! - value) <= allowed, "\(name) at step \(step) of \(place)")
      }
    }
  }

  @Test(arguments: runs.indices) func captureTrainsAsAutogradDoes(_ index: Int) throws {
    let (preset, settings) = Self.runs[index]
    let captured = try trainer(preset, settings)
    let plain = try trainer(preset, settings + ["training.capture=false"])
    expectSameSteps(captured, plain, "\(preset) \(settings)")
    #expect(captured.captureProblem == nil && captured.capturedPartCount > 0)
    #expect(plain.captureProblem == "training.capture is off")
  }

  @Test(arguments: ["fp32", "bf16"]) func readingMetricsChangesNothing(_ precision: String) throws {
    for (preset, others) in Self.runs {
      let settings = others + ["precision=\(precision)"]
      let read = try trainer(preset, settings), unread = try trainer(preset, settings)
      for _ in 0..<6 {
        read.advance(reading: true)
        unread.advance()
      }
      for (name, weight) in read.model.weights {
        let isSame = weight.values(as: Float.self) == unread.model.weights[name]!.values(as: Float.self)
        #expect(isSame, "\(name) of \(preset) \(settings)")
      }
    }
  }

  @Test func convolutionsAreCaptured() throws {
    let trainer = try trainer("vae-fashion-conv", ["data.name=drawn-digits", "data.count=100"])
    let errors = try trainer.captureErrors()
    #expect(!errors.isEmpty)
    for (name, error) in errors { #expect(error < 2e-4, "\(name)") }
    _ = trainer.advance(reading: true)
    #expect(trainer.captureProblem == nil && trainer.capturedPartCount > 0)
  }

  /// Sums over a batch's rows and over a layer's width look alike where both are as long.
  @Test(arguments: [64, 128], ["[128,128]", "[64,64]", "[128,128,128]", "[128,64,128]"])
  func widthsOfABatchesSize(_ batchSize: Int, _ widths: String) throws {
    let trainer = try trainer(
      "vae-mnist",
      [
        "data.name=drawn-digits", "data.count=200", "data.size=8", "training.batchSize=\(batchSize)",
        "encoder.hidden=\(widths)", "decoder.hidden=\(widths)",
      ])
    let errors = try trainer.captureErrors()
    #expect(!errors.isEmpty)
    for (name, error) in errors { #expect(error < 2e-4, "\(name)") }
  }

  @Test(arguments: ["vae-mnist", "avb-four-points", "aae-mnist"])
  func roundedProductsComeCloseToAutograds(_ preset: String) throws {
    let trainer = try trainer(
      preset,
      ["data.name=drawn-digits", "data.count=200", "precision=bf16"].filter {
        preset != "avb-four-points" || !$0.hasPrefix("data")
      })
    let errors = try trainer.captureErrors()
    let largest = errors.values.max() ?? .infinity
    // bf16 has 8 significant bits: factors are off by up to .4 %, and sums of them with cancellation by more.
    #expect(largest < 0.2 && largest > 1e-5, "\(errors)")
  }

  @Test(arguments: Preset.names) func everyPresetTrainsInBF16(_ preset: String) throws {
    let data = try ConfigurationLoader.load(preset).data
    var settings = ["precision=bf16"]
    if data.name != "four-points" {
      settings += ["data.name=drawn-digits", "data.count=600", "data.validation=0"]
    }
    if data.labelled > 0 { settings.append("data.labelled=200") }
    let trainer = try trainer(preset, settings)
    for _ in 0..<3 {
      let metrics = trainer.advance(reading: true)
      let isFinite = metrics.values.allSatisfy(\.isFinite)
      #expect(isFinite, "\(metrics)")
    }
    #expect(trainer.captureProblem == nil && trainer.capturedPartCount > 0)
  }

  @Test func convolutionsWithoutAKernelStayWithAutogradAndSaySo() throws {
    let trainer = try trainer(
      "vae-fashion-conv", ["data.name=drawn-digits", "data.count=100", "training.batchSize=8"])
    let first = trainer.advance(reading: true)
    let isFinite = first.values.allSatisfy(\.isFinite)
    #expect(isFinite)
    #expect(trainer.captureProblem?.contains("convolution") == true && trainer.capturedPartCount == 0)
  }

  /// A graph launches the kernels that autograd launches one by one, with the same draws.
  @Test(.enabled(if: Device.cudaDeviceCount > 0, "needs a GPU"), arguments: runs.indices)
  func graphsOnAGPUTrainAsAutogradDoes(_ index: Int) throws {
    let (preset, settings) = Self.runs[index]
    let graphed = try trainer(preset, settings + ["device=cuda"])
    let plain = try trainer(preset, settings + ["device=cuda", "training.capture=false"])
    expectSameSteps(graphed, plain, "\(preset) \(settings)")
    #expect(graphed.captureProblem == nil && graphed.capturedPartCount == 1)
  }
}
