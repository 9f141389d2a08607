"""Writes the golden files of this folder with PyTorch.

    python3 -m venv /tmp/golden-venv
    /tmp/golden-venv/bin/pip install "torch==2.13.0+cpu" numpy safetensors \
        --extra-index-url https://download.pytorch.org/whl/cpu
    /tmp/golden-venv/bin/python Tests/TorchTests/Golden/make_golden.py

It also reads swift.safetensors, which the Swift writer made, with the reference library and checks its values.
`WRITE_GOLDEN=1 swift test -c release --filter SafetensorsTests` renews that file.
"""
import pathlib

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent


def save(name, tensors, metadata=None):
    save_file({k: v.detach().clone().contiguous() for k, v in tensors.items()}, FOLDER / name, metadata)


def numbers(seed, *shape, low=None, high=None):
    generator = torch.Generator().manual_seed(seed)
    if low is None:
        return torch.randn(shape, generator=generator)
    return low + (high - low) * torch.rand(shape, generator=generator)


def positive_definite(seed):
    a = numbers(seed, 2, 4, 4)
    return a @ a.mT + 2 * torch.eye(4)


# Elementwise cases are given values on both sides of zero, and the ends where naive formulas fail.
WIDE = torch.cat([numbers(1, 20) * 2, torch.tensor([-80.0, -20.0, -1e-4, 1e-4, 20.0, 80.0])])
POSITIVE = numbers(2, 24, low=0.05, high=4.0)
UNIT = numbers(3, 24, low=-0.95, high=0.95)
MATRIX, OTHER = numbers(4, 3, 5), numbers(5, 3, 5)
BLOCK = numbers(6, 2, 3, 4)
LOWER = positive_definite(7).tril()
IMAGES = numbers(8, 2, 3, 7, 6)
LATENT = numbers(9, 2, 4, 4, 3)
PICK = torch.tensor([2, 0, 2, 1])
PLACES = torch.tensor([[0, 4], [3, 3], [1, 2]])


def logits(seed):
    return torch.cat([numbers(seed, 10) * 4, torch.tensor([-90.0, 90.0])])


TARGETS = numbers(11, 12, low=0.0, high=1.0)

# name: (function, inputs). Every floating-point input is differentiated.
CASES = {
    "identity": (lambda x: x * 1, [WIDE]),
    "relu": (F.relu, [WIDE]),
    "leakyReLU": (lambda x: F.leaky_relu(x, 0.2), [WIDE]),
    "elu": (F.elu, [WIDE]),
    "tanh": (torch.tanh, [WIDE]),
    "sigmoid": (torch.sigmoid, [WIDE]),
    "softplus": (F.softplus, [WIDE]),
    "silu": (F.silu, [WIDE]),
    "gelu": (F.gelu, [WIDE]),
    "logSigmoid": (F.logsigmoid, [WIDE]),
    "exp": (torch.exp, [UNIT]),
    "expm1": (torch.expm1, [UNIT]),
    "log": (torch.log, [POSITIVE]),
    "log1p": (torch.log1p, [POSITIVE]),
    "sqrt": (torch.sqrt, [POSITIVE]),
    "rsqrt": (torch.rsqrt, [POSITIVE]),
    "square": (torch.square, [WIDE]),
    "abs": (torch.abs, [WIDE]),
    "sign": (torch.sign, [WIDE]),
    "floor": (torch.floor, [WIDE]),
    "round": (torch.round, [WIDE]),
    "sin": (torch.sin, [UNIT]),
    "cos": (torch.cos, [UNIT]),
    "atanh": (torch.atanh, [UNIT]),
    "erf": (torch.erf, [WIDE]),
    "logGamma": (torch.lgamma, [POSITIVE]),
    "reciprocal": (torch.reciprocal, [POSITIVE]),
    "clamp": (lambda x: x.clamp(-0.5, 0.75), [WIDE]),
    "power": (lambda x: x.pow(2.5), [POSITIVE]),
    "add": (torch.add, [MATRIX, OTHER[:1]]),
    "subtract": (torch.sub, [MATRIX, OTHER[:1]]),
    "multiply": (torch.mul, [MATRIX, OTHER[:1]]),
    "divide": (torch.div, [MATRIX, OTHER[:1]]),
    "scalars": (lambda x: ((3 - x) * 2 + 1.5) / 4 - 0.25 + 2 / x, [POSITIVE]),
    "negate": (torch.neg, [MATRIX]),
    "maximum": (torch.maximum, [MATRIX, OTHER]),
    "minimum": (torch.minimum, [MATRIX, OTHER]),
    "where": (lambda x, y: torch.where(x > 0.1, x, y), [MATRIX, OTHER]),
    "sum": (torch.sum, [MATRIX]),
    "mean": (torch.mean, [MATRIX]),
    "min": (torch.min, [MATRIX]),
    "max": (torch.max, [MATRIX]),
    "sumOver": (lambda x: x.sum((0, 2)), [BLOCK]),
    "sumKeeping": (lambda x: x.sum((1,), keepdim=True), [BLOCK]),
    "meanOver": (lambda x: x.mean((-1,)), [BLOCK]),
    "maxOver": (lambda x: x.amax((1, 2)), [BLOCK]),
    "minOver": (lambda x: x.amin((0,), keepdim=True), [BLOCK]),
    "logSumExp": (lambda x: (x * 60).logsumexp((1, 2)), [BLOCK]),
    "variance": (lambda x: x.var((0, 1)), [BLOCK]),
    "variancePopulation": (lambda x: x.var((2,), correction=0, keepdim=True), [BLOCK]),
    "cumulativeSum": (lambda x: x.cumsum(1), [BLOCK]),
    "softmax": (lambda x: x.softmax(-1), [BLOCK]),
    "logSoftmax": (lambda x: x.log_softmax(1), [BLOCK]),
    "reshape": (lambda x: x.reshape(4, -1), [BLOCK]),
    "flatten": (lambda x: x.flatten(1), [BLOCK]),
    "permute": (lambda x: x.permute(2, 0, 1), [BLOCK]),
    "transpose": (lambda x: x.mT, [BLOCK]),
    "expand": (lambda x: x.unsqueeze(0).expand(4, 3, 5), [MATRIX]),
    "squeeze": (lambda x: x[:, :1].squeeze(1), [MATRIX]),
    "narrow": (lambda x: x.narrow(2, 1, 2), [BLOCK]),
    "select": (lambda x: x.select(1, 2), [BLOCK]),
    "gather": (lambda x, i: x.index_select(0, i), [MATRIX, PICK]),
    "gatherElements": (lambda x, i: x.gather(1, i), [MATRIX, PLACES]),
    "repeatEach": (lambda x: x.repeat_interleave(3, 0), [MATRIX]),
    "tile": (lambda x: x.tile(2, 3), [MATRIX]),
    "concatenate": (lambda x, y: torch.cat([x, y], 1), [MATRIX, OTHER]),
    "stack": (lambda x, y: torch.stack([x, y], 1), [MATRIX, OTHER]),
    "lowerTriangle": (lambda x: x.tril(-1), [numbers(12, 4, 4)]),
    "diagonal": (lambda x: x.diagonal(0, -2, -1), [numbers(13, 2, 3, 3)]),
    "diagonalEmbed": (torch.diag_embed, [MATRIX]),
    "matmul": (torch.matmul, [numbers(14, 4, 6), numbers(15, 6, 3)]),
    "matmulBatched": (torch.matmul, [numbers(16, 5, 2, 4, 6), numbers(17, 2, 6, 3)]),
    "linear": (F.linear, [numbers(18, 2, 5, 4), numbers(19, 3, 4), numbers(20, 3)]),
    "linearPlain": (F.linear, [numbers(18, 5, 4), numbers(19, 3, 4)]),
    "cholesky": (lambda x: torch.linalg.cholesky((x + x.mT) / 2), [positive_definite(21)]),
    "solveLower": (lambda l, b: torch.linalg.solve_triangular(l, b, upper=False), [LOWER, numbers(22, 2, 4, 3)]),
    "solveUpper": (lambda l, b: torch.linalg.solve_triangular(l.mT, b, upper=True), [LOWER, numbers(22, 2, 4, 3)]),
    "conv": (F.conv2d, [IMAGES, numbers(23, 5, 3, 3, 3), numbers(24, 5)]),
    "convStride2Padding1": (
        lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1), [IMAGES, numbers(25, 4, 3, 4, 4), numbers(26, 4)]),
    "convStride3": (lambda x, w: F.conv2d(x, w, stride=3, padding=2), [IMAGES, numbers(27, 2, 3, 5, 5)]),
    "convTranspose": (F.conv_transpose2d, [LATENT, numbers(28, 4, 3, 3, 3), numbers(29, 3)]),
    "convTransposeStride2": (
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1),
        [LATENT, numbers(30, 4, 3, 4, 4), numbers(31, 3)]),
    "convTransposeOutputPadding": (
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=3, padding=2, output_padding=1),
        [LATENT, numbers(32, 4, 2, 5, 5), numbers(33, 2)]),
    "binaryCrossEntropy": (
        lambda l, t: F.binary_cross_entropy_with_logits(l, t, reduction="none"), [logits(34), TARGETS]),
    "totalBinaryCrossEntropy": (
        lambda l, t: F.binary_cross_entropy_with_logits(l, t, reduction="sum"), [logits(34), TARGETS]),
    "meanSquaredError": (F.mse_loss, [MATRIX, OTHER]),
}


def operations():
    """Per case: inputs x0.., result y, weights w, and the gradients g0.. of sum(w y)."""
    tensors = {}
    for index, (name, (function, inputs)) in enumerate(CASES.items()):
        inputs = [x.clone().requires_grad_(x.is_floating_point()) for x in inputs]
        result = function(*inputs)
        weights = numbers(1000 + index, *result.shape)
        wanted = [x for x in inputs if x.requires_grad]
        found = iter(torch.autograd.grad((result * weights).sum(), wanted))
        tensors |= {f"{name}/x{i}": x for i, x in enumerate(inputs)} | {f"{name}/y": result, f"{name}/w": weights}
        tensors |= {f"{name}/g{i}": next(found) for i, x in enumerate(inputs) if x.requires_grad}
    save("operations.safetensors", tensors)


OPTIMISERS = {
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    "adamHalfBeta": lambda p: torch.optim.Adam(p, lr=0.002, betas=(0.5, 0.999), eps=1e-7),
    "adamDecay": lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "sgdMomentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "sgdMomentumDecay": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.7, weight_decay=0.2),
}
NAMES = ["first.weight", "first.bias", "second.weight", "second.bias"]


def optimisers():
    """Ten steps on 3 -> 5 -> tanh -> 2 with squared error. In "/skipping", every other step gives the biases of
    the first layer no gradient; in "/clipped", the gradients are clipped to a joint norm of 0.3."""
    start = [numbers(40, 5, 3), numbers(41, 5), numbers(42, 2, 5), numbers(43, 2)]
    x, y = numbers(44, 7, 3), numbers(45, 7, 2)
    tensors = {"x": x, "y": y} | {f"start/{n}": p for n, p in zip(NAMES, start)}
    for name, make in OPTIMISERS.items():
        for mode in ["plain", "skipping", "clipped"]:
            parameters = [p.clone().requires_grad_() for p in start]
            a, b, c, d = parameters
            optimiser, losses, norms = make(parameters), [], []
            for step in range(10):
                loss = F.mse_loss(F.linear(F.linear(x, a, b).tanh(), c, d), y)
                losses.append(loss.detach())
                optimiser.zero_grad()
                loss.backward()
                if mode == "skipping" and step % 2 == 1:
                    b.grad = None
                if mode == "clipped":
                    norms.append(torch.nn.utils.clip_grad_norm_(parameters, 0.3))
                optimiser.step()
            key = f"{name}/{mode}"
            tensors |= {f"{key}/{n}": p for n, p in zip(NAMES, parameters)} | {f"{key}/losses": torch.stack(losses)}
            if norms:
                tensors[f"{key}/norms"] = torch.stack(norms)
    save("optimisers.safetensors", tensors)


def schedules():
    """Thirty values of each of PyTorch's schedulers, for a rate of 1."""
    makers = {
        "warmUp": lambda o: torch.optim.lr_scheduler.LinearLR(o, 1 / 8, total_iters=7),
        "cosine": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 20, eta_min=0.1),
        "stepwise": lambda o: torch.optim.lr_scheduler.StepLR(o, 7, 0.3),
        "exponential": lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9),
    }
    tensors = {}
    for name, make in makers.items():
        optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        schedule, rates = make(optimiser), []
        # CosineAnnealingLR is periodic; here the schedule ends.
        for _ in range(20 if name == "cosine" else 30):
            rates.append(schedule.get_last_lr()[0])
            optimiser.step()
            schedule.step()
        tensors[name] = torch.tensor(rates, dtype=torch.float64)
    save("schedules.safetensors", tensors)


def generators():
    """For each seed, the draws of one stream in this order."""
    tensors = {}
    for seed in [0, 1, 42, 2**31 + 7, 2**40 + 3, 2**63 - 1]:
        g = torch.Generator().manual_seed(seed)
        tensors |= {
            # Below and above the length at which the kernel becomes a vector one.
            f"{seed}/normalShort": torch.randn(5, generator=g),
            f"{seed}/normal": torch.randn(3, 13, generator=g),
            f"{seed}/uniform": torch.rand(4, 5, generator=g),
            f"{seed}/integers": torch.randint(100, (30,), generator=g),
            f"{seed}/permutation": torch.randperm(23, generator=g),
            f"{seed}/bernoulli": torch.bernoulli(torch.linspace(0, 1, 21), generator=g),
            f"{seed}/categorical": torch.multinomial(torch.tensor([0.1, 0.2, 0.7]), 25, True, generator=g),
            f"{seed}/normal64": torch.randn(18, generator=g, dtype=torch.float64),
            f"{seed}/filledNormal": torch.empty(6).normal_(2.0, 3.0, generator=g),
            f"{seed}/filledUniform": torch.empty(6).uniform_(-2.0, 5.0, generator=g),
        }
    save("generators.safetensors", tensors)


def initialisers():
    """The first values of layers, drawn by torch.nn.init in the order weight, bias."""
    init = torch.nn.init
    rules = {
        "glorot-uniform": init.xavier_uniform_,
        "glorot-normal": init.xavier_normal_,
        "he-uniform": lambda w, generator: init.kaiming_uniform_(w, nonlinearity="relu", generator=generator),
        "he-normal": lambda w, generator: init.kaiming_normal_(w, nonlinearity="relu", generator=generator),
        # What reset_parameters of Linear and Conv2d does.
        "torch-uniform": lambda w, generator: init.kaiming_uniform_(w, a=5**0.5, generator=generator),
    }
    # Linear [outputs, inputs]; Conv2d [outputs, inputs, k, k]; ConvTranspose2d [inputs, outputs, k, k].
    layers = {
        "linear": ((6, 9), 6), "convolution": ((4, 3, 3, 3), 4), "transposedConvolution": ((5, 2, 4, 4), 2)}
    tensors = {}
    for rule, fill in rules.items():
        for layer, (shape, outputs) in layers.items():
            g = torch.Generator().manual_seed(7)
            weight = fill(torch.empty(shape), generator=g)
            bias = torch.zeros(outputs)
            if rule == "torch-uniform":
                bound = init._calculate_fan_in_and_fan_out(weight)[0] ** -0.5
                init.uniform_(bias, -bound, bound, generator=g)
            tensors |= {f"{rule}/{layer}/weight": weight, f"{rule}/{layer}/bias": bias}
    save("initialisers.safetensors", tensors)


# What both safetensors tests hold: a tensor of each type, one without elements and one without dimensions.
FILE = {
    "float32": torch.tensor([[1.5, -2.25, 3e38], [float("inf"), 1e-45, -0.0]]),
    "float64": torch.tensor([1 / 3, -1e300], dtype=torch.float64),
    "bfloat16": torch.tensor([1.0, -0.5, 3.140625], dtype=torch.bfloat16),
    "float16": torch.tensor([1.0, -0.5, 65504.0], dtype=torch.float16),
    "int64": torch.tensor([2**62, -1]),
    "int32": torch.tensor([[2**31 - 1], [-(2**31)]], dtype=torch.int32),
    "uint8": torch.tensor([0, 7, 255], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
    "empty": torch.zeros(0, 3),
    "scalar": torch.tensor(42.0),
}
METADATA = {"format": "pt", "note": 'quotes " and \\ and ünïcödé'}


def check_swift_file():
    path = FOLDER / "swift.safetensors"
    if not path.exists():
        raise SystemExit("swift.safetensors is not there yet")
    with safe_open(path, "pt") as file:
        assert file.metadata() == METADATA, file.metadata()
        assert set(file.keys()) == set(FILE), file.keys()
        for name, expected in FILE.items():
            found = file.get_tensor(name)
            assert found.dtype == expected.dtype and found.shape == expected.shape, name
            assert torch.equal(found, expected), name
    print("swift.safetensors: read and equal")


if __name__ == "__main__":
    torch.set_num_threads(1)
    operations()
    optimisers()
    schedules()
    generators()
    initialisers()
    save("python.safetensors", FILE, METADATA)
    check_swift_file()
