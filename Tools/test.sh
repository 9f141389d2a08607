#!/usr/bin/env bash
# Runs the tests, and at the end says again which failed and why: among hundreds of lines nobody finds them.
#
#   Tools/test.sh [options of 'swift test']
set -uo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
swift test "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
if [ "$status" -ne 0 ]; then
  echo
  echo "test: failed; what went wrong:"
  grep -E '^✘ Test .* recorded an issue|^↳|rror: |atal error|rashed' "$log" | cut -c 1-600 | tail -n 40
fi
exit "$status"
