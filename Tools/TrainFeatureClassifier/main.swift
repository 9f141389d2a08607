// Trains the small classifier whose features samples are compared by, on MNIST's training split, and writes
// its weights in half precision with its test error: make features.
import Elbo
import ElboData
import Foundation
import Torch

guard CommandLine.arguments.count == 2 else { fatalError("usage: train-feature-classifier FILE.safetensors") }
Engine.prepare(threads: 1)
let configuration = try ConfigurationLoader.load("vae-mnist", settings: [])
let train = try Dataset.load(configuration, .train)
let test = try Dataset.load(configuration, .test)
let (epochs, batchSize) = (8, 100)

let generator = Generator(seed: 1)
let network = FeatureClassifier(using: generator)
let optimizer = Adam(network.parameters)
let steps = epochs * train.count / batchSize

/// The fraction of test images whose class is not the most probable one.
func error(of network: FeatureClassifier, on test: Dataset) throws -> Double {
  let found = try withoutGradients { () throws in
    try test.mapBatches(of: 500) { network.logits($0.x).argMax(over: 1).values(as: Int64.self) }
  }
  return Double(zip(found.joined(), test.labels!).count { $0 != $1 }) / Double(test.count)
}

for epoch in 0..<epochs {
  let shuffled = train.shuffled(train.count, using: generator)
  var index = 0
  try shuffled.forEachBatch(of: batchSize) { batch in
    let targets = batch.labels!.oneHot(classes: 10).converted(to: .float32)
    let loss = -(network.logits(batch.x).logSoftmax(over: 1) * targets).sum() / Double(batch.count)
    // Falls in a line to zero, so that the last steps settle.
    let rate = 2e-3 * (1 - Double(epoch * train.count / batchSize + index) / Double(steps))
    optimizer.step(
      gradients: gradient(of: loss, withRespectTo: network.parameters.tensors), rate: rate)
    index += 1
  }
  print("epoch \(epoch + 1) of \(epochs): test error \(try error(of: network, on: test))")
}

let halves = zip(network.parameters.names, network.parameters.tensors).map { name, tensor in
  // What is stored is what is judged.
  let half = tensor.detached().converted(to: .float16)
  withoutGradients { tensor.copy(from: half.converted(to: .float32)) }
  return (name, half)
}
try Safetensors(
  tensors: Dictionary(uniqueKeysWithValues: halves),
  metadata: [
    "what": "a digit classifier trained on MNIST's training split; its hidden layer are features of images",
    "testError": String(try error(of: network, on: test)),
  ]
).write(to: URL(filePath: CommandLine.arguments[1]))
