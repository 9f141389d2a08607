#!/usr/bin/env bash
# Runs tests under sanitisers, each in a build of its own: those of the shim and of the kernels under the address and
# undefined-behaviour sanitisers, those of what works with several threads under the thread sanitiser.
#
#   Tools/sanitise.sh [address|undefined|thread]...    all of them
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

sanitisers=("$@")
if [ ${#sanitisers[@]} -eq 0 ]; then sanitisers=(address undefined thread); fi

# libtorch's own symbols are of one kind in its libraries and of another here; Swift's runtime keeps what it allocates;
# tests ask for more memory than there is.
export ASAN_OPTIONS=detect_leaks=0:detect_odr_violation=0:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=halt_on_error=1:suppressions=$PWD/Tools/thread-sanitiser.txt
for sanitiser in "${sanitisers[@]}"; do
  echo "sanitise: $sanitiser"
  flags=(--sanitize "$sanitiser")
  case $sanitiser in
    address) targets=TorchTests,CaptureTests filter='TorchTests|CaptureTests' ;;
    undefined)
      targets=TorchTests,CaptureTests filter='TorchTests|CaptureTests'
      # Swift has no such sanitiser, and does not link its runtime: it is for the C++ alone.
      runtime=$(find "$(dirname "$(readlink -f "$(command -v swift)")")/.." -name libclang_rt.ubsan_standalone-x86_64.a -o \
        -name libclang_rt.ubsan_standalone-aarch64.a | head -n 1)
      [ -n "$runtime" ] || { echo "sanitise: this toolchain has no runtime of the undefined-behaviour sanitiser" >&2; exit 1; }
      flags=(-Xcxx -fsanitize=undefined -Xcxx -fno-sanitize=vptr -Xlinker "$runtime")
      ;;
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
  options=(-c release --scratch-path ".build/$sanitiser" --security-path .build/security "${flags[@]}")
  ELBO_TESTS=$targets swift build "${options[@]}" --product elboPackageTests
  ELBO_TESTS=$targets swift test "${options[@]}" --skip-build --disable-xctest --filter "$filter"
done
