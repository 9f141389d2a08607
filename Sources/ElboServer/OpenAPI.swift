/// The server's addresses as an OpenAPI 3.1 document: those of each model with its own sizes, so that what the document
/// allows is what the model takes.
struct OpenAPI {
  let models: [ModelDescription]
  let options: ServerOptions

  var document: JSON {
    var paths: [String: JSON] = [
      "/health": get("Whether the server answers, and each model's step.", "health", isOpen: true),
      "/metrics": get("Counters and histograms in Prometheus's format.", "metrics", types: ["text/plain"]),
      "/openapi.json": get("This document.", "openapi"),
      "/v1/models": get("All models.", "listModels"),
    ]
    for model in models {
      let base = "/v1/models/\(model.name)"
      paths[base] = get("The model's sizes and step.", "describe-\(model.name)")
      paths["\(base)/explorer"] = get(
        "Codes of test examples, what units say, and log densities on a grid of two latent dimensions.",
        "explorer-\(model.name)", errors: [409, 429, 503])
      paths["\(base)/examples"] = get(
        "The first examples of the test split.", "examples-\(model.name)",
        parameters: [parameter("n", ["type": "integer", "minimum": 1, "maximum": 100, "default": 12])],
        types: ["application/json"] + (model.image == nil ? [] : ["image/png"]), errors: [422, 429, 503])
      for operation in ModelRequest.Operation.allCases {
        paths["\(base)/\(operation.rawValue)"] = ["post": post(operation, model)]
      }
    }
    var document: [String: JSON] = [
      "openapi": "3.1.0",
      "info": [
        "title": "Elbo", "version": "1",
        "description":
          "Encodes, decodes, samples, reconstructs and scores by trained deep latent-variable models. Numbers are nats per example where they are log likelihoods.",
      ],
      "paths": .object(paths), "components": components,
    ]
    if options.token != nil { document["security"] = [["bearer": []]] }
    return .object(document)
  }

  private var components: JSON {
    var members: [String: JSON] = [
      "schemas": [
        "Error": [
          "type": "object", "required": ["error"],
          "properties": [
            "error": [
              "type": "object", "required": ["status", "message"],
              "properties": [
                "status": ["type": "integer"], "message": ["type": "string"], "requestId": ["type": "string"],
              ],
            ]
          ],
        ]
      ]
    ]
    if options.token != nil { members["securitySchemes"] = ["bearer": ["type": "http", "scheme": "bearer"]] }
    return .object(members)
  }

  private func get(
    _ summary: String, _ id: String, parameters: [JSON] = [], types: [String] = ["application/json"],
    errors: [Int] = [], isOpen: Bool = false
  ) -> JSON {
    let content = types.map { type -> (String, JSON) in
      (type, ["schema": type == "application/json" ? ["type": "object"] : ["type": "string"]])
    }
    var members: [String: JSON] = [
      "summary": .string(summary), "operationId": .string(id), "parameters": .array(parameters),
      "responses": responses(Dictionary(content) { $1 }, errors),
    ]
    if isOpen { members["security"] = [] }
    return ["get": .object(members)]
  }

  private func parameter(_ name: String, _ schema: JSON) -> JSON {
    ["name": .string(name), "in": "query", "required": false, "schema": schema]
  }

  private func post(_ operation: ModelRequest.Operation, _ model: ModelDescription) -> JSON {
    var content: [String: JSON] = ["application/json": ["schema": body(operation, model)]]
    let isAlone = labelClasses(operation, model) == nil
    if operation.input != nil, isAlone {
      content["application/x-npy"] = ["schema": ["type": "string", "format": "binary"]]
    }
    if operation.input == .x, model.image != nil, isAlone {
      content["image/png"] = ["schema": ["type": "string", "format": "binary"]]
    }
    var answers: [String: JSON] = ["application/json": ["schema": answer(operation, model)]]
    if operation != .score {
      answers["application/x-npy"] = ["schema": ["type": "string", "format": "binary"]]
    }
    if operation.givesExamples, model.image != nil {
      answers["image/png"] = ["schema": ["type": "string", "format": "binary"]]
    }
    return [
      "summary": .string(summary(operation)), "operationId": .string("\(operation.rawValue)-\(model.name)"),
      "parameters": .array((operation.options + ["seed"]).map { parameter($0, schema($0)) }),
      "requestBody": ["required": .bool(operation.input != nil), "content": .object(content)],
      "responses": responses(answers, [400, 413, 415, 422, 429, 503, 504]),
    ]
  }

  private func summary(_ operation: ModelRequest.Operation) -> String {
    switch operation {
    case .encode: "Codes z of examples x."
    case .decode: "Examples x of codes z."
    case .sample: "Samples z of the prior and the examples x they stand for."
    case .reconstruct: "Codes z of examples x, and the examples those stand for."
    case .score: "Log likelihoods of examples x, and which of them are anomalous."
    }
  }

  private func responses(_ content: [String: JSON], _ errors: [Int]) -> JSON {
    let error: JSON = [
      "description": "What is wrong, as one sentence.",
      "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Error"]]],
    ]
    var members: [String: JSON] = ["200": ["description": "The answer.", "content": .object(content)]]
    for status in errors + [404, 405, 406] + (options.token == nil ? [] : [401]) {
      members["\(status)"] = error
    }
    return .object(members)
  }

  private func labelClasses(_ operation: ModelRequest.Operation, _ model: ModelDescription) -> Int? {
    (operation.input == .x ? model.encoderClasses : nil)
      ?? (operation == .encode ? nil : model.decoderClasses)
  }

  private func body(_ operation: ModelRequest.Operation, _ model: ModelDescription) -> JSON {
    var properties: [String: JSON] = ["seed": schema("seed")]
    var required: [JSON] = []
    if let input = operation.input {
      properties[input.rawValue] = rows(input, model)
      required.append(.string(input.rawValue))
    }
    for option in operation.options { properties[option] = schema(option) }
    if let classes = labelClasses(operation, model) {
      properties["labels"] = [
        "type": "array", "items": ["type": "integer", "minimum": 0, "maximum": .int(classes - 1)],
        "description": "The class of each row.",
      ]
      required.append("labels")
    }
    return [
      "type": "object", "properties": .object(properties), "required": .array(required),
      "additionalProperties": false,
    ]
  }

  private func rows(_ input: ModelRequest.Input, _ model: ModelDescription) -> JSON {
    let width = input == .z ? model.latentDimension : model.features
    let limits = input == .z ? ModelDescription.widest : model.limits
    let item: [String: JSON] = [
      "type": "number", "minimum": .number(limits.lowerBound), "maximum": .number(limits.upperBound),
    ]
    return [
      "type": "array", "minItems": 1, "maxItems": .int(options.rowLimit),
      "items": ["type": "array", "minItems": .int(width), "maxItems": .int(width), "items": .object(item)],
    ]
  }

  private func schema(_ option: String) -> JSON {
    switch option {
    case "seed": ["type": "integer", "minimum": 0, "maximum": .int(ModelRequest.largestSeed), "default": 0]
    case "n": ["type": "integer", "minimum": 1, "maximum": .int(options.rowLimit), "default": 16]
    case "code": ["type": "string", "enum": .array(ModelRequest.Code.allCases.map { .string($0.rawValue) })]
    case "draw": ["type": "string", "enum": .array(ModelRequest.Draw.allCases.map { .string($0.rawValue) })]
    default:
      [
        "type": "number", "minimum": .number(ModelRequest.rates.lowerBound),
        "maximum": .number(ModelRequest.rates.upperBound), "default": 0.01,
      ]
    }
  }

  private func answer(_ operation: ModelRequest.Operation, _ model: ModelDescription) -> JSON {
    let matrix: JSON = [
      "type": "array", "items": ["type": "array", "items": ["type": ["number", "null"]]],
    ]
    var properties: [String: JSON] = ["model": ["type": "string"], "step": ["type": "integer"]]
    if [.encode, .sample, .reconstruct].contains(operation) { properties["z"] = matrix }
    if operation.givesExamples { properties["x"] = matrix }
    if operation == .score {
      let numbers: JSON = ["type": "array", "items": ["type": ["number", "null"]]]
      properties["scores"] = numbers
      properties["pValues"] = numbers
      properties["anomalous"] = ["type": "array", "items": ["type": "boolean"]]
      properties["threshold"] = ["type": ["number", "null"]]
    }
    return [
      "type": "object", "properties": .object(properties),
      "required": .array(properties.keys.sorted().map(JSON.string)),
    ]
  }
}
