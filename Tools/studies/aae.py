"""The other experiments of the AAE paper: shaped priors, style and content, clusters, an embedding in the plane."""
import math
import os
import shutil
import statistics
import struct

import study

THREADS = 1
NORMAL = statistics.NormalDist()
STEPS = 6000
FEWER = 4000
IMAGES = os.path.join(study.ROOT, "Docs", "Images")


def codes(path, *command):
    """The rows of an .npy that a command of the program writes."""
    file = os.path.join(path, "codes.npy")
    study.elbo(*command, "-o", file)
    with open(file, "rb") as source:
        data = source.read()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    values = struct.unpack("<%df" % ((len(data) - start) // 4), data[start:])
    return [values[i:i + 2] for i in range(0, len(values), 2)]


def to_roll(points, reach=6.0, sweep=3 * math.pi, noise=.1):
    """The fraction of points within three standard deviations of the noise from the spiral, and the median distance."""
    curve = []
    for i in range(3001):
        root = math.sqrt(i / 3000)
        curve.append((reach * root * math.cos(sweep * root), reach * root * math.sin(sweep * root)))
    distances = sorted(min((x - a) ** 2 + (y - b) ** 2 for a, b in curve) ** .5 for x, y in points)
    return sum(d < 3 * noise for d in distances) / len(distances), distances[len(distances) // 2]


def picture(path, name, target):
    """Keeps one of a run's figures."""
    os.makedirs(IMAGES, exist_ok=True)
    shutil.copy(os.path.join(path, "figures", name + ".png"), os.path.join(IMAGES, target + ".png"))
    return "![%s](../Images/%s.png)" % (name.replace("-", " "), target)


def run(preset, steps):
    path = study.train(preset, "aae/" + preset, ["training.steps=%d" % steps], THREADS)
    study.elbo("figures", path)
    return path


def number(estimate, factor=1, digits=3):
    return "%.*f ± %.*f" % (digits, factor * estimate["value"], digits, factor * estimate["standardError"])


page = study.Page("aae", "The experiments of the adversarial autoencoder's paper")
page.text("Presets on MNIST, seed 1, one thread; steps of 100 images. Errors are on the 10,000 test images.")

for preset, name, steps in (("aae-mnist-swiss-roll", "Swiss roll", STEPS),
                            ("aae-mnist-mixture", "Mixture of ten normal distributions", STEPS)):
    path = run(preset, steps)
    page.text("## %s\n\n`%s`, %d steps, 10,000 labelled examples." % (name, preset, steps))
    estimate = study.evaluate(path, "energy-distance")["energy-distance"]
    text = "Energy distance of 5000 codes from 5000 samples of the prior: %s (units of z)." % number(estimate, digits=4)
    if preset.endswith("roll"):
        found, middle = to_roll(codes(path, "encode", path)[:2000])
        text += (" Of the codes %.1f %% lie within three standard deviations of the prior's own noise (.1) from the spiral, their median "
                 "distance from it is %.3f; of the prior's own noise across the spiral, a normal one, %.1f %% and %.3f."
                 % (100 * found, middle, 100 * (2 * NORMAL.cdf(3) - 1), .1 * NORMAL.inv_cdf(.75)))
    page.text(text)
    page.text(picture(path, "codes-and-prior", preset + "-codes"))
    page.text(picture(path, "prior-walk", preset + "-walk"))

path = run("aae-mnist-supervised", FEWER)
page.text("## Style and content\n\n`aae-mnist-supervised`, %d steps: the decoder is told the digit, the code is the style. Each row is the "
          "style of the test image at its left, each column a digit." % FEWER)
page.text(picture(path, "style-and-content", "aae-mnist-supervised"))

rows = []
for clusters, paper in ((16, "9.55 ± 2.05 %"),):
    path = run("aae-mnist-clusters-%d" % clusters, STEPS)
    error = study.evaluate(path, "clustering-error")["clustering-error"]
    rows.append([clusters, number(error, 100, 2) + " %", paper])
    shown = picture(path, "clusters", "aae-mnist-clusters-%d" % clusters)
page.text("## Clusters\n\n%d steps without labels; each cluster is named by the digit that most of its test images show." % STEPS)
page.table(["clusters", "test error (± of the sample)", "paper"], rows)
page.text(shown)

path = run("aae-mnist-embedding", FEWER)
error = study.evaluate(path, "classification-error")["classification-error"]
page.text("## Embedding in the plane\n\n`aae-mnist-embedding`, %d steps, 1000 labels: test error %s %% (paper: 4.20 %%)."
          % (FEWER, number(error, 100, 2)))
page.text(picture(path, "embedding", "aae-mnist-embedding"))
page.write()
