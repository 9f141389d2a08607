#!/usr/bin/env python3
"""Names the public symbols in a folder of symbol graphs that have no documentation; exits 1 if there are any."""
import json
import pathlib
import sys

missing = []
count = 0
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.symbols.json")):
    for symbol in json.loads(path.read_text())["symbols"]:
        count += 1
        # What the compiler made has no place in a source.
        if "docComment" in symbol or "location" not in symbol:
            continue
        place = symbol["location"]
        file = place["uri"].removeprefix("file://").split("/Sources/")[-1]
        missing.append(f"Sources/{file}:{place['position']['line'] + 1}: {'.'.join(symbol['pathComponents'])}")
for line in sorted(missing):
    print(f"docs: {line}: no documentation", file=sys.stderr)
print(f"docs: {count} public symbols, {len(missing)} without documentation")
sys.exit(bool(missing) or count == 0)
