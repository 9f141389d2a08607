"""Data sets that are fetched while a model trains: their speed beside data in memory, and the memory that a large one takes."""
import gzip
import json
import os
import re
import resource
import shutil
import struct
import subprocess
import time
import zlib

import study

STEPS, SHORT, WARM_UP, ROUNDS, THREADS = 2200, 200, 1000, 3, 1
FOLDER = os.path.join(study.ROOT, ".build", "studies", "streaming")
LIMIT, COPIES = 1 << 30, 32
CGROUP = next((path for path, sign in [("/sys/fs/cgroup/elbo-study", "/sys/fs/cgroup/cgroup.controllers"),
                                       ("/sys/fs/cgroup/memory/elbo-study", "/sys/fs/cgroup/memory/tasks")] if os.path.exists(sign)), None)
WIDTH = 784


def header(kind, shape):
    """The first bytes of an NPY file."""
    text = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }" % (kind, "".join("%d, " % n for n in shape))
    text += " " * (63 - (10 + len(text)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def mnist():
    """The pixels of the 60,000 training images."""
    root = os.environ.get("ELBO_DATA", "")
    place = next(p for p in (root + "/mnist", root) if os.path.exists(p + "/train-images-idx3-ubyte.gz"))
    return gzip.open(place + "/train-images-idx3-ubyte.gz").read()[16:]


def png(pixels):
    """A grey PNG of 28 x 28."""
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    rows = b"".join(b"\0" + pixels[28 * r:28 * r + 28] for r in range(28))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 28, 28, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def write_sets():
    """The copies of MNIST and the large set, unless they are there."""
    if os.path.exists(FOLDER + "/written"):
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER + "/shards")
    pixels = mnist()
    for part in range(4):
        with open("%s/shards/%d.npy" % (FOLDER, part), "wb") as file:
            file.write(header("|u1", (15000, 28, 28)) + pixels[part * 15000 * WIDTH:(part + 1) * 15000 * WIDTH])
    number = [struct.pack("<f", p / 255) for p in range(256)]
    with open(FOLDER + "/float.npy", "wb") as file:
        file.write(header("<f4", (60000, 28, 28)))
        for start in range(0, len(pixels), 1000 * WIDTH):
            file.write(b"".join(number[p] for p in pixels[start:start + 1000 * WIDTH]))
    os.makedirs(FOLDER + "/pictures")
    for index in range(60000):
        with open("%s/pictures/%05d.png" % (FOLDER, index), "wb") as file:
            file.write(png(pixels[index * WIDTH:(index + 1) * WIDTH]))
    # The same images again and again: what they show does not matter, that they are on the disk does.
    with open(FOLDER + "/large.npy", "wb") as file:
        file.write(header("<f4", (COPIES * 60000, 28, 28)))
        for _ in range(COPIES):
            with open(FOLDER + "/float.npy", "rb") as small:
                small.seek(len(header("<f4", (60000, 28, 28))))
                shutil.copyfileobj(small, file, 1 << 24)
        os.fsync(file.fileno())
    open(FOLDER + "/written", "w").close()


def setting(name, other):
    """The place of a limit of the control group, by its name in version 2 or 1."""
    return "%s/%s" % (CGROUP, name if os.path.exists("%s/%s" % (CGROUP, name)) else other)


def confine(limit):
    """Makes a control group with so many bytes of memory, pages of files among them; what puts a process into it. Pages that the
    system holds already would count for whoever read them: those of the large set are given back first."""
    with open(FOLDER + "/large.npy", "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    os.makedirs(CGROUP, exist_ok=True)
    with open(setting("memory.max", "memory.limit_in_bytes"), "w") as file:
        file.write(str(limit))

    def enter():
        with open(CGROUP + "/cgroup.procs", "w") as file:
            file.write("0")
    return enter


def run(limit, *arguments):
    """Runs the program, in a control group where there is a limit; its output, and the seconds of processors it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([study.ELBO, *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True,
                          preexec_fn=confine(limit) if limit else None)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bench(steps, settings, limit=None, warm_up=WARM_UP):
    """Steps a second, and the seconds of processors that the program took in all."""
    sets = [word for s in settings for word in ("--set", s)]
    output, spent = run(limit, "bench", "vae-mnist", "--json", "--steps", steps, "--warmup", warm_up, "--threads", THREADS, *sets)
    return json.loads(output)["stepsPerSecond"], spent


def watch(settings, limit=None):
    """Trains; the most anonymous memory it held (RssAnon) and the bytes of files that were mapped in at the time, in MiB."""
    run = FOLDER + "/run"
    shutil.rmtree(run, ignore_errors=True)
    sets = [word for s in settings for word in ("--set", s)]
    bound = confine(limit) if limit else None
    process = subprocess.Popen([study.ELBO, "train", "vae-mnist", "--out", run, "--quiet", "--threads", str(THREADS), *sets],
                               preexec_fn=bound, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    anonymous = mapped = 0
    while process.poll() is None:
        try:
            text = open("/proc/%d/status" % process.pid).read()
        except OSError:
            break
        found = {name: int(re.search(name + r":\s+(\d+)", text).group(1)) for name in ("RssAnon", "RssFile") if name in text}
        anonymous, mapped = max(anonymous, found.get("RssAnon", 0)), max(mapped, found.get("RssFile", 0))
        time.sleep(.02)
    errors = process.stderr.read()
    process.wait()
    return process.returncode, anonymous / 1024, mapped / 1024, errors


write_sets()
page = study.Page("streaming", "Data beyond memory: speed and memory of sets that are fetched")
SETS = {
    "IDX, in memory": [],
    "NPY, bytes, 4 files, mapped": ["data.name=npy", "data.path=%s/shards" % FOLDER, "data.testFraction=0.001"],
    "NPY, float32, mapped": ["data.name=npy", "data.path=%s/float.npy" % FOLDER, "data.testFraction=0.001"],
    "60,000 PNG, decoded and kept": ["data.name=images", "data.path=%s/pictures" % FOLDER, "data.testFraction=0.001"],
    "60,000 PNG, decoded each time": ["data.name=images", "data.path=%s/pictures" % FOLDER, "data.testFraction=0.001", "data.memory=0"],
}
rates, costs = {name: [] for name in SETS}, {name: [] for name in SETS}
for _ in range(ROUNDS):
    for name, settings in SETS.items():
        start = bench(SHORT, settings)[1]
        rate, spent = bench(STEPS, settings)
        rates[name].append(rate)
        costs[name].append((spent - start) / (STEPS - SHORT) * 1000)
page.text("`vae-mnist`, batches of 64, %d steps after %d, %d thread for the step beside those that fetch; %d rounds, in each of which every kind "
          "has its turn; medians (least to greatest). Processor time is that of all threads, from runs of %d and of %d steps: unlike "
          "steps a second it does not depend on what else the machine does, which was a lot. Pictures are 28 x 28; those that are kept are decoded "
          "once each, over the first epoch of 936 steps." % (STEPS, WARM_UP, THREADS, ROUNDS, SHORT, STEPS))
base = rates["IDX, in memory"]
page.table(["data", "steps/s", "ratio to memory, median of rounds", "processor ms a step"],
           [[name, study.spread(values, 0), "%.2f" % study.statistics.median(v / b for v, b in zip(values, base)),
             study.spread(costs[name], 2)] for name, values in rates.items()])

COURSE = ["training.steps=2000", "checkpoint.every=0", "figures.sampleEvery=0", "data.testFraction=0.001"]
FLOAT, LARGE = (["data.name=npy", "data.path=%s/%s.npy" % (FOLDER, name), "data.testFraction=0.001"] for name in ("float", "large"))
WIDE = ["encoder.hidden=[1024]", "decoder.hidden=[1024]", "training.batchSize=256"]
rows = []
for name, settings, limit in [
    ("60,000 images, IDX, in memory", [], None),
    ("60,000 images, NPY, mapped", FLOAT, None),
    ("%s images, NPY, mapped" % format(60000 * COPIES, ","), LARGE, LIMIT),
]:
    status, anonymous, mapped, errors = watch(COURSE + settings, limit)
    small = [bench(STEPS, settings, limit)[0] for _ in range(ROUNDS)]
    wide = [bench(150, settings + WIDE, limit, warm_up=30)[0] for _ in range(ROUNDS)]
    rows.append([name, "1 GiB" if limit else "none", study.verdict(status == 0), "%.0f" % anonymous, "%.0f" % mapped,
                 study.spread(small, 0), study.spread(wide, 1)])
    if errors:
        print(name, errors)
page.text("A set of %.1f GB, float32, on the disk, in a control group that limits all memory to 1 GiB, pages of files among it: the peak of anonymous memory "
          "(`RssAnon`) and of pages of files (`RssFile`), the program's own libraries among them, while 2000 steps are trained and the test split is "
          "judged; steps a second of `vae-mnist`, and of the same with 1024 hidden units and batches of 256. An example costs 8 bytes for its place in "
          "its split and 8 for its place in the epoch's order. Each batch is drawn from the whole set, so that nearly every image is a read of its "
          "own from the disk: what a small model's steps wait for is the disk." % (COPIES * 60000 * WIDTH * 4 / 1e9))
page.table(["data", "limit", "finished", "anonymous, MiB", "files, MiB", "steps/s", "steps/s, wide"], rows)
page.write()
os.rmdir(CGROUP)
shutil.rmtree(FOLDER)
