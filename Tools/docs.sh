#!/usr/bin/env bash
# Checks that every public symbol of the libraries is documented, and builds the documentation into .build/docs, with
# warnings as errors.
#
#   Tools/docs.sh     reads what 'swift build -c release' made
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly modules=(Torch ElboDistributions ElboData Elbo ElboFigures ElboFormats ElboServer)
readonly built=.build/release graphs=.build/docs-symbols site=.build/docs
if [ ! -f "$built/Modules/Elbo.swiftmodule" ]; then
  echo "docs: $built/Modules: not there; run: make build" >&2
  exit 1
fi

rm -rf "$graphs" "$site"
mkdir -p "$graphs"
maps=()
for map in "$built"/*.build/module.modulemap Sources/*/module.modulemap \
  .build/checkouts/*/Sources/*/include/module.modulemap; do
  maps+=(-Xcc "-fmodule-map-file=$PWD/$map")
done
target=$(swift -print-target-info | python3 -c 'import json, sys; print(json.load(sys.stdin)["target"]["triple"])')
for module in "${modules[@]}"; do
  swift symbolgraph-extract -module-name "$module" -I "$built/Modules" -target "$target" \
    -minimum-access-level public -skip-synthesized-members -output-dir "$graphs" "${maps[@]}"
done
python3 Tools/undocumented.py "$graphs"

# What a page says of another module's symbol stands as code: each module is a site of its own within one archive.
docc convert Sources/Elbo/Elbo.docc --additional-symbol-graph-dir "$graphs" --warnings-as-errors \
  --fallback-display-name Elbo --fallback-bundle-identifier elbo --output-path "$site" \
  --transform-for-static-hosting
echo "docs: $site; look at them with: python3 -m http.server --directory $site   (open /documentation/elbo)"
