"""Runs one of Examples/python as a person would, then saves its module's weights but for the discriminator's.

through_pytorch.py SCRIPT SAVED WEIGHTS ARGUMENT...
"""
import runpy
import sys

from safetensors.torch import save_file
from torch import nn

script, saved = sys.argv[1:3]
sys.argv = sys.argv[2:]
names = runpy.run_path(script)
(model,) = [value for value in names.values() if isinstance(value, nn.ModuleDict)]
weights = {name: value for name, value in model.state_dict().items() if not name.startswith("discriminator.")}
save_file(weights, saved)
