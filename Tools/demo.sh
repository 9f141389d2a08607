#!/usr/bin/env bash
# Trains two presets in full, judges them, draws their figures, and says where the reports are.
#
#   Tools/demo.sh     runs .build/release/elbo; its output, demo/PRESET, takes the place of an earlier demo's
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly presets=(avb-four-points vae-fashion)
readonly elbo=.build/release/elbo
if [ ! -x "$elbo" ]; then
  echo "demo: $elbo: not there; run: make build" >&2
  exit 1
fi

for preset in "${presets[@]}"; do
  echo "demo: training $preset"
  rm -rf "demo/$preset"
  "$elbo" train "$preset" --out "demo/$preset"
  echo "demo: drawing the figures of $preset"
  "$elbo" figures "demo/$preset"
  echo "demo: evaluating $preset"
  "$elbo" evaluate "demo/$preset"
done

for preset in "${presets[@]}"; do
  if [ ! -s "demo/$preset/report.html" ]; then
    echo "demo: demo/$preset/report.html: not there, though 'elbo figures' said it was done" >&2
    exit 1
  fi
done
echo "demo: done in $((SECONDS / 60)) min $((SECONDS % 60)) s; open the reports in a browser:"
for preset in "${presets[@]}"; do
  echo "  $PWD/demo/$preset/report.html"
done
