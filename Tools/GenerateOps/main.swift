// Writes the shim's generated files from Sources/CTorch/ops.yaml, or with --check says whether they are
// current.
import Foundation
import Yams

struct Argument {
  let type: String
  let name: String

  /// The parameters this argument takes in C.
  var parameters: String {
    switch type {
    case "Tensor", "Tensor?": "ct_tensor \(name)"
    case "Tensors": "const ct_tensor *\(name), int64_t \(name)_count"
    case "Ints": "const int64_t *\(name), int64_t \(name)_count"
    case "Int": "int64_t \(name)"
    case "Float": "double \(name)"
    case "Bool": "bool \(name)"
    case "DType", "Device": "int32_t \(name)"
    case "Generator": "ct_generator \(name)"
    default: fatalError("ops.yaml: unknown argument type '\(type)'")
    }
  }

  /// What the C parameter becomes in the C++ expression, or nil where it is used as it is.
  var conversion: String? {
    switch type {
    case "Tensor": "ct::ref(\(name))"
    case "Tensor?": "ct::optional(\(name))"
    case "Tensors": "ct::list(\(name), \(name)_count)"
    case "Ints": "at::IntArrayRef(\(name), \(name)_count)"
    case "Generator": "ct::generator(\(name))"
    default: nil
    }
  }
}

struct Operation {
  let name: String
  let arguments: [Argument]
  let resultCount: Int
  let expression: String

  init(signature: String, expression: String) {
    let parts = signature.components(separatedBy: " -> ")
    let open = parts[0].firstIndex(of: "(")!
    name = String(parts[0][..<open])
    arguments = parts[0][parts[0].index(after: open)...].dropLast()
      .components(separatedBy: ", ")
      .map { piece in
        let words = piece.split(separator: " ")
        return Argument(type: String(words[0]), name: String(words[1]))
      }
    resultCount = parts.count == 1 ? 1 : (parts[1] == "void" ? 0 : Int(parts[1])!)
    self.expression = expression
  }

  var declaration: String {
    let outputs = (0..<resultCount).map { "ct_tensor *out\(resultCount > 1 ? String($0) : "")" }
    let parameters = outputs + arguments.map(\.parameters) + ["ct_error **error"]
    return "int32_t ct_\(name)(\(parameters.joined(separator: ", ")))"
  }

  var definition: String {
    let converted = arguments.filter { $0.conversion != nil }
    let names = converted.map { "const auto &\($0.name)" }.joined(separator: ", ")
    let values = converted.map { $0.conversion! }.joined(separator: ", ")
    let statement =
      switch resultCount {
      case 0: "\(expression);"
      case 1: "*out = ct::own(\(expression));"
      default:
        "auto results = \(expression); "
          + (0..<resultCount).map { "*out\($0) = ct::own(std::get<\($0)>(results));" }.joined(separator: " ")
      }
    return """
      \(declaration) {
        return ct::guarded(error, [&] {
          [&](\(names)) { \(statement) }(\(values));
        });
      }
      """
  }
}

let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()
let folder = package.appending(path: "Sources/CTorch")
let table = try String(contentsOf: folder.appending(path: "ops.yaml"), encoding: .utf8)
guard let groups = try Yams.compose(yaml: table)?.mapping else { fatalError("ops.yaml: not a mapping") }

var header = "// Generated from ops.yaml by generate-ops. Do not edit.\n"
var source = "// Generated from ops.yaml by generate-ops. Do not edit.\n#include \"bridge.h\"\n"
for (group, entries) in groups {
  header += "\n// \(group.string!.replacingOccurrences(of: "_", with: " "))\n"
  for (signature, expression) in entries.mapping! {
    let operation = Operation(signature: signature.string!, expression: expression.string!)
    header += operation.declaration + ";\n"
    source += "\n" + operation.definition + "\n"
  }
}

let check = CommandLine.arguments.contains("--check")
for (name, text) in [("include/ctorch_operations.h", header), ("operations.cpp", source)] {
  let file = folder.appending(path: name)
  if check {
    guard (try? String(contentsOf: file, encoding: .utf8)) == text else {
      FileHandle.standardError.write(
        Data("Sources/CTorch/\(name): not what ops.yaml says; run 'swift run -c release generate-ops'\n".utf8)
      )
      exit(1)
    }
  } else {
    try Data(text.utf8).write(to: file, options: .atomic)
  }
}
