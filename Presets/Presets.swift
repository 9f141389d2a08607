/// The presets' YAML by name. A new preset is one file beside this and one line here.
package let presetTexts: [String: [UInt8]] = [
  "aae-mnist": PackageResources.aae_mnist_yaml,
  "avb-four-points": PackageResources.avb_four_points_yaml,
  "avb-four-points-shallow": PackageResources.avb_four_points_shallow_yaml,
  "vae-fashion": PackageResources.vae_fashion_yaml,
  "vae-fashion-conv": PackageResources.vae_fashion_conv_yaml,
  "vae-mnist": PackageResources.vae_mnist_yaml,
]
