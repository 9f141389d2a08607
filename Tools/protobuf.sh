#!/usr/bin/env bash
# Writes the Swift of the .proto files, which is committed beside them.
#
# Debian's protoc reads them; the generator is built from the package that the program links, once, into .build/.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v protoc >/dev/null || Tools/setup.sh protobuf-compiler
generator=.build/protobuf/debug/protoc-gen-swift
if ! [ -x "$generator" ]; then
  swift package --security-path .build/security resolve
  swift build --package-path .build/checkouts/swift-protobuf --scratch-path .build/protobuf --product protoc-gen-swift
fi
for file in Sources/ElboFormats/*/*.proto; do
  folder=$(dirname "$file")
  protoc --plugin="$generator" --proto_path="$folder" --swift_out="$folder" "$(basename "$file")"
done
