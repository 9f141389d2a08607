#!/usr/bin/env python3
"""Times Elbo beside PyTorch, JAX and TensorFlow: every workload in every program, one process at a time, in interleaved
rounds. First it checks that all compute the same losses. Writes a table and JSON into Benchmarks/results/.

Only ratios within one run mean something: a machine differs from others, and from itself an hour later.
"""
import argparse
import contextlib
import datetime
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import time

import check
import contention
import programs
import report
import verdicts


def arguments():
    p = argparse.ArgumentParser(prog="Tools/bench.sh", description=__doc__)
    p.add_argument("--quick", action="store_true", help="PyTorch eager against Elbo only")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=2, help="to measure in each process")
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of every program")
    p.add_argument("--only", nargs="+", default=[], metavar="TEXT",
                   help="only runs whose 'framework variant workload' holds one of these, and PyTorch eager's")
    p.add_argument("--minutes", type=float, default=90, help="start no process after so many")
    p.add_argument("--patience", type=float, default=10,
                   help="seconds to wait, before a process, for others to leave the machine alone")
    p.add_argument("--core-patience", type=float, default=20,
                   help="seconds to wait, before a process, until the threads are worth as many cores")
    p.add_argument("--tries", type=int, default=3,
                   help="how often a run at most is made until the threads are worth as many cores before and after it")
    p.add_argument("--limit", type=int, default=200, help="seconds a process may take")
    p.add_argument("--check-only", action="store_true", help="compare the losses and time nothing")
    p.add_argument("--no-check", action="store_true", help="do not compare the losses")
    p.add_argument("--out", default=os.path.join(programs.HERE, "results"), help="the folder of the results")
    return programs.parsed(p)


def say(line):
    print("bench: " + line, file=sys.stderr, flush=True)


def choose(a):
    """The runs, workload by workload."""
    runs = []
    without = set() if programs.has_bf16() else {programs.ELBO_BF16}
    for workload in programs.WORKLOADS:
        for program in programs.PROGRAMS:
            if a.quick and program[0] != "elbo" and program != programs.EAGER:
                continue
            if program in without or "tcmalloc" in program[1] and not programs.has_tcmalloc():
                continue
            name = " ".join(program + (workload,))
            if programs.applies(program, workload) and (not a.only or any(t in name for t in a.only)):
                runs.append((workload, program))
    chosen = {workload for workload, _ in runs}
    eager = [(w, programs.EAGER) for w in programs.WORKLOADS if w in chosen and (w, programs.EAGER) not in runs]
    return sorted(runs + eager, key=lambda run: list(programs.WORKLOADS).index(run[0]))


def find_data():
    """Tells the peers where Elbo finds the sets."""
    out, _ = programs.execute([programs.ELBO, "data", "list", "--json"])
    folders = {entry["name"]: entry.get("folder") for entry in json.loads(out)}
    for name, variable in (("mnist", "MNIST_DIR"), ("fashion-mnist", "FASHION_DIR")):
        if not folders.get(name):
            raise programs.Failure("%s is not there; run: %s data fetch %s" % (name, programs.ELBO, name))
        os.environ[variable] = folders[name]


def run_on_whole_cores(cores, program, workload, words, a):
    """The result of a run that began and ended with a core for each thread, or of the last try; with what the threads were
    worth at the worse end, and the tries."""
    for attempt in range(1, a.tries + 1):
        programs.wait_for_quiet(a.patience)
        before = cores.wait(a.core_patience)
        others = programs.Others()
        result = programs.run(programs.command(program, workload, words), a.limit)
        taken = others.cores()
        worth = min(before, cores.worth())
        if programs.are_whole(worth, a.threads):
            break
    return dict(result, othersCores=taken, coresWorth=worth, tries=attempt)


def time_training(runs, a, deadline, cores):
    """One entry a run of a program on a workload in a round, why others broke, the speed of each, and the rates of
    the machine's matrix products."""
    measured, speed, broken, products = [], {}, {}, []
    for number in range(a.rounds):
        programs.wait_for_quiet(a.patience)
        cores.wait(a.core_patience)
        products.append(programs.products(a.threads))
        say("round %d  products alone: %.0f GFLOP/s in fp32, %.0f in bf16" % (
            number + 1, products[-1]["fp32"], products[-1]["bf16"]))
        # Every other round goes the other way about, so that nobody always follows the same neighbour.
        for workload, program in runs if number % 2 == 0 else reversed(runs):
            if time.monotonic() > deadline:
                say("out of time: what is left of round %d is not run" % (number + 1))
                return measured, broken, speed, products
            if (workload, program) in broken:
                continue
            rate = speed.get((workload, program), programs.WORKLOADS[workload])
            steps = max(20, int(rate * a.seconds))
            words = ["--steps", str(steps), "--warmup", str(max(5, min(100, steps // 4))),
                     "--threads", str(a.threads)]
            try:
                result = run_on_whole_cores(cores, program, workload, words, a)
            except programs.Failure as failure:
                broken[workload, program] = str(failure)
                say("%s, %s: %s" % (workload, programs.title(program), failure))
                continue
            speed[workload, program] = result["stepsPerSecond"]
            measured.append(dict(result, workload=workload, program=programs.title(program),
                                 fp32=programs.is_fp32(program), round=number + 1))
            say("round %d  %-24s %-34s %8.1f steps/s; others took %.1f cores, threads were worth %.2f (try %d)" % (
                number + 1, workload, programs.title(program), result["stepsPerSecond"], result["othersCores"],
                result["coresWorth"], result["tries"]))
    return measured, broken, speed, products


def failure_of(workload, program, why):
    return dict(workload=workload, program=programs.title(program), why=str(why))


def time_inference(workloads, a, deadline, failed):
    """Evaluation, encoding and decoding, in Elbo and in PyTorch."""
    measured = []
    for number in range(a.rounds):
        for workload in workloads:
            for program in (programs.ELBO_PROGRAM, programs.EAGER)[::1 if number % 2 == 0 else -1]:
                if time.monotonic() > deadline:
                    return measured
                programs.wait_for_quiet(a.patience)
                others = programs.Others()
                try:
                    result = programs.run(programs.command(
                        program, workload, ["--inference", "--threads", str(a.threads)]), a.limit)
                except programs.Failure as failure:
                    # The hour of measurements before it is worth more.
                    failed.append(failure_of(workload, program, "evaluation: %s" % failure))
                    continue
                measured.append(dict(result, workload=workload, program=programs.title(program),
                                     round=number + 1, othersCores=others.cores()))
        say("round %d of evaluation, encoding and decoding" % (number + 1))
    return measured


def time_start(frameworks, rounds):
    """The median seconds of processes that do nothing but start."""
    modules = {"torch": "torch", "jax": "jax", "tf": "tensorflow"}
    words = {"elbo --version": [programs.ELBO, "--version"]}
    for name in frameworks:
        python = os.path.join(programs.ROOT, ".bench", name, "bin", "python")
        words["import " + modules[name]] = [python, "-c", "import " + modules[name]]
    taken = {name: [] for name in words}
    for _ in range(max(5, rounds)):
        for name, command in words.items():
            taken[name].append(programs.execute(command)[1])
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def machine(a):
    def first_line(path, key):
        with open(path) as f:
            return next((line.split(":")[1].strip() for line in f if line.startswith(key)), "")
    units = {"avx512f", "avx512_bf16", "amx_bf16"} & set(first_line("/proc/cpuinfo", "flags").split())
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=programs.ROOT, capture_output=True,
                            text=True).stdout.strip()
    return dict(
        date=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="minutes"),
        cpu=first_line("/proc/cpuinfo", "model name"), units=sorted(units), cores=os.cpu_count(), threads=a.threads,
        memory=first_line("/proc/meminfo", "MemTotal"), system=platform.platform(), commit=commit,
        rounds=a.rounds, seconds=a.seconds,
        command="Tools/bench.sh " + " ".join(sys.argv[1:]))


def main():
    a = arguments()
    # What is running is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    deadline = time.monotonic() + 60 * a.minutes
    runs = choose(a)
    if not runs:
        raise programs.Failure("--only leaves nothing to run")
    workloads = list(dict.fromkeys(workload for workload, _ in runs))
    frameworks = list(dict.fromkeys(["torch"] + [p[0] for _, p in runs if p[0] != "elbo"]))
    subprocess.run([os.path.join(programs.HERE, "peers", "setup.sh")] + frameworks, check=True)
    find_data()
    if not programs.has_tcmalloc() and not a.quick:
        say("libtcmalloc is not there, so its variants are left out: apt-get install libgoogle-perftools4")
    results = dict(machine=machine(a))
    results["check"] = [] if a.no_check else check.check(workloads, frameworks, a.threads, say)
    differs = any(not row["agrees"] for row in results["check"])
    if a.check_only:
        return 1 if differs else 0
    with contextlib.closing(programs.Cores(a.threads)) as cores:
        results["training"], broken, speed, results["products"] = time_training(runs, a, deadline, cores)
    failed = results["failed"] = [failure_of(w, p, why) for (w, p), why in broken.items()]
    results["inference"] = time_inference(workloads, a, deadline, failed)
    results["contention"] = contention.measure(workloads, speed, a, deadline, failed, say)
    results["start"] = time_start(frameworks, a.rounds)
    path = report.write(results, a.out, "quick" if a.quick else "full")
    print("\n".join(verdicts.section(results) + [path]))
    return 1 if differs or any(f["program"].startswith("Elbo") for f in failed) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (programs.Failure, subprocess.CalledProcessError) as error:
        say(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
