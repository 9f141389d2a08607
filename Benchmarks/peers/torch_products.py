"""How fast this machine multiplies matrices: [512, 256] x [256, 256], the largest products of avb-four-points.

    PYTHON torch_products.py [--threads 2] [--seconds 1]
    PYTHON torch_products.py [--threads 2] --cores       for each line of input: how many cores the threads are worth
"""
import argparse
import json
import os
import statistics
import sys
import time

p = argparse.ArgumentParser()
p.add_argument("--threads", type=int, default=2)
p.add_argument("--seconds", type=float, default=1, help="for each precision")
p.add_argument("--cores", action="store_true", help="compare all threads with one whenever a line comes in")
args = p.parse_args()
os.environ["OMP_NUM_THREADS"] = str(args.threads)

import torch

torch.set_num_threads(args.threads)
GFLOP = 2 * 512 * 256 * 256 / 1e9


@torch.inference_mode()
def gflops(dtype, seconds=args.seconds):
    # Two operands in turn, so that no product is the last one over again.
    a = [torch.randn(512, 256).to(dtype) for _ in range(2)]
    b = [torch.randn(256, 256).to(dtype) for _ in range(2)]
    out = torch.empty(512, 256, dtype=dtype)

    def products(count):
        for i in range(count):
            torch.mm(a[i % 2], b[i % 2], out=out)

    products(100)
    rates, begin = [], time.perf_counter()
    while time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        products(50)
        rates.append(50 * GFLOP / (time.perf_counter() - start))
    # The median leaves out the moments that others took.
    return statistics.median(rates)


def cores():
    """How much faster all threads multiply than one."""
    rates = []
    for threads in (1, args.threads):
        torch.set_num_threads(threads)
        rates.append(gflops(torch.float32, .05))
    return rates[1] / rates[0]


if args.cores:
    for _ in sys.stdin:
        print("%.2f" % cores(), flush=True)
else:
    print(json.dumps(dict(version=torch.__version__, threads=args.threads,
                          fp32=gflops(torch.float32), bf16=gflops(torch.bfloat16))))
