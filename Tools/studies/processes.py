"""Two processes on two cores against one, by the clock, and what they spend on gradients against the model of Docs/DataParallel.md.

    python3 Tools/studies/processes.py [--rounds 3]

In each round, in turn: one process with one thread; two with a thread each, that share the batch; and two that know nothing of
each other, each with a batch of half the size, whose steps take what the shared ones would if gradients travelled for nothing.
"""
import argparse
import json
import math
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

import study

options = argparse.ArgumentParser()
options.add_argument("--rounds", type=int, default=3)
chosen = options.parse_args()

FOLDER = os.path.join(study.ROOT, ".build", "studies", "processes")
# Preset, batch, how many steps are timed after as many, and settings.
WORK = {
    "`vae-mnist`, two hidden layers of 1024": ("vae-mnist", 8192, 3, ["encoder.hidden=[1024,1024]", "decoder.hidden=[1024,1024]"]),
    "`aae-mnist`": ("aae-mnist", 1024, 24, []),
    "`vae-mnist-8`, convolutions": ("vae-mnist-8", 128, 5, []),
}


def start(preset, batch, steps, settings, name, place=None):
    """A run in its folder, until it is told to stop: a line of metrics after so many steps, and after as many again."""
    folder = os.path.join(FOLDER, name)
    if not place or place["RANK"] == "0":
        shutil.rmtree(folder, ignore_errors=True)
    words = [word for s in settings + ["training.batchSize=%d" % batch, "training.logEvery=%d" % steps,
                                       "training.evaluateEvery=0"] for word in ("--set", s)]
    return folder, subprocess.Popen([study.ELBO, "train", preset, "--out", folder, "--quiet", "--threads", "1", *words],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=dict(os.environ, **(place or {})))


def seconds(steps, *started):
    """A step's seconds in each of some runs that go on at once, from the first line of its metrics to the second."""
    seen = [[] for _ in started]
    while any(len(times) < 2 for times in seen):
        if any(process.poll() is not None for _, process in started):
            break
        now = time.monotonic()
        for times, (folder, _) in zip(seen, started):
            if os.path.exists(folder + "/metrics.jsonl"):
                with open(folder + "/metrics.jsonl") as file:
                    lines = sum('"train"' in line for line in file)
                times += [now] * (lines - len(times))
        time.sleep(.002)
    for _, process in started:
        process.send_signal(signal.SIGTERM)
    for _, process in started:
        _, errors = process.communicate()
        # Stopped, after a checkpoint.
        if process.returncode != 130:
            sys.exit("status %d: %s" % (process.returncode, errors))
    return [(times[1] - times[0]) / steps for times in seen]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def one(work):
    return seconds(work[2], start(*work, "one"))[0]


def two(work):
    place = dict(WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(free_port()))
    return seconds(work[2], *[start(*work, "two", dict(place, RANK=str(rank), LOCAL_RANK=str(rank))) for rank in (0, 1)])[0]


def strangers(work):
    preset, batch, steps, settings = work
    return statistics.mean(seconds(steps, *[start(preset, batch // 2, steps, settings, "half-%d" % n) for n in (0, 1)]))


def loopback():
    """Bytes a second each way while both ends send, and the seconds of a message, between two processes over TCP."""
    size, messages = 256 << 20, 2000
    server = socket.create_server(("127.0.0.1", 0))
    child = os.fork()
    end = socket.create_connection(server.getsockname()) if child == 0 else server.accept()[0]
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive():
        memory, left = bytearray(1 << 20), size
        while left > 0:
            left -= end.recv_into(memory, min(left, len(memory)))

    block = bytes(1 << 20)
    began = time.monotonic()
    receiver = threading.Thread(target=receive)
    receiver.start()
    for _ in range(size // len(block)):
        end.sendall(block)
    receiver.join()
    bandwidth = size / (time.monotonic() - began)
    began = time.monotonic()
    for _ in range(messages):
        if child:
            end.sendall(b"x")
            end.recv(1)
        else:
            end.recv(1)
            end.sendall(b"x")
    latency = (time.monotonic() - began) / messages / 2
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return bandwidth, latency


def parameters():
    """How many numbers' gradients travel in a step."""
    with open(os.path.join(FOLDER, "one", "checkpoints", "last.safetensors"), "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")


os.makedirs(FOLDER, exist_ok=True)
found, sizes = {name: [] for name in WORK}, {}
links = []
for number in range(chosen.rounds):
    links.append(loopback())
    for name, work in WORK.items():
        found[name].append([one(work), two(work), strangers(work)])
        sizes[name] = parameters()
        print("round %d, %s: one %.4f s, two %.4f s, strangers %.4f s" % (number + 1, name, *found[name][-1]), flush=True)

bandwidth, latency = (statistics.median(values) for values in zip(*links))
page = study.Page("processes", "Two processes on two cores")
page.text("%d rounds, in each of which every kind has its turn; a step's time on the clock, over %s steps after as many; medians (least to "
          "greatest). One thread a process, Gloo over the loopback. The batch is that of all processes together." % (
              chosen.rounds, ", ".join(str(work[2]) for work in WORK.values())))
rows, costs = [], []
for name, rounds in found.items():
    alone, both, apart = zip(*rounds)
    rows.append([name, WORK[name][1], study.spread([1e3 * t for t in alone], 1), study.spread([1e3 * t for t in both], 1),
                 study.spread([a / b for a, b in zip(alone, both)], 2)])
    cost = [1e3 * (b - s) for b, s in zip(both, apart)]
    # Each of two sends and receives 4 bytes a parameter, in 2 messages a bucket.
    paper = 1e3 * (4 * sizes[name] / bandwidth + 2 * latency)
    costs.append([name, "%.2f million" % (sizes[name] / 1e6), study.spread([1e3 * t for t in apart], 1), study.spread(cost, 1), "%.1f" % paper])
page.table(["model", "batch", "one process, ms a step", "two, ms a step", "times as fast"], rows)
page.text("What the gradients cost: two processes' step less that of two which share nothing and have half the batch each, beside the scaling "
          "model of [several processes](../DataParallel.md), 8 P (N - 1) / (N b) + 2 (N - 1) l, with what TCP over the loopback does between two "
          "programs here: b = %.2f GB/s each way at once, l = %.0f us." % (bandwidth / 1e9, 1e6 * latency))
page.table(["model", "parameters", "two without gradients, ms a step", "gradients, ms", "by the model, ms"], costs)
page.write()
