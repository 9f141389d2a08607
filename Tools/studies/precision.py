"""Products in bf16 against fp32: how good the models are in the end, over five seeds."""
import statistics

import study

THREADS = 1
SEEDS = range(1, 6)
PRESETS = (
    ("vae-mnist", 4000, "elbo"), ("vae-fashion", 3000, "elbo"), ("beta-vae-mnist", 2000, "elbo"),
    ("avb-four-points", 1500, "exact-log-likelihood"),
    ("avb-four-points-shallow", 4000, "exact-log-likelihood"), ("aae-mnist", 1000, "reconstruction"),
    ("vae-fashion-conv", 1000, "elbo"))
rows = []
for preset, steps, metric in PRESETS:
    found = {}
    for precision in ("fp32", "bf16"):
        found[precision] = []
        for seed in SEEDS:
            path = study.train(preset, "precision/%s-%s-%d" % (preset, precision, seed),
                               ["seed=%d" % seed, "training.steps=%d" % steps, "precision=" + precision], THREADS)
            found[precision].append(study.evaluate(path, metric)[metric]["value"])
    difference = statistics.mean(found["bf16"]) - statistics.mean(found["fp32"])
    # The standard error of a difference of two means of five.
    error = ((statistics.variance(found["fp32"]) + statistics.variance(found["bf16"])) / 5) ** 0.5
    rows.append(["`%s`" % preset, metric, str(steps), study.mean(found["fp32"]), study.mean(found["bf16"]),
                 "%+.3f ± %.3f" % (difference, error), study.verdict(abs(difference) <= 2 * error)])

page = study.Page("precision", "Products in bf16", threads=THREADS, precision="fp32 and bf16")
page.text("`--precision bf16` rounds the factors of matrix products to 8 significant bits as they are read; weights, activations, sums, "
          "optimisers and evaluation stay fp32, and so do convolutions. Seeds %d to %d; in nats per example, mean ± standard "
          "deviation over seeds." % (SEEDS[0], SEEDS[-1]))
page.table(["preset", "metric, test split", "steps", "fp32", "bf16", "difference ± standard error",
            "within two standard errors"], rows)
page.text("This says nothing of speed: without AMX, bf16 is slower than fp32 on Intel's processors. AVX-512 multiplies it no faster, and the "
          "factors have to be rounded first.")
page.write()
