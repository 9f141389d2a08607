#!/usr/bin/env python3
"""What a training step of vae-mnist costs as its batch, its width, its latent dimension and its data grow.

Drawn digits stand in for MNIST, since there are as many as one asks for. Writes a figure, a table and JSON into
Benchmarks/results/. Each point is the median of fresh processes in interleaved rounds. The expected cost is one sum for
all points, fitted to them: a + b (arithmetic of the matrix products) + c (parameters, which the optimiser visits)
+ d (numbers in the layers of a batch), none below zero.
"""
import argparse
import json
import os
import signal
import statistics
import sys

import bench
import programs
import scaling_figure
from report import disturbance
from tables import number, spread, table

PIXELS = 784
USUAL = dict(batch=64, width=128, latent=100, data=10_000)
AXES = {
    "batch": ("examples a batch", [16, 32, 64, 128, 256, 512, 1024, 2048]),
    "width": ("units of the hidden layers", [32, 64, 128, 256, 512, 1024, 2048]),
    "latent": ("latent dimensions", [2, 8, 32, 100, 256, 1024]),
    "data": ("training examples", [1_000, 4_000, 16_000, 64_000, 256_000]),
}
# How far from the expected cost a point may lie, either way.
TOLERANCE = 1.5


def arguments():
    p = argparse.ArgumentParser(prog="Tools/bench.sh scaling", description=__doc__)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=1, help="to measure in each process")
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--patience", type=float, default=10,
                   help="seconds to wait, before a process, for others to leave the machine alone")
    p.add_argument("--axis", choices=AXES, nargs="+", default=list(AXES))
    p.add_argument("--out", default=os.path.join(programs.HERE, "results"), help="the folder of the results")
    return programs.parsed(p)


def terms(point):
    """What the expected cost is a sum of: 1, GFLOP a step, millions of parameters, millions of activations."""
    batch, width, latent = (point[key] for key in ("batch", "width", "latent"))
    # Encoder and decoder, each of one hidden layer. No gradient is taken of the images, so that the first layer has two
    # products where the others have three.
    layers = [(PIXELS, width, 2), (width, 2 * latent, 3), (latent, width, 3), (width, PIXELS, 3)]
    return [1., sum(2e-9 * batch * i * o * products for i, o, products in layers),
            sum(1e-6 * (i + 1) * o for i, o, _ in layers), sum(1e-6 * batch * (i + o) for i, o, _ in layers)]


def fit(rows, costs):
    """Coefficients, none negative, of least squared relative error, by descent along one coordinate at a time."""
    rows = [[term / cost for term in row] for row, cost in zip(rows, costs)]
    found = [0.] * len(rows[0])
    for _ in range(20_000):
        for k in range(len(found)):
            left = [1 - sum(c * t for j, (c, t) in enumerate(zip(found, row)) if j != k) for row in rows]
            found[k] = max(0., sum(row[k] * r for row, r in zip(rows, left)) / sum(row[k] ** 2 for row in rows))
    return found


def points(axes):
    return [(axis, dict(USUAL, **{axis: value})) for axis in axes for value in AXES[axis][1]]


def command(point, steps, threads):
    chosen = ["data.name=drawn-digits", "data.sampling=replacement", "data.count=%d" % point["data"],
              "training.batchSize=%d" % point["batch"], "latent.dimension=%d" % point["latent"],
              "encoder.hidden=[%d]" % point["width"], "decoder.hidden=[%d]" % point["width"]]
    return ([programs.ELBO, "bench", "vae-mnist", "--json", "--steps", str(steps), "--warmup", str(max(3, steps // 4)),
             "--threads", str(threads)] + [word for setting in chosen for word in ("--set", setting)])


def measure(a):
    """The points, each with milliseconds a step, peak bytes and seconds to load, by round."""
    measured = [dict(axis=axis, point=point, ms=[], peak=[], load=[], others=[]) for axis, point in points(a.axis)]
    for number_of_round in range(a.rounds):
        for entry in measured[::1 if number_of_round % 2 == 0 else -1]:
            guess = statistics.median(entry["ms"]) if entry["ms"] else 2. * max(1., terms(entry["point"])[1] / .08)
            programs.wait_for_quiet(a.patience)
            others = programs.Others()
            result = programs.run(command(entry["point"], max(10, int(1e3 * a.seconds / guess)), a.threads))
            entry["ms"].append(1e3 / result["stepsPerSecond"])
            entry["peak"].append(result["peakMemoryBytes"])
            entry["load"].append(result["secondsToLoadData"])
            entry["others"].append(others.cores())
            bench.say("round %d  %-6s %7d: %8.3f ms a step" % (
                number_of_round + 1, entry["axis"], entry["point"][entry["axis"]], entry["ms"][-1]))
    return measured


def expect(measured):
    """Puts the expected cost beside each point; the coefficients."""
    coefficients = fit([terms(e["point"]) for e in measured], [statistics.median(e["ms"]) for e in measured])
    for entry in measured:
        entry["expected"] = sum(c * t for c, t in zip(coefficients, terms(entry["point"])))
    return coefficients


def page(results, figure):
    m, (fixed, gflop, parameters, activations) = results["machine"], results["coefficients"]
    lines = ["# What a step costs as its sizes grow, %s\n" % m["date"][:10],
             "`%s` at %s: %s, %d cores, %d threads; medians of %d interleaved rounds of fresh processes; Elbo %s.\n" % (
                 m["command"], m["date"], m["cpu"], m["cores"], m["threads"], m["rounds"], m["commit"]),
             disturbance([dict(othersCores=cores) for e in results["points"] for cores in e["others"]]),
             "`vae-mnist` on drawn digits, one size changed at a time from a batch of %(batch)d, %(width)d hidden "
             "units, %(latent)d latent dimensions and %(data)d examples.\n" % USUAL,
             "![Milliseconds a step against each size, measured and expected](%s)\n" % figure,
             "Expected, fitted to all points at once: %s ms a step whatever its sizes, %s ms a GFLOP of matrix "
             "products%s, %s ms a million parameters, %s ms a million numbers in the layers of a batch.\n" % (
                 number(fixed), number(gflop), " (%.0f GFLOP/s)" % (1e3 / gflop) if gflop > 0 else "",
                 number(parameters), number(activations))]
    for axis in dict.fromkeys(e["axis"] for e in results["points"]):
        rows = []
        for e in (e for e in results["points"] if e["axis"] == axis):
            off = statistics.median(e["ms"]) / e["expected"]
            rows.append([str(e["point"][axis]), spread(e["ms"]), number(e["expected"]),
                         "%.2f%s" % (off, "" if 1 / TOLERANCE <= off <= TOLERANCE else " **off**"),
                         number(statistics.median(e["peak"]) / 1e6), number(statistics.median(e["load"]))])
        lines.append(table([AXES[axis][0], "ms a step, median (min-max)", "expected", "measured / expected", "peak MB",
                            "s to load the data"], rows))
    return "\n".join(lines)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    a = arguments()
    measured = measure(a)
    results = dict(machine=dict(bench.machine(a), command="Tools/bench.sh scaling " + " ".join(sys.argv[1:])),
                   coefficients=expect(measured), points=measured)
    os.makedirs(a.out, exist_ok=True)
    stem = os.path.join(a.out, "%s-scaling-%d-threads" % (results["machine"]["date"][:10], a.threads))
    scaling_figure.draw(measured, {axis: AXES[axis][0] for axis in a.axis}, stem + ".png")
    programs.keep(stem + ".json", json.dumps(results, indent=1) + "\n")
    programs.keep(stem + ".md", page(results, os.path.basename(stem) + ".png"))
    print(stem + ".md")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except programs.Failure as error:
        bench.say(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
