"""Reads a bundle's card and weights as a model hub would, and prints what came of it as JSON."""
import json
import pathlib
import sys

import yaml
from safetensors import safe_open

folder = pathlib.Path(sys.argv[1])
_, front, text = (folder / "README.md").read_text().split("---\n", 2)
card = yaml.safe_load(front)
with safe_open(folder / "model.safetensors", "np") as file:
    weights = {name: file.get_tensor(name).size for name in file.keys()}
    metadata = file.metadata()
yaml.safe_load((folder / "config.yaml").read_text())
print(
    json.dumps(
        {
            "card": card,
            "text": text,
            "metrics": json.loads((folder / "metrics.json").read_text()),
            "data": json.loads((folder / "data.json").read_text()),
            "parameters": sum(weights.values()),
            "metadata": metadata,
        }
    )
)
