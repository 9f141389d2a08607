#!/usr/bin/env bash
# Times Elbo beside the same models in PyTorch, JAX and TensorFlow, once their losses have been compared.
#
#   Tools/bench.sh [OPTION]...           'Tools/bench.sh --help' lists the options; --quick takes a few minutes
#   Tools/bench.sh scaling [OPTION]...   what a step of Elbo costs as its sizes grow
set -euo pipefail
unset CDPATH
export PYTHONDONTWRITEBYTECODE=1
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ ! -x .build/release/elbo ]; then
  echo "bench: .build/release/elbo: not there; run: make build" >&2
  exit 1
fi
program=bench
if [ "${1-}" = scaling ]; then
  program=scaling
  shift
fi
exec python3 "Benchmarks/$program.py" "$@"
