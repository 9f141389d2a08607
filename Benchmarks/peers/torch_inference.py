"""How fast PyTorch evaluates, encodes and decodes the test split: the same work as `elbo bench --inference`."""
import json
import math
import time

import torch
import torch.nn.functional as F

import common

BATCH = 500
SECONDS = 1.
# The importance-weighted bound: draws of z for each example, the first examples of the split, and so many at a time.
DRAWS, FEW, FEW_BATCH = 50, 1000, 100
# Annealing: examples, and the chains of each.
ANNEALED, CHAINS = 100, 8


def measure(bench):
    """Prints the rates of the networks of `bench`, the module torch_bench."""
    wl, kind, nets, mlp = bench.WL, bench.KIND, bench.nets, bench.mlp
    begin = time.perf_counter()
    test = torch.from_numpy(common.load_data(wl["data"], "test"))
    loaded = time.perf_counter() - begin
    latent = wl.get("latent", 2)

    def encode(x):
        """z and, for a Gaussian posterior, the KL divergence of each example."""
        if kind == "avb":
            return mlp(nets["enc"], torch.cat((x, torch.randn(len(x), wl["noise"][0][1])), 1)), None
        if kind == "aae":
            return mlp(nets["enc"], x), None
        h = bench.conv_encode(x) if kind == "conv" else mlp(nets["enc"], x)
        mu, t = h[:, :latent], h[:, latent:]
        logvar = 2 * t if wl["scale"] == "exp" else t
        z = mu + torch.exp(.5 * logvar) * torch.randn_like(mu)
        return z, .5 * (logvar.exp() + mu.square() - 1 - logvar).sum(1)

    def decode(z):
        return bench.conv_decode(z) if kind == "conv" else mlp(nets["dec"], z)

    def log_likelihood(x, z):
        out = decode(z)
        if kind == "aae":
            variance = 784 / (2 * 999)
            squares = (torch.tanh(out) - x).square().sum(1)
            return -squares / (2 * variance) - 392 * math.log(2 * math.pi * variance)
        return -F.binary_cross_entropy_with_logits(out, x, reduction="none").sum(1)

    def slope(x):
        """d log p(x|z) / dz at samples of the prior, one for each chain."""
        z = torch.randn(len(x), latent, requires_grad=True)
        return torch.autograd.grad(log_likelihood(x, z).sum(), z)[0]

    def bound(x):
        z, kl = encode(x)
        reconstruction = log_likelihood(x, z)
        if kind == "aae":
            return reconstruction
        if kind == "avb":
            kl = mlp(nets["dis"], torch.cat((2 * x - 1 if wl["center"] else x, z), 1)).squeeze(1)
        return reconstruction - kl

    def importance_weighted(x):
        """log 1/K sum_k p(x|z_k) p(z_k) / q(z_k|x), the constants of both normal densities cancelled."""
        h = bench.conv_encode(x) if kind == "conv" else mlp(nets["enc"], x)
        mu, t = h[:, :latent], h[:, latent:]
        logvar = 2 * t if wl["scale"] == "exp" else t
        noise = torch.randn(DRAWS, len(x), latent)
        z = mu + torch.exp(.5 * logvar) * noise
        ratio = .5 * (z.square() - noise.square() - logvar).sum(2)
        out = decode(z.reshape(-1, latent)).view(DRAWS, len(x), -1)
        reconstruction = -F.binary_cross_entropy_with_logits(out, x.expand_as(out), reduction="none").sum(2)
        return (reconstruction - ratio).logsumexp(0) - math.log(DRAWS)

    def mean(z):
        return torch.tanh(decode(z)) if kind == "aae" else torch.sigmoid(decode(z))

    def rate(use, examples=test, batch=BATCH):
        def one_pass():
            for x in examples.split(batch):
                use(x)
        one_pass()
        passes, begin = 0, time.perf_counter()
        while passes == 0 or time.perf_counter() - begin < SECONDS:
            one_pass()
            passes += 1
        return passes * len(examples) / (time.perf_counter() - begin)

    annealed = rate(lambda x: slope(x).sum().item(), test[:ANNEALED].repeat_interleave(CHAINS, 0), ANNEALED * CHAINS)
    with torch.inference_mode():
        result = dict(
            version=torch.__version__, threads=torch.get_num_threads(), examples=len(test),
            secondsToLoadData=loaded, annealedPerSecond=annealed,
            evaluatedPerSecond=rate(lambda x: bound(x).double().numpy()),
            encodedPerSecond=rate(lambda x: encode(x)[0].sum().item()),
            sampledPerSecond=rate(lambda x: mean(torch.randn(len(x), latent)).sum().item()))
        if kind in ("vae", "conv"):
            result["importanceWeightedPerSecond"] = rate(
                lambda x: importance_weighted(x).mean().item(), test[:FEW], FEW_BATCH)
        print(json.dumps(result), flush=True)
