#!/usr/bin/env bash
# Gets ready what a build of Elbo needs: Swift, Debian packages and libtorch.
#
#   Tools/setup.sh [PACKAGE]...   further Debian packages, each with a command of its own name
#
# Each step is skipped when it is done already. libtorch is taken from $LIBTORCH, else from .libtorch/ in the
# checkout, where this script unpacks PyTorch's CPU wheel. Apart from Debian packages, nothing is written
# outside the checkout.
set -euo pipefail
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly torch_version=2.13.0
readonly swift_minimum=6.2
readonly needed_mib=1024
readonly lock_patience=120
readonly scratch=.libtorch.tmp
machine=$(uname -m)

say() { printf 'setup: %s\n' "$*"; }
fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

has_command() { command -v "$1" >/dev/null; }
has_file() { compgen -G "$1" >/dev/null; }
has_library() { has_file "/usr/lib*/$1" || has_file "/usr/lib/*/$1"; }

# Every file this script makes is born here, and what is not moved out goes when it ends. The folder hides
# itself from git, so that a set-up cut short by a power failure does not show up as a change.
make_scratch() {
  if ! { rm -rf "$scratch" && mkdir "$scratch" && echo '*' >"$scratch/.gitignore"; } 2>/dev/null; then
    fail "$PWD: cannot write here; check the folder's owner and free space, then run: make setup"
  fi
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

# --- Debian packages -----------------------------------------------------------------------------------

missing=()

# require PACKAGE PROBE...: what counts is that the thing is there, whoever installed it.
require() {
  local package=$1
  shift
  "$@" || missing+=("$package")
}

list_missing_packages() {
  require ca-certificates has_file '/etc/ssl/certs/ca-certificates.crt'
  require git has_command git
  # What Swift itself runs and links with.
  require binutils has_command ld
  require libcurl4 has_library libcurl.so.4
  require libncurses6 has_library libncurses.so.6
  require libsqlite3-0 has_library libsqlite3.so.0
  require libxml2 has_library libxml2.so.2
  # What Elbo builds and draws with.
  require libc6-dev has_file '/usr/include/stdio.h'
  require libstdc++-12-dev has_file '/usr/include/c++/*/vector'
  require libgloo-dev has_file '/usr/include/gloo/algorithm.h'
  require libpng-dev has_file '/usr/include/png.h'
  require libjpeg-dev has_file '/usr/include/jpeglib.h'
  require zlib1g-dev has_file '/usr/include/zlib.h'
  require gnuplot-nox has_command gnuplot
  require dataset-fashion-mnist has_file '/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz'
  if [ "$1" = fetch ]; then
    find_python || missing+=(python3 python3-pip)
  fi
  local package
  for package in "${@:2}"; do
    require "$package" has_command "$package"
  done
}

python=

# The first Python on PATH that has pip. It only runs pip's download and unpacks an archive.
find_python() {
  local candidate
  if [ -n "$python" ]; then return 0; fi
  while IFS= read -r candidate; do
    if "$candidate" -c 'import pip' >/dev/null 2>&1; then
      python=$candidate
      return 0
    fi
  done < <(type -ap python3)
  return 1
}

install_command() {
  echo "apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
}

as_root=()
become_root() {
  local shell="su -c"
  if [ "$(id -u)" -eq 0 ]; then return 0; fi
  if has_command sudo; then
    shell="sudo sh -c"
    if sudo -n true 2>/dev/null </dev/null; then
      as_root=(sudo -n)
      return 0
    fi
  fi
  fail "Debian packages: ${missing[*]} must be installed by root; run: $shell '$(install_command)'"
}

# apt-get has no option that makes every one of its locks wait, so this does.
apt() {
  local log=$scratch/apt.log waiting=false
  local deadline=$((SECONDS + lock_patience))
  until "${as_root[@]}" env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get "$@" >"$log" 2>&1 </dev/null; do
    if ! grep -q 'Could not get lock\|Unable to acquire the dpkg frontend lock' "$log"; then
      return 1
    elif [ "$SECONDS" -ge "$deadline" ]; then
      fail "Debian packages: another program has held apt's lock for $lock_patience s;" \
        "let it finish, then run: make setup"
    fi
    $waiting || say "Debian packages: another program holds apt's lock; waiting up to $lock_patience s"
    waiting=true
    sleep 2
  done
}

# The first error, else the last line, of what apt-get printed.
apt_says() {
  sed -n 's/^E: //p' "$scratch/apt.log" | head -n 1 | grep . || tail -n 1 "$scratch/apt.log"
}

install_packages() {
  local package
  if [ ${#missing[@]} -eq 0 ]; then
    say "Debian packages: there"
    return 0
  fi
  if ! has_command apt-get; then
    for package in "${missing[@]}"; do
      # Other systems number libraries otherwise, and Swift is asked whether it runs; pictures and one data set
      # go without. Anything else does not build.
      case $package in
        libcurl4 | libncurses6 | libsqlite3-0 | libxml2 | gnuplot-nox | dataset-fashion-mnist) ;;
        *)
          fail "packages: this is no Debian, and what Debian calls ${missing[*]} is missing;" \
            "install it with the system's own package manager, then run: make setup"
          ;;
      esac
    done
    say "packages: this is no Debian; going on without what Debian calls ${missing[*]}"
    return 0
  fi
  become_root
  make_scratch
  say "Debian packages: installing ${missing[*]}"
  # A stale or broken list of one source need not matter to these packages, so installing decides.
  apt update || say "Debian packages: apt-get update failed ($(apt_says)); trying with the lists there are"
  if ! apt install -y --no-install-recommends "${missing[@]}"; then
    fail "Debian packages: $(apt_says); check the network and /etc/apt, then run: $(install_command)"
  fi
}

# --- Swift ---------------------------------------------------------------------------------------------

check_swift() {
  local answer found remedy="get it from https://www.swift.org/install/linux, then run: make setup"
  has_command swift || fail "Swift: no 'swift' on PATH, $swift_minimum or newer is needed; $remedy"
  answer=$(swift --version 2>&1 </dev/null) || fail "Swift: it does not run (${answer%%$'\n'*}); $remedy"
  found=$(sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' <<<"$answer" | head -n 1)
  [ -n "$found" ] || fail "Swift: 'swift --version' says '${answer%%$'\n'*}'; $remedy"
  if [ "$(printf '%s\n' "$swift_minimum" "$found" | sort -V | head -n 1)" != "$swift_minimum" ]; then
    fail "Swift: $found is too old, $swift_minimum or newer is needed; $remedy"
  fi
  say "Swift $found: there"
}

# --- libtorch ------------------------------------------------------------------------------------------

version_of() {
  sed -n 's/^#define TORCH_VERSION_\(MAJOR\|MINOR\|PATCH\) //p' "$1/include/torch/headeronly/version.h" \
    2>/dev/null | paste -s -d .
}

# What the stamp of a complete .libtorch/ says: its version, the machine it is for, the size of each library.
fingerprint() {
  printf 'torch %s %s\n' "$torch_version" "$machine"
  (cd "$1/lib" && stat -c '%s %n' -- *.so*)
}

is_complete() {
  [ -f "$1/stamp" ] && [ -f "$1/include/torch/headeronly/version.h" ] &&
    [ "$(fingerprint "$1" 2>/dev/null)" = "$(cat "$1/stamp")" ]
}

check_given_libtorch() {
  local found remedy
  remedy="point LIBTORCH to a libtorch ${torch_version%.*}, or have it fetched: env -u LIBTORCH make setup"
  case $LIBTORCH in
    /*) ;;
    *) fail "LIBTORCH=$LIBTORCH: not an absolute path; $remedy" ;;
  esac
  [ -d "$LIBTORCH/include/torch" ] || fail "LIBTORCH=$LIBTORCH: has no include/torch; $remedy"
  [ -f "$LIBTORCH/lib/libtorch_cpu.so" ] || fail "LIBTORCH=$LIBTORCH: has no lib/libtorch_cpu.so; $remedy"
  found=$(version_of "$LIBTORCH" || true)
  case $found in
    "${torch_version%.*}".*) say "libtorch $found: there, in $LIBTORCH" ;;
    *) fail "LIBTORCH=$LIBTORCH: is version ${found:-unknown}; $remedy" ;;
  esac
}

check_space() {
  local free_mib
  free_mib=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
  say "libtorch $torch_version: fetching it into .libtorch/ (needs $needed_mib MiB of disk, $free_mib are free)"
  if [ "$free_mib" -lt "$needed_mib" ]; then
    fail "libtorch: $needed_mib MiB of free disk are needed in $PWD, $free_mib are there;" \
      "free some, or set LIBTORCH to a libtorch elsewhere, then run: make setup"
  fi
}

disk_full() {
  fail "libtorch: the disk ran full in $PWD; free $needed_mib MiB, then run: make setup"
}

# The version of Python is the wheel's, not that of the Python that runs: only its C++ part is used. What pip and
# the unpacking say is kept in a variable, since a full disk has no room for a log.
download() {
  local progress=/dev/null
  if [ -t 1 ]; then progress=/dev/stdout; fi
  exec 3>"$progress"
  if pip_log=$(TMPDIR=$PWD/$scratch "$python" -m pip download --no-input --disable-pip-version-check \
    --no-cache-dir --no-deps --only-binary=:all: --implementation cp --python-version 3.11 \
    --platform "manylinux_2_28_$machine" --dest "$scratch/wheel" "$@" "torch==$torch_version+cpu" \
    2>&1 >&3 </dev/null); then
    return 0
  fi
  case $pip_log in
    *'No space left on device'*) disk_full ;;
  esac
  return 1
}

# The last error, else the last line, of what pip printed.
pip_says() {
  sed -n 's/^ERROR: //p' <<<"$pip_log" | tail -n 1 | grep . || tail -n 1 <<<"$pip_log"
}

# Exit status 28 is ENOSPC's number.
unpack() {
  "$python" -I - "$1" "$2" <<'PYTHON'
import errno, sys, zipfile, zlib

wheel, destination = sys.argv[1:]
try:
    with zipfile.ZipFile(wheel) as archive:
        wanted = ("torch/lib/", "torch/include/", "torch/version.py")
        for member in archive.infolist():
            if member.filename.startswith(wanted):
                archive.extract(member, destination)
except OSError as error:
    print(error)
    sys.exit(28 if error.errno == errno.ENOSPC else 1)
except (zipfile.BadZipFile, zlib.error, EOFError) as error:
    print(error)
    sys.exit(1)
PYTHON
}

fetch_libtorch() {
  local wheels reason status=0 fresh=$scratch/unpacked/torch
  case $machine in
    x86_64 | aarch64) ;;
    *) fail "libtorch: no wheel for $machine; build libtorch ${torch_version%.*} and set LIBTORCH to its folder" ;;
  esac
  make_scratch
  check_space
  if ! download; then
    say "libtorch: pip as configured does not get it; trying PyTorch's own index as well"
    download --extra-index-url https://download.pytorch.org/whl/cpu ||
      fail "libtorch: pip cannot get torch==$torch_version+cpu ($(pip_says)); check the network and" \
        "'$python -m pip config list', or set LIBTORCH to a libtorch ${torch_version%.*}, then run: make setup"
  fi
  wheels=("$scratch"/wheel/*.whl)
  say "libtorch $torch_version: unpacking"
  reason=$(unpack "${wheels[0]}" "$scratch/unpacked" 2>&1) || status=$?
  if [ "$status" -eq 28 ]; then disk_full; fi
  if [ "$status" -ne 0 ]; then
    fail "libtorch: ${wheels[0]##*/} cannot be unpacked (${reason##*$'\n'}); run again: make setup"
  fi
  if [ "$(version_of "$fresh" || true)" != "$torch_version" ] || [ ! -f "$fresh/lib/libtorch_cpu.so" ]; then
    fail "libtorch: ${wheels[0]##*/} holds no libtorch $torch_version; check where pip gets it from:" \
      "$python -m pip config list"
  fi
  fingerprint "$fresh" >"$fresh/stamp" || disk_full
  # Two renames, so that .libtorch/ is at every moment the old one, absent, or the new one in full.
  if [ -e .libtorch ] || [ -L .libtorch ]; then mv -T .libtorch "$scratch/old"; fi
  mv -T "$fresh" .libtorch
  say "libtorch $torch_version: there, in .libtorch/"
}

# --- All of it -----------------------------------------------------------------------------------------

# One set-up at a time: the lock is on this script itself, so that it leaves no file behind.
exec 9<"Tools/setup.sh"
if has_command flock && ! flock -n 9; then
  say "another set-up of this checkout is running; waiting for it"
  flock 9
fi

libtorch=fetch
if [ -n "${LIBTORCH:-}" ]; then
  check_given_libtorch
  libtorch=given
elif is_complete .libtorch; then
  libtorch=there
fi
list_missing_packages "$libtorch" "$@"
install_packages
check_swift
case $libtorch in
  fetch)
    find_python || fail "pip: 'python3 -m pip' does not work; install it: apt-get install -y python3-pip"
    fetch_libtorch
    ;;
  there) say "libtorch $torch_version: there, in .libtorch/" ;;
esac
