extension RunConfiguration {
  /// Whether products can be rounded to bf16.
  var canRoundProducts: Bool { device == .cpu && training.capture }

  /// Refuses values that have the right type and make no sense.
  func validate() throws(ConfigurationError) {
    func demand(_ holds: Bool, _ key: String, _ value: Any, _ what: String) throws(ConfigurationError) {
      if !holds { throw ConfigurationError("\(value) is not \(what)", at: key) }
    }
    func positive(_ value: Int, _ key: String) throws(ConfigurationError) {
      try demand(value > 0, key, value, "1 or more")
    }
    // Products of a few sizes must stay far from overflow.
    func size(_ value: Int, _ key: String) throws(ConfigurationError) {
      try demand((1...1 << 20).contains(value), key, value, "1 to \(1 << 20)")
    }
    func schedule(_ options: ScheduleOptions, _ key: String) throws(ConfigurationError) {
      try positive(options.steps, key + ".steps")
      try finite(options.factor, key + ".factor")
    }
    func natural(_ value: Int, _ key: String) throws(ConfigurationError) {
      try demand(value >= 0, key, value, "0 or more")
    }
    func finite(_ value: Double, _ key: String, above bound: Double) throws(ConfigurationError) {
      try demand(value.isFinite && value > bound, key, value, "a finite number above \(bound)")
    }
    func finite(_ value: Double, _ key: String, from bound: Double = 0) throws(ConfigurationError) {
      try demand(value.isFinite && value >= bound, key, value, "a finite number of \(bound) or more")
    }

    if precision == .bf16, !canRoundProducts {
      throw ConfigurationError(
        "products are rounded to bf16 in captured steps on the CPU only", at: "precision",
        remedy: "use precision=fp32, or training.capture=true and device=cpu")
    }
    if precision == .tf32, device != .cuda {
      throw ConfigurationError(
        "factors are rounded to TF32 on a GPU only", at: "precision",
        remedy: "use precision=fp32, or device=cuda")
    }
    try positive(training.steps, "training.steps")
    try positive(training.batchSize, "training.batchSize")
    // The indices of a batch are drawn as one array.
    try demand(
      training.batchSize <= 1 << 24, "training.batchSize", training.batchSize, "at most \(1 << 24)")
    try finite(training.objectiveScale, "training.objectiveScale", above: 0)
    try finite(training.inputNoise, "training.inputNoise")
    try finite(training.gradientClip, "training.gradientClip")
    try positive(training.logEvery, "training.logEvery")
    try natural(training.evaluateEvery, "training.evaluateEvery")
    try natural(data.validation, "data.validation")
    try natural(data.labelled, "data.labelled")
    try positive(data.pointsPerClass, "data.pointsPerClass")
    try positive(data.count, "data.count")
    try demand(
      data.size == 0 || (8...1024).contains(data.size), "data.size", data.size,
      "0, or a size of 8 to 1024 pixels")
    try demand(
      data.testFraction > 0 && data.testFraction < 1, "data.testFraction", data.testFraction,
      "between 0 and 1")
    try natural(data.splitSeed, "data.splitSeed")
    try demand((0...1 << 32).contains(data.memory), "data.memory", data.memory, "0 to \(1 << 32)")
    try size(latent.dimension, "latent.dimension")
    try finite(latent.headDistance, "latent.headDistance")
    for (network, name) in [(encoder, "encoder"), (decoder, "decoder"), (discriminator, "discriminator")] {
      for width in network.hidden { try size(width, name + ".hidden") }
      for width in network.channels { try size(width, name + ".channels") }
      try size(network.kernel, name + ".kernel")
      try size(network.stride, name + ".stride")
      try demand(
        (0..<network.kernel).contains(network.padding), name + ".padding", network.padding,
        "less than the kernel")
      try finite(network.slope, name + ".slope")
    }
    for (network, name) in [(encoder, "encoder"), (decoder, "decoder")] where network.spectralNorm {
      throw ConfigurationError(
        "spectral normalisation is for discriminators", at: name + ".spectralNorm",
        remedy: "use discriminator.spectralNorm")
    }
    try natural(posterior.noiseDimension, "posterior.noiseDimension")
    if posterior.noiseDimension > 0 { try size(posterior.noiseDimension, "posterior.noiseDimension") }
    try size(posterior.classes, "posterior.classes")
    try finite(likelihood.scale, "likelihood.scale", above: 0)
    try demand(
      likelihood.clip > 0 && likelihood.clip < 0.5, "likelihood.clip", likelihood.clip, "between 0 and 0.5")
    try positive(posterior.basis, "posterior.basis")
    for width in posterior.basisHidden { try positive(width, "posterior.basisHidden") }
    try positive(posterior.flowLength, "posterior.flowLength")
    try natural(posterior.flowContext, "posterior.flowContext")
    for width in posterior.flowHidden { try positive(width, "posterior.flowHidden") }
    try size(prior.flowLength, "prior.flowLength")
    for width in prior.flowHidden { try size(width, "prior.flowHidden") }
    try finite(prior.reach, "prior.reach", above: 0)
    try positive(prior.components, "prior.components")
    try demand(
      prior.scales.count == 2 && prior.scales.allSatisfy { $0 > 0 && $0.isFinite }, "prior.scales",
      prior.scales,
      "two numbers above 0")
    try demand((2...256).contains(likelihood.levels), "likelihood.levels", likelihood.levels, "2 to 256")
    try finite(divergence.beta, "divergence.beta")
    try schedule(divergence.betaSchedule, "divergence.betaSchedule")
    try positive(divergence.discriminatorSteps, "divergence.discriminatorSteps")
    let adaptive = divergence.adaptiveSteps
    try demand(
      adaptive.maximum == 0 || adaptive.maximum >= divergence.discriminatorSteps,
      "divergence.adaptiveSteps.maximum", adaptive.maximum, "0, or divergence.discriminatorSteps or more")
    try demand(
      (0...1).contains(adaptive.high), "divergence.adaptiveSteps.high", adaptive.high, "in [0, 1]")
    try demand(
      adaptive.low >= 0 && adaptive.low < adaptive.high, "divergence.adaptiveSteps.low", adaptive.low,
      "0 or more and less than divergence.adaptiveSteps.high")
    try finite(divergence.rules.r1, "divergence.rules.r1")
    try demand(
      (0..<0.5).contains(divergence.rules.labelSmoothing), "divergence.rules.labelSmoothing",
      divergence.rules.labelSmoothing, "in [0, 0.5)")
    try finite(divergence.rules.instanceNoise, "divergence.rules.instanceNoise")
    try natural(divergence.rules.instanceNoiseSteps, "divergence.rules.instanceNoiseSteps")
    try positive(divergence.samples, "divergence.samples")
    try finite(divergence.totalCorrelation, "divergence.totalCorrelation")
    try finite(divergence.freeBits, "divergence.freeBits")
    try natural(supervision.updates, "supervision.updates")
    try positive(supervision.batchSize, "supervision.batchSize")
    for (options, name) in [
      (optimiser, "optimiser"), (discriminatorOptimiser, "discriminatorOptimiser"),
      (supervision.optimiser, "supervision.optimiser"),
    ] {
      try finite(options.learningRate, name + ".learningRate", above: 0)
      for (beta, key) in [(options.beta1, ".beta1"), (options.beta2, ".beta2")] {
        try demand((0..<1).contains(beta), name + key, beta, "in [0, 1)")
      }
      try finite(options.epsilon, name + ".epsilon", above: 0)
      try finite(options.weightDecay, name + ".weightDecay")
      try schedule(options.schedule, name + ".schedule")
    }
    try natural(checkpoint.every, "checkpoint.every")
    try natural(checkpoint.keep, "checkpoint.keep")
    try natural(figures.sampleEvery, "figures.sampleEvery")
    try demand((1...100).contains(figures.rows), "figures.rows", figures.rows, "between 1 and 100")
    try demand((1...100).contains(figures.columns), "figures.columns", figures.columns, "between 1 and 100")
  }
}
