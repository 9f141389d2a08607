"""What was to be reached (goals.py) beside what was."""
import statistics

import tables
from goals import CONTENTION, FIRST_STEP, GOALS
from tables import EAGER, ELBO, median, number


def elbo_programs(entries, workload):
    return [p for p in tables.names(entries, "program")
            if p.startswith(ELBO) and tables.by_round(entries, "stepsPerSecond", workload, p)]


def median_ratio(entries, key, workload, ours, theirs):
    """Of medians over all rounds; None where one is missing."""
    medians = [median(entries, key, workload, p) for p in (ours, theirs)]
    return None if None in medians else medians[0] / medians[1]


def speeds(entries, workload):
    """Elbo's fp32 over the best fp32 peer, and its fastest precision over the best peer of any."""
    ours = elbo_programs(entries, workload)
    found = []
    for only_fp32 in (True, False):
        mine = [ELBO] if only_fp32 else sorted(
            ours, key=lambda p: median(entries, "stepsPerSecond", workload, p))[-1:]
        # Where PyTorch eager is the only peer it is not the best of them.
        peer = tables.best(entries, workload, only_fp32) if tables.others(entries) else None
        found.append(median_ratio(entries, "stepsPerSecond", workload, mine[0], peer)
                     if peer and mine and mine[0] in ours else None)
    return found


def share(results, workload):
    """Elbo's fp32 speed over that of the step's matrix products alone, as this machine makes them."""
    ours = median(results["training"], "stepsPerSecond", workload, ELBO)
    goal = GOALS.get(workload)
    if ours is None or goal is None or not results["products"]:
        return None
    return ours * goal.gflop / statistics.median(p["fp32"] for p in results["products"])


def cells(found, wanted, digits=2):
    """What was found, what was to be, and whether it is; "-" where nothing was asked."""
    if found is None:
        return ["", "-" if wanted is None else "%g" % wanted, ""]
    value = "%.*f" % (digits, found)
    return [value, "-", "-"] if wanted is None else [value, "%g" % wanted, "yes" if found >= wanted else "**no**"]


def speed_table(results):
    entries, rows = results["training"], []
    for workload in tables.names(entries, "workload"):
        goal = GOALS[workload]
        fp32, either = speeds(entries, workload)
        rows.append([workload] + cells(fp32, goal.fp32) + cells(either, goal.any)
                    + cells(share(results, workload), goal.share))
    return tables.table(["ratio of medians", "Elbo / best fp32 peer", "must reach", "reached",
                         "Elbo / best peer of any precision", "must reach", "reached",
                         "Elbo fp32 / products alone", "must reach", "reached"], rows)


def products_table(results):
    """The steps a second that a machine would make that did a step's matrix products and nothing else."""
    rates = {precision: statistics.median(p[precision] for p in results["products"])
             for precision in ("fp32", "bf16")}
    rows = [[workload, "%g" % GOALS[workload].gflop] + [number(rates[p] / GOALS[workload].gflop) for p in rates]
            for workload in tables.names(results["training"], "workload")]
    spread = ", ".join("%s GFLOP/s in %s" % (tables.spread([p[precision] for p in results["products"]]), precision)
                       for precision in rates)
    return spread, tables.table(["products alone", "GFLOP a step", "steps/s in fp32", "steps/s in bf16"], rows)


def worst(pairs):
    """The largest value and whose it is."""
    value, name = max(pairs)
    return "%s (%s)" % (number(value), name)


def other_table(results):
    """Losses, the first step, memory and contention, the worst workload of each."""
    entries, rows = results["training"], []
    workloads = tables.names(entries, "workload")

    def row(what, pairs, wanted, reached):
        pairs = [(value, name) for value, name in pairs if value is not None]
        if pairs:
            rows.append([what, worst(pairs), wanted, "yes" if all(reached(n) for n, _ in pairs) else "**no**"])

    ours = [r for r in results["check"] if r["program"] == ELBO]
    if ours:
        found = max(ours, key=lambda r: r["deviation"] if r["deviation"] == r["deviation"] else float("inf"))
        rows.append(["deviation of losses from PyTorch's over 20 steps",
                     "%.1e (%s)" % (found["deviation"], found["workload"]), "below %.0e" % found["tolerance"],
                     "yes" if all(r["agrees"] for r in ours) else "**no**"])
    row("s from the start of the process to the first step",
        [(median(entries, "secondsToFirstStep", w, ELBO), w) for w in workloads],
        "below %g" % FIRST_STEP, lambda n: n < FIRST_STEP)
    row("peak memory over PyTorch eager's",
        [(median_ratio(entries, "peakMemoryBytes", w, ELBO, EAGER), w) for w in workloads],
        "below 1", lambda n: n < 1)
    slowdowns = [(tables.kept(results["contention"], w, ELBO), w) for w in workloads]
    # The worst is the one that keeps the least.
    slowdowns = [(kept, w) for kept, w in slowdowns if kept is not None]
    if slowdowns:
        least, workload = min(slowdowns)
        rows.append(["speed beside a busy process over that alone", "%s (%s)" % (number(least), workload),
                     "at least %g" % CONTENTION, "yes" if least >= CONTENTION else "**no**"])
    return tables.table(["the worst of all workloads", "found", "must be", "reached"], rows)


def section(results):
    parts = ["## What must be reached\n"]
    if results["products"]:
        rates, table = products_table(results)
        parts += ["Ratios are of medians over all rounds. \"Products alone\" are a step's matrix products at the speed "
                  "at which PyTorch multiplied [512, 256] by [256, 256] here, at the start of each round: %s, "
                  "median (min-max).\n" % rates,
                  speed_table(results), table]
    return parts + [other_table(results)]
