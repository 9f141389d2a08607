"""How much a server takes: 64 clients on 'decode', with requests gathered and one by one. Writes Docs/Studies/serve.md.

    make study-serve        SECONDS=60 by default, PRESET=vae-mnist
"""

import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time

root = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
elbo = os.path.join(root, ".build", "release", "elbo")
seconds = float(os.environ.get("SECONDS", "60"))
preset = os.environ.get("PRESET", "vae-mnist")
clients = 64


def serve(folder, *options):
    process = subprocess.Popen([elbo, "serve", folder, "--port", "0", *options], stdout=subprocess.PIPE, text=True)
    port = int(process.stdout.readline().strip().rsplit(":", 1)[1])
    return process, port


def load(port, name, width, count):
    """`count` clients that ask one after the other for so many seconds, each on a connection of its own."""
    times, statuses, lock, end = [], {}, threading.Lock(), time.monotonic() + seconds

    def ask(seed):
        draw, connection = random.Random(seed), http.client.HTTPConnection("127.0.0.1", port)
        own, found = [], {}
        while time.monotonic() < end:
            z = [[draw.gauss(0, 1) for _ in range(width)]]
            start = time.perf_counter()
            connection.request("POST", f"/v1/models/{name}/decode", json.dumps({"z": z}),
                               {"Content-Type": "application/json", "Accept": "application/x-npy"})
            answer = connection.getresponse()
            answer.read()
            own.append(time.perf_counter() - start)
            found[answer.status] = found.get(answer.status, 0) + 1
        with lock:
            times.extend(own)
            for status, number in found.items():
                statuses[status] = statuses.get(status, 0) + number

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return {"rate": len(times) / seconds, "p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100],
            "statuses": statuses}


def measure(folder, count, *options):
    process, port = serve(folder, *options)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/v1/models")
        model = json.load(connection.getresponse())["models"][0]
        result = load(port, model["name"], model["latentDimension"], count)
        connection.request("GET", "/metrics")
        page = connection.getresponse().read().decode()
        value = lambda name: float(next(line for line in page.splitlines() if line.startswith(name)).rsplit(" ", 1)[1])
        result["together"] = value("elbo_batch_requests_sum") / value("elbo_batch_requests_count")
        return result
    finally:
        process.terminate()
        if process.wait() != 0:
            sys.exit("serve: the server did not end well")


with tempfile.TemporaryDirectory() as scratch:
    folder = os.path.join(scratch, "model")
    subprocess.run([elbo, "train", preset, "--set", "training.steps=20", "--out", folder, "--quiet"], check=True)
    rows = [
        ("64 clients, gathered", measure(folder, clients)),
        ("64 clients, one by one", measure(folder, clients, "--batch", "1", "--batch-wait", "0")),
        ("1 client, gathered", measure(folder, 1)),
        ("1 client, one by one", measure(folder, 1, "--batch", "1", "--batch-wait", "0")),
    ]
for _, row in rows:
    bad = {status: number for status, number in row["statuses"].items() if status not in (200, 429)}
    if bad:
        sys.exit(f"serve: answers other than 200 and 429: {bad}")
with open(os.path.join(root, "Docs", "Studies", "serve.md"), "w") as page:
    page.write(f"""# A server under load

`make study-serve`: clients ask `decode` of `{preset}` for one row at a time, one request after the other on a connection
of their own, for {seconds:g} s, from a Python program on the same {os.cpu_count()} cores, so that clients and server share
them; answers are NPY arrays. "One by one" is `--batch 1 --batch-wait 0`. Every answer was 200 or 429.

| | requests/s | median | p99 | requests a pass | 429 |
|---|---:|---:|---:|---:|---:|
""")
    for name, row in rows:
        page.write(f"| {name} | {row['rate']:.0f} | {row['p50'] * 1e3:.1f} ms | {row['p99'] * 1e3:.1f} ms "
                   f"| {row['together']:.1f} | {row['statuses'].get(429, 0)} |\n")
        print(name, row)
