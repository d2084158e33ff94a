# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""statistics.py KEY OUT CHANNELS [dead|zeros]: a file of statistics for one value,
from -0.25 to 4, whose channels reach 1, 2, 3, …; the second one, or all, only 0."""
import json
import sys
from pathlib import Path

key, out, channels, *kind = sys.argv[1:]
value = {"min": -0.25, "max": 4.0, "zeros": 0, "limit": 4.0,
         "positive": [1] * 2048, "negative": [1] * 128,
         "channels": [1.0 + c for c in range(int(channels))]}
if kind == ["dead"]:
    value["channels"][1] = 0.0
if kind == ["zeros"]:
    value.update(min=0.0, max=0.0, zeros=100, limit=0.0, positive=[], negative=[],
                 channels=[0.0] * int(channels))
Path(out).write_text(json.dumps({
    "format": "nibble-statistics-1", "of": Path(key).read_text().strip(),
    "values": {"value": value}}))
