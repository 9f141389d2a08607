"""Checks ONNX files and runs them: FOLDER/NAME.onnx with the inputs FOLDER/NAME-BATCH.in.safetensors.

Prints, as JSON, for each file the names and shapes of its inputs and outputs, its opset and metadata, and the largest
difference of each output from FOLDER/NAME-BATCH.out.safetensors, as a part of 1 or of the number itself.
"""
import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime
from safetensors.numpy import load_file


def shape(value):
    return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]


found = {}
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
for folder in map(pathlib.Path, sys.argv[1:]):
    for path in sorted(folder.glob("*.onnx")):
        onnx.checker.check_model(str(path), full_check=True)
        model = onnx.load(path)
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        errors = {}
        for given in sorted(folder.glob(f"{path.stem}-*.in.safetensors")):
            expected = load_file(str(given).replace(".in.", ".out."))
            names = [output.name for output in session.get_outputs()]
            results = dict(zip(names, session.run(names, load_file(given))))
            assert set(names) == set(expected), (names, list(expected))
            for name, result in results.items():
                assert result.shape == expected[name].shape, (name, result.shape, expected[name].shape)
                error = numpy.abs(result - expected[name]) / numpy.maximum(1, numpy.abs(expected[name]))
                errors[f"{given.name.split('.')[0]}.{name}"] = float(error.max())
        found[f"{folder.name}/{path.stem}"] = {
            "inputs": {value.name: shape(value) for value in model.graph.input},
            "outputs": {value.name: shape(value) for value in model.graph.output},
            "initializers": [tensor.name for tensor in model.graph.initializer],
            "opset": model.opset_import[0].version,
            "metadata": {entry.key: entry.value for entry in model.metadata_props},
            "errors": errors,
        }
print(json.dumps(found))
