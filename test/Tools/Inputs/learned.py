"""Writes FOLDER/bottleneck.onnx, two linear maps in a row, and matrices: learned.safetensors for rotated.py's model, stretched.safetensors for this one.

    learned.py FOLDER
"""
import json
import os
import struct
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "Import", "Inputs"))
from protos import T, array, graph, info, model, node, write  # noqa: E402

out = sys.argv[1]
random = np.random.default_rng(5)


def save(name, matrices):
    entries, data = {}, b""
    for key, matrix in matrices.items():
        raw = matrix.astype("<f4").tobytes()
        entries[key] = {"dtype": "F32", "shape": list(matrix.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(entries).encode()
    with open(os.path.join(out, name), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def orthogonal(size):
    return np.linalg.qr(random.normal(size=(size, size)))[0]


nodes = [node("MatMul", "x w1", "h", name="first"), node("MatMul", "h w2", "y", name="second")]
weights = [array("w1", random.normal(size=(32, 24))), array("w2", random.normal(size=(24, 8)))]
write(out, "bottleneck.onnx", model(graph(nodes, [info("x", ["n", 32])], [info("y", ["n", 8])], weights)))
np.savez(os.path.join(out, "x.npz"), x=random.normal(size=(5, 32)).astype(np.float32))
save("learned.safetensors", {"up0": orthogonal(128), "down*": orthogonal(32)})
save("stretched.safetensors", {"second": np.eye(24) + 0.1 * random.normal(size=(24, 24))})
