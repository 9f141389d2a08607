"""What every table is made of: medians and ratios of entries by round, and Markdown."""
import statistics

ELBO, EAGER = "Elbo", "PyTorch eager"


def number(value, digits=3):
    """Three significant digits, and all digits of whole numbers."""
    return "%.0f" % value if abs(value) >= 10 ** (digits - 1) else "%.*g" % (digits, value)


def spread(values):
    return "%s (%s-%s)" % tuple(map(number, (statistics.median(values), min(values), max(values))))


def by_round(entries, key, workload, program):
    return {e["round"]: e[key] for e in entries
            if e["workload"] == workload and e["program"] == program and key in e}


def median(entries, key, workload, program):
    """Over all rounds; None without any."""
    values = by_round(entries, key, workload, program).values()
    return statistics.median(values) if values else None


def ratio(entries, key, workload, program):
    """The median over rounds of Elbo's number over the program's in the same round; None without common rounds."""
    ours, theirs = (by_round(entries, key, workload, p) for p in (ELBO, program))
    ratios = [ours[r] / theirs[r] for r in ours if r in theirs]
    return statistics.median(ratios) if ratios else None


def times(value):
    return "" if value is None else "%.2f" % value


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def names(entries, key):
    return list(dict.fromkeys(e[key] for e in entries))


def others(entries):
    """The peers beside PyTorch eager."""
    return [p for p in names(entries, "program") if p != EAGER and not p.startswith(ELBO)]


def best(entries, workload, only_fp32):
    """The fastest peer of a workload by its median, or None."""
    medians = {}
    for program in names([e for e in entries if e["fp32"] or not only_fp32], "program"):
        rates = by_round(entries, "stepsPerSecond", workload, program).values()
        if not program.startswith(ELBO) and rates:
            medians[program] = statistics.median(rates)
    return max(medians, key=medians.get) if medians else None


def beside(entries, workload, program):
    """Steps/s by round: alone, and beside a busy process."""
    return [by_round([e for e in entries if e["beside"] == busy], "stepsPerSecond", workload, program)
            for busy in (False, True)]


def kept(entries, workload, program):
    """The speed beside a busy process over that alone, the median of the rounds' ratios; None without any."""
    alone, contended = beside(entries, workload, program)
    ratios = [contended[r] / alone[r] for r in contended if r in alone]
    return statistics.median(ratios) if ratios else None
