"""The speed of training alone, and beside a process that keeps one core busy."""
import contextlib
import os
import subprocess
import sys
import time

import programs

# Ends by itself once whoever started it is gone, however that ended.
SPIN = """
import os, sys
parent = int(sys.argv[1])
while os.getppid() == parent:
    for _ in range(100000):
        pass
"""


@contextlib.contextmanager
def busy():
    """A process of one thread that does nothing but spin, for the length of a `with`."""
    process = subprocess.Popen([sys.executable, "-c", SPIN, str(os.getpid())])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def train(run, rate, beside, a):
    """One process that trains for about a.seconds at so many steps a second."""
    workload, program = run
    steps = max(20, int(rate * a.seconds))
    words = ["--steps", str(steps), "--warmup", str(max(5, min(100, steps // 4))), "--threads", str(a.threads)]
    with busy() if beside else contextlib.nullcontext():
        return programs.run(programs.command(program, workload, words), a.limit)


def measure(workloads, speed, a, deadline, failed, say):
    """One entry a program, workload, round and condition: `beside` tells whether the busy process ran.

    `speed` holds steps a second of (workload, program), from which the first number of steps is chosen.
    """
    measured, slowed = [], {}
    conditions = [(program, beside) for program in (programs.ELBO_PROGRAM, programs.EAGER) for beside in (False, True)]
    for number in range(a.rounds):
        for workload in workloads:
            for program, beside in conditions[::1 if number % 2 == 0 else -1]:
                if time.monotonic() > deadline:
                    say("out of time: what is left of the runs beside a busy process is not run")
                    return measured
                run = workload, program
                rate = speed.get(run, programs.WORKLOADS[workload])
                programs.wait_for_quiet(a.patience)
                try:
                    if beside and run not in slowed:
                        # A program may come nearly to a stop beside another: few steps show how many to take.
                        slowed[run] = train(run, 0, True, a)["stepsPerSecond"]
                    others = programs.Others()
                    result = train(run, slowed[run] if beside else rate, beside, a)
                except programs.Failure as failure:
                    failed.append(dict(workload=workload, program=programs.title(program), why="%s: %s" % (
                        "beside a busy process" if beside else "alone, to compare", failure)))
                    continue
                if beside:
                    slowed[run] = result["stepsPerSecond"]
                # The busy process is this one's child, and so none of the others.
                measured.append(dict(result, workload=workload, program=programs.title(program), round=number + 1,
                                     beside=beside, othersCores=others.cores()))
        say("round %d beside a busy process" % (number + 1))
    return measured
