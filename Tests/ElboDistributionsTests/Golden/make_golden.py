"""Writes golden.safetensors: log densities, moments, entropies, gradients and divergences from torch.distributions,
in float64, and from mpmath where torch.distributions itself is inexact.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0+cpu numpy safetensors mpmath
    venv/bin/python make_golden.py

Names: "<distribution>/<case>/parameter.<name>", ".../value", ".../logDensity", ".../mean", ".../variance",
".../entropy", ".../weight" (of the scalar sum(weight * logDensity) over finite densities,
which is differentiated), ".../gradient.<name>", and "kl/<pair>/<case>/q.<name>", ".../p.<name>", ".../divergence".
"""

from pathlib import Path

import mpmath
import torch
import torch.distributions as D
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)
D.Distribution.set_default_validate_args(False)
torch.manual_seed(20260711)
entries = {}


def randn(*shape):
    return torch.randn(shape)


def positive(*shape):
    return torch.rand(shape) * 1.5 + 0.2


def triangle(*shape):
    *batch, d = shape
    return torch.tril(randn(*batch, d, d), -1) * 0.5 + torch.diag_embed(positive(*batch, d))


def moment(distribution, what):
    try:
        return getattr(distribution, what)() if what == "entropy" else getattr(distribution, what)
    except NotImplementedError:
        return None


def case(name, build, parameters, value, moments=("mean", "variance", "entropy")):
    for key, tensor in parameters.items():
        entries[f"{name}/parameter.{key}"] = tensor.detach().clone()
    leaves = {key: tensor.clone().requires_grad_() for key, tensor in parameters.items()}
    point = value.clone()
    if point.is_floating_point():
        point.requires_grad_()
    distribution = build(**leaves)
    density = distribution.log_prob(point)
    weight = randn(*density.shape)
    inputs = dict(leaves) | ({"value": point} if point.is_floating_point() else {})
    # Outside a support there is nothing to differentiate.
    inside = torch.where(density.isfinite(), density, torch.zeros(()))
    gradients = torch.autograd.grad((inside * weight).sum(), list(inputs.values()), allow_unused=True)
    entries[f"{name}/value"] = value
    entries[f"{name}/logDensity"] = density
    entries[f"{name}/weight"] = weight
    for key, gradient in zip(inputs, gradients):
        if gradient is not None:
            entries[f"{name}/gradient.{key}"] = gradient
    for what in moments:
        result = moment(distribution, what)
        assert result is not None, (name, what)
        entries[f"{name}/{what}"] = result


def diagonal(mean, scale):
    return D.Independent(D.Normal(*torch.broadcast_tensors(mean, scale)), 1)


# Sample shapes, batch shapes, and the event's length.
shapes = [((), (), 1), ((), (3,), 4), ((5,), (), 2), ((2,), (3, 2), 3)]

for i, (s, b, d) in enumerate(shapes):
    n = f"{i}"
    case(f"Normal.scale/{n}", lambda mean, scale: D.Normal(mean, scale),
         dict(mean=randn(*b, d), scale=positive(*b, d)), randn(*s, *b, d))
    case(f"Normal.logScale/{n}", lambda mean, logScale: D.Normal(mean, logScale.exp()),
         dict(mean=randn(*b, d), logScale=randn(*b, d)), randn(*s, *b, d))
    case(f"Normal.logVariance/{n}", lambda mean, logVariance: D.Normal(mean, (logVariance / 2).exp()),
         dict(mean=randn(*b, d), logVariance=randn(*b, d)), randn(*s, *b, d))
    case(f"DiagonalNormal.scale/{n}", diagonal,
         dict(mean=randn(*b, d), scale=positive(*b, d)), randn(*s, *b, d))
    case(f"DiagonalNormal.logScale/{n}", lambda mean, logScale: diagonal(mean, logScale.exp()),
         dict(mean=randn(*b, d), logScale=randn(*b, d)), randn(*s, *b, d))
    case(f"DiagonalNormal.logVariance/{n}", lambda mean, logVariance: diagonal(mean, (logVariance / 2).exp()),
         dict(mean=randn(*b, d), logVariance=randn(*b, d)), randn(*s, *b, d))
    case(f"FullCovarianceNormal.scaleTriangle/{n}",
         lambda mean, scaleTriangle: D.MultivariateNormal(mean, scale_tril=torch.tril(scaleTriangle)),
         dict(mean=randn(*b, d), scaleTriangle=triangle(*b, d)), randn(*s, *b, d))
    case(f"Bernoulli.logits/{n}", lambda logits: D.Bernoulli(logits=logits),
         dict(logits=randn(*b, d) * 3), torch.bernoulli(torch.full((*s, *b, d), 0.5)))
    # Grey targets: the cross-entropy.
    case(f"Bernoulli.logits/grey{n}", lambda logits: D.Bernoulli(logits=logits),
         dict(logits=randn(*b, d) * 3), torch.rand(*s, *b, d))
    case(f"Bernoulli.clipped/{n}",
         lambda logits: D.Bernoulli(probs=1e-6 + (1 - 2e-6) * logits.sigmoid()),
         dict(logits=randn(*b, d) * 3), torch.bernoulli(torch.full((*s, *b, d), 0.5)))
    case(f"Bernoulli.clipped/grey{n}",
         lambda logits: D.Bernoulli(probs=1e-6 + (1 - 2e-6) * logits.sigmoid()),
         dict(logits=randn(*b, d) * 8), torch.rand(*s, *b, d))
    # PyTorch takes a short series for |logit| < 0.004, which these logits avoid; mpmath is for that range.
    logits = randn(*b, d) * 3
    case(f"ContinuousBernoulli/{n}", lambda logits: D.ContinuousBernoulli(logits=logits),
         dict(logits=logits + logits.sign() * 0.3), torch.rand(*s, *b, d))
    case(f"Categorical/{n}", lambda logits: D.Categorical(logits=logits),
         dict(logits=randn(*b, d, 4)), torch.randint(0, 4, (*s, *b, d)), moments=("entropy",))
    case(f"OneHotCategorical/{n}", lambda logits: D.OneHotCategorical(logits=logits),
         dict(logits=randn(*b, d, 4)),
         torch.nn.functional.one_hot(torch.randint(0, 4, (*s, *b, d)), 4).to(torch.float64))
    low, high = randn(*b, d) - 1, randn(*b, d).abs() + 0.5
    high = torch.maximum(high, low + 0.5)
    # Some of the values lie outside the support.
    case(f"Uniform/{n}", lambda low, high: D.Uniform(low, high), dict(low=low, high=high),
         low + (high - low) * (torch.rand(*s, *b, d) * 1.4 - 0.2))
    case(f"Mixture.DiagonalNormal/{n}",
         lambda logits, mean, scale: D.MixtureSameFamily(D.Categorical(logits=logits), diagonal(mean, scale)),
         dict(logits=randn(*b, 3), mean=randn(*b, 3, d) * 2, scale=positive(*b, 3, d)), randn(*s, *b, d),
         moments=("mean", "variance"))
    case(f"Mixture.Normal/{n}",
         lambda logits, mean, scale: D.MixtureSameFamily(D.Categorical(logits=logits), D.Normal(mean, scale)),
         dict(logits=randn(*b, d, 3), mean=randn(*b, d, 3) * 2, scale=positive(*b, d, 3)), randn(*s, *b, d),
         moments=("mean", "variance"))
    case(f"Independent.Bernoulli/{n}", lambda logits: D.Independent(D.Bernoulli(logits=logits), 2),
         dict(logits=randn(*b, 2, d)), torch.rand(*s, *b, 2, d))
    case(f"Independent.ContinuousBernoulli/{n}",
         lambda logits: D.Independent(D.ContinuousBernoulli(logits=logits), 2),
         dict(logits=randn(*b, 2, d) + 5), torch.rand(*s, *b, 2, d))
    case(f"Independent.FullCovarianceNormal/{n}",
         lambda mean, scaleTriangle: D.Independent(
             D.MultivariateNormal(mean, scale_tril=torch.tril(scaleTriangle)), 1),
         dict(mean=randn(*b, 2, d), scaleTriangle=triangle(*b, 2, d)), randn(*s, *b, 2, d))
    case(f"StandardNormal/{n}", lambda: diagonal(torch.zeros(d), torch.ones(d)), {}, randn(*s, *b, d))

# One spread for all, and a value with fewer dimensions than the batch.
case("Normal.scale/broadcast", lambda mean, scale: D.Normal(mean, scale.expand(2, 3)),
     dict(mean=randn(2, 3), scale=positive()), randn(3))
case("DiagonalNormal.scale/broadcast", diagonal, dict(mean=randn(2, 3), scale=positive()), randn(3))
case("DiagonalNormal.logScale/broadcast", lambda mean, logScale: diagonal(mean, logScale.exp()),
     dict(mean=randn(3), logScale=randn(2, 3)), randn(4, 1, 3))
case("FullCovarianceNormal.scaleTriangle/broadcast",
     lambda mean, scaleTriangle: D.MultivariateNormal(mean, scale_tril=torch.tril(scaleTriangle)),
     dict(mean=randn(2, 3), scaleTriangle=triangle(3)), randn(4, 2, 3))
case("Bernoulli.logits/broadcast", lambda logits: D.Bernoulli(logits=logits),
     dict(logits=randn(2, 3)), torch.rand(3))
case("Categorical/broadcast", lambda logits: D.Categorical(logits=logits),
     dict(logits=randn(2, 3, 4)), torch.randint(0, 4, (3,)), moments=("entropy",))


def continuous_bernoulli(logits, values):
    """The density, its gradients and the moments to 40 digits."""
    mpmath.mp.dps = 60
    columns = {key: [] for key in ("logDensity", "gradient.logits", "gradient.value", "mean", "variance", "entropy")}
    for l, x in zip(logits, values):
        l, x = mpmath.mpf(l), mpmath.mpf(x)
        if l == 0:
            a, m, v = mpmath.mpf(0), mpmath.mpf(1) / 2, mpmath.mpf(1) / 12
        else:
            a = mpmath.log(mpmath.expm1(l) / l)
            m = 1 / (1 - mpmath.exp(-l)) - 1 / l
            v = 1 / l**2 - 1 / (2 * mpmath.sinh(l / 2)) ** 2
        for key, result in zip(columns, (l * x - a, x - m, l, m, v, a - l * m)):
            columns[key].append(float(result))
    return {key: torch.tensor(column) for key, column in columns.items()}


logits = [0.0, 1e-12, -1e-8, 1e-4, -1e-3, 3.9e-3, 4.1e-3, 0.1, -0.2499999, 0.25, -0.2500001, 2.0, 40.0, -100.0, 100.0]
values = torch.linspace(0, 1, len(logits)).tolist()
name = "ContinuousBernoulli/near-half"
entries[f"{name}/parameter.logits"] = torch.tensor(logits)
entries[f"{name}/value"] = torch.tensor(values)
entries[f"{name}/weight"] = torch.ones(len(logits))
for key, tensor in continuous_bernoulli(logits, values).items():
    entries[f"{name}/{key}"] = tensor


def divergence(pair, build_q, q, build_p, p):
    index = sum(1 for key in entries if key.startswith(f"kl/{pair}/") and key.endswith("/divergence"))
    name = f"kl/{pair}/{index}"
    for side, parameters in (("q", q), ("p", p)):
        for key, tensor in parameters.items():
            entries[f"{name}/{side}.{key}"] = tensor
    entries[f"{name}/divergence"] = D.kl_divergence(build_q(**q), build_p(**p))


def numbers(mean, scale):
    return D.Normal(mean, scale)


def full(mean, scaleTriangle):
    return D.MultivariateNormal(mean, scale_tril=scaleTriangle)


def full_of(mean, scale):
    return D.MultivariateNormal(mean, scale_tril=torch.diag_embed(scale.expand(mean.shape)))


def standard(d, like=full_of):
    return lambda dimension: like(torch.zeros(d), torch.ones(d))


def logits_of(kind):
    return lambda logits: kind(logits=logits)


def clipped(logits):
    return D.Bernoulli(probs=1e-6 + (1 - 2e-6) * logits.sigmoid())


for b, d in [((), 1), ((3,), 4), ((2, 3), 2)]:
    normal = lambda: dict(mean=randn(*b, d), scale=positive(*b, d))
    covariance = lambda: dict(mean=randn(*b, d), scaleTriangle=triangle(*b, d))
    logit = lambda: dict(logits=randn(*b, d) * 2)
    dimension = dict(dimension=torch.tensor([d]))
    divergence("Normal-Normal", numbers, normal(), numbers, normal())
    divergence("DiagonalNormal-DiagonalNormal", diagonal, normal(), diagonal, normal())
    divergence("DiagonalNormal-StandardNormal", diagonal, normal(), standard(d, diagonal), dimension)
    divergence("StandardNormal-DiagonalNormal", standard(d, diagonal), dimension, diagonal, normal())
    divergence("FullCovarianceNormal-FullCovarianceNormal", full, covariance(), full, covariance())
    divergence("FullCovarianceNormal-DiagonalNormal", full, covariance(), full_of, normal())
    divergence("FullCovarianceNormal-StandardNormal", full, covariance(), standard(d), dimension)
    divergence("DiagonalNormal-FullCovarianceNormal", full_of, normal(), full, covariance())
    divergence("StandardNormal-FullCovarianceNormal", standard(d), dimension, full, covariance())
    divergence("Bernoulli-Bernoulli", logits_of(D.Bernoulli), logit(), logits_of(D.Bernoulli), logit())
    divergence("ClippedBernoulli-ClippedBernoulli", clipped, logit(), clipped, logit())
    divergence("ContinuousBernoulli-ContinuousBernoulli", logits_of(D.ContinuousBernoulli), logit(),
               logits_of(D.ContinuousBernoulli), logit())
    divergence("Categorical-Categorical", logits_of(D.Categorical), dict(logits=randn(*b, 4)),
               logits_of(D.Categorical), dict(logits=randn(*b, 4)))
    divergence("OneHotCategorical-OneHotCategorical", logits_of(D.OneHotCategorical), dict(logits=randn(*b, 4)),
               logits_of(D.OneHotCategorical), dict(logits=randn(*b, 4)))
    inner = dict(low=torch.rand(*b, d), high=1 + positive(*b, d))
    outer = dict(low=-torch.rand(*b, d), high=inner["high"] + 0.3)
    divergence("Uniform-Uniform", D.Uniform, inner, D.Uniform, outer)
    pixels = lambda logits: D.Independent(D.Bernoulli(logits=logits), 1)
    divergence("Independent.Bernoulli-Independent.Bernoulli", pixels, logit(), pixels, logit())
    divergence("Independent.Normal-Independent.Normal", diagonal, normal(), diagonal, normal())
    divergence("Independent.Normal-StandardNormal", diagonal, normal(), standard(d, diagonal), dimension)
    divergence("Independent.Normal-DiagonalNormal", diagonal, normal(), diagonal, normal())
    divergence("DiagonalNormal-Independent.Normal", diagonal, normal(), diagonal, normal())

# Members of q against one p.
divergence("DiagonalNormal-DiagonalNormal", diagonal, dict(mean=randn(3, 2), scale=positive(3, 2)),
           lambda mean, scale: diagonal(mean.expand(3, 2), scale), dict(mean=randn(2), scale=positive()))
divergence("FullCovarianceNormal-FullCovarianceNormal", full, dict(mean=randn(3, 2), scaleTriangle=triangle(3, 2)),
           full, dict(mean=randn(2), scaleTriangle=triangle(2)))
# p's support does not hold q's.
divergence("Uniform-Uniform", D.Uniform, dict(low=torch.zeros(1), high=torch.full((1,), 2.0)),
           D.Uniform, dict(low=torch.full((1,), -1.0), high=torch.ones(1)))

path = Path(__file__).with_name("golden.safetensors")
whole = {key: tensor.detach().clone(memory_format=torch.contiguous_format) for key, tensor in entries.items()}
save_file(whole, path)
print(f"{path}: {len(entries)} tensors")
