#!/usr/bin/env bash
# Makes the Python environment that the tests of formats read files with, under .interop/.
#
# It is made once; remove .interop/ to have it made again. pip is used as it is configured; where that has no CPU build
# of PyTorch, PyTorch's public index is asked as well. Where it cannot be made, this says so and succeeds: those tests
# are skipped then.
set -uo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
readonly torch_index=https://download.pytorch.org/whl/cpu
readonly packages=(numpy==2.4.6 onnx==1.23.2 onnxruntime==1.31.1 tensorboard==2.21.0 pandas==3.1.1
  safetensors==0.8.0 pyyaml torch==2.13.0+cpu)

[ -e .interop/ready ] && exit 0
skip() {
  echo "interop: $*; the tests with other programs are skipped" >&2
  rm -rf .interop/venv
  exit 0
}
echo "interop: installing ${packages[*]} into .interop/" >&2
mkdir -p .interop
python3 -m venv .interop/venv || skip "python3 -m venv does not work"
install() { .interop/venv/bin/python -m pip install --quiet --no-compile --disable-pip-version-check "$@"; }
install "${packages[@]}" || install --extra-index-url "$torch_index" "${packages[@]}" || skip "pip cannot install them"
touch .interop/ready
