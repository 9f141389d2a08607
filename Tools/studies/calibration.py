"""The audit of a discriminator: the four points after 2000 steps, and once the discriminator was trained on alone."""
import json
import os
import re
import shutil

import study

THREADS = 1
SEEDS = range(1, 4)
MORE = 12000  # updates of the discriminator alone


def trained_on(path):
    """A copy of a run whose discriminator goes on alone, its rate falling along a cosine: the generator's rate, which has to be
    above 0, is too small to move a single-precision number."""
    copy = path + "-frozen"
    if os.path.exists(os.path.join(copy, "study.json")):
        return copy
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(path, copy)
    os.remove(os.path.join(copy, "study.json"))
    config = os.path.join(copy, "config.yaml")
    text = open(config).read()
    before, rest = text.split("\noptimiser:", 1)
    generator, rest = rest.split("\ndiscriminatorOptimiser:", 1)
    discriminator, after = rest.split("\nsupervision:", 1)
    steps = 2000 + MORE
    before = before.replace("steps: 2000", "steps: %d" % steps, 1)
    generator = re.sub(r"learningRate: \S+", "learningRate: 1.0e-30", generator, count=1)
    discriminator = re.sub(r"kind: constant\n(\s+)steps: \d+\n(\s+)factor: \S+",
                           r"kind: cosine\n\1steps: %d\n\2factor: 0.01" % steps, discriminator)
    with open(config, "w") as file:
        file.write(before + "\noptimiser:" + generator + "\ndiscriminatorOptimiser:" + discriminator + "\nsupervision:" + after)
    study.elbo("train", "--resume", copy, "--quiet", "--threads", THREADS)
    shutil.copy(os.path.join(path, "study.json"), copy)
    return copy


page = study.Page("calibration", "What a discriminator's divergence is worth: the four points")
page.text("`avb-four-points`, 2000 steps, then the same runs with %d more updates of the discriminator alone, encoder and decoder frozen. "
          "`elbo evaluate --metric calibration --metric posterior-kl`; nats per example, one thread. The best possible log p(x) is "
          "-log 4 = -1.3863. KL(q(z given x), p(z)) by nearest neighbours has a bias below .02; the true ELBO is log p(x) by quadrature less "
          "KL(q, p(z given x)); `two-sample gain` is what a fresh classifier gains on the discriminator." % MORE)
rows, flagged = [], {"2000 steps": [], "discriminator trained on": []}
for seed in SEEDS:
    path = study.train("avb-four-points", "calibration/avb-%d" % seed, ["seed=%d" % seed], THREADS)
    for name, run in (("2000 steps", path), ("discriminator trained on", trained_on(path))):
        found = json.loads(study.elbo("evaluate", run, "--json", "--quiet", "--threads", THREADS, "--metric", "calibration",
                                      "--metric", "posterior-kl"))
        value = {key.replace("calibration-", ""): e["value"] for key, e in found.items()}
        warnings = sum("warning" in e for key, e in found.items() if key.startswith("calibration"))
        flagged[name].append(warnings)
        evidence = value["log-likelihood-by-quadrature"]
        rows.append([seed, name] + ["%.3f" % v for v in (
            evidence, evidence - value["posterior-kl"], evidence + value["elbo-excess"], value["kl-by-neighbours"],
            value["kl-by-discriminator"], value["two-sample-gain"], value["reliability-error"])] + [warnings])
page.table(["seed", "run", "log p(x)", "true ELBO", "ELBO by T", "KL by neighbours", "KL by T", "two-sample gain",
            "reliability error", "warnings"], rows)
page.text("Flagged at 2000 steps: %s. Passed once trained on: %s." % (
    study.verdict(all(flagged["2000 steps"])), study.verdict(not any(flagged["discriminator trained on"]))))
page.write()
