"""Training-step throughput of the workloads in PyTorch (CPU).

    PYTHON torch_bench.py WORKLOAD VARIANT --steps N --warmup M [--threads 2]

A variant is one or more of these words joined by '+':
  eager      eager autograd, fused Adam
  compile    the whole step (forward, both backwards, Adam) as one torch.compile
             graph
  autotune   with compile: mode="max-autotune-no-cudagraphs"
  medium     torch.set_float32_matmul_precision("medium"): bf16 inside fp32 GEMMs
  bf16       autocast to bfloat16
  tcmalloc   LD_PRELOAD tcmalloc (the script re-executes itself)
"""
import os
import sys

import common

WORDS = {"eager", "compile", "autotune", "medium", "bf16", "tcmalloc"}
VARIANTS = ["eager", "compile", "medium", "bf16", "compile+autotune",
            "compile+medium", "compile+bf16", "eager+tcmalloc", "medium+tcmalloc",
            "bf16+tcmalloc", "compile+tcmalloc", "compile+medium+tcmalloc",
            "compile+bf16+tcmalloc", "compile+autotune+medium"]
args = common.parse_args(VARIANTS)
words = set(args.variant.split("+"))
assert words <= WORDS


def preload():
    """tcmalloc only works if it is there when the process starts."""
    if "tcmalloc" not in words:
        return
    if os.environ.get("PEER_PRELOADED") != "1":
        # a bare name: the dynamic linker finds it
        lib = os.environ.get("TCMALLOC", "libtcmalloc.so.4")
        env = dict(os.environ, PEER_PRELOADED="1", LD_PRELOAD=":".join(
            [lib] + os.environ.get("LD_PRELOAD", "").split()))
        os.execve(sys.executable, [sys.executable] + sys.argv, env)
    with open("/proc/self/maps") as f:
        if "tcmalloc" not in f.read():
            sys.exit("tcmalloc is not loaded: is libtcmalloc.so.4 installed?")


preload()
os.environ["OMP_NUM_THREADS"] = str(args.threads)

import contextlib
import time

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(args.threads)
torch.manual_seed(0)
if "medium" in words:
    torch.set_float32_matmul_precision("medium")
autocast = (lambda: torch.autocast("cpu", torch.bfloat16)) if "bf16" in words \
    else contextlib.nullcontext

WL = common.WORKLOADS[args.workload]
KIND, B = WL["kind"], WL["batch"]
data = torch.from_numpy(np.ascontiguousarray(common.load_data(WL["data"])))
N = data.shape[0]


# ---- parameters -------------------------------------------------------------
nets = {k: [torch.from_numpy(a) for a in v]
        for k, v in common.torch_layout(WL, common.init_params(WL)).items()}
for ps in nets.values():
    for p in ps:
        p.requires_grad_(True)
gen_params = [p for k in ("enc", "dec", "net") if k in nets for p in nets[k]]
dis_params = nets.get("dis", [])

# ---- models -----------------------------------------------------------------
ACT = {"relu": torch.relu, "elu": F.elu, "tanh": torch.tanh,
       "lrelu": lambda h: F.leaky_relu(h, .2)}[WL["act"]]


def mlp(p, h):
    for i in range(0, len(p) - 2, 2):
        h = ACT(F.linear(h, p[i], p[i + 1]))
    return F.linear(h, p[-2], p[-1]).float()


def bernoulli_nll(logits, x):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum")


def avb_losses(x, eps, zp):
    xd = 2 * x - 1 if WL["center"] else x
    z = mlp(nets["enc"], torch.cat((x, eps), 1))
    rec = bernoulli_nll(mlp(nets["dec"], z), x) / B
    tq = mlp(nets["dis"], torch.cat((xd, z), 1))
    tp = mlp(nets["dis"], torch.cat((xd, zp), 1))
    return tq.mean() + rec, (F.softplus(-tq) + F.softplus(tp)).mean()


def vae_out(x, h, eps):
    n = WL["latent"]
    mu, t = h[:, :n], h[:, n:]
    logvar = 2 * t if WL["scale"] == "exp" else t
    z = mu + torch.exp(.5 * logvar) * eps
    kl = .5 * (logvar.exp() + mu.square() - 1 - logvar).sum()
    return z, kl


def vae_loss(x, eps):
    z, kl = vae_out(x, mlp(nets["enc"], x), eps)
    return kl + bernoulli_nll(mlp(nets["dec"], z), x)


def conv_encode(x):
    c1, c1b, c2, c2b, e1, e1b, e2, e2b = nets["net"][:8]
    h = torch.tanh(F.conv2d(x.view(-1, 1, 28, 28), c1, c1b, 2))
    h = torch.tanh(F.conv2d(h, c2, c2b, 2)).reshape(-1, 128)
    return F.linear(torch.tanh(F.linear(h, e1, e1b)), e2, e2b).float()


def conv_decode(z):
    d1, d1b, d2, d2b, t1, t1b, t2, t2b, c3, c3b = nets["net"][8:]
    h = torch.tanh(F.linear(torch.tanh(F.linear(z, d1, d1b)), d2, d2b))
    h = torch.tanh(F.conv_transpose2d(h.view(-1, 8, 4, 4), t1, t1b, 2, output_padding=1))
    h = torch.tanh(F.conv_transpose2d(h, t2, t2b, 2, output_padding=1))
    return F.conv2d(h, c3, c3b, padding=1).float().reshape(-1, 784)


def conv_loss(x, eps):
    z, kl = vae_out(x, conv_encode(x), eps)
    return kl + bernoulli_nll(conv_decode(z), x)


REDUCE = 1. if WL.get("reduce") == "sum" else 1. / B


def bce1(t):                                  # BCE of logits against label 1
    return F.softplus(-t).mean()


def aae_dis(z, zr):
    t = mlp(nets["dis"], torch.cat((zr, z), 0))
    return .5 * (F.softplus(-t[:B]).mean() + F.softplus(t[B:]).mean())


def aae_gen(x, z):
    y = torch.tanh(mlp(nets["dec"], z))
    return .999 * F.mse_loss(y, x) + .001 * bce1(mlp(nets["dis"], z))


# ---- optimizer --------------------------------------------------------------
class FusedAdam:
    """torch.optim.Adam(fused=True)'s kernel without the Python around it."""

    def __init__(self, params, lr, b1, b2, eps):
        self.p, self.kw = params, dict(lr=lr, beta1=b1, beta2=b2, eps=eps,
                                       weight_decay=0., amsgrad=False, maximize=False)
        self.m = [torch.zeros_like(p) for p in params]
        self.v = [torch.zeros_like(p) for p in params]
        self.t = [torch.zeros(()) for _ in params]

    @torch.no_grad()
    def step(self, grads):
        # The kernel takes a gradient to be laid out as its parameter is; inductor
        # returns channels-last ones for convolutions (autograd.grad does not
        # restride them, as .backward() would).
        grads = [g if g.stride() == p.stride() else torch.empty_like(p).copy_(g)
                 for g, p in zip(grads, self.p)]
        torch._foreach_add_(self.t, 1)
        torch._fused_adam_(self.p, grads, self.m, self.v, [], self.t, **self.kw)


opt_g = FusedAdam(gen_params, **WL["gen_opt"])
opt_d = FusedAdam(dis_params, **WL["dis_opt"]) if dis_params else None
grad = torch.autograd.grad


def eager_step(x, *noise):
    if KIND == "avb":
        with autocast():
            gen, dis = avb_losses(x, *noise)
        gg = grad(gen, gen_params, retain_graph=True)     # never reaches dis_params
        gd = grad(dis, dis_params)                        # never reaches the encoder
        opt_g.step(gg)
        opt_d.step(gd)
        return gen.detach(), dis.detach()
    if KIND == "aae":
        with autocast():
            z = mlp(nets["enc"], x)
            dis = aae_dis(z.detach(), *noise)
        opt_d.step(grad(dis, dis_params))
        with autocast():
            gen = aae_gen(x, z)                           # against the updated one
        opt_g.step(grad(gen, gen_params))
        return gen.detach(), dis.detach()
    with autocast():
        loss = (vae_loss if KIND == "vae" else conv_loss)(x, *noise)
    opt_g.step(grad(loss if REDUCE == 1. else loss * REDUCE, gen_params))
    return (loss.detach() / B,)


# ---- the whole step as one graph -------------------------------------------
def make_compiled():
    from torch.func import grad_and_value
    import torch._inductor.config as ic
    ic.cpp_wrapper = os.environ.get("PEER_CPP_WRAPPER", "1") == "1"
    ic.fallback_random = os.environ.get("PEER_FALLBACK_RANDOM", "1") == "1"
    for p in gen_params + dis_params:
        p.requires_grad_(False)
    step_t = torch.zeros(())

    def adam(p, g, m, v, t, lr, b1, b2, eps):
        c1, c2 = 1 - b1 ** t, (1 - b2 ** t).sqrt()
        for p, g, m, v in zip(p, g, m, v):
            m.lerp_(g, 1 - b1)
            v.mul_(b2).addcmul_(g, g, value=1 - b2)
            p.sub_(lr / c1 * m / (v.sqrt() / c2 + eps))

    def with_nets(gp, dp, f, *a):
        nonlocal_nets = {}
        i = 0
        for k in ("enc", "dec", "net"):
            if k in nets:
                nonlocal_nets[k] = gp[i:i + len(nets[k])]
                i += len(nets[k])
        nonlocal_nets["dis"] = dp
        return f(nonlocal_nets, *a)

    def avb(n, n_sg, x, eps, zp):
        # T(x, z_q) appears twice, once with frozen weights and once with frozen
        # input; common-subexpression elimination makes it one forward pass.
        xd = 2 * x - 1 if WL["center"] else x
        z = mlp(n["enc"], torch.cat((x, eps), 1))
        rec = bernoulli_nll(mlp(n["dec"], z), x) / B
        gen = mlp(n_sg, torch.cat((xd, z), 1)).mean() + rec
        tq = mlp(n["dis"], torch.cat((xd, z.detach()), 1))
        tp = mlp(n["dis"], torch.cat((xd, zp), 1))
        dis = (F.softplus(-tq) + F.softplus(tp)).mean()
        return gen + dis, (gen, dis)

    def step(gp, dp, gm, gv, dm, dv, t, x, *noise):
        t += 1
        if KIND == "avb":
            (gg, gd), (_, (gen, dis)) = grad_and_value(
                lambda gp, dp: with_nets(
                    gp, dp, lambda n: avb(n, [q.detach() for q in dp], x, *noise)),
                argnums=(0, 1), has_aux=True)(gp, dp)
            adam(gp, gg, gm, gv, t, **WL["gen_opt"])
            adam(dp, gd, dm, dv, t, **WL["dis_opt"])
            return torch.stack((gen, dis))
        if KIND == "aae":
            ne = len(nets["enc"])
            save = dict(nets)

            def dloss(dp, z):
                nets["dis"] = dp
                return aae_dis(z, *noise)

            def gloss(gp):
                z = mlp(gp[:ne], x)
                y = torch.tanh(mlp(gp[ne:], z))
                return (.999 * F.mse_loss(y, x) + .001 * bce1(mlp(dp, z)))

            gd, dis = grad_and_value(dloss)(dp, mlp(gp[:ne], x))
            nets.update(save)
            adam(dp, gd, dm, dv, t, **WL["dis_opt"])
            gg, gen = grad_and_value(gloss)(gp)           # encoder pass shared by CSE
            adam(gp, gg, gm, gv, t, **WL["gen_opt"])
            return torch.stack((gen, dis))

        def loss(gp):
            if KIND == "conv":
                nets["net"] = gp
                l = conv_loss(x, *noise)
            else:
                ne = len(nets["enc"])
                z, kl = vae_out(x, mlp(gp[:ne], x), *noise)
                l = kl + bernoulli_nll(mlp(gp[ne:], z), x)
            return l * REDUCE

        gg, l = grad_and_value(loss)(gp)
        adam(gp, gg, gm, gv, t, **WL["gen_opt"])
        return (l / (REDUCE * B)).reshape(1)

    def step_on_batch(gp, dp, gm, gv, dm, dv, t, x, *noise):
        with autocast():
            return step(gp, dp, gm, gv, dm, dv, t, x, *noise)

    mode = "max-autotune-no-cudagraphs" if "autotune" in words else None
    cs = torch.compile(step_on_batch, mode=mode, fullgraph=True, dynamic=False)
    st = (gen_params, dis_params, opt_g.m, opt_g.v,
          opt_d.m if opt_d else [], opt_d.v if opt_d else [], step_t)

    def run(x, *noise):
        with torch.no_grad():
            return cs(*st, x, *noise)
    return run


compiled = "compile" in words
if compiled and KIND == "conv":
    # torch.func.grad over convolutions does not trace in torch 2.13; compile the
    # loss (and, through AOTAutograd, its backward) and keep the fused Adam.
    import torch._inductor.config as ic
    ic.cpp_wrapper = os.environ.get("PEER_CPP_WRAPPER", "1") == "1"
    conv_loss = torch.compile(
        conv_loss, mode="max-autotune-no-cudagraphs" if "autotune" in words else None,
        fullgraph=True, dynamic=False)
    compiled = False
step = make_compiled() if compiled else eager_step


def draw():
    x = data if WL["fixed"] else data.index_select(0, torch.randint(N, (B,)))
    return (x, *[torch.randn(s) for s in WL["noise"]])


def stacked(out):
    return torch.stack([o if compiled else torch.stack(o) for o in out]).numpy()


if args.inference:
    from torch_inference import measure
    measure(sys.modules[__name__])
    sys.exit()

if args.check:
    idx, noise = common.check_inputs(WL, N, args.check)
    out = []
    for k in range(args.check):
        x = data[torch.from_numpy(idx[k].astype(np.int64))]
        o = step(x, *[torch.from_numpy(n[k]) for n in noise])
        out.append(o.clone() if compiled else o)
    common.emit_check("torch", args, stacked(out))
    sys.exit()

step(*draw())[0].sum().item()
first = common.seconds_since_start()
for _ in range(max(args.warmup, 3) - 1):
    step(*draw())
keep = []
t0 = time.perf_counter()
for i in range(args.steps):
    o = step(*draw())
    if i >= args.steps - 50:
        keep.append(o)
dt = time.perf_counter() - t0
common.emit("torch", torch.__version__, args, args.steps, dt, stacked(keep), first)
