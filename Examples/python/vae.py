"""A dense VAE of Elbo's in PyTorch, here 'vae-mnist': codes and reconstructions of images [n, 784].

elbo export RUN --format safetensors -o vae.safetensors && python vae.py vae.safetensors x.npy mean.npy images.npy
"""
import sys

import numpy
import torch
from safetensors.torch import load_file
from torch import nn


class Dense(nn.Module):
    def __init__(self, *widths):
        super().__init__()
        self.layers = nn.ModuleList(map(nn.Linear, widths, widths[1:]))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = nn.functional.elu(layer(x))
        return self.layers[-1](x)


weights, x, mean_file, images_file = sys.argv[1:]
vae = nn.ModuleDict({"encoder": nn.ModuleDict({"network": Dense(784, 128, 200)}), "decoder": Dense(100, 128, 784)})
vae.load_state_dict(load_file(weights))
with torch.no_grad():
    mean, log_variance = vae["encoder"]["network"](torch.from_numpy(numpy.load(x))).chunk(2, dim=1)
    numpy.save(mean_file, mean)
    numpy.save(images_file, vae["decoder"](mean).sigmoid())
