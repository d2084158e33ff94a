#!/usr/bin/env python3
# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a copy of nibble_lm that is equal in f32 and whose residual stream lies
in its own principal axes: principal_axes.py SRC_DIR OUT_DIR

An orthogonal Q turns what the embedding and each o and down projection write,
and its transpose what the q, k, v, gate, up and head projections read; before
that the gains of the norms go into these readers, as an RMS norm alone commutes
with any orthogonal map. Q holds the eigenvectors of the stream's Gram matrix, of
rows as the norms scale them, over calibration text. So a few channels are as
large as the whole stream, in activations and not by a gain: dividing them is
paid for by their weights, which are as large as the others'.

The check: logits of lm_plain by ONNX Runtime before and after, their largest
difference relative to the largest magnitude.
"""
import os
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx

sys.path.insert(0, str(Path(__file__).resolve().parent))
import data  # noqa: E402
import models  # noqa: E402

GRAPH, WEIGHTS = "lm_plain.onnx", "lm_weights.bin"
# Q is orthogonal: what differs is the rounding of f32.
BOUND = 1e-5
WRITERS = re.compile(r"embed_tokens\.weight|(o_proj|down_proj)\.weight_t")
READERS = {"input_layernorm": r"self_attn\.[qkv]_proj",
           "post_attention_layernorm": r"mlp\.(gate|up)_proj"}


def weights_of(folder):
    """{name: array in the weight file, which keeps what is written to it}."""
    graph = onnx.load(folder / GRAPH, load_external_data=False).graph
    stored = np.memmap(folder / WEIGHTS, dtype=np.uint8, mode="r+")
    found = {}
    for tensor in graph.initializer:
        place = {e.key: e.value for e in tensor.external_data}
        if place:
            start, size = int(place["offset"]), int(place["length"])
            found[tensor.name] = stored[start:start + size].view(
                np.float32).reshape(tuple(tensor.dims))
    return found


def stream_names(graph):
    """All values of the residual stream: the first operand of what a norm
    divides by its root mean square."""
    return sorted({node.input[0] for node in graph.node
                   if node.op_type == "Div" and "norm/" in node.name})


def stream_axes(folder, count=16, length=256):
    """Columns: the principal axes of the stream, the largest first."""
    import onnxruntime
    model = onnx.load(folder / GRAPH)
    names = stream_names(model.graph)
    if not names:
        raise ValueError(f"{GRAPH} has no norm whose input can be seen")
    model.graph.output.extend(onnx.ValueInfoProto(name=n) for n in names)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"])
    gram = 0
    for row in data.lm_tokens("calibration", count, length):
        for value in session.run(names, {"input_ids": row[None]}):
            rows = value[0].astype(np.float64)
            rows /= np.sqrt((rows**2).mean(1, keepdims=True))
            gram = gram + rows.T @ rows
    sizes, axes = np.linalg.eigh(gram)
    return np.sqrt(sizes[::-1] / sizes.mean()), axes[:, ::-1]


def turn(weights, axes):
    """Both in f64, rounded once."""
    def layer_of(name):
        return name.rsplit(".", 2)[0] if "layernorm" in name else ""

    def scale_rows(pattern, gain):
        for name, weight in weights.items():
            if re.fullmatch(pattern, name):
                weight[:] = weight * gain[:, None].astype(np.float64)

    for name in [n for n in weights if n.endswith("norm.weight")]:
        gain = weights[name].copy()
        layer, kind = layer_of(name), name.split(".")[-2]
        if kind in READERS:
            scale_rows(rf"{re.escape(layer)}\.{READERS[kind]}\.weight_t", gain)
        else:
            scale_rows(r"lm_head\.weight_t", gain)
        weights[name][:] = 1
    for name, weight in weights.items():
        if WRITERS.search(name):
            weight[:] = weight.astype(np.float64) @ axes
        elif name.endswith("weight_t"):
            weight[:] = axes.T @ weight.astype(np.float64)


def difference(before, after, count=2, length=256):
    worst = 0.0
    sessions = [models.ort_session(folder / GRAPH) for folder in (before, after)]
    for row in data.lm_tokens("held_wiki", count, length):
        want, got = (s({"input_ids": row[None]})["logits"] for s in sessions)
        worst = max(worst, float(np.abs(got - want).max() / np.abs(want).max()))
    return worst


def inject(source, out):
    """(largest relative difference of logits, deviations of the channels)."""
    source, out = Path(source), Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.is_file():
            # Not its permissions: the weights are written to.
            shutil.copyfile(path, out / path.name)
    sizes, axes = stream_axes(source)
    weights = weights_of(out)
    turn(weights, axes)
    next(iter(weights.values())).base.flush()
    return difference(source, out), sizes


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    error, sizes = inject(*sys.argv[1:])
    largest = ", ".join(f"{s:.1f}" for s in sizes[:4])
    print(f"largest channels {largest} times the mean channel -> "
          f"{os.path.relpath(sys.argv[2])}")
    print(f"logits differ by {error:.1e}, at most {BOUND:.0e}")
    return error > BOUND


if __name__ == "__main__":
    sys.exit(main())
