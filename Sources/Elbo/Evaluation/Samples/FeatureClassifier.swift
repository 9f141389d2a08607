import ElboData
import ElboResources
import Foundation
import Torch

/// A small convolutional classifier of MNIST's digits, whose last hidden layer has the 64 features by which
/// samples of images with 28 x 28 grey pixels are compared. Of images other than digits its features say
/// less.
///
/// It is no Inception network: distances by it are comparable with each other alone. Trained on MNIST's
/// training split by `make features`, which also states its test error in the file's metadata.
package struct FeatureClassifier: Module {
  private let first: Convolution
  private let second: Convolution
  private let hidden: Linear
  private let last: Linear

  /// The images it takes.
  package static let image = ImageShape(channels: 1, height: 28, width: 28)

  /// A network with fresh parameters.
  package init(using generator: Generator) {
    func convolution(_ inputs: Int, _ outputs: Int) -> Convolution {
      Convolution(
        inputs: inputs, outputs: outputs, kernel: 5, stride: 2, initialiser: .torchUniform, using: generator)
    }
    first = convolution(1, 8)
    second = convolution(8, 16)
    hidden = Linear(inputs: 256, outputs: 64, initialiser: .torchUniform, using: generator)
    last = Linear(inputs: 64, outputs: 10, initialiser: .torchUniform, using: generator)
  }

  /// The stored network.
  ///
  /// - Throws: `SafetensorsError` where the program was built with a file that is unsound.
  package init(storedOn device: Device) throws {
    self.init(using: Generator(seed: 0, device: device))
    let stored = try Safetensors(Data(mnistFeatureWeights), name: "mnist-features.safetensors").tensors
    withoutGradients {
      for (name, tensor) in zip(parameters.names, parameters.tensors) {
        tensor.copy(from: stored[name]!.converted(to: .float32).moved(to: device))
      }
    }
  }

  /// The features of images with pixels in [0, 1], [n, 784]: [n, 64].
  package func features(_ x: Tensor) -> Tensor {
    let planes = second(first(x.reshaped([-1, 1, 28, 28])).relu()).relu()
    return hidden(planes.flattened()).relu()
  }

  /// The logits of the ten digits: [n, 10].
  package func logits(_ x: Tensor) -> Tensor { last(features(x)) }

  /// The features of many images, by batches.
  package func allFeatures(_ x: Tensor) -> Tensor {
    let strips = stride(from: 0, to: x.size(0), by: 500).map { start in
      features(x.narrowed(0, from: start, length: min(500, x.size(0) - start)))
    }
    return Tensor.concatenate(strips, over: 0)
  }
}
