"""What the studies share: they train with the built program, judge, and keep a table with how it was made.

A study is a Python file that calls `Study`; standard library only. `make study-NAME` runs Tools/studies/NAME.py.
"""
import datetime
import json
import os
import shutil
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ELBO = os.environ.get("ELBO") or os.path.join(ROOT, ".build", "release", "elbo")


def elbo(*arguments, quiet=True):
    """Runs the program; its standard output. Ends the study with the program's own words when it fails."""
    done = subprocess.run([ELBO, *map(str, arguments)], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.PIPE if quiet else None)
    if done.returncode != 0:
        sys.exit("elbo %s: status %d: %s" % (" ".join(map(str, arguments)), done.returncode, done.stderr))
    return done.stdout


def train(preset, folder, settings=(), threads=None):
    """Trains a run anew in its folder under .build/studies, unless it is there and finished with the same settings."""
    path = os.path.join(ROOT, ".build", "studies", folder)
    mark = os.path.join(path, "study.json")
    wanted = [preset, list(settings)]
    if os.path.exists(mark) and json.load(open(mark)) == wanted:
        return path
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    sets = [word for s in settings for word in ("--set", s)]
    limit = ["--threads", threads] if threads else []
    elbo("train", preset, "--out", path, "--quiet", *sets, *limit)
    with open(mark, "w") as file:
        json.dump(wanted, file)
    return path


def evaluate(path, *metrics, samples=1, split="test"):
    """Metric name to value, standardError, count and unit."""
    words = [word for m in metrics for word in ("--metric", m)]
    return json.loads(elbo("evaluate", path, "--json", "--samples", samples, "--split", split, *words))


def log(path, phase="train"):
    """The lines of a run's metrics in one phase."""
    with open(os.path.join(path, "metrics.jsonl")) as file:
        return [line for line in map(json.loads, file) if line["phase"] == phase]


def late(path, metric, lines):
    """The mean of a training metric over the last so many lines of the log."""
    values = [line[metric] for line in log(path) if metric in line][-lines:]
    return statistics.mean(values)


def spread(values, digits=3):
    """'median (smallest to largest)'."""
    return "%.*f (%.*f to %.*f)" % (digits, statistics.median(values), digits, min(values), digits, max(values))


def mean(values, digits=3):
    """'mean ± standard deviation' over seeds."""
    return "%.*f ± %.*f" % (digits, statistics.mean(values), digits, statistics.stdev(values))


def verdict(holds):
    """Whether something was reached, as a table says it."""
    return "yes" if holds else "**no**"


def machine(threads=None, precision="fp32"):
    """The processor, cores and versions, in a line; all of the program's threads, where no number is given."""
    facts = json.loads(elbo("doctor", "--json"))
    threads = threads or facts["threads"]
    return "%s, %d cores, libtorch %s, %d thread%s, %s" % (
        facts["processor"], facts["cores"], facts["libtorch"], threads, "" if threads == 1 else "s", precision)


class Page:
    """A markdown page in Docs/Studies with the date, the machine and the command."""

    def __init__(self, name, title, **how):
        self.path = os.path.join(ROOT, "Docs", "Studies", name + ".md")
        self.lines = ["# " + title, "", "%s, %s. Command: `make study-%s`." % (
            datetime.date.today().isoformat(), machine(**how), name), ""]

    def text(self, text):
        self.lines += [text, ""]

    def table(self, header, rows):
        self.lines += ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
        self.lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
        self.lines.append("")

    def write(self):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, "w") as file:
            file.write("\n".join(self.lines).rstrip() + "\n")
        print("wrote " + os.path.relpath(self.path, ROOT))
