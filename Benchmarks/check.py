"""Whether all programs compute the same losses from the same parameters, batches and noise."""
import os
import tempfile

import programs

STEPS = 20
ELBO_TOLERANCE = 1e-4
# Other compilers order sums otherwise, which Adam's division by small moments makes more of.
PEER_TOLERANCE = 2e-3
PEERS = [("torch", "compile"), ("jax", "scan"), ("tf", "xla")]


def deviation(losses, reference):
    """The largest |a - b| / max(|b|, .001) over all steps and losses."""
    return max(abs(a - b) / max(1e-3, abs(b)) for row, expected in zip(losses, reference, strict=True)
               for a, b in zip(row, expected, strict=True))


def elbo_losses(workload, threads):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "inputs.safetensors")
        python = os.path.join(programs.ROOT, ".bench", "torch", "bin", "python")
        writer = os.path.join(programs.HERE, "peers", "write_inputs.py")
        programs.execute([python, writer, workload, str(STEPS), path])
        result = programs.run(programs.command(
            programs.ELBO_PROGRAM, workload, ["--check", path, "--threads", str(threads)]))
    return programs.peer_losses(workload, result["steps"])


def check(workloads, frameworks, threads, say):
    """Rows of workload, program, largest relative deviation from PyTorch eager, tolerance and whether it holds."""
    rows = []
    for workload in workloads:
        arguments = ["--check", str(STEPS), "--threads", str(threads)]
        reference = programs.run(programs.command(programs.EAGER, workload, arguments))["losses"]
        others = [peer for peer in PEERS if peer[0] in frameworks and peer[0] != "torch"]
        for program in [programs.ELBO_PROGRAM] + others + ([PEERS[0]] if others else []):
            ours = program == programs.ELBO_PROGRAM
            losses = elbo_losses(workload, threads) if ours else programs.run(
                programs.command(program, workload, arguments))["losses"]
            tolerance = ELBO_TOLERANCE if ours else PEER_TOLERANCE
            found = deviation(losses, reference)
            # A comparison with NaN is false, so that it counts as a difference.
            rows.append(dict(workload=workload, program=programs.title(program), deviation=found,
                             tolerance=tolerance, agrees=found < tolerance))
            say("losses of %-24s %-18s deviate by at most %.1e over %d steps%s" % (
                workload, programs.title(program), found, STEPS, "" if found < tolerance else ": TOO MUCH"))
    return rows
