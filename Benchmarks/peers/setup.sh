#!/usr/bin/env bash
# Makes the peers' virtual environments under .bench/.
#
#   Benchmarks/peers/setup.sh torch [jax] [tf]
#
# Each is made once; remove .bench/NAME to have it made again. pip is used as it is configured; where that has no CPU
# build of PyTorch, PyTorch's public index is asked as well.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly torch_index=https://download.pytorch.org/whl/cpu

fail() {
  printf 'bench: %s\n' "$*" >&2
  exit 1
}

# install NAME PACKAGE...
install() {
  local name=$1 pip=.bench/$1/bin/python
  shift
  "$pip" -m pip install --quiet --disable-pip-version-check "$@" && return
  [ "$name" = torch ] && "$pip" -m pip install --quiet --disable-pip-version-check \
    --extra-index-url "$torch_index" "$@"
}

# environment NAME IMPORT PACKAGE...
environment() {
  local name=$1 module=$2
  shift 2
  [ -e ".bench/$name/ready" ] && return
  echo "bench: installing $* into .bench/$name" >&2
  mkdir -p .bench
  python3 -m venv ".bench/$name" || fail "python3 -m venv does not work; install it: apt-get install -y python3-venv"
  install "$name" "$@" || fail "pip could not install $*; check the network, then run this again"
  TF_CPP_MIN_LOG_LEVEL=3 ".bench/$name/bin/python" -c "import $module" 2>/dev/null ||
    fail ".bench/$name: $module cannot be imported; remove the folder and run this again"
  touch ".bench/$name/ready"
}

for name in "$@"; do
  case $name in
    torch) environment torch torch torch==2.13.0+cpu numpy setuptools ;;
    jax) environment jax jax 'jax[cpu]==0.10.2' numpy ;;
    tf) environment tf tensorflow tensorflow-cpu==2.21.0 numpy ;;
    *) fail "there is no peer '$name'; there are torch, jax and tf" ;;
  esac
done
