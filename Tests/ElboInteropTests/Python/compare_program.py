"""Compares what 'elbo encode' and 'elbo decode' wrote, FOLDER/z.npy and mean.npy, with FOLDER/onnx in onnxruntime.

Noise is zero. Prints the largest differences as JSON.
"""
import json
import pathlib
import sys

import numpy
import onnxruntime

folder = pathlib.Path(sys.argv[1])


def run(network, **inputs):
    session = onnxruntime.InferenceSession(folder / "onnx" / f"{network}.onnx", providers=["CPUExecutionProvider"])
    for value in session.get_inputs():
        if value.name not in inputs:
            inputs[value.name] = numpy.zeros((7, value.shape[1]), numpy.float32)
    return dict(zip([output.name for output in session.get_outputs()], session.run(None, inputs)))


codes, images = numpy.load(folder / "z.npy"), numpy.load(folder / "mean.npy")
encoded = run("encoder", x=numpy.load(folder / "x.npy"))
decoded = run("decoder", z=codes)
print(
    json.dumps(
        {
            "encoder": float(numpy.abs(encoded.get("mean", encoded.get("z")) - codes).max()),
            "decoder": float(numpy.abs(decoded["mean"] - images).max()),
        }
    )
)
