"""An AVB of Elbo's in PyTorch, here 'avb-four-points': codes at zero noise, and T(x, z), for points [n, 4].

elbo export RUN --format safetensors -o avb.safetensors && python avb.py avb.safetensors x.npy z.npy points.npy
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
            x = torch.relu(layer(x))
        return self.layers[-1](x)


weights, x, z_file, points_file = sys.argv[1:]
encoder, decoder, discriminator = Dense(4 + 4, 256, 256, 2), Dense(2, 256, 256, 4), Dense(4 + 2, 256, 256, 1)
avb = nn.ModuleDict({"encoder": nn.ModuleDict({"network": encoder}), "decoder": decoder})
avb["discriminator"] = nn.ModuleDict({"network": discriminator})
avb.load_state_dict(load_file(weights))
with torch.no_grad():
    x = torch.from_numpy(numpy.load(x))
    z = encoder(torch.cat([x, torch.zeros(len(x), 4)], dim=1))
    numpy.save(z_file, z)
    numpy.save(points_file, decoder(z).sigmoid())
    print("T(x, z):", discriminator(torch.cat([2 * x - 1, z], dim=1)).squeeze(1).tolist())
