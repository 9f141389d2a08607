"""How much a server takes: clients that ask for 'decode' on loopback, with requests gathered and one by one.

SECONDS=60 by default; PRESET=vae-mnist.
"""
import json
import os
import random
import re
import selectors
import socket
import subprocess
import sys
import time
import urllib.request

from study import ELBO, Page, train

SECONDS = float(os.environ.get("SECONDS", "60"))
PRESET = os.environ.get("PRESET", "vae-mnist")
DEADLINE = 10


class Server:
    def __init__(self, folder, *options):
        self.process = subprocess.Popen(
            [ELBO, "serve", folder, "--port", "0", "--deadline", str(DEADLINE), *options], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().strip()
        self.port = int(self.address.rsplit(":", 1)[1])

    def get(self, path):
        with urllib.request.urlopen(self.address + path) as answer:
            return answer.read().decode()

    def stop(self):
        self.process.terminate()
        if self.process.wait() != 0:
            sys.exit("the server did not end well")


def requests(name, width):
    """Requests for a row each."""
    draw = random.Random(1)
    for _ in range(256):
        body = json.dumps({"z": [[round(draw.gauss(0, 1), 4) for _ in range(width)]]})
        yield (f"POST /v1/models/{name}/decode HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
               f"Accept: application/x-npy\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()


def load(port, name, width, count):
    """So many clients, each on a connection of its own, that ask for one row after the other; they share a thread."""
    asked = list(requests(name, width))
    selector, times, statuses, turn = selectors.DefaultSelector(), [], {}, 0
    end = time.perf_counter() + SECONDS
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ, {"start": time.perf_counter(), "bytes": b""})
        connection.sendall(asked[turn % len(asked)])
        turn += 1
    open_ones = count
    while open_ones:
        if time.perf_counter() > end + 2 * DEADLINE:
            sys.exit("a request was never answered")
        for key, _ in selector.select(timeout=1):
            connection, state = key.fileobj, key.data
            got = connection.recv(1 << 16)
            if not got:
                sys.exit("the server closed a connection")
            state["bytes"] += got
            head, found, rest = state["bytes"].partition(b"\r\n\r\n")
            if not found or len(rest) < int(re.search(rb"content-length: (\d+)", head.lower())[1]):
                continue
            now = time.perf_counter()
            status = int(head[9:12])
            statuses[status] = statuses.get(status, 0) + 1
            if status == 200:
                times.append(now - state["start"])
            if now > end:
                selector.unregister(connection)
                connection.close()
                open_ones -= 1
                continue
            state.update(start=now, bytes=b"")
            connection.sendall(asked[turn % len(asked)])
            turn += 1
    times.sort()
    return {"rate": len(times) / SECONDS, "p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100],
            "statuses": statuses}


def measure(folder, count, *options):
    server = Server(folder, *options)
    try:
        model = json.loads(server.get("/v1/models"))["models"][0]
        found = load(server.port, model["name"], model["latentDimension"], count)
        page = server.get("/metrics")
        value = lambda name: float(re.search(rf"^{name}\S* (\S+)$", page, re.M)[1])
        found["together"] = value("elbo_batch_requests_sum") / value("elbo_batch_requests_count")
        return found
    finally:
        server.stop()


folder = train(PRESET, "serving", ["training.steps=100"])
single = ("--batch", "1", "--batch-wait", "0")
rows = []
for name, count, options in [
        ("64 clients, gathered", 64, ()), ("64 clients, one by one", 64, single),
        ("64 clients, gathered, a queue of 32", 64, ("--queue", "32")),
        ("1 client, gathered", 1, ()), ("1 client, one by one", 1, single)]:
    found = measure(folder, count, *options)
    print(name, found, flush=True)
    bad = {status: number for status, number in found["statuses"].items() if status not in (200, 429)}
    if bad:
        sys.exit(f"answers other than 200 and 429: {bad}")
    rows.append([name, "%.0f" % found["rate"], "%.1f ms" % (1e3 * found["p50"]), "%.1f ms" % (1e3 * found["p99"]),
                 "%.1f" % found["together"], found["statuses"].get(429, 0)])

page = Page("serving", "A server under load")
page.text(f"Clients ask `decode` of `{PRESET}` for one row at a time, one request after the other, each on a connection of "
          f"its own, for {SECONDS:g} s. Answers are NPY arrays. The clients are one Python program on the same cores as the "
          "server, so that these are lower bounds. \"One by one\" is `--batch 1 --batch-wait 0`. "
          "Rates and times are of requests that were answered; every other answer was 429.")
page.table(["", "requests/s", "median", "p99", "requests a pass", "429"], rows)
page.write()
