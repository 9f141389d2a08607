#!/usr/bin/env bash
# Runs tests under sanitisers, each in a build of its own: the shim's under the address and undefined-behaviour
# sanitisers, those of what works with several threads under the thread sanitiser.
#
#   Tools/sanitise.sh [address|undefined|thread]...    all of them
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

sanitisers=("$@")
if [ ${#sanitisers[@]} -eq 0 ]; then sanitisers=(address undefined thread); fi

# libtorch's own symbols are of one kind in its libraries and of another here; Swift's runtime keeps what it allocates.
export ASAN_OPTIONS=detect_leaks=0:detect_odr_violation=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=halt_on_error=1:suppressions=$PWD/Tools/thread-sanitiser.txt
for sanitiser in "${sanitisers[@]}"; do
  echo "sanitise: $sanitiser"
  case $sanitiser in
    address | undefined) targets=TorchTests filter=TorchTests ;;
    thread)
      targets=CaptureTests,ElboDataTests,ElboServerTests,ElboTests
      # The fetcher, the writer of checkpoints, streams of events, the server's queue and workers, the pool of threads.
      filter='CaptureTests|BatchFetcherTests|StreamingTests|CheckpointTests|RunFilesTests|TrainingTests|LoadTests|OperationTests'
      ;;
    *)
      echo "sanitise: $sanitiser: not one of address, undefined, thread" >&2
      exit 2
      ;;
  esac
  options=(-c release --scratch-path ".build/$sanitiser" --security-path .build/security --sanitize "$sanitiser")
  ELBO_TESTS=$targets swift build "${options[@]}" --product elboPackageTests
  ELBO_TESTS=$targets swift test "${options[@]}" --skip-build --disable-xctest --filter "$filter"
done
