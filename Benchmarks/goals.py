"""What Elbo is to reach beside its peers, as ratios of medians of one run at equal threads."""
import collections

# The matrix products of one training step in GFLOP; then what is to be reached, None where nothing is asked:
# fp32: Elbo in fp32 over the best peer in fp32; any: Elbo over the best peer, both in whatever precision is fastest;
# share: Elbo in fp32 over what the step's products alone would give.
Goal = collections.namedtuple("Goal", "gflop fp32 any share")

GOALS = {
    "avb-four-points": Goal(.893, 1.3, 2.5, .8),
    "avb-four-points-shallow": Goal(.015, 3, None, None),
    "vae-mnist": Goal(.079, 1.8, 1.8, None),
    "vae-fashion": Goal(.162, 1.6, 1.8, None),
    "vae-fashion-conv": Goal(.147, 3, None, None),
    "aae-mnist": Goal(1.20, 1.3, 3, .8),
}

# Seconds from the start of the process to the end of the first step.
FIRST_STEP = 1.
# The speed beside a busy process over that alone.
CONTENTION = .5
