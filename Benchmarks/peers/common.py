"""What the peers share: the workloads, the data and the initial parameters (plain numpy, so that every framework
starts from the same numbers).

Conventions fixed here, so that all do the same work in a step:

* Every step draws its batch (uniformly, with replacement, from data held as one float32 array in memory) and its noise
  inside the timed region.
* Dense weights are [in, out]; convolution kernels are HWIO; transposed convolution kernels are HW(out)(in), as in
  Keras. `torch_layout` turns them to PyTorch's, which Elbo's are too.
* Losses: `gen` and `dis` for the adversarial models, `loss` (minus the ELBO per example) for the VAEs.
"""
import argparse
import gzip
import json
import os
import time

import numpy as np

MNIST_DIR = os.environ.get("MNIST_DIR") or os.path.join(os.environ.get("ELBO_DATA", ".data"), "mnist")
FASHION_DIR = os.environ.get("FASHION_DIR") or "/usr/share/datasets/fashion-mnist"

# noise: the standard normal draws of one step, in the order the step uses them.
# init: glorot = Keras' default, zero bias; torch = nn.Linear's default; he = N(0, 2/fan_in), zero bias.
WORKLOADS = {
    "avb-four-points": dict(
        kind="avb", data="onehot512", batch=512, fixed=True,
        enc=[8, 256, 256, 2], dec=[2, 256, 256, 4], dis=[6, 256, 256, 1],
        act="relu", center=True, init="glorot", noise=[(512, 4), (512, 2)],
        gen_opt=dict(lr=2e-4, b1=.5, b2=.999, eps=1e-8),
        dis_opt=dict(lr=1e-3, b1=.5, b2=.999, eps=1e-8)),
    "avb-four-points-shallow": dict(
        kind="avb", data="onehot2000", batch=500, fixed=False,
        enc=[6, 200, 2], dec=[2, 200, 4], dis=[6, 200, 1],
        act="relu", center=False, init="torch", noise=[(500, 2), (500, 2)],
        gen_opt=dict(lr=1e-3, b1=.9, b2=.999, eps=1e-8),
        dis_opt=dict(lr=1e-3, b1=.9, b2=.999, eps=1e-8)),
    "vae-mnist": dict(
        kind="vae", data="mnist01", batch=64, fixed=False,
        enc=[784, 128, 200], dec=[100, 128, 784], latent=100,
        act="elu", scale="exp_half", reduce="mean", init="he", noise=[(64, 100)],
        gen_opt=dict(lr=1e-3, b1=.9, b2=.999, eps=1e-8)),
    "vae-fashion": dict(
        kind="vae", data="fashion01", batch=64, fixed=False,
        enc=[784, 256, 128, 64, 32, 4], dec=[2, 32, 64, 128, 256, 784], latent=2,
        act="relu", scale="exp", reduce="sum", init="glorot", noise=[(64, 2)],
        gen_opt=dict(lr=1e-3, b1=.9, b2=.999, eps=1e-7)),
    "vae-fashion-conv": dict(
        kind="conv", data="fashion01", batch=64, fixed=False,
        latent=2, act="tanh", scale="exp", reduce="mean", init="glorot", noise=[(64, 2)],
        gen_opt=dict(lr=1e-3, b1=.9, b2=.999, eps=1e-7)),
    "aae-mnist": dict(
        kind="aae", data="mnist11", batch=128, fixed=False, latent=8,
        enc=[784, 512, 512, 8], dec=[8, 512, 512, 784], dis=[8, 512, 256, 1],
        act="lrelu", init="glorot", noise=[(128, 8)],
        gen_opt=dict(lr=2e-4, b1=.5, b2=.999, eps=1e-7),
        dis_opt=dict(lr=2e-4, b1=.5, b2=.999, eps=1e-7)),
}

# vae-fashion-conv, by name: kind, shape, in the order the parameters are kept.
CONV_LAYERS = [
    ("c1", (5, 5, 1, 8)), ("c2", (5, 5, 8, 8)),      # 28 -> 12 -> 4, stride 2
    ("e1", (128, 64)), ("e2", (64, 4)),
    ("d1", (2, 64)), ("d2", (64, 128)),
    ("t1", (5, 5, 8, 8)), ("t2", (5, 5, 8, 8)),      # 4 -> 12 -> 28, stride 2
    ("c3", (3, 3, 8, 1)),                            # SAME
]


seconds_to_load = {}


def load_data(name, split="train"):
    """The examples of a split as one float32 array [count, features]; how long it took goes into seconds_to_load."""
    begin = time.perf_counter()
    examples = _read(name, split)
    seconds_to_load[split] = time.perf_counter() - begin
    return examples


def _read(name, split):
    if name.startswith("onehot"):
        each = int(name[len("onehot"):]) // 4
        return np.eye(4, dtype=np.float32)[np.repeat(np.arange(4), each)]
    base = MNIST_DIR if name.startswith("mnist") else FASHION_DIR
    path = os.path.join(base, ("train" if split == "train" else "t10k") + "-images-idx3-ubyte.gz")
    with gzip.open(path, "rb") as f:
        raw = f.read()
    magic, n, h, w = np.frombuffer(raw, ">i4", 4)
    if magic != 2051:
        raise SystemExit("%s: not a file of images" % path)
    x = np.frombuffer(raw, np.uint8, offset=16).reshape(n, h * w).astype(np.float32)
    return (x - 127.5) / 127.5 if name.endswith("11") else x / 255.


def _init_one(rng, shape, how):
    receptive = int(np.prod(shape[:-2]))
    fan_in, fan_out = receptive * shape[-2], receptive * shape[-1]
    nb = shape[-1]
    if how == "glorot":
        a = (6. / (fan_in + fan_out)) ** .5
        return rng.uniform(-a, a, shape).astype(np.float32), np.zeros(nb, np.float32)
    if how == "torch":
        a = fan_in ** -.5
        return rng.uniform(-a, a, shape).astype(np.float32), rng.uniform(-a, a, nb).astype(np.float32)
    return (rng.standard_normal(shape) * (2. / fan_in) ** .5).astype(np.float32), np.zeros(nb, np.float32)


def init_params(wl, seed=0):
    """{'enc': [W, b, W, b, ...], 'dec': ..., 'dis': ...}; for conv {'net': ...}."""
    rng = np.random.default_rng(seed)
    if wl["kind"] == "conv":
        return {"net": [a for _, s in CONV_LAYERS for a in _init_one(rng, s, "glorot")]}
    return {net: [a for s in zip(wl[net][:-1], wl[net][1:]) for a in _init_one(rng, s, wl["init"])]
            for net in ("enc", "dec", "dis") if net in wl}


def torch_layout(wl, params):
    """The same numbers for NCHW images, [out, in] weights and OIHW kernels, flattening orders included."""
    if wl["kind"] != "conv":
        return {net: [np.ascontiguousarray(a.T) for a in arrays] for net, arrays in params.items()}
    out = []
    for (name, _), w, b in zip(CONV_LAYERS, params["net"][::2], params["net"][1::2]):
        if name[0] in "ct":                   # HWIO -> OIHW; HW(out)(in) -> (in)(out)HW
            w = w.transpose(3, 2, 0, 1)
        elif name == "e1":                    # rows HWC -> CHW
            w = w.reshape(4, 4, 8, 64).transpose(2, 0, 1, 3).reshape(128, 64).T
        elif name == "d2":                    # columns HWC -> CHW
            w = w.reshape(64, 4, 4, 8).transpose(0, 3, 1, 2).reshape(64, 128).T
            b = b.reshape(4, 4, 8).transpose(2, 0, 1).reshape(128)
        else:
            w = w.T
        out += [np.array(w, order="C"), np.array(b)]
    return {"net": out}


def check_inputs(wl, n_data, steps, seed=1):
    """The same batches and noise for every framework."""
    rng = np.random.default_rng(seed)
    idx = rng.integers(0, n_data, (steps, wl["batch"])).astype(np.int32)
    if wl["fixed"]:
        idx[:] = np.arange(wl["batch"], dtype=np.int32)
    noise = [rng.standard_normal((steps,) + s).astype(np.float32) for s in wl["noise"]]
    return idx, noise


def loss_names(wl):
    return ("gen", "dis") if wl["kind"] in ("avb", "aae") else ("loss",)


def parse_args(variants):
    p = argparse.ArgumentParser()
    p.add_argument("workload", choices=sorted(WORKLOADS))
    p.add_argument("variant", choices=variants)
    p.add_argument("--steps", type=int, default=1000)
    p.add_argument("--warmup", type=int, default=100)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--check", type=int, default=0, metavar="K",
                   help="do not time: print the losses of K steps on fixed batches and noise")
    p.add_argument("--inference", action="store_true",
                   help="time evaluation, encoding and decoding instead (PyTorch only)")
    return p.parse_args()


def seconds_since_start():
    """Since the process was started, before the interpreter was loaded; to a hundredth."""
    with open("/proc/self/stat") as f:
        ticks = float(f.read().rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def peak_memory():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM"))


def emit(framework, version, args, steps, seconds, losses, first):
    """One line of JSON. losses: array [n, number of losses] of the last measured steps."""
    wl = WORKLOADS[args.workload]
    losses = np.asarray(losses, np.float64).reshape(-1, len(loss_names(wl)))[-50:]
    print(json.dumps(dict(
        version=version, threads=args.threads, stepsPerSecond=steps / seconds, steps=steps,
        secondsToFirstStep=first, secondsToLoadData=seconds_to_load["train"], peakMemoryBytes=peak_memory(),
        losses={k: float(v) for k, v in zip(loss_names(wl), losses.mean(0))})), flush=True)


def emit_check(framework, args, losses):
    wl = WORKLOADS[args.workload]
    losses = np.asarray(losses, np.float64).reshape(args.check, len(loss_names(wl)))
    print(json.dumps(dict(names=loss_names(wl), losses=losses.tolist())), flush=True)


def pin_threads(n):
    """Before importing a framework whose pool is sized from the visible CPUs."""
    cpus = sorted(os.sched_getaffinity(0))
    if n < len(cpus):
        os.sched_setaffinity(0, set(cpus[:n]))
    os.environ["NPROC"] = str(n)
    os.environ["OMP_NUM_THREADS"] = str(n)
