#!/usr/bin/env bash
# Fuzzes the readers of files that strangers make, with the address sanitiser.
#
#   Tools/fuzz.sh [SECONDS] [idx|npy|npz|csv|image|safetensors|yaml]...    600 seconds each, all of them
#
# What it finds stays in .build/fuzz-corpus, with a log; a crash leaves its input there as crash-*, to go to Tests/Corpus.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-600}
readers=("${@:2}")
if [ ${#readers[@]} -eq 0 ]; then readers=(idx npy npz csv image safetensors yaml); fi

ELBO_FUZZ_BUILD=1 swift build -c release --scratch-path .build/fuzz --security-path .build/security \
  --product fuzz-readers -Xswiftc -sanitize=fuzzer,address -Xswiftc -parse-as-library
status=0
for reader in "${readers[@]}"; do
  found=.build/fuzz-corpus/$reader
  mkdir -p "$found"
  echo "fuzz: $reader, $seconds s"
  # Sizes that no memory holds are for the readers to refuse.
  ELBO_FUZZ=$reader ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
    .build/fuzz/release/fuzz-readers "$found" "Tests/Corpus/$reader" -max_total_time="$seconds" -max_len=4096 \
    -rss_limit_mb=4096 -timeout=300 -artifact_prefix="$found/" -print_final_stats=1 >"$found.log" 2>&1 || status=$?
  tail -n 12 "$found.log"
done
rm -f /dev/shm/elbo-fuzz-*
exit "$status"
