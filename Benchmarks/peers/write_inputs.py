"""Writes what `elbo bench PRESET --check FILE` takes: the peers' initial parameters, batches and noise.

    PYTHON write_inputs.py WORKLOAD STEPS FILE.safetensors
"""
import json
import struct
import sys

import numpy as np

import common

# The names under which Elbo keeps each network's layers.
DENSE = {"enc": "encoder.network.layers", "dec": "decoder.layers"}
DISCRIMINATOR = {"avb": "discriminator.network.layers", "aae": "discriminator.networks.0.layers"}
CONVOLUTIONAL = [
    "encoder.network.convolutions.0", "encoder.network.convolutions.1", "encoder.network.dense.layers.0",
    "encoder.network.dense.layers.1", "decoder.dense.layers.0", "decoder.dense.layers.1",
    "decoder.convolutions.0", "decoder.convolutions.1", "decoder.output",
]


def named_parameters(wl):
    for net, arrays in common.torch_layout(wl, common.init_params(wl)).items():
        for i, array in enumerate(arrays):
            stem = DISCRIMINATOR[wl["kind"]] if net == "dis" else DENSE.get(net)
            layer = CONVOLUTIONAL[i // 2] if net == "net" else "%s.%d" % (stem, i // 2)
            # The peers' adversarial autoencoder has logits positive for the prior, Elbo's for the codes: the same
            # function of the same loss, with the signs of the last layer's weights turned.
            turned = wl["kind"] == "aae" and net == "dis" and i >= len(arrays) - 2
            yield "weights.%s.%s" % (layer, ("weight", "bias")[i % 2]), -array if turned else array


def write_safetensors(path, arrays):
    types = {np.dtype(np.float32): "F32", np.dtype(np.int64): "I64"}
    header, offset = {}, 0
    for name, array in arrays.items():
        header[name] = dict(dtype=types[array.dtype], shape=list(array.shape),
                            data_offsets=[offset, offset + array.nbytes])
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            f.write(np.ascontiguousarray(array).tobytes())


def main():
    workload, steps, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    wl = common.WORKLOADS[workload]
    batches, noise = common.check_inputs(wl, len(common.load_data(wl["data"])), steps)
    arrays = {"batches": batches.astype(np.int64)}
    arrays.update(named_parameters(wl))
    arrays.update(("noise.%d" % i, draws) for i, draws in enumerate(noise))
    write_safetensors(path, arrays)


main()
