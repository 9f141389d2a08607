"""The results as tables, and as JSON beside them."""
import json
import os
import statistics

import programs
import verdicts
from tables import (
    EAGER, ELBO, beside, best, by_round, kept, names, number, others, ratio, spread, table, times)


def training(entries):
    peers = [True, False] if others(entries) else []
    rows = []
    for workload in names(entries, "workload"):
        cells = [workload]
        for program in (ELBO, EAGER):
            rates = by_round(entries, "stepsPerSecond", workload, program).values()
            cells.append(spread(rates) if rates else "")
        cells.append(times(ratio(entries, "stepsPerSecond", workload, EAGER)))
        for only_fp32 in peers:
            peer = best(entries, workload, only_fp32)
            if peer is None:
                cells += ["", ""]
                continue
            rate = statistics.median(by_round(entries, "stepsPerSecond", workload, peer).values())
            cells += ["%s: %s" % (peer, number(rate)), times(ratio(entries, "stepsPerSecond", workload, peer))]
        rows.append(cells)
    head = ["best fp32 peer", "ratio", "best peer, any precision", "ratio"] if peers else []
    return table(["steps/s, median (min-max)", ELBO, EAGER, "ratio"] + head, rows)


def everyone(entries, key, what, factor=1):
    workloads = names(entries, "workload")
    rows = []
    for program in names(entries, "program"):
        cells = []
        for workload in workloads:
            values = [factor * value for value in by_round(entries, key, workload, program).values()]
            cells.append(spread(values) if values else "")
        rows.append([program] + cells)
    return table([what + ", median (min-max)"] + workloads, rows)


def contention(entries):
    rows = []
    for workload in names(entries, "workload"):
        cells = [workload]
        for program in (ELBO, EAGER):
            cells += [spread(rates.values()) if rates else "" for rates in beside(entries, workload, program)]
            cells.append(times(kept(entries, workload, program)))
        rows.append(cells)
    return table(["steps/s, median (min-max)"] + [
        word for program in (ELBO, EAGER) for word in (program + ", alone", "beside", "kept")], rows)


def pairs(entries, workload, columns):
    """For each (key, scale): Elbo's median, PyTorch eager's, and the ratio."""
    cells = []
    for key, scale in columns:
        for program in (ELBO, EAGER):
            values = by_round(entries, key, workload, program).values()
            cells.append(number(statistics.median(values) * scale) if values else "")
        cells.append(times(ratio(entries, key, workload, EAGER)))
    return cells


def paired(entries, what, columns):
    head = [what] + [word for name, _, _ in columns for word in ("%s, %s" % (name, ELBO), EAGER, "ratio")]
    return table(head, [[w] + pairs(entries, w, [(key, scale) for _, key, scale in columns])
                        for w in names(entries, "workload")])


def versions(entries):
    found = {e["program"].split()[0]: e["version"] for e in entries if "version" in e}
    return ", ".join("%s %s" % pair for pair in found.items())


def disturbance(entries):
    """What others did to the machine meanwhile."""
    cores = [e["othersCores"] for e in entries]
    disturbed = sum(c > .25 for c in cores)
    return ("Other processes kept %.2f cores busy in the median run, %.2f in the worst; %d of %d runs lost more than "
            "a quarter of a core to them%s.\n" % (
                statistics.median(cores), max(cores), disturbed, len(cores),
                "" if disturbed * 10 <= len(cores) else ": **these are the numbers of a disturbed machine**"))


def cores_shared(entries, threads):
    """Whether the threads had a core each: those of guests on shared hosts have not always."""
    if not entries:
        return ""
    worth = [e["coresWorth"] for e in entries]
    shared = sum(not programs.are_whole(w, threads) for w in worth)
    return ("At the worse end of a run %d threads multiplied %.2f times as fast as one in the median run, %.2f in the "
            "worst. %d of %d runs were made again for that, and %d kept that began or ended on less than %.1f cores.\n" % (
                threads, statistics.median(worth), min(worth), sum(e["tries"] > 1 for e in entries), len(entries),
                shared, programs.WHOLE * threads))


def markdown(results, kind):
    m = results["machine"]
    parts = [
        "# %s, %s\n" % ("Elbo beside PyTorch" if kind == "quick" else "Elbo beside its peers", m["date"][:10]),
        "`%s` at %s: %s (%s), %d cores, %s; threads of each program: %d; %d interleaved rounds of fresh processes, "
        "about %g s measured in each. %s; Elbo %s.\n" % (
            m["command"].strip(), m["date"], m["cpu"], ", ".join(m["units"]) or "no AVX-512", m["cores"],
            m["memory"], m["threads"], m["rounds"], m["seconds"], versions(results["training"]), m["commit"]),
        "A ratio is Elbo's number over the other's, the median of the rounds' ratios. Above 1, Elbo is faster where "
        "a rate is compared, and slower or larger where seconds or bytes are.\n",
        disturbance(results["training"] + results["inference"] + results["contention"]),
        cores_shared(results["training"], m["threads"]),
    ]
    parts += verdicts.section(results)
    parts += ["## Training\n", training(results["training"])]
    if kind == "full":
        parts += ["## Every program\n", everyone(results["training"], "stepsPerSecond", "steps/s"),
                  "`medium` and `bf16` compute products in bf16, the others in fp32.\n",
                  everyone(results["training"], "peakMemoryBytes", "peak MB", 1e-6),
                  everyone(results["training"], "secondsToFirstStep", "s to first step")]
    parts += [
        "## Memory, the first step, and loading the training split\n",
        "Seconds to the first step are from the start of the process, data included.\n",
        paired(results["training"], "training", [("peak MB", "peakMemoryBytes", 1e-6),
                                                 ("s to first step", "secondsToFirstStep", 1),
                                                 ("ms to load", "secondsToLoadData", 1e3)]),
    ]
    if results["contention"]:
        parts += ["## Beside a busy process\n",
                  "Training alone, and with one other process of one thread that spins all the while. Kept is the "
                  "second over the first, the median of the rounds' ratios.\n",
                  contention(results["contention"])]
    if results["inference"]:
        parts += ["## Evaluation, encoding and decoding\n",
                  "Examples a second on the test split, by batches of 500. Evaluation is one sample of the bound for "
                  "each example, or of its reconstruction where there is no bound. Weighted is the "
                  "importance-weighted bound at 50 samples, by batches of 100, which needs densities of posterior and "
                  "prior. Annealed is log p(x|z) and its slope in z, which annealed importance sampling consists of, at 800 "
                  "z. Rounds that were done: %d.\n" % (
                      max(e["round"] for e in results["inference"])),
                  paired(results["inference"], "examples/s", [
                      ("evaluated", "evaluatedPerSecond", 1),
                      ("weighted", "importanceWeightedPerSecond", 1), ("annealed", "annealedPerSecond", 1),
                      ("encoded", "encodedPerSecond", 1),
                      ("decoded", "sampledPerSecond", 1)]),
                  "## Loading the test split\n",
                  paired(results["inference"], "ms", [("loaded", "secondsToLoadData", 1e3)])]
    parts += ["## Start-up\n", table(["process", "s, median"], [
        ["`%s`" % name, number(seconds)] for name, seconds in results["start"].items()])]
    if results["check"]:
        parts += ["## The same arithmetic\n",
                  "The largest |a - b| / max(|b|, .001) between a program's losses and PyTorch eager's, over 20 steps "
                  "from the same parameters, batches and noise.\n",
                  table(["workload", "program", "deviation", "allowed"], [
                      [r["workload"], r["program"], "%.1e" % r["deviation"] + ("" if r["agrees"] else " **too much**"),
                       "%.0e" % r["tolerance"]] for r in results["check"]])]
    for failed in results["failed"]:
        parts.append("%s, %s: %s\n" % (failed["workload"], failed["program"], failed["why"]))
    return "\n".join(parts)


def write(results, folder, kind):
    """Writes both files, each whole or not at all; gives the tables' path."""
    os.makedirs(folder, exist_ok=True)
    m = results["machine"]
    stem = os.path.join(folder, "%s-%s-%d-threads" % (m["date"][:10], kind, m["threads"]))
    for path, text in ((stem + ".json", json.dumps(results, indent=1) + "\n"),
                       (stem + ".md", markdown(results, kind))):
        programs.keep(path, text)
    return stem + ".md"
