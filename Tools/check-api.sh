#!/usr/bin/env bash
# Has schemathesis ask a server of two runs, one of them with classes, all that its OpenAPI document allows and much that
# it does not, with all checks: no 5xx, no answer that the document does not tell of. Extra arguments go to schemathesis.
#
#   Tools/check-api.sh [option of schemathesis]...
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

root=$PWD
elbo=${ELBO:-.build/release/elbo}
tools=.build/check-api
if ! "$tools/bin/st" --version >/dev/null 2>&1; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check 'schemathesis>=4.32,<5'
fi

scratch=$(mktemp -d)
server=
clean_up() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
  rm -rf "$scratch"
}
trap clean_up EXIT

small=(--quiet --set data.name=drawn-digits --set data.size=8 --set data.count=100 --set "encoder.hidden=[8]"
  --set "decoder.hidden=[8]" --set training.batchSize=20 --set training.steps=10 --set latent.dimension=2)
"$elbo" train vae-fashion "${small[@]}" --out "$scratch/plain"
"$elbo" train cvae-mnist "${small[@]}" --out "$scratch/classes"

# It leaves a folder of its own where it runs. A token, so that what asks without one is checked as well.
token=check-api-token
ELBO_SERVE_TOKEN=$token "$elbo" serve "$scratch/plain" "$scratch/classes" --port 0 --threads 1 >"$scratch/address" &
server=$!
for _ in $(seq 100); do
  if [ -s "$scratch/address" ]; then break; fi
  sleep 0.1
done
address=$(head -n 1 "$scratch/address")
(cd "$scratch" && "$root/$tools/bin/st" --config-file "$root/Tools/check-api.toml" run "$address/openapi.json" --header "Authorization: Bearer $token" --checks all --seed 1 --continue-on-failure \
  --phases examples,coverage,fuzzing,stateful --suppress-health-check all "$@")
kill -TERM "$server"
wait "$server"
server=
