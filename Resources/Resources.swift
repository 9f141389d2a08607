/// The weights of the small MNIST classifier whose features samples are compared by: a safetensors file.
package let mnistFeatureWeights: [UInt8] = PackageResources.mnist_features_safetensors
