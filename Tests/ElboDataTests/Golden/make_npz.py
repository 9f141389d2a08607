"""Writes stored.npz and deflated.npz: two arrays each, as NumPy packs them."""
import pathlib

import numpy

FOLDER = pathlib.Path(__file__).parent
arrays = {"x": numpy.arange(72, dtype=numpy.float32).reshape(12, 2, 3) / 8, "y": numpy.arange(12, dtype=numpy.int64) % 3}
numpy.savez(FOLDER / "stored.npz", **arrays)
numpy.savez_compressed(FOLDER / "deflated.npz", **arrays)
