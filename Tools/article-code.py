#!/usr/bin/env python3
"""Writes the code of the documentation's articles as one Swift file, so that it is compiled with the examples.

    Tools/article-code.py > FILE

Each article's blocks become the body of one function, and their imports the file's.
"""
import pathlib
import re

root = pathlib.Path(__file__).resolve().parent.parent
bodies = []
for path in sorted((root / "Sources/Elbo/Elbo.docc").glob("*.md")):
    blocks = re.findall(r"^```swift\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)
    lines = [line for line in "".join(blocks).splitlines() if not line.startswith("import ")]
    if lines:
        body = "\n".join("  " + line if line else "" for line in lines)
        bodies.append(f"func {path.stem[0].lower()}{path.stem[1:]}() throws {{\n{body}\n}}\n")
print("// Made by Tools/article-code.py of the articles in Sources/Elbo/Elbo.docc.")
print("import Elbo\nimport ElboDistributions\nimport Torch\n")
print("\n".join(bodies), end="")
