"""Products in bf16 against fp32: how good the models of the presets are in the end, over five seeds."""
import concurrent.futures
import statistics

import study

THREADS = 1
SEEDS = range(1, 6)
PRESETS = (
    ("vae-mnist", 4000, "elbo"), ("vae-fashion", 3000, "elbo"), ("vae-fashion-conv", 1000, "elbo"),
    ("avb-four-points", 1500, "exact-log-likelihood"), ("avb-four-points-shallow", 4000, "exact-log-likelihood"),
    ("aae-mnist", 1000, "reconstruction"),
    ("beta-vae-mnist", 2000, "elbo"), ("cvae-mnist", 2000, "elbo"), ("factor-vae-mnist", 1000, "elbo"),
    ("iwae-mnist", 1000, "elbo"), ("vae-iaf-mnist", 1000, "elbo"), ("vae-vamp-mnist", 1000, "elbo"),
    ("wae-mmd-mnist", 1000, "reconstruction"), ("aae-mnist-mixture", 150, "reconstruction"),
    ("aae-mnist-swiss-roll", 150, "reconstruction"), ("aae-mnist-supervised", 150, "reconstruction"),
    ("aae-mnist-semi-100", 150, "reconstruction"), ("aae-mnist-semi-1000", 150, "reconstruction"),
    ("aae-mnist-clusters-16", 150, "reconstruction"), ("aae-mnist-clusters-30", 150, "reconstruction"),
    ("aae-mnist-embedding", 150, "reconstruction"))


def last(preset, steps, metric, precision, seed):
    """What a run is worth in the end."""
    path = study.train(preset, "precision/%s-%s-%d" % (preset, precision, seed),
                       ["seed=%d" % seed, "training.steps=%d" % steps, "precision=" + precision], THREADS)
    return study.evaluate(path, metric)[metric]["value"]


def compare(preset, steps, metric):
    """A row of the table."""
    fp32, bf16 = ([last(preset, steps, metric, precision, seed) for seed in SEEDS] for precision in ("fp32", "bf16"))
    difference = statistics.mean(bf16) - statistics.mean(fp32)
    # The standard error of a difference of two means of five.
    error = ((statistics.variance(fp32) + statistics.variance(bf16)) / 5) ** 0.5
    print(preset, "%+.3f" % difference, flush=True)
    return ["`%s`" % preset, metric, str(steps), study.mean(fp32), study.mean(bf16), "%+.3f ± %.3f" % (difference, error),
            study.verdict(min(fp32) <= statistics.mean(bf16) <= max(fp32)), study.verdict(abs(difference) <= 2 * error)]


# A run has one thread; two run at a time.
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    rows = list(pool.map(lambda preset: compare(*preset), PRESETS))

page = study.Page("precision", "Products in bf16", threads=THREADS, precision="fp32 and bf16")
page.text("`--precision bf16` rounds the factors of matrix products to 8 significant bits and keeps what products alone read, "
          "activations among it, in that form; the weights that Adam moves, sums, optimisers and evaluation stay fp32, and so do "
          "convolutions. Seeds %d to %d; in nats per example, mean ± standard deviation over seeds. The spread is from the least to "
          "the greatest of fp32's seeds; of %d differences some one or two exceed two standard errors by chance."
          % (SEEDS[0], SEEDS[-1], len(PRESETS)))
page.table(["preset", "metric, test split", "steps", "fp32", "bf16", "difference ± standard error",
            "bf16's mean within fp32's spread", "within two standard errors"], rows)
page.text("`avb-mnist-8`, `avb-mnist-32`, `vae-mnist-8` and `vae-mnist-32` are not here: nearly all of their work is convolutions, which "
          "stay fp32, and a thread makes little more than a step of them a second. `make bench` says how fast bf16 is.")
page.write()
