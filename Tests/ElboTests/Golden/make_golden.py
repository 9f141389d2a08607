"""Writes runs.safetensors: twenty steps of small models of every kind, in plain PyTorch, and numpy.npy.

    python3 -m venv /tmp/golden-venv
    /tmp/golden-venv/bin/pip install "torch==2.13.0+cpu" numpy safetensors \
        --extra-index-url https://download.pytorch.org/whl/cpu
    /tmp/golden-venv/bin/python Tests/ElboTests/Golden/make_golden.py

Weights, noise and prior samples come from one generator of seed 1, drawn in the order in which Elbo draws them:
layer by layer (weight, then bias) through encoder, decoder and discriminator, then step by step. The metadata gives
for each run the preset and the settings that make Elbo build the same model; its tensors are
"<run>/weights/<parameter>" (initial), "<run>/metrics/<name>" [20] and "<run>/final/<parameter>". "points" and
"images" are the data, taken in order.
"""
import math
import pathlib

import numpy
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import distributions as D
from torch import nn

FOLDER = pathlib.Path(__file__).parent
STEPS = 20
POINTS = torch.eye(4).repeat_interleave(6, 0)
IMAGES = torch.rand(24, 64, generator=torch.Generator().manual_seed(5)).round(decimals=3)
SIDE = 8
tensors, metadata = {"points": POINTS, "images": IMAGES}, {}


def initialise(layer, kind, g):
    weight = layer.weight
    area = weight[0, 0].numel() if weight.dim() > 2 else 1
    fan_in = weight.size(1) * area
    bound = {"glorot-uniform": math.sqrt(6 / ((weight.size(0) + weight.size(1)) * area)),
             "torch-uniform": 1 / math.sqrt(fan_in)}.get(kind)
    with torch.no_grad():
        if kind == "he-normal":
            weight.normal_(0, math.sqrt(2 / fan_in), generator=g)
        else:
            weight.uniform_(-bound, bound, generator=g)
        if kind == "torch-uniform":
            layer.bias.uniform_(-bound, bound, generator=g)
        else:
            layer.bias.zero_()
    return layer


class Dense(nn.Module):
    def __init__(self, widths, activation, kind, g, last=lambda x: x):
        super().__init__()
        self.layers = nn.ModuleList(initialise(nn.Linear(a, b), kind, g) for a, b in zip(widths, widths[1:]))
        self.activation, self.last = activation, last

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.last(self.layers[-1](x))


class ConvolutionalEncoder(nn.Module):
    """Kernels of 3, strides of 2: 8 x 8 -> 3 x 3 -> 1 x 1. Inputs beside the image join the dense part."""

    def __init__(self, beside, channels, hidden, outputs, kind, g):
        super().__init__()
        self.convolutions = nn.ModuleList(
            initialise(nn.Conv2d(a, b, 3, 2), kind, g) for a, b in zip([1] + channels, channels))
        self.dense = Dense([channels[-1] + beside] + hidden + [outputs], torch.tanh, kind, g)

    def forward(self, x):
        pixels, beside = x[:, :SIDE * SIDE], x[:, SIDE * SIDE:]
        h = pixels.reshape(-1, 1, SIDE, SIDE)
        for layer in self.convolutions:
            h = torch.tanh(layer(h))
        return self.dense(torch.cat([h.flatten(1), beside], 1))


class ConvolutionalDecoder(nn.Module):
    def __init__(self, latent, channels, hidden, kind, g):
        super().__init__()
        a, b = channels
        self.dense = Dense([latent] + hidden + [b], torch.tanh, kind, g, last=torch.tanh)
        self.convolutions = nn.ModuleList([
            initialise(nn.ConvTranspose2d(b, a, 3, 2), kind, g),
            initialise(nn.ConvTranspose2d(a, a, 3, 2, output_padding=1), kind, g)])
        self.output = initialise(nn.Conv2d(a, 1, 3, padding=1), kind, g)

    def forward(self, z):
        h = self.dense(z)[:, :, None, None]
        for layer in self.convolutions:
            h = torch.tanh(layer(h))
        return self.output(h).flatten(1)


def run(name, settings, *, data, latent, hidden, activation, kind, divergence, batch=None, posterior="gaussian",
        noise=None, scale="log-scale", likelihood="bernoulli", last=lambda x: x, convolutional=None, centre=False,
        analytic=True, beta=1.0, beta_at=lambda step: 1.0, objective_scale=1.0, updates=1, separate=False,
        binarise=False, clip=0.0, rate=1e-3, adversary_rate=1e-3, rate_at=lambda step: 1.0, optimiser=None):
    g = torch.Generator().manual_seed(1)
    features = data.size(1)
    noise = noise or latent
    inputs = features + (noise if posterior == "implicit" else 0)
    outputs = latent * (2 if posterior == "gaussian" else 1)
    encoder_hidden, decoder_hidden, adversary_hidden = hidden
    if convolutional:
        encoder = ConvolutionalEncoder(inputs - features, convolutional, encoder_hidden, outputs, kind, g)
        decoder = ConvolutionalDecoder(latent, convolutional, decoder_hidden, kind, g)
    else:
        encoder = Dense([inputs] + encoder_hidden + [outputs], activation, kind, g)
        decoder = Dense([latent] + decoder_hidden + [features], activation, kind, g, last)
    parts = {"encoder.network": encoder, "decoder": decoder}
    if divergence != "kl":
        adversary_inputs = latent + (features if divergence == "density-ratio" else 0)
        discriminator = Dense([adversary_inputs] + adversary_hidden + [1], activation, kind, g)
        parts["discriminator.network" if divergence == "density-ratio" else "discriminator.networks.0"] = discriminator

    def weights():
        return {f"{part}.{key}": value.detach().clone() for part, module in parts.items()
                for key, value in module.named_parameters()}

    for key, value in weights().items():
        tensors[f"{name}/weights/{key}"] = value

    optimiser = optimiser or (lambda p, lr: torch.optim.Adam(p, lr))
    groups = {"generator": [*encoder.parameters(), *decoder.parameters()]}
    movers = {"generator": optimiser(groups["generator"], rate)}
    rates = {"generator": rate, "discriminator": adversary_rate}
    if divergence != "kl":
        groups["discriminator"] = list(discriminator.parameters())
        movers["discriminator"] = optimiser(groups["discriminator"], adversary_rate)
    log = {}

    def note(metrics):
        for key, value in metrics.items():
            log.setdefault(key, [[] for _ in range(STEPS)])[step].append(float(value.detach()))

    def move(objectives):
        note(objectives)
        slopes = {role: torch.autograd.grad(value, groups[role], retain_graph=True)
                  for role, value in objectives.items()}
        for role, values in slopes.items():
            for parameter, slope in zip(groups[role], values):
                parameter.grad = slope
            if clip:
                nn.utils.clip_grad_norm_(groups[role], clip)
            for group in movers[role].param_groups:
                group["lr"] = rates[role] * rate_at(step)
            movers[role].step()

    def normal(*shape):
        return torch.randn(shape, generator=g)

    def sample(x):
        if posterior == "deterministic":
            return encoder(x), None
        if posterior == "implicit":
            return encoder(torch.cat([x, normal(len(x), noise)], 1)), None
        mean, rest = encoder(x).chunk(2, 1)
        q = D.Independent(D.Normal(mean, (rest if scale == "log-scale" else rest / 2).exp()), 1)
        return mean + q.base_dist.scale * normal(len(x), latent), q

    def reconstruct(x, z):
        y = decoder(z)
        if likelihood == "bernoulli":
            mean, negative = y.sigmoid(), F.binary_cross_entropy_with_logits(y, x, reduction="none")
        elif likelihood == "clipped":
            mean = 1e-6 + (1 - 2e-6) * y.sigmoid()
            negative = -(x * mean.log() + (1 - x) * (1e-6 + (1 - 2e-6) * (-y).sigmoid()).log())
        else:
            mean, negative = y, -D.Normal(y, likelihood).log_prob(x)
        negative = negative.sum(1).mean()
        return negative, {"reconstruction": -negative, "mse": ((mean - x) ** 2).mean()}

    def ratio(x, z):
        return discriminator(torch.cat([2 * x - 1 if centre else x, z], 1))

    def contest(posterior, prior):
        right = ((posterior > 0).float().mean() + (prior <= 0).float().mean()) / 2
        return F.softplus(-posterior).mean() + F.softplus(prior).mean(), {"accuracy": right}

    prior = D.Independent(D.Normal(torch.zeros(latent), torch.ones(latent)), 1)
    for step in range(STEPS):
        size = batch or len(data)
        start = step % math.ceil(len(data) / size) * size
        x = data[start:start + size]
        if binarise:
            x = torch.bernoulli(x, generator=g)
        weight = beta * beta_at(step)
        if divergence == "kl":
            z, q = sample(x)
            negative, metrics = reconstruct(x, z)
            kl = (D.kl_divergence(q, prior) if analytic else q.log_prob(z) - prior.log_prob(z)).mean()
            note(metrics | {"kl": kl, "elbo": -negative - kl})
            move({"generator": (negative + weight * kl) * objective_scale})
        elif divergence == "density-ratio":
            for _ in range(updates - 1):
                with torch.no_grad():
                    z, _ = sample(x)
                move({"discriminator": contest(ratio(x, z), ratio(x, normal(len(x), latent)))[0]})
            z, _ = sample(x)
            negative, metrics = reconstruct(x, z)
            logits = ratio(x, z)
            loss, accuracy = contest(logits, ratio(x, normal(len(x), latent)))
            note(metrics | accuracy | {"logDensityRatio": logits.mean(), "elbo": -negative - logits.mean()})
            move({"generator": (negative + weight * logits.mean()) * objective_scale, "discriminator": loss})
        else:
            if separate:
                logits = discriminator(normal(len(x), latent))
                note({"accuracy": (logits <= 0).float().mean()})
                move({"discriminator": F.softplus(logits).mean()})
                z, _ = sample(x)
                logits = discriminator(z.detach())
                note({"accuracy": (logits > 0).float().mean()})
                move({"discriminator": F.softplus(-logits).mean()})
            else:
                z, _ = sample(x)
                for _ in range(updates):
                    loss, accuracy = contest(discriminator(z.detach()), discriminator(normal(len(x), latent)))
                    note(accuracy)
                    move({"discriminator": loss / 2})
            negative, metrics = reconstruct(x, z)
            adversarial = F.softplus(discriminator(z)).mean()
            note(metrics | {"adversarial": adversarial})
            move({"generator": (negative + weight * adversarial) * objective_scale})

    for key, value in log.items():
        tensors[f"{name}/metrics/{key}"] = torch.tensor([sum(v) / len(v) for v in value], dtype=torch.float64)
    for key, value in weights().items():
        tensors[f"{name}/final/{key}"] = value
    metadata[name] = settings


def adam(beta1=0.9, epsilon=1e-8, decay=0.0):
    return lambda parameters, rate: torch.optim.Adam(
        parameters, rate, betas=(beta1, 0.999), eps=epsilon, weight_decay=decay)


def leaky(x):
    return F.leaky_relu(x, 0.2)


SMALL = "encoder.hidden=[16,12] decoder.hidden=[12,16] discriminator.hidden=[14,10]"
HIDDEN = ([16, 12], [12, 16], [14, 10])
DEEP = dict(data=POINTS, latent=2, noise=4, hidden=HIDDEN, activation=F.relu, kind="glorot-uniform",
            divergence="density-ratio", posterior="implicit", centre=True, optimiser=adam(0.5), rate=2e-4)
run("avb", "avb-four-points " + SMALL, **DEEP)
run("avb-clipped", "avb-four-points variant=faithful " + SMALL, **DEEP | dict(likelihood="clipped"))
run("avb-two-updates", "avb-four-points divergence.discriminatorSteps=2 " + SMALL, **DEEP | dict(updates=2))
run("avb-gaussian", "avb-four-points posterior.kind=gaussian divergence.beta=0.5 divergence.betaSchedule.kind=warm-up "
    "divergence.betaSchedule.steps=15 " + SMALL,
    **DEEP | dict(posterior="gaussian", beta=0.5, beta_at=lambda step: min(1, (step + 1) / 15)))

ONE = "data.sampling=sequential training.batchSize=10 encoder.hidden=[15] decoder.hidden=[13] discriminator.hidden=[14]"
SHALLOW = dict(data=POINTS, latent=2, batch=10, hidden=([15], [13], [14]), activation=F.relu, kind="torch-uniform",
               divergence="density-ratio", posterior="implicit", optimiser=adam())
run("shallow", "avb-four-points-shallow " + ONE, **SHALLOW)
run("shallow-faithful", "avb-four-points-shallow variant=faithful " + ONE,
    **SHALLOW | dict(beta=0.008, objective_scale=125))

MNIST = dict(data=IMAGES, latent=5, batch=10, hidden=([15], [13], []), activation=F.elu, kind="he-normal",
             divergence="kl", scale="log-variance", optimiser=adam())
VAE = "vae-mnist latent.dimension=5 data.partialBatch=keep " + ONE
run("vae-mnist", VAE, **MNIST)
run("vae-binarised", VAE + " data.binarisation=dynamic", **MNIST | dict(binarise=True))
run("vae-clipped-gradient", VAE + " training.gradientClip=0.7 training.objectiveScale=3",
    **MNIST | dict(clip=0.7, objective_scale=3))
run("vae-sgd", VAE + " optimiser.kind=sgd optimiser.beta1=0.8 optimiser.weightDecay=0.01 optimiser.schedule.kind=cosine "
    "optimiser.schedule.steps=15 optimiser.schedule.factor=0.2",
    **MNIST | dict(optimiser=lambda p, lr: torch.optim.SGD(p, lr, momentum=0.8, weight_decay=0.01),
                   rate_at=lambda step: 0.2 + 0.8 * 0.5 * (1 + math.cos(math.pi * min(1, step / 15)))))
run("vae-decayed", VAE + " optimiser.weightDecay=0.01", **MNIST | dict(optimiser=adam(decay=0.01)))

FASHION = dict(data=IMAGES, latent=2, batch=10, hidden=HIDDEN, activation=F.relu, kind="glorot-uniform",
               divergence="kl", optimiser=adam(epsilon=1e-7))
ORDERED = "data.sampling=sequential training.batchSize=10 "
run("vae-fashion", "vae-fashion " + ORDERED + SMALL, **FASHION)
run("vae-fashion-monte-carlo", "vae-fashion divergence.kl=monte-carlo " + ORDERED + SMALL, **FASHION | dict(analytic=False))
run("vae-fashion-faithful", "vae-fashion variant=faithful training.batchSize=10 " + SMALL,
    **FASHION | dict(objective_scale=64))
CONVOLUTIONS = ("encoder.channels=[3,4] decoder.channels=[3,4] encoder.kernel=3 decoder.kernel=3 "
                "encoder.hidden=[9] decoder.hidden=[7] discriminator.hidden=[6] " + ORDERED)
CONV = FASHION | dict(convolutional=[3, 4], hidden=([9], [7], [6]), activation=torch.tanh)
run("vae-convolutional", "vae-fashion-conv " + CONVOLUTIONS, **CONV)
run("avb-convolutional", "vae-fashion-conv posterior.kind=implicit posterior.noiseDimension=3 divergence.kind=density-ratio "
    "discriminator.activation=tanh discriminatorOptimiser.epsilon=1.0e-7 " + CONVOLUTIONS,
    **CONV | dict(posterior="implicit", noise=3, divergence="density-ratio"))

AAE = "aae-mnist latent.dimension=3 data.sampling=sequential training.batchSize=10 " + SMALL
ADVERSARIAL = dict(data=2 * IMAGES - 1, latent=3, batch=10, hidden=HIDDEN, activation=leaky, kind="glorot-uniform",
                   divergence="adversarial", posterior="deterministic", scale="log-variance", last=torch.tanh,
                   likelihood=math.sqrt(784 / 999 / 2), objective_scale=0.001, optimiser=adam(0.5, 1e-7), rate=2e-4,
                   adversary_rate=2e-4)
run("aae", AAE, **ADVERSARIAL)
run("aae-separate", AAE + " variant=faithful", **ADVERSARIAL | dict(separate=True))
run("aae-gaussian", AAE + " posterior.kind=gaussian", **ADVERSARIAL | dict(posterior="gaussian"))
run("aae-gaussian-separate", AAE + " posterior.kind=gaussian divergence.discriminatorUpdates=separate",
    **ADVERSARIAL | dict(posterior="gaussian", separate=True))
run("aae-implicit", AAE + " posterior.kind=universal-approximator divergence.discriminatorSteps=2 divergence.beta=4",
    **ADVERSARIAL | dict(posterior="implicit", updates=2, beta=4))

save_file({key: value.detach().clone().contiguous() for key, value in tensors.items()},
          FOLDER / "runs.safetensors", metadata)
numpy.save(FOLDER / "numpy.npy", (numpy.arange(60, dtype=numpy.float64).reshape(20, 3) / 8))
