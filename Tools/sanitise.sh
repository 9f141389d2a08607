#!/usr/bin/env bash
# Runs the shim's tests under the address and undefined-behaviour sanitisers.
#
#   Tools/sanitise.sh [FILTER]    the tests of Torch, or those whose names match
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# libtorch's own symbols are of one kind in its libraries and of another here; Swift's runtime keeps what it allocates.
export ASAN_OPTIONS=detect_leaks=0:detect_odr_violation=0 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
for sanitiser in address undefined; do
  echo "sanitise: $sanitiser"
  swift test -c release --scratch-path ".build/$sanitiser" --security-path .build/security --sanitize "$sanitiser" \
    --disable-xctest --filter "${1:-TorchTests}"
done
