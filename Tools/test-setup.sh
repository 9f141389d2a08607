#!/usr/bin/env bash
# Tests Tools/setup.sh, its ways to fail above all: each must end in one line that says what to do, and leave
# nothing half-done behind.
#
#   Tools/test-setup.sh
#
# Every case runs the real script in a small checkout of its own, whose path has a space in it, with pip getting
# a small wheel of the right name from a folder. PATH is a folder of links to this machine's commands, in which a
# case leaves out or replaces what it is about. What needs root (a full disk) or pip is skipped without.
set -uo pipefail
unset CDPATH LIBTORCH PIP_EXTRA_INDEX_URL PIP_CONSTRAINT
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

work=$(mktemp -d) || exit 1
chmod 755 "$work"
mounted=
clean_up() {
  if [ -n "$mounted" ]; then umount "$mounted" || exit 1; fi
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

readonly script=$PWD/Tools/setup.sh
machine=$(uname -m)
passed=0 failed=0 skipped=0

# --- A machine of one's own ----------------------------------------------------------------------------

# command_named NAME: makes a program of that name, from standard input, in the case's PATH.
command_named() {
  rm -f "$case_path/$1"
  cat >"$case_path/$1"
  chmod 755 "$case_path/$1"
}
without() { rm -f "${@/#/$case_path/}"; }

# wheel [OPTION]...: the wheel that pip finds; see the Python for the options.
wheel() {
  mkdir -p "$case/wheels"
  "$real_python" -I - "$case/wheels" "$machine" "$@" <<'PYTHON'
import sys, zipfile

folder, machine, *options = sys.argv[1:]
path = f"{folder}/torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_{machine}.whl"
header = "".join(
    f"#define TORCH_VERSION_{name} {number}\n"
    for name, number in (("MAJOR", 2), ("MINOR", 12 if "--other-version" in options else 13), ("PATCH", 0))
)
library = b"library " * 64
with zipfile.ZipFile(path, "w") as archive:
    archive.writestr("torch/include/torch/headeronly/version.h", header)
    archive.writestr("torch/lib/libc10.so", library)
    archive.writestr("torch/lib/libtorch_cpu.so", library)
    archive.writestr("torch/version.py", "__version__ = '2.13.0+cpu'\n")
    archive.writestr("torch/nn/functional.py", "")
    if "--large" in options:
        method = zipfile.ZIP_DEFLATED if "--compressed" in options else zipfile.ZIP_STORED
        archive.writestr("torch/lib/libtorch.so", bytes(32 << 20), method)
    info = "torch-2.13.0+cpu.dist-info"
    archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0+cpu\n")
    archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-none\n")
    archive.writestr(f"{info}/RECORD", "")
if "--corrupt" in options:
    with open(path, "r+b") as archive:
        content = archive.read()
        archive.seek(content.index(library) + 100)
        archive.write(b"X")
PYTHON
}

# A folder that passes for a libtorch of the version given.
libtorch_folder() {
  mkdir -p "$1/include/torch/headeronly" "$1/lib"
  printf '#define TORCH_VERSION_%s\n' "MAJOR 2" "MINOR $2" "PATCH 0" >"$1/include/torch/headeronly/version.h"
  echo library >"$1/lib/libtorch_cpu.so"
}

# set_up [NAME=VALUE]...: runs the case's set-up; its output is in $output and its status in $status.
set_up() {
  output=$(cd "$work" && env "PATH=$case_path" "PIP_CONFIG_FILE=/dev/null" PIP_NO_INDEX=1 PIP_RETRIES=0 \
    "PIP_FIND_LINKS=file://${case// /%20}/wheels" "$@" "$checkout/Tools/setup.sh" 2>&1 </dev/null)
  status=$?
}

problem() { problems+=("$1"); }

# The last line is the one a person reads: an error, or what was reached.
ends_with() { # STATUS TEXT
  local last=${output##*$'\n'}
  [ "$status" -eq "$1" ] || problem "exit status $status, not $1"
  [[ $last == setup:*"$2"* ]] || problem "the last line does not say '$2'"
}
says() { [[ $output == *"$1"* ]] || problem "the output does not say '$1'"; }
says_not() { [[ $output != *"$1"* ]] || problem "the output says '$1'"; }

# holds NAME...: the checkout holds just these, and Tools.
holds() {
  local expected found
  expected=$(printf '%s\n' Tools "$@" | sort)
  found=$(find "$checkout" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort)
  [ "$found" = "$expected" ] || problem "the checkout holds: ${found//$'\n'/ }"
}
has_libtorch() {
  holds .libtorch
  [ "$(find "$checkout/.libtorch" -type f -printf '%P\n' | sort | paste -s -d ' ')" = \
    "include/torch/headeronly/version.h lib/libc10.so lib/libtorch_cpu.so stamp version.py" ] ||
    problem ".libtorch holds: $(cd "$checkout" && find .libtorch -type f | paste -s -d ' ')"
}

run() { # NAME FUNCTION
  local status=0 output="" problems=() item
  case=$work/$2
  case_path=$case/bin
  checkout="$case/a checkout"
  mkdir -p "$checkout/Tools"
  cp -r "$work/commands" "$case_path"
  cp "$script" "$checkout/Tools/setup.sh"
  "$2"
  if [ ${#problems[@]} -eq 0 ]; then
    passed=$((passed + 1))
    printf 'ok    %s\n' "$1"
  else
    failed=$((failed + 1))
    printf 'FAIL  %s\n' "$1"
    for item in "${problems[@]}"; do printf '        %s\n' "$item"; done
    printf '      | %s\n' "${output//$'\n'/$'\n      | '}"
  fi
}

skip() { # NAME REASON
  skipped=$((skipped + 1))
  printf 'skip  %s: %s\n' "$1" "$2"
}

# What the set-up may take for granted, and no command that could change this machine.
mkdir "$work/commands"
for name in awk bash cat df dirname env flock git grep head id kill ld mkdir mv paste rm sed setpriv sh sleep sort \
  stat tail touch true uname; do
  ln -s "$(type -P "$name")" "$work/commands/$name"
done
real_python=$(python3 -I -c 'import sys; print(sys.executable)' 2>/dev/null) || real_python=
case_path=$work/commands
command_named swift <<<$'#!/bin/sh\necho "Swift version 6.3.1 (swift-6.3.1-RELEASE)"'
command_named gnuplot <<<$'#!/bin/sh'
command_named apt-get <<<$'#!/bin/sh\necho "apt-get $*: not in this test" >&2\nexit 99'
command_named python3 <<<$'#!/bin/sh\nexec "'"$real_python"$'" "$@"'

# --- Cases that need no pip ----------------------------------------------------------------------------

given_libtorch() {
  libtorch_folder "$case/torch" 13
  set_up "LIBTORCH=$case/torch"
  ends_with 0 "Swift 6.3.1: there"
  says "Debian packages: there"
  says "libtorch 2.13.0: there, in $case/torch"
  holds
}
libtorch_elsewhere() {
  mkdir "$case/empty"
  set_up "LIBTORCH=$case/empty"
  ends_with 1 "has no include/torch; point LIBTORCH to a libtorch 2.13, or have it fetched: env -u LIBTORCH make setup"
  holds
}
libtorch_of_another_version() {
  libtorch_folder "$case/torch" 4
  set_up "LIBTORCH=$case/torch"
  ends_with 1 "is version 2.4.0; point LIBTORCH to a libtorch 2.13"
  holds
}
libtorch_without_libraries() {
  libtorch_folder "$case/torch" 13
  rm "$case/torch/lib/libtorch_cpu.so"
  set_up "LIBTORCH=$case/torch"
  ends_with 1 "has no lib/libtorch_cpu.so; point LIBTORCH"
}
relative_libtorch() {
  libtorch_folder "$checkout/torch" 13
  set_up LIBTORCH=torch
  ends_with 1 "LIBTORCH=torch: not an absolute path; point LIBTORCH"
}
no_swift() {
  without swift
  set_up
  ends_with 1 "no 'swift' on PATH, 6.2 or newer is needed; get it from https://www.swift.org/install/linux"
  holds
}
old_swift() {
  command_named swift <<<$'#!/bin/sh\necho "Swift version 6.1.2 (swift-6.1.2-RELEASE)"'
  set_up
  ends_with 1 "6.1.2 is too old, 6.2 or newer is needed; get it from"
}
swift_that_does_not_run() {
  command_named swift <<<$'#!/bin/sh\necho "swift: error while loading shared libraries: libx.so: cannot open" >&2\nexit 127'
  libtorch_folder "$case/torch" 13
  set_up "LIBTORCH=$case/torch"
  ends_with 1 "it does not run (swift: error while loading shared libraries: libx.so: cannot open); get it from"
}
newer_swift() {
  command_named swift <<<$'#!/bin/sh\necho "Swift version 6.10 (swift-6.10-RELEASE)"'
  libtorch_folder "$case/torch" 13
  set_up "LIBTORCH=$case/torch"
  ends_with 0 "Swift 6.10: there"
}
not_root() {
  without gnuplot
  libtorch_folder "$case/torch" 13
  # A person who is not root is that already; root becomes nobody.
  if [ "$(id -u)" -eq 0 ]; then
    chmod -R a+rX "$case"
    command_named bash <<<$'#!/bin/sh\nexec setpriv --reuid 65534 --regid 65534 --clear-groups /bin/bash "$@"'
  fi
  set_up "LIBTORCH=$case/torch"
  ends_with 1 "gnuplot-nox must be installed by root; run: su -c 'apt-get update && apt-get install -y --no-install-recommends gnuplot-nox'"
  holds
}
sudo_that_asks() {
  without gnuplot
  command_named sudo <<<$'#!/bin/sh\nexit 1'
  command_named id <<<$'#!/bin/sh\necho 1000'
  libtorch_folder "$case/torch" 13
  set_up "LIBTORCH=$case/torch"
  ends_with 1 "run: sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends gnuplot-nox'"
}
sudo_that_does_not_ask() {
  without gnuplot
  # sudo -n COMMAND...
  command_named sudo <<<$'#!/bin/sh\nshift\nAS_ROOT=1 exec "$@"'
  command_named id <<<$'#!/bin/sh\necho 1000'
  command_named apt-get <<<$'#!/bin/sh\n[ -n "$AS_ROOT" ] && echo "$*" >>"'"$case"$'/calls"'
  libtorch_folder "$case/torch" 13
  set_up "LIBTORCH=$case/torch"
  ends_with 0 "Swift 6.3.1: there"
  says "Debian packages: installing gnuplot-nox"
  [ "$(paste -s -d / "$case/calls")" = "update/install -y --no-install-recommends gnuplot-nox" ] ||
    problem "apt-get was called with: $(cat "$case/calls" 2>&1)"
  holds
}
as_if_root() { command_named id <<<$'#!/bin/sh\necho 0'; }
apt_without_network() {
  without gnuplot
  as_if_root
  command_named apt-get <<<$'#!/bin/sh\necho "E: Failed to fetch http://deb.example/gnuplot-nox.deb"\nexit 100'
  libtorch_folder "$case/torch" 13
  set_up "LIBTORCH=$case/torch"
  says "apt-get update failed"
  ends_with 1 "Failed to fetch http://deb.example/gnuplot-nox.deb; check the network and /etc/apt, then run: apt-get update && apt-get install"
  holds
}
apt_in_use() {
  without gnuplot
  as_if_root
  command_named apt-get <<EOS
#!/bin/sh
if [ -e '$case/released' ]; then exit 0; fi
touch '$case/released'
echo 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1 (apt-get)'
exit 100
EOS
  command_named sleep <<<$'#!/bin/sh'
  libtorch_folder "$case/torch" 13
  set_up "LIBTORCH=$case/torch"
  says "another program holds apt's lock; waiting up to 120 s"
  [ "$status" -eq 0 ] || problem "exit status $status"
  holds
}
another_system() {
  without apt-get gnuplot
  libtorch_folder "$case/torch" 13
  set_up "LIBTORCH=$case/torch"
  ends_with 0 "Swift 6.3.1: there"
  says "this is no Debian; going on without what Debian calls gnuplot-nox"
}
another_system_that_cannot_build() {
  without apt-get git
  libtorch_folder "$case/torch" 13
  set_up "LIBTORCH=$case/torch"
  ends_with 1 "this is no Debian, and what Debian calls git is missing; install it with the system's own package manager"
}
no_pip() {
  command_named python3 <<<$'#!/bin/sh\necho "No module named pip" >&2\nexit 1'
  # Root would install it.
  command_named id <<<$'#!/bin/sh\necho 1000'
  set_up
  ends_with 1 "apt-get install -y --no-install-recommends python3 python3-pip'"
  holds
}
no_writing() {
  command_named mkdir <<<$'#!/bin/sh\necho "mkdir: Permission denied" >&2\nexit 1'
  command_named python3 <<<$'#!/bin/sh'
  set_up
  ends_with 1 "$checkout: cannot write here; check the folder's owner and free space, then run: make setup"
  holds
}
another_processor() {
  command_named uname <<<$'#!/bin/sh\necho riscv64'
  command_named python3 <<<$'#!/bin/sh'
  set_up
  ends_with 1 "no wheel for riscv64; build libtorch 2.13 and set LIBTORCH to its folder"
  holds
}

run "a libtorch of one's own is taken, and nothing is fetched" given_libtorch
run "LIBTORCH: a folder that is something else" libtorch_elsewhere
run "LIBTORCH: another version" libtorch_of_another_version
run "LIBTORCH: headers without libraries" libtorch_without_libraries
run "LIBTORCH: a relative path" relative_libtorch
run "no Swift" no_swift
run "a Swift that is too old" old_swift
run "a Swift that does not run" swift_that_does_not_run
run "versions of Swift compare as numbers" newer_swift
if [ "$(id -u)" -eq 0 ] && ! setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$work"; then
  skip "packages are missing, not root" "user 'nobody' cannot enter $work"
else
  run "packages are missing, not root" not_root
fi
run "packages are missing, sudo wants a password" sudo_that_asks
run "packages are missing, sudo wants no password" sudo_that_does_not_ask
run "apt has no network" apt_without_network
run "another program holds apt's lock for a while" apt_in_use
run "not Debian, and only pictures and data are missing" another_system
run "not Debian, and something to build with is missing" another_system_that_cannot_build
run "no pip" no_pip
run "a checkout that cannot be written to" no_writing
run "a processor without a wheel" another_processor

# --- Cases with pip ------------------------------------------------------------------------------------

from_nothing() {
  wheel
  set_up
  ends_with 0 "libtorch 2.13.0: there, in .libtorch/"
  has_libtorch
  command_named python3 <<<$'#!/bin/sh\nexit 1'
  set_up
  ends_with 0 "libtorch 2.13.0: there, in .libtorch/"
  says_not fetching
}
damaged_libtorch() {
  wheel
  set_up
  echo x >"$checkout/.libtorch/lib/libtorch_cpu.so"
  set_up
  says fetching
  ends_with 0 "there, in .libtorch/"
  has_libtorch
}
no_network() {
  set_up PIP_NO_INDEX=0 PIP_INDEX_URL=http://127.0.0.1:9/simple \
    http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 no_proxy=
  says "pip as configured does not get it; trying PyTorch's own index as well"
  ends_with 1 "pip cannot get torch==2.13.0+cpu (No matching distribution found for torch==2.13.0+cpu); check the network"
  holds
}
corrupt_wheel() {
  wheel --corrupt
  set_up
  ends_with 1 "cannot be unpacked (Bad CRC-32 for file 'torch/lib/libc10.so'); run again: make setup"
  holds
}
wheel_of_another_version() {
  wheel --other-version
  set_up
  ends_with 1 "holds no libtorch 2.13.0; check where pip gets it from"
  holds
}
# Only the last rename runs 'mv' here, so these stop the set-up just before it.
killed() {
  wheel
  command_named mv <<<$'#!/bin/sh\nkill -KILL $PPID'
  set_up
  [ "$status" -eq 137 ] || problem "exit status $status, not 137"
  holds .libtorch.tmp
  cp -P "$work/commands/mv" "$case_path/mv"
  set_up
  ends_with 0 "there, in .libtorch/"
  has_libtorch
}
interrupted() {
  wheel
  command_named mv <<<$'#!/bin/sh\nkill -TERM $PPID'
  set_up
  [ "$status" -eq 143 ] || problem "exit status $status, not 143"
  holds
}
two_at_once() {
  wheel
  local first
  (set_up && exit "$status") &
  first=$!
  set_up
  wait "$first" || problem "the other one: exit status $?"
  ends_with 0 "there, in .libtorch/"
  has_libtorch
}
little_space() {
  wheel
  command_named df <<<$'#!/bin/sh\nprintf "Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/x 9 9 51200 9%% /\\n"'
  set_up
  ends_with 1 "1024 MiB of free disk are needed in $checkout, 50 are there; free some"
  holds
}
# The disk fills up after its free space was looked at.
full_disk() {
  wheel "$@"
  command_named df <<<$'#!/bin/sh\nprintf "Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/x 9 9 9999999 9%% /\\n"'
  mount -t tmpfs -o size=16m tmpfs "$checkout" || return
  mounted=$checkout
  mkdir "$checkout/Tools"
  cp "$script" "$checkout/Tools/setup.sh"
  set_up
  ends_with 1 "the disk ran full in $checkout; free 1024 MiB, then run: make setup"
  holds
  umount "$checkout" && mounted=
}
full_disk_downloading() {
  full_disk --large
  says_not unpacking
}
full_disk_unpacking() {
  full_disk --large --compressed
  says unpacking
}
can_mount() {
  mkdir -p "$work/mount" && mount -t tmpfs -o size=1m tmpfs "$work/mount" 2>/dev/null && umount "$work/mount"
}

if [ -n "$real_python" ] && "$real_python" -m pip --version >/dev/null 2>&1; then
  run "from nothing to a complete .libtorch, once" from_nothing
  run "a damaged .libtorch is fetched again" damaged_libtorch
  run "pip has no network" no_network
  run "a corrupt wheel" corrupt_wheel
  run "a wheel of another version" wheel_of_another_version
  run "killed before the end, then run again" killed
  run "interrupted before the end" interrupted
  run "two set-ups at once" two_at_once
  run "too little disk space" little_space
  if can_mount; then
    run "the disk runs full while pip downloads" full_disk_downloading
    run "the disk runs full while the wheel is unpacked" full_disk_unpacking
  else
    skip "the disk runs full" "a small disk cannot be mounted here"
  fi
else
  skip "fetching libtorch" "no Python with pip"
fi

printf 'set-up: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
