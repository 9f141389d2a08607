"""Reads TensorBoard's event files in a folder as TensorBoard does, and prints them as JSON."""
import hashlib
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0, "histograms": 0, "tensors": 0})
events.Reload()
tags = events.Tags()
print(
    json.dumps(
        {
            "scalars": {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags["scalars"]},
            "images": {
                tag: [
                    [e.step, e.width, e.height, hashlib.sha256(e.encoded_image_string).hexdigest()]
                    for e in events.Images(tag)
                ]
                for tag in tags["images"]
            },
            "histograms": {
                tag: [
                    [e.step, h.min, h.max, h.num, h.sum, sum(h.bucket), len(h.bucket_limit)]
                    for e in events.Histograms(tag)
                    for h in [e.histogram_value]
                ]
                for tag in tags["histograms"]
            },
        }
    )
)
