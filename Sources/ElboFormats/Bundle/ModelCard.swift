import Elbo
import ElboFigures
import Foundation

/// `README.md` of a bundle: a model card as Hugging Face reads it, every figure of it measured when the bundle was
/// written. https://huggingface.co/docs/hub/model-cards
struct ModelCard {
  let run: TrainedRun
  let origin: ExportOrigin
  let estimates: [String: Estimate]
  let fingerprint: DataFingerprint
  /// The names of the files in `figures/`.
  let pictures: [String]

  private var configuration: RunConfiguration { run.configuration }
  private var preset: Preset? { try? Preset.named(configuration.name) }
  private var sorted: [(name: String, estimate: Estimate)] {
    estimates.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The whole file.
  var text: String {
    "---\n" + frontMatter + "---\n\n"
      + ([introduction, use, results, data, training, pictureList, files] as [String?])
      .compactMap { $0 }.joined(separator: "\n\n") + "\n"
  }

  private var frontMatter: String {
    var lines = ["library_name: elbo"]
    lines.append("# license: say under which licence you publish the weights")
    lines += ["tags:", "- variational-autoencoder", "- \(Self.quoted(configuration.name))"]
    lines += ["datasets:", "- \(Self.quoted(fingerprint.name))"]
    lines.append("metrics:")
    lines += sorted.map { "- \(Self.quoted($0.name))" }
    lines += ["model-index:", "- name: \(Self.quoted(configuration.name))", "  results:"]
    let task = fingerprint.image == nil ? "feature-extraction" : "unconditional-image-generation"
    lines += ["  - task:", "      type: \(task)"]
    lines += [
      "    dataset:", "      name: \(Self.quoted(fingerprint.name))",
      "      type: \(Self.quoted(fingerprint.name))", "      split: test",
    ]
    lines.append("    metrics:")
    lines += sorted.filter { $0.estimate.value.isFinite }.flatMap { name, estimate in
      [
        "    - type: \(Self.quoted(name))", "      name: \(Self.quoted("\(name), \(estimate.unit)"))",
        "      value: \(estimate.value)",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var introduction: String {
    // What a preset says of itself is true of the preset alone.
    let summary =
      preset.map { preset in
        changes.isEmpty
          ? "\(preset.summary)\n\nAfter: \(preset.source)"
          : "After the preset `\(preset.name)` (\(preset.summary)), with the changes under Training."
      } ?? "A latent-variable model."
    return """
      # \(configuration.name)

      \(summary)

      Trained for \(NumberText.whole(run.step)) steps by Elbo \(origin.version): posterior `\(configuration.posterior.kind)`, prior `\(configuration.prior.kind)`, likelihood \
      `\(configuration.likelihood.kind)`, divergence `\(configuration.divergence.kind)`, \
      \(run.model.latentDimension) latent dimensions.
      """
  }

  private var use: String {
    """
    ## Use

    ```sh
    elbo evaluate FOLDER --json          # this folder
    elbo sample FOLDER -n 16 -o samples.png
    elbo import FOLDER/model.safetensors # a run to train on
    ```
    """
  }

  private var results: String {
    let rows = sorted.map { name, estimate in
      "| \(name) | \(NumberText.measured(estimate.value, standardError: estimate.standardError)) "
        + "| \(estimate.unit) | \(NumberText.whole(estimate.count)) |"
    }
    let warnings = sorted.compactMap { name, estimate in
      estimate.warning.map { "Not to be trusted: \(name): \($0)" }
    }
    return
      ([
        "## Results on the test split", "", "| metric | value ± standard error | unit | n |",
        "|---|---|---|---|",
      ]
      + rows + warnings.flatMap { ["", $0] }).joined(separator: "\n")
  }

  private var data: String {
    let image = fingerprint.image.map { ", images of \($0[1]) x \($0[2]) pixels, channels: \($0[0])" } ?? ""
    return """
      ## Data

      \(fingerprint.name): \(NumberText.whole(fingerprint.testCount)) test examples of \(fingerprint.features) numbers\
      \(image). SHA-256 of the test split as 32-bit floats: `\(fingerprint.testSHA256)`.
      """
  }

  private var training: String {
    let departures = (preset?.deviations ?? [])
      .filter { $0.variant == nil || $0.variant == configuration.variant }
      .map { "- Departs from its source: \($0.what). Why: \($0.why)." }
    let text = """
      ## Training

      Seed \(configuration.seed), \(configuration.precision.rawValue), batches of \
      \(configuration.training.batchSize); `config.yaml` has every key, `metrics.jsonl` every logged step.
      """
    return ([text] + [changes, departures].compactMap { $0.isEmpty ? nil : $0.joined(separator: "\n") })
      .joined(separator: "\n\n")
  }

  /// The keys whose values are not the preset's.
  private var changes: [String] {
    guard preset != nil,
      let standard = try? ConfigurationLoader.load(
        configuration.name, settings: ["variant=\(configuration.variant.rawValue)"])
    else { return [] }
    let (own, known) = (configuration.settings, standard.settings)
    return own.keys.sorted().filter { own[$0] != known[$0] }
      .map { key in
        let standard = known[key].flatMap { $0.isEmpty ? nil : "`\($0)`" } ?? "none"
        return "- `\(key)` is `\(own[key]!)`, where the preset has \(standard)"
      }
  }

  private var pictureList: String? {
    if pictures.isEmpty { return nil }
    return
      (["## Pictures"] + pictures.map { "![\($0.dropLast(4))](figures/\($0))" }).joined(separator: "\n\n")
  }

  private var files: String {
    """
    ## Files

    | file | what |
    |---|---|
    | `model.safetensors` | weights under the paths of their modules, as PyTorch names them |
    | `config.yaml` | the resolved configuration |
    | `metrics.json` | the table above |
    | `metrics.jsonl` | the log: a JSON object a line |
    | `data.json` | what the data were |
    | `SHA256SUMS` | of every file: `sha256sum --check SHA256SUMS` |
    """
  }

  /// A text as YAML has it.
  private static func quoted(_ text: String) -> String {
    "\"" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
      + "\""
  }
}
