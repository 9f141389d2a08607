"""The programs that are compared, each run as a fresh process that prints one JSON object."""
import contextlib
import ctypes.util
import json
import math
import os
import resource
import signal
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
ELBO = os.path.join(ROOT, ".build", "release", "elbo")

# A first guess at the steps per second of each workload, to choose the number of steps of the first round.
WORKLOADS = {"avb-four-points": 100, "avb-four-points-shallow": 400, "vae-mnist": 500, "vae-fashion": 300,
             "vae-fashion-conv": 80, "aae-mnist": 90}

# What makes a preset do the peers' work: batches drawn with replacement, and the sum over the batch where they sum.
SETTINGS = {"avb-four-points": [], "vae-fashion": ["data.sampling=replacement", "training.objectiveScale=64"]}

TITLES = {"elbo": "Elbo", "torch": "PyTorch", "jax": "JAX", "tf": "TensorFlow"}

# Framework and variant. Products in bf16 are marked, since they are not the same arithmetic.
ELBO_PROGRAM = ("elbo", "fp32")
ELBO_BF16 = ("elbo", "bf16")
EAGER = ("torch", "eager")
PROGRAMS = [
    ELBO_PROGRAM, ELBO_BF16, EAGER, ("torch", "eager+tcmalloc"), ("torch", "compile"), ("torch", "medium"),
    ("torch", "compile+medium+tcmalloc"), ("jax", "jit"), ("jax", "scan"), ("jax", "scan+gemm"),
    ("jax", "scan+bf16+rbg"), ("tf", "function"), ("tf", "xla"),
]


def is_fp32(program):
    return not {"medium", "bf16"} & set(program[1].split("+"))


def title(program):
    return TITLES[program[0]] if program == ELBO_PROGRAM else "%s %s" % (TITLES[program[0]], program[1])


def has_tcmalloc():
    return ctypes.util.find_library("tcmalloc") is not None


def has_bf16():
    """Whether Elbo trains with products in bf16."""
    try:
        run(command(ELBO_BF16, "avb-four-points-shallow", ["--steps", "1", "--warmup", "0"]))
    except Failure:
        return False
    return True


def applies(program, workload):
    """Whether there is such a run: convolutions as products are for the convolutional networks only."""
    return program != ("jax", "scan+gemm") or workload == "vae-fashion-conv"


def products(threads):
    """GFLOP/s of this machine's matrix products, by precision."""
    python = os.path.join(ROOT, ".bench", "torch", "bin", "python")
    return run([python, os.path.join(HERE, "peers", "torch_products.py"), "--threads", str(threads)])


def settings(workload):
    chosen = SETTINGS.get(workload, ["data.sampling=replacement"])
    return [word for setting in chosen for word in ("--set", setting)]


def command(program, workload, arguments):
    framework, variant = program
    if framework == "elbo":
        precision = [] if program == ELBO_PROGRAM else ["--precision", variant]
        return [ELBO, "bench", workload, "--json"] + precision + settings(workload) + arguments
    python = os.path.join(ROOT, ".bench", framework, "bin", "python")
    return [python, os.path.join(HERE, "peers", framework + "_bench.py"), workload, variant] + arguments


def keep(path, text):
    """Writes a file whole or not at all."""
    with open(path + ".tmp", "w") as f:
        f.write(text)
    os.replace(path + ".tmp", path)


class Failure(Exception):
    """A process that gave no result."""


def busy_seconds():
    """The CPU seconds that all processes together have taken since the machine started."""
    with open("/proc/stat") as f:
        fields = [int(word) for word in f.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def own_seconds():
    """The CPU seconds of this process and those it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


class Others:
    """How many cores everybody else keeps busy, on average since this was made."""

    def __init__(self):
        self.start = time.perf_counter(), busy_seconds(), own_seconds()

    def cores(self):
        begin, busy, own = self.start
        return max(0., (busy_seconds() - busy - own_seconds() + own) / (time.perf_counter() - begin))


def wait_for_quiet(patience, allowed=.25):
    """Waits until others leave the machine alone, or for so many seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        others = Others()
        time.sleep(.5)
        if others.cores() <= allowed:
            return


# The part of a core that a thread must be worth: products lose a little to sharing memory.
WHOLE = .8


def are_whole(worth, threads):
    """Whether threads that are worth so many cores have one each."""
    return worth >= WHOLE * threads


class Cores:
    """How many cores the threads are worth. Two cores of a guest on a shared host are at times two threads of one core, for
    tens of seconds; no account of the system's tells."""

    def __init__(self, threads):
        self.threads = threads
        python = os.path.join(ROOT, ".bench", "torch", "bin", "python")
        self.process = subprocess.Popen(
            [python, os.path.join(HERE, "peers", "torch_products.py"), "--threads", str(threads), "--cores"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, start_new_session=True)

    def worth(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write("\n")
        answer = self.process.stdout.readline()
        if not answer:
            raise Failure("the measurement of cores ended by itself")
        return float(answer)

    def wait(self, patience):
        """Waits until each thread has a core, or for so many seconds; says what the threads are worth then."""
        deadline = time.monotonic() + patience
        while not are_whole(worth := self.worth(), self.threads) and time.monotonic() < deadline:
            time.sleep(.5)
        return worth

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


def execute(words, limit=300):
    """What a command prints, and the seconds it took."""
    begin = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
                               start_new_session=True)
    try:
        out, err = process.communicate(timeout=limit)
    except BaseException as error:
        # Only the session that was started above: the process and, say, the compilers it runs.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise Failure("it took more than %d s" % limit) from None
        raise
    if process.returncode != 0:
        lines = [line for line in err.strip().splitlines() if line.strip()]
        raise Failure("exit status %d: %s" % (process.returncode, lines[-1][:300] if lines else "no output"))
    return out, time.perf_counter() - begin


def run(words, limit=300):
    """The JSON that a command prints."""
    out, _ = execute(words, limit)
    if "{" not in out:
        raise Failure("it printed no JSON")
    return json.loads(out[out.index("{"):])


def peer_losses(workload, steps):
    """Elbo's objectives of a step in the peers' terms."""
    def plain(step):
        return [step["generator"], step["discriminator"]]

    def vae(step):
        return [step["generator"] / (64 if workload == "vae-fashion" else 1)]

    def aae(step):
        # A normal likelihood with 1 / (2 scale^2) = 999 / 784 adds 784 (log scale + log(2 pi) / 2), times .001.
        return [step["generator"] - .001 * 392 * math.log(2 * math.pi * 784 / (2 * 999)), step["discriminator"]]

    convert = aae if workload == "aae-mnist" else vae if workload.startswith("vae") else plain
    return [convert(step) for step in steps]


def parsed(parser):
    """The arguments of a script that measures in rounds, once they make sense."""
    a = parser.parse_args()
    if a.rounds < 1 or a.seconds <= 0 or a.threads < 1:
        parser.error("--rounds, --seconds and --threads are above 0")
    return a
