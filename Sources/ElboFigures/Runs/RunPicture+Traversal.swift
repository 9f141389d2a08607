import Elbo
import ElboDistributions
import Foundation
import Torch

extension RunPicture {
  /// What each latent unit does.
  static let traversal = RunPicture(
    name: "traversal", title: "Latent traversal",
    caption:
      "The means of p(x|z) as one unit of z changes and all others stay at the posterior mean of the first image of the "
      + "test split. Under a standard normal prior the unit goes from −3 to 3, under any other through the quantiles of "
      + "posterior samples of test images. The rows are the most active units; a unit's activity is the variance over test "
      + "images of its posterior mean (Burda et al. 2016, section 5.2), near 0 for one that the model does not use. Of a "
      + "code with a class these are units of the style. A decoder that is told the class is told that of the image.",
    alternativeText: "Rows of images decoded as one latent unit changes.",
    applies: { $0.run.test.image != nil },
    draw: { material, path in
      let activity = try material.means.activity
      let style = (material.model.codeClasses ?? 0)..<activity.count
      let units = style.sorted { activity[$0] > activity[$1] }.prefix(10)
      let image = material.run.test.prefix(1)
      let code = material.meanCodes(image, stream: 9)
      let course = try course(material)
      let axis = Tensor.range(to: Double(code.size(1)), device: code.device)
      let z = units.map { unit in
        let isMoved = axis.isAtLeast(Double(unit)).logicalAnd(axis.isAtMost(Double(unit)))
        return isMoved.select(course.values(unit).unsqueezed(1), otherwise: code)
      }
      let images = material.decoded(Tensor.concatenate(z, over: 0), like: image)
      try CaptionedGrid(
        material.grid([images], columns: course.labels.count), title: "Latent traversal",
        rowLabels: units.map {
          "\(name(ofUnit: $0)), activity \(NumberText.fixed(activity[$0], decimals: 2))"
        },
        columnLabels: course.labels, xLabel: course.label
      ).write(to: path, using: material.gnuplot)
    })

  /// The values that a unit takes from left to right, and what to call them.
  private struct Course {
    let label: String
    let labels: [String]
    /// [columns] of a unit.
    let values: (Int) -> Tensor
  }

  private static func course(_ material: RunMaterial) throws -> Course {
    if material.model.priorDistribution is StandardNormal {
      let values = (0...12).map { Double($0) / 2 - 3 }
      let tensor = Tensor(values.map(Float.init), shape: [values.count]).moved(
        to: material.run.test.device)
      return Course(
        label: "value of the unit",
        labels: values.map { NumberText.measured($0, standardError: nil) }, values: { _ in tensor })
    }
    let shares = [0.01] + (1...9).map { Double($0) / 10 } + [0.99]
    let codes = try material.codes
    return Course(
      label: "quantile of the unit over posterior samples",
      labels: shares.map { NumberText.fixed(100 * $0, decimals: 0) + "%" },
      values: { unit in
        let sorted = codes.selected(1, at: unit).floats.sorted()
        let values = shares.map { sorted[Int((Double(sorted.count - 1) * $0).rounded())] }
        return Tensor(values, shape: [values.count]).moved(to: codes.device)
      })
  }

  /// z₁, z₂, ...
  private static func name(ofUnit unit: Int) -> String {
    "z" + String(unit + 1).map { String(UnicodeScalar(0x2080 + UInt32($0.wholeNumberValue!))!) }.joined()
  }
}
