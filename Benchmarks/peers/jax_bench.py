"""Training-step throughput of the workloads in JAX (CPU).

    PYTHON jax_bench.py WORKLOAD VARIANT --steps N --warmup M [--threads 2]

Variants (words joined by '+'):
  jit    one jitted step per call, donated state, batch and noise drawn inside
  scan   CHUNK steps (lax.scan) per jitted call, donated state
  bf16   GEMM operands cast to bfloat16, fp32 accumulation (default: fp32)
  rbg    the `rbg` random generator in place of threefry
  v512   XLA_FLAGS --xla_cpu_prefer_vector_width=512
  gemm   vae-fashion-conv only: the convolutions as shifted slices and GEMMs
         (stride-2 ones through space-to-depth), in place of lax.conv
"""
import os
import sys
import time

import common

VARIANTS = ["jit", "scan", "scan+bf16", "jit+rbg", "scan+rbg", "scan+bf16+rbg",
            "scan+rbg+v512", "scan+bf16+rbg+v512", "jit+gemm", "scan+gemm",
            "scan+gemm+rbg+v512"]
args = common.parse_args(VARIANTS)
words = set(args.variant.split("+"))
common.pin_threads(args.threads)
flags = os.environ.get("XLA_FLAGS", "").split()
if "v512" in words:
    flags.append("--xla_cpu_prefer_vector_width=512")
os.environ["XLA_FLAGS"] = " ".join(flags)
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

if "rbg" in words:
    jax.config.update("jax_default_prng_impl", "rbg")
WL = common.WORKLOADS[args.workload]
KIND, B = WL["kind"], WL["batch"]
CHUNK = int(os.environ.get("PEER_CHUNK", "100"))
sg = lax.stop_gradient
data = jnp.asarray(common.load_data(WL["data"]))
N = data.shape[0]
init = {k: [jnp.asarray(a) for a in v] for k, v in common.init_params(WL).items()}
gp0 = {k: v for k, v in init.items() if k != "dis"}
dp0 = init.get("dis", [])

ACT = {"relu": jax.nn.relu, "elu": jax.nn.elu, "tanh": jnp.tanh,
       "lrelu": lambda h: jnp.where(h > 0, h, .2 * h)}[WL["act"]]
softplus = jax.nn.softplus

if "bf16" in words:
    bf = jnp.bfloat16

    @jax.custom_vjp
    def dot(a, b):
        return jnp.matmul(a.astype(bf), b.astype(bf), preferred_element_type=jnp.float32)

    def dot_fwd(a, b):
        a, b = a.astype(bf), b.astype(bf)
        return jnp.matmul(a, b, preferred_element_type=jnp.float32), (a, b)

    def dot_bwd(r, g):
        a, b = r
        g = g.astype(bf)
        return (jnp.matmul(g, b.T, preferred_element_type=jnp.float32),
                jnp.matmul(a.T, g, preferred_element_type=jnp.float32))
    dot.defvjp(dot_fwd, dot_bwd)
else:
    dot = jnp.matmul


def mlp(p, h):
    for i in range(0, len(p) - 2, 2):
        h = ACT(dot(h, p[i]) + p[i + 1])
    return dot(h, p[-2]) + p[-1]


def bernoulli_nll(t, x):
    # not max(t,0) - t*x + log1p(exp(-|t|)): its JAX gradient is wrong at t == 0,
    # which the untrained vae-fashion-conv has at 108 border pixels
    return jnp.sum(softplus(t) - t * x)


def conv(x, w, stride, padding, up=1):
    return lax.conv_general_dilated(
        x, w, (stride, stride), padding, lhs_dilation=(up, up),
        dimension_numbers=("NHWC", "HWIO", "NHWC"))


def deconv(x, w):                             # Keras Conv2DTranspose(5, 2, valid, +1)
    w = jnp.flip(w, (0, 1)).swapaxes(2, 3)
    return conv(x, w, 1, ((4, 5), (4, 5)), 2)


def conv3(x, w):                              # [B,H+2,W+2,C] * [3,3,C,O], stride 1
    b, h, wd, c = x.shape
    cols = jnp.concatenate([x[:, i:i + h - 2, j:j + wd - 2] for i in range(3)
                            for j in range(3)], -1)
    return dot(cols.reshape(-1, 9 * c), w.reshape(9 * c, -1)).reshape(b, h - 2, wd - 2, -1)


def gemm_conv5s2(x, w):                       # 5x5 stride 2 = 3x3 on space-to-depth
    b, h, wd, c = x.shape
    x = x.reshape(b, h // 2, 2, wd // 2, 2, c).transpose(0, 1, 3, 2, 4, 5)
    w = jnp.pad(w, ((0, 1), (0, 1), (0, 0), (0, 0))).reshape(3, 2, 3, 2, c, -1)
    return conv3(x.reshape(b, h // 2, wd // 2, 4 * c), w.transpose(0, 2, 1, 3, 4, 5))


def gemm_deconv5s2(x, w):                     # its transpose: 3x3, then depth-to-space
    b, h, wd, c = x.shape
    o = w.shape[2]
    x = jnp.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))
    w = jnp.pad(w, ((0, 1), (0, 1), (0, 0), (0, 0))).reshape(3, 2, 3, 2, o, c)
    y = conv3(x, w[::-1, :, ::-1].transpose(0, 2, 5, 1, 3, 4))
    y = y.reshape(b, h + 2, wd + 2, 2, 2, o).transpose(0, 1, 3, 2, 4, 5)
    return y.reshape(b, 2 * h + 4, 2 * wd + 4, o)


def gemm_conv3_same1(x, w):                   # to one channel: GEMM, then shift and add
    b, h, wd, c = x.shape
    y = dot(x.reshape(-1, c), w.reshape(9, c).T).reshape(b, h, wd, 9)
    y = jnp.pad(y, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return sum(y[:, i:i + h, j:j + wd, 3 * i + j] for i in range(3) for j in range(3))


def vae_out(h, eps):
    n = WL["latent"]
    mu, t = h[:, :n], h[:, n:]
    logvar = 2 * t if WL["scale"] == "exp" else t
    z = mu + jnp.exp(.5 * logvar) * eps
    return z, .5 * jnp.sum(jnp.exp(logvar) + mu * mu - 1 - logvar)


def vae_loss(gp, x, eps):
    if KIND == "vae":
        z, kl = vae_out(mlp(gp["enc"], x), eps)
        return kl + bernoulli_nll(mlp(gp["dec"], z), x)
    (c1, c1b, c2, c2b, e1, e1b, e2, e2b, d1, d1b, d2, d2b,
     t1, t1b, t2, t2b, c3, c3b) = gp["net"]
    gemm = "gemm" in words
    down = gemm_conv5s2 if gemm else lambda a, w: conv(a, w, 2, "VALID")
    up = gemm_deconv5s2 if gemm else deconv
    last = gemm_conv3_same1 if gemm else lambda a, w: conv(a, w, 1, "SAME")
    h = jnp.tanh(down(x.reshape(B, 28, 28, 1), c1) + c1b)
    h = jnp.tanh(down(h, c2) + c2b).reshape(B, 128)
    z, kl = vae_out(jnp.tanh(dot(h, e1) + e1b) @ e2 + e2b, eps)
    h = jnp.tanh(dot(jnp.tanh(dot(z, d1) + d1b), d2) + d2b).reshape(B, 4, 4, 8)
    h = jnp.tanh(up(h, t1) + t1b)
    h = jnp.tanh(up(h, t2) + t2b)
    return kl + bernoulli_nll((last(h, c3) + c3b).reshape(B, 784), x)


def adam(p, g, s, t, lr, b1, b2, eps):
    c1, c2 = 1 - b1 ** t, jnp.sqrt(1 - b2 ** t)
    m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, s[0], g)
    v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, s[1], g)
    p = jax.tree.map(lambda p, m, v: p - lr / c1 * m / (jnp.sqrt(v) / c2 + eps), p, m, v)
    return p, (m, v)


def step(state, x, noise):
    gp, dp, gs, ds, t = state
    t = t + 1
    if KIND == "avb":
        eps, zp = noise
        xd = 2 * x - 1 if WL["center"] else x

        def both(gp, dp):
            # T(x, z_q) is written twice (frozen weights; frozen input): XLA's CSE
            # keeps one forward pass.
            z = mlp(gp["enc"], jnp.concatenate((x, eps), 1))
            rec = bernoulli_nll(mlp(gp["dec"], z), x) / B
            gen = mlp(sg(dp), jnp.concatenate((xd, z), 1)).mean() + rec
            tq = mlp(dp, jnp.concatenate((xd, sg(z)), 1))
            tp = mlp(dp, jnp.concatenate((xd, zp), 1))
            dis = (softplus(-tq) + softplus(tp)).mean()
            return gen + dis, (gen, dis)

        (gg, gd), out = jax.grad(both, (0, 1), has_aux=True)(gp, dp)
        gp, gs = adam(gp, gg, gs, t, **WL["gen_opt"])
        dp, ds = adam(dp, gd, ds, t, **WL["dis_opt"])
    elif KIND == "aae":
        z, enc_vjp = jax.vjp(lambda p: mlp(p, x), gp["enc"])

        def dloss(dp):
            l = mlp(dp, jnp.concatenate((noise[0], z), 0))
            return .5 * (softplus(-l[:B]).mean() + softplus(l[B:]).mean())
        dis, gd = jax.value_and_grad(dloss)(dp)
        dp, ds = adam(dp, gd, ds, t, **WL["dis_opt"])

        def gloss(dec, z):
            y = jnp.tanh(mlp(dec, z))
            return (.999 * jnp.square(y - x).mean()
                    + .001 * softplus(-mlp(dp, z)).mean())
        gen, (g_dec, g_z) = jax.value_and_grad(gloss, (0, 1))(gp["dec"], z)
        gg = {"enc": enc_vjp(g_z)[0], "dec": g_dec}
        gp, gs = adam(gp, gg, gs, t, **WL["gen_opt"])
        out = (gen, dis)
    else:
        scale = 1. if WL["reduce"] == "sum" else 1. / B
        l, gg = jax.value_and_grad(lambda p: vae_loss(p, x, *noise) * scale)(gp)
        gp, gs = adam(gp, gg, gs, t, **WL["gen_opt"])
        out = (l / (scale * B),)
    return (gp, dp, gs, ds, t), jnp.stack(out)


def zeros(t):
    return jax.tree.map(jnp.zeros_like, t)


def chunk(state, key, d):
    """CHUNK steps; all their random numbers are drawn at once, here, on device."""
    ks = jax.random.split(key, 1 + len(WL["noise"]))
    noise = [jax.random.normal(k, (CHUNK,) + s) for k, s in zip(ks[1:], WL["noise"])]
    if WL["fixed"]:
        return lax.scan(lambda s, n: step(s, d, n), state, noise)
    idx = jax.random.randint(ks[0], (CHUNK, B), 0, N)
    return lax.scan(lambda s, a: step(s, d[a[0]], a[1]), state, (idx, noise))


def one(state, key, d):
    ks = jax.random.split(key, 2 + len(WL["noise"]))
    x = d if WL["fixed"] else d[jax.random.randint(ks[1], (B,), 0, N)]
    s, l = step(state, x, [jax.random.normal(k, s) for k, s in zip(ks[2:], WL["noise"])])
    return s, ks[0], l


state = (gp0, dp0, (zeros(gp0), zeros(gp0)), (zeros(dp0), zeros(dp0)), jnp.float32(0))
state = jax.tree.map(lambda a: jnp.array(a, copy=True), state)

if args.check:
    idx, noise = common.check_inputs(WL, N, args.check)
    f = jax.jit(lambda s, i, n, d: lax.scan(lambda s, a: step(s, d[a[0]], a[1]), s, (i, n)))
    common.emit_check("jax", args, f(state, idx, [jnp.asarray(n) for n in noise], data)[1])
    sys.exit()

key = jax.random.key(0)
if "scan" in words:
    f = jax.jit(chunk, donate_argnums=0)
    calls, warm = max(1, -(-args.steps // CHUNK)), max(1, -(-args.warmup // CHUNK))
    keys = [k for k in jax.random.split(key, calls + warm)]
    for i, k in enumerate(keys[:warm]):
        state, l = f(state, k, data)
        if i == 0:
            jax.block_until_ready(l)
            first = common.seconds_since_start()
    jax.block_until_ready((state, l))
    t0 = time.perf_counter()
    for k in keys[warm:]:
        state, l = f(state, k, data)
    jax.block_until_ready((state, l))
    dt = time.perf_counter() - t0
    steps = calls * CHUNK
else:
    f = jax.jit(one, donate_argnums=(0, 1))
    for i in range(max(2, args.warmup)):
        state, key, l = f(state, key, data)
        if i == 0:
            jax.block_until_ready(l)
            first = common.seconds_since_start()
    jax.block_until_ready((state, l))
    keep = []
    t0 = time.perf_counter()
    for i in range(args.steps):
        state, key, l = f(state, key, data)
        if i >= args.steps - 50:
            keep.append(l)
    jax.block_until_ready((state, l))
    dt = time.perf_counter() - t0
    steps, l = args.steps, np.stack([np.asarray(a) for a in keep])
common.emit("jax", jax.__version__, args, steps, dt, np.asarray(l), first)
