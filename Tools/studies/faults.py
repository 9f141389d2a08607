"""Faults, injected with a seed: kills, signals, full and read-only disks, little memory, damage, other processes.

    python3 Tools/studies/faults.py [--kills 200] [--others 10] [--seed 1]

Every run that a fault ended is gone on with, and has to end with the weights, training state and metrics of the run
that nothing happened to, bit by bit. Every error has to be one line, with status 1 or 2, and leave no half-written file.
"""
import argparse
import glob
import hashlib
import os
import random
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import study

options = argparse.ArgumentParser()
options.add_argument("--kills", type=int, default=200)
options.add_argument("--others", type=int, default=10, help="faults of each other kind")
options.add_argument("--seed", type=int, default=1)
options.add_argument("--threads", type=int, default=1)
chosen = options.parse_args()
dice = random.Random(chosen.seed)

DIGITS = ["data.name=drawn-digits", "data.size=8", "data.count=400", "training.batchSize=32", "encoder.hidden=[64]",
          "decoder.hidden=[64]", "discriminator.hidden=[64]", "latent.dimension=4"]
OFTEN = ["training.logEvery=7", "checkpoint.every=20", "training.evaluateEvery=45"]
RUNS = {
    "avb-four-points": ["encoder.hidden=[64]", "decoder.hidden=[64]", "discriminator.hidden=[64]", "training.steps=900"],
    "avb-four-points-shallow": ["training.steps=900", "guard=rollback", "divergence.adaptiveSteps.maximum=4"],
    "vae-mnist": DIGITS + ["training.steps=1200", "data.validation=60", "optimiser.schedule.kind=cosine"],
    "aae-mnist": DIGITS + ["training.steps=700", "optimiser.schedule.kind=stepwise"],
    "vae-iaf-mnist": DIGITS + ["training.steps=300", "divergence.betaSchedule.kind=cyclic"],
    "vae-fashion-conv": DIGITS[:4] + ["data.size=16", "training.steps=60", "encoder.channels=[4,8]", "decoder.channels=[8,4]",
                                      "latent.dimension=4", "checkpoint.every=6"],
}
# In memory where that is to be had: others who write to a disk would decide how long a run takes.
SCRATCH = tempfile.mkdtemp(prefix="elbo-faults-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
counts, problems = {}, []


def words(settings):
    return [word for s in settings for word in ("--set", s)]


def start(arguments, prepare=None, environment=None):
    return subprocess.Popen([study.ELBO, *arguments, "--quiet", "--threads", str(chosen.threads)], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=prepare,
                            env=dict(os.environ, **(environment or {})))


def finish(process, limit=300):
    try:
        output, errors = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
        return "hang", output, errors
    return process.returncode, output, errors


def train(preset, folder, prepare=None, extra=(), environment=None):
    return start(["train", preset, "--out", folder, *words(OFTEN + RUNS[preset] + list(extra))], prepare, environment)


def resume(folder, *extra, prepare=None):
    return start(["train", "--resume", folder, *extra], prepare)


def contents(folder):
    """What says how a run went, with the checkpoints' names in place of their bytes but for the newest."""
    found = {"metrics": open(folder + "/metrics.jsonl", "rb").read()}
    stems = sorted(glob.glob(folder + "/checkpoints/step-*.sha256"), key=lambda s: ("-r" in s, s))
    for path in [stems[-1][:-7] + end for end in (".safetensors", ".state.safetensors")] + [folder + "/checkpoints/last.safetensors"]:
        found[os.path.basename(path)] = hashlib.sha256(open(path, "rb").read()).hexdigest()
    return found


def leftovers(folder):
    return [os.path.join(d, f) for d, _, files in os.walk(folder) for f in files if f.endswith(".tmp")]


def count(kind, problem, detail=""):
    total, failed = counts.get(kind, (0, 0))
    counts[kind] = (total + 1, failed + bool(problem))
    if problem:
        problems.append("%s: %s %s" % (kind, problem, detail))
        print("FAILED " + problems[-1], flush=True)


def is_one_line(status, errors, statuses=(1,)):
    lines = errors.strip().split("\n")
    return status in statuses and len(lines) == 1 and lines[0].startswith("elbo: ") and len(lines[0]) < 500


def complete(folder, preset, reference, again):
    """Goes on until the end; what is wrong with the outcome, or None."""
    if not os.path.exists(folder + "/config.yaml") or not glob.glob(folder + "/checkpoints/*.sha256"):
        shutil.rmtree(folder, ignore_errors=True)
        status, _, errors = finish(again())
    else:
        status, _, errors = finish(resume(folder))
    if status != 0:
        return "going on ended with %s: %s" % (status, errors.strip())
    if leftovers(folder):
        return "left %s" % leftovers(folder)
    found = contents(folder)
    wrong = [name for name in reference if found.get(name) != reference[name]]
    return "differs in " + ", ".join(wrong) if wrong else None


print("scratch " + SCRATCH, flush=True)
references, seconds = {}, {}
for preset in RUNS:
    folder = os.path.join(SCRATCH, "whole-" + preset)
    began = time.monotonic()
    status, _, errors = finish(train(preset, folder))
    if status != 0:
        sys.exit("%s: %s" % (preset, errors))
    seconds[preset] = time.monotonic() - began
    references[preset] = contents(folder)
    print("%s: %.1f s unbroken" % (preset, seconds[preset]), flush=True)


def kills():
    """A run is killed up to four times on its way, goes on each time, and is compared at its end."""
    left, number = chosen.kills, 0
    while left > 0:
        number += 1
        preset = dice.choice(sorted(RUNS))
        folder = os.path.join(SCRATCH, "killed-%d" % number)
        here, total, failed = 0, *counts.get("SIGKILL", (0, 0))
        while here < min(4, left):
            fresh = not glob.glob(folder + "/checkpoints/*.sha256")
            if fresh:
                shutil.rmtree(folder, ignore_errors=True)
            process = train(preset, folder) if fresh else resume(folder)
            try:
                process.wait(dice.uniform(0, seconds[preset] * 1.1))
            except subprocess.TimeoutExpired:
                process.kill()
            finish(process)
            if process.returncode != -signal.SIGKILL:
                break
            here += 1
        left -= here
        wrong = complete(folder, preset, references[preset], lambda: train(preset, folder))
        counts["SIGKILL"] = (total + here, failed + bool(wrong))
        if wrong:
            problems.append("SIGKILL: %s %s" % (folder, wrong))
            print("FAILED " + problems[-1], flush=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
        if number % 10 == 0:
            print("%d kills left, %d failures" % (left, len(problems)), flush=True)


def signals():
    for number in range(2 * chosen.others):
        sent = (signal.SIGTERM, signal.SIGINT)[number % 2]
        preset = dice.choice(sorted(RUNS))
        folder = os.path.join(SCRATCH, "signalled-%d" % number)
        process = train(preset, folder)
        # A process that has not yet begun to train has nothing to save.
        while not os.path.exists(folder + "/config.yaml") and process.poll() is None:
            time.sleep(.005)
        time.sleep(dice.uniform(0, seconds[preset]))
        began = time.monotonic()
        process.send_signal(sent)
        status, _, errors = finish(process, 30)
        took = time.monotonic() - began
        wrong = None
        if status not in (130, 0) or took > 5:
            wrong = "status %s after %.1f s: %s" % (status, took, errors.strip())
        count(sent.name, wrong or complete(folder, preset, references[preset], lambda: train(preset, folder)), preset)
        shutil.rmtree(folder, ignore_errors=True)


def mount(folder, *settings):
    os.makedirs(folder, exist_ok=True)
    return subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(settings), "tmpfs", folder],
                          stderr=subprocess.DEVNULL).returncode == 0


def full_disks():
    preset = "vae-mnist"
    whole = sum(os.path.getsize(f) for f in glob.glob(SCRATCH + "/whole-%s/**" % preset, recursive=True) if os.path.isfile(f))
    disk = os.path.join(SCRATCH, "disk")
    may_mount = mount(disk, "size=64k")
    if may_mount:
        subprocess.run(["umount", disk])
    for _ in range(chosen.others if may_mount else 0):
        size = 4096 * max(2, int(dice.uniform(0, whole) / 4096))
        mount(disk, "size=%d" % size)
        folder = disk + "/run"
        status, _, errors = finish(train(preset, folder))
        wrong = None
        if status != 0 and not (is_one_line(status, errors) and "no space left" in errors):
            wrong = "status %s: %s" % (status, errors.strip())
        elif leftovers(disk):
            wrong = "left %s" % leftovers(disk)
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        count("disk full", wrong or complete(folder, preset, references[preset], lambda: train(preset, folder)), "of %d bytes" % size)
        subprocess.run(["umount", disk], check=True)
    for number in range(chosen.others):
        folder = os.path.join(SCRATCH, "limited-%d" % number)
        largest = dice.randrange(0, 60000)

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
        status, _, errors = finish(train(preset, folder, limit))
        wrong = None
        if status != 0 and not is_one_line(status, errors):
            wrong = "status %s: %s" % (status, errors.strip())
        elif os.path.isdir(folder) and leftovers(folder):
            wrong = "left %s" % leftovers(folder)
        count("a write refused", wrong or complete(folder, preset, references[preset], lambda: train(preset, folder)),
              "at %d bytes" % largest)
        shutil.rmtree(folder, ignore_errors=True)
    if not may_mount:
        print("no mounting here: disks are full by RLIMIT_FSIZE only, and none is read-only")
        return
    for number in range(2):
        mount(disk, "size=64m")
        if number:
            shutil.copytree(SCRATCH + "/whole-" + preset, disk + "/run")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        status, _, errors = finish(resume(disk + "/run") if number else train(preset, disk + "/run"))
        said = is_one_line(status, errors) and "read-only file system" in errors
        count("read-only", None if said else "status %s: %s" % (status, errors.strip()))
        subprocess.run(["umount", disk], check=True)


def memory():
    """Address space is limited to what a small run needs and a little more, or much less than a large one needs."""
    for number in range(chosen.others):
        folder = os.path.join(SCRATCH, "hungry")
        limit = dice.randrange(800 << 20, 3 << 30)
        large = ["encoder.hidden=[%d]" % dice.choice([4096, 16384, 65536]), "training.batchSize=%d" % dice.choice([512, 8192]),
                 "data.count=10000", "training.steps=3"]
        status, _, errors = finish(train("vae-mnist", folder, lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)), large))
        said = is_one_line(status, errors) and "memory" in errors and re.search("[0-9]{4}", errors)
        count("out of memory", None if status == 0 or said else "status %s: %s" % (status, errors.strip()[:300]), "%d MiB" % (limit >> 20))
        shutil.rmtree(folder, ignore_errors=True)


def corrupt_data():
    """NaN, a wrong type, missing bytes in the middle of a person's own array."""
    for number in range(chosen.others):
        place = os.path.join(SCRATCH, "set.npy")
        rows, columns = 200, 64
        values = [dice.random() for _ in range(rows * columns)]
        header = ("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (rows, columns)).ljust(117) + "\n"
        data = bytearray(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack("<%df" % len(values), *values))
        kind = number % 3
        middle = 128 + 4 * dice.randrange(rows * columns)
        if kind == 0:
            data[middle:middle + 4] = struct.pack("<f", float("nan"))
        elif kind == 1:
            del data[middle:middle + dice.randrange(1, 64)]
        else:
            data[middle:middle + 4] = struct.pack("<f", -float("inf"))
        open(place, "wb").write(data)
        folder = os.path.join(SCRATCH, "corrupt")
        status, _, errors = finish(train("vae-mnist", folder, extra=["data.name=npy", "data.path=" + place]))
        said = is_one_line(status, errors) and "set.npy" in errors and not os.path.exists(folder)
        count("corrupt data", None if said else "status %s: %s" % (status, errors.strip()))


def damage():
    """A byte of the newest checkpoint is changed, or the file cut: it is reported, and the one before used."""
    for number in range(chosen.others):
        preset = dice.choice(sorted(RUNS))
        folder = os.path.join(SCRATCH, "damaged")
        shutil.copytree(SCRATCH + "/whole-" + preset, folder)
        stem = sorted(glob.glob(folder + "/checkpoints/step-*.sha256"), key=lambda s: ("-r" in s, s))[-1][:-7]
        path = stem + dice.choice([".safetensors", ".state.safetensors", ".sha256"])
        data = bytearray(open(path, "rb").read())
        place = dice.randrange(len(data))
        if dice.random() < .5:
            data[place] ^= 1 << dice.randrange(8)
        else:
            del data[place:]
        open(path, "wb").write(data)
        status, _, errors = finish(resume(folder))
        wrong = None
        if status != 0 or not re.match(r"elbo: warning: .*; going on from step [0-9]+\n$", errors):
            wrong = "status %s: %s" % (status, errors.strip())
        elif contents(folder) != references[preset]:
            wrong = "the end differs"
        count("damaged checkpoint", wrong, os.path.basename(path))
        shutil.rmtree(folder)


def clocks():
    """The wall clock goes back an hour while the run trains."""
    library = (glob.glob("/usr/lib/*/faketime/libfaketime.so.1") + [""])[0]
    if not library:
        print("no libfaketime here: clocks were not turned back")
        return
    for number in range(chosen.others):
        preset = dice.choice(sorted(RUNS))
        folder, stamp = os.path.join(SCRATCH, "clock"), os.path.join(SCRATCH, "clock.stamp")
        open(stamp, "w").write("+0")
        process = train(preset, folder, environment={
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": stamp, "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1"})
        time.sleep(dice.uniform(0, seconds[preset]))
        open(stamp, "w").write("-%dh" % dice.randrange(1, 2000))
        status, _, errors = finish(process)
        wrong = "status %s: %s" % (status, errors.strip()) if status else complete(folder, preset, references[preset], None)
        count("clock going back", wrong, preset)
        shutil.rmtree(folder, ignore_errors=True)


def rivals():
    """Two processes begin one run at once; a third would go on with it."""
    for number in range(chosen.others):
        preset = dice.choice(sorted(RUNS))
        folder = os.path.join(SCRATCH, "contested")
        both = [train(preset, folder), train(preset, folder)]
        while not os.path.exists(folder + "/config.yaml") and any(p.poll() is None for p in both):
            time.sleep(.005)
        ended = [finish(p) for p in both + [resume(folder)]]
        wrong = None
        won = [e for e in ended if e[0] == 0]
        for status, _, errors in ended:
            if status != 0 and not (is_one_line(status, errors) and re.search("another process|not empty|no checkpoint", errors)):
                wrong = "status %s: %s" % (status, errors.strip())
        if not 1 <= len(won) <= 2:
            wrong = "%d of 3 ended well" % len(won)
        count("two processes", wrong or complete(folder, preset, references[preset], None), preset)
        shutil.rmtree(folder, ignore_errors=True)


def numbers():
    for number in range(chosen.others):
        folder = os.path.join(SCRATCH, "diverged")
        rate = 10.0 ** dice.uniform(10, 30)
        mode = dice.choice(["off", "warn", "rollback"])
        status, _, errors = finish(train("vae-mnist", folder, extra=[
            "optimiser.kind=sgd", "optimiser.learningRate=%r" % rate, "guard=" + mode]))
        last = errors.strip().split("\n")[-1]
        said = status == 1 and re.search("became|stopped being finite", last) and all(
            line.startswith("elbo: ") for line in errors.strip().split("\n"))
        kept = all("NaN" not in open(f).read() for f in glob.glob(folder + "/metrics.jsonl"))
        count("NaN", None if said and kept else "status %s: %s" % (status, errors.strip()), mode)
        shutil.rmtree(folder, ignore_errors=True)


began = time.monotonic()
for part in (signals, full_disks, memory, corrupt_data, damage, clocks, rivals, numbers, kills):
    print("-- " + part.__name__, flush=True)
    part()

total, failed = (sum(pair[i] for pair in counts.values()) for i in (0, 1))
print("%d faults injected, %d failures" % (total, failed))
if chosen.kills >= 200:
    page = study.Page("faults", "Faults")
    page.text("Seed %d, %d thread each, %.0f minutes. Each run that a fault ended was gone on with, and compared with the run that nothing "
              "happened to: weights, training state and metrics, byte by byte. Presets, with small networks and data: %s." % (
                  chosen.seed, chosen.threads, (time.monotonic() - began) / 60, ", ".join("`%s`" % p for p in RUNS)))
    page.table(["fault", "injected", "failures"], [[kind, *pair] for kind, pair in counts.items()] + [["**all**", total, failed]])
    for problem in problems[:20]:
        page.text("- " + problem.split("\n")[0])
    page.write()
if not failed:
    shutil.rmtree(SCRATCH, ignore_errors=True)
sys.exit(1 if failed else 0)
