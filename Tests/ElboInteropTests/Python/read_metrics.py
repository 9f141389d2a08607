"""Reads a run's metrics.jsonl with one call of pandas, and prints what came of it as JSON."""
import json
import sys

import pandas

frame = pandas.read_json(sys.argv[1], lines=True)
test = frame[frame["phase"] == "test"]
print(
    json.dumps(
        {
            "rows": len(frame),
            "types": {name: str(kind) for name, kind in frame.dtypes.items()},
            "phases": sorted(frame["phase"].unique()),
            "steps": frame["step"].tolist(),
            "elbo": test["elbo"].tolist(),
        }
    )
)
