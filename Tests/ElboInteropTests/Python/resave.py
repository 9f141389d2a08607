"""Loads safetensors into PyTorch and saves them again, the metadata and the discriminator left out."""
import sys

from safetensors.torch import load_file, save_file

weights = load_file(sys.argv[1])
save_file({name: value for name, value in weights.items() if not name.startswith("discriminator.")}, sys.argv[2])
