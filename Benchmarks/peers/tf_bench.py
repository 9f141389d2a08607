"""Training-step throughput of the workloads in TensorFlow (CPU).

    PYTHON tf_bench.py WORKLOAD VARIANT --steps N --warmup M [--threads 2]

Variants (words joined by '+'):
  function  tf.function, CHUNK steps per call (a tf.while_loop), fused
            ResourceApplyAdam kernels
  xla       tf.function(jit_compile=True) of the same loop
  step      one step per call instead of CHUNK
  bf16      oneDNN computes fp32 GEMMs in bf16 (TF_SET_ONEDNN_FPMATH_MODE); for
            xla: GEMM operands cast to bfloat16
"""
import os
import sys
import time

import common

VARIANTS = ["function", "function+step", "function+bf16", "xla", "xla+step", "xla+bf16"]
args = common.parse_args(VARIANTS)
words = set(args.variant.split("+"))
XLA = "xla" in words
common.pin_threads(args.threads)
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
if "bf16" in words and not XLA:
    os.environ["TF_SET_ONEDNN_FPMATH_MODE"] = "BF16"

import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(args.threads)
tf.config.threading.set_inter_op_parallelism_threads(
    int(os.environ.get("PEER_TF_INTER", "1")))
tf.random.set_seed(0)
WL = common.WORKLOADS[args.workload]
KIND, B = WL["kind"], WL["batch"]
CHUNK = 1 if "step" in words else int(os.environ.get("PEER_CHUNK", "100"))
sg = tf.stop_gradient
data = tf.constant(common.load_data(WL["data"])) if WL["fixed"] else \
    tf.Variable(common.load_data(WL["data"]), trainable=False)
N = data.shape[0]
init = common.init_params(WL)
V = {k: [tf.Variable(a) for a in v] for k, v in init.items()}
gen_params = [p for k in ("enc", "dec", "net") if k in V for p in V[k]]
dis_params = V.get("dis", [])

ACT = {"relu": tf.nn.relu, "elu": tf.nn.elu, "tanh": tf.tanh,
       "lrelu": lambda h: tf.nn.leaky_relu(h, .2)}[WL["act"]]
softplus = tf.nn.softplus

if XLA and "bf16" in words:
    def dot(a, b):
        return tf.cast(tf.matmul(tf.cast(a, tf.bfloat16), tf.cast(b, tf.bfloat16)),
                       tf.float32)
else:
    dot = tf.matmul


def mlp(p, h):
    for i in range(0, len(p) - 2, 2):
        h = ACT(tf.nn.bias_add(dot(h, p[i]), p[i + 1]))
    return tf.nn.bias_add(dot(h, p[-2]), p[-1])


def bernoulli_nll(t, x):
    return tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=t))


def vae_out(h, eps):
    n = WL["latent"]
    mu, t = h[:, :n], h[:, n:]
    logvar = 2 * t if WL["scale"] == "exp" else t
    z = mu + tf.exp(.5 * logvar) * eps
    return z, .5 * tf.reduce_sum(tf.exp(logvar) + tf.square(mu) - 1 - logvar)


def vae_loss(x, eps):
    if KIND == "vae":
        z, kl = vae_out(mlp(V["enc"], x), eps)
        return kl + bernoulli_nll(mlp(V["dec"], z), x)
    (c1, c1b, c2, c2b, e1, e1b, e2, e2b, d1, d1b, d2, d2b,
     t1, t1b, t2, t2b, c3, c3b) = V["net"]
    ba = tf.nn.bias_add
    h = tf.tanh(ba(tf.nn.conv2d(tf.reshape(x, (B, 28, 28, 1)), c1, 2, "VALID"), c1b))
    h = tf.reshape(tf.tanh(ba(tf.nn.conv2d(h, c2, 2, "VALID"), c2b)), (B, 128))
    z, kl = vae_out(mlp([e1, e1b, e2, e2b], h), eps)
    h = tf.reshape(tf.tanh(mlp([d1, d1b, d2, d2b], z)), (B, 4, 4, 8))
    h = tf.tanh(ba(tf.nn.conv2d_transpose(h, t1, (B, 12, 12, 8), 2, "VALID"), t1b))
    h = tf.tanh(ba(tf.nn.conv2d_transpose(h, t2, (B, 28, 28, 8), 2, "VALID"), t2b))
    t = tf.reshape(ba(tf.nn.conv2d(h, c3, 1, "SAME"), c3b), (B, 784))
    return kl + bernoulli_nll(t, x)


class Adam:
    def __init__(self, params, lr, b1, b2, eps):
        self.p, self.h = params, (lr, b1, b2, eps)
        self.m = [tf.Variable(tf.zeros_like(p)) for p in params]
        self.v = [tf.Variable(tf.zeros_like(p)) for p in params]
        self.b1t, self.b2t = tf.Variable(1.), tf.Variable(1.)

    def apply(self, grads):
        lr, b1, b2, eps = self.h
        b1t = self.b1t.assign(self.b1t * b1)
        b2t = self.b2t.assign(self.b2t * b2)
        if not XLA:
            # The kernel's epsilon is added to the uncorrected sqrt(v): scale it so
            # that the update is Kingma and Ba's with eps outside, as elsewhere.
            e = eps * tf.sqrt(1 - b2t)
            for p, g, m, v in zip(self.p, grads, self.m, self.v):
                tf.raw_ops.ResourceApplyAdam(
                    var=p.handle, m=m.handle, v=v.handle, beta1_power=b1t,
                    beta2_power=b2t, lr=lr, beta1=b1, beta2=b2, epsilon=e, grad=g)
            return
        c1, c2 = 1 - b1t, tf.sqrt(1 - b2t)
        for p, g, m, v in zip(self.p, grads, self.m, self.v):
            nm = m.assign(b1 * m + (1 - b1) * g)
            nv = v.assign(b2 * v + (1 - b2) * tf.square(g))
            p.assign_sub(lr / c1 * nm / (tf.sqrt(nv) / c2 + eps))


opt_g = Adam(gen_params, **WL["gen_opt"])
opt_d = Adam(dis_params, **WL["dis_opt"]) if dis_params else None


def step(x, noise):
    if KIND == "avb":
        eps, zp = noise
        xd = 2 * x - 1 if WL["center"] else x
        with tf.GradientTape(persistent=True) as tape:
            z = mlp(V["enc"], tf.concat((x, eps), 1))
            rec = bernoulli_nll(mlp(V["dec"], z), x) / B
            tq = mlp(V["dis"], tf.concat((xd, z), 1))
            tp = mlp(V["dis"], tf.concat((xd, zp), 1))
            gen = tf.reduce_mean(tq) + rec
            dis = tf.reduce_mean(softplus(-tq) + softplus(tp))
        gg = tape.gradient(gen, gen_params)
        gd = tape.gradient(dis, dis_params)
        opt_g.apply(gg)
        opt_d.apply(gd)
        return tf.stack((gen, dis))
    if KIND == "aae":
        zr, = noise
        with tf.GradientTape() as te:
            z = mlp(V["enc"], x)
        with tf.GradientTape() as td:
            t = mlp(V["dis"], tf.concat((zr, sg(z)), 0))
            dis = .5 * (tf.reduce_mean(softplus(-t[:B])) + tf.reduce_mean(softplus(t[B:])))
        opt_d.apply(td.gradient(dis, dis_params))
        with tf.GradientTape() as tg:
            tg.watch(z)
            y = tf.tanh(mlp(V["dec"], z))
            gen = (.999 * tf.reduce_mean(tf.math.squared_difference(y, x))
                   + .001 * tf.reduce_mean(softplus(-mlp(V["dis"], z))))
        gs = tg.gradient(gen, [z] + V["dec"])
        opt_g.apply(te.gradient(z, V["enc"], output_gradients=gs[0]) + gs[1:])
        return tf.stack((gen, dis))
    scale = 1. if WL["reduce"] == "sum" else 1. / B
    with tf.GradientTape() as tape:
        l = vae_loss(x, *noise) * scale
    opt_g.apply(tape.gradient(l, gen_params))
    return tf.reshape(l / (scale * B), (1,))


def pick(i):
    return tf.gather(data, i)


@tf.function(jit_compile=XLA)
def chunk():
    losses = tf.zeros((CHUNK, len(common.loss_names(WL))))
    noise = [tf.random.normal((CHUNK,) + s) for s in WL["noise"]]
    idx = None if WL["fixed"] else tf.random.uniform((CHUNK, B), 0, N, tf.int32)
    if CHUNK == 1:
        return step(data if WL["fixed"] else pick(idx[0]), [n[0] for n in noise])[None]
    acc = tf.TensorArray(tf.float32, CHUNK, element_shape=losses.shape[1:])
    for i in tf.range(CHUNK):
        x = data if WL["fixed"] else pick(idx[i])
        acc = acc.write(i, step(x, [n[i] for n in noise]))
    return acc.stack()


if args.check:
    idx, noise = common.check_inputs(WL, N, args.check)
    f = tf.function(lambda i, n: step(pick(i), n), jit_compile=XLA)
    out = [f(tf.constant(idx[k]), [tf.constant(n[k]) for n in noise]).numpy()
           for k in range(args.check)]
    common.emit_check("tf", args, out)
    sys.exit()

calls, warm = max(1, -(-args.steps // CHUNK)), max(1, -(-args.warmup // CHUNK))
chunk().numpy()
first = common.seconds_since_start()
for _ in range(warm):
    l = chunk()
l.numpy()
keep = []
t0 = time.perf_counter()
for i in range(calls):
    l = chunk()
    if i >= calls - 50:
        keep.append(l)
l.numpy()
dt = time.perf_counter() - t0
common.emit("tf", tf.__version__, args, calls * CHUNK, dt,
            np.concatenate([k.numpy() for k in keep]), first)
