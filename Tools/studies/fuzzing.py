"""The readers of files that strangers make, under libFuzzer and the address sanitiser.

    python3 Tools/studies/fuzzing.py [--seconds 600] [--kept] [READER]...
"""
import argparse
import os
import re
import subprocess
import sys

import study

READERS = {"idx": "IDX, gzip too", "npy": "NPY", "npz": "NPZ", "csv": "comma-separated values", "image": "PNG and JPEG",
           "safetensors": "safetensors", "yaml": "configurations in YAML"}

options = argparse.ArgumentParser()
options.add_argument("--seconds", type=int, default=600)
options.add_argument("--kept", action="store_true", help="write the page of runs that Tools/fuzz.sh made before")
options.add_argument("readers", nargs="*", default=list(READERS))
chosen = options.parse_args()

if not chosen.kept:
    subprocess.run([os.path.join(study.ROOT, "Tools", "fuzz.sh"), str(chosen.seconds), *chosen.readers])
rows, stopped = [], []
for reader in chosen.readers:
    text = open(os.path.join(study.ROOT, ".build", "fuzz-corpus", reader + ".log"), errors="replace").read()
    found = dict(re.findall(r"stat::(\w+):\s+(\d+)", text))
    last = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)/", text)[-1]
    # What only took long is kept too, and is no finding.
    crashes = [unit for unit in re.findall(r"Test unit written to (\S+)", text) if "/slow-unit-" not in unit]
    rows.append([READERS[reader], "{:,}".format(int(found["number_of_executed_units"])), found["average_exec_per_sec"], *last,
                 found["slowest_unit_time_sec"], found["peak_rss_mb"], len(crashes)])
    stopped += crashes

page = study.Page("fuzzing", "Files of strangers")
page.text("`Tools/fuzz.sh`: libFuzzer and the address sanitiser, %d s a reader, one at a time on one core beside other work, inputs of up to 4096 "
          "bytes, from Tests/Corpus and what was found earlier. A finding is anything but a value or a one-line error: a crash, a read out of "
          "bounds, five minutes for one input, more than 4 GiB. Edges are those of the program's control flow that some input reached; features are "
          "edges with how often they were passed." % chosen.seconds)
page.table(["reader", "inputs", "a second", "edges", "features", "inputs kept", "slowest, s", "memory, MB", "findings"], rows)
page.write()
sys.exit("\n".join(stopped) or 0)
