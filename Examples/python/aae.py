"""An AAE of Elbo's in PyTorch, here 'aae-mnist': codes, images, and D(z), for images [n, 784] from -1 to 1.

elbo export RUN --format safetensors -o aae.safetensors && python aae.py aae.safetensors x.npy z.npy images.npy
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
            x = nn.functional.leaky_relu(layer(x), 0.2)
        return self.layers[-1](x)


weights, x, z_file, images_file = sys.argv[1:]
encoder, decoder, discriminator = Dense(784, 512, 512, 8), Dense(8, 512, 512, 784), Dense(8, 512, 256, 1)
aae = nn.ModuleDict({"encoder": nn.ModuleDict({"network": encoder}), "decoder": decoder})
aae["discriminator"] = nn.ModuleDict({"networks": nn.ModuleList([discriminator])})
aae.load_state_dict(load_file(weights))
with torch.no_grad():
    z = encoder(torch.from_numpy(numpy.load(x)))
    numpy.save(z_file, z)
    numpy.save(images_file, decoder(z).tanh())
    print("D(z), the odds of the prior in logits:", discriminator(z).squeeze(1).tolist())
