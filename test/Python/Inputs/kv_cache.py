# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A cache as a state of the session gives the same bits as the cache as input
and output, over prompts and steps of several lengths and a grown capacity."""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import nibble

HEADS, SIZE = 2, 8
draw = np.random.default_rng(3)


def write_model(path):
    """One layer of attention: q, k, v from x, with a cache of k and v."""
    nodes, weights = [], []

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], name=output,
                                      **attributes))
        return output

    def constant(name, array):
        weights.append(numpy_helper.from_array(array, name))
        return name
    width = HEADS * SIZE
    heads = constant("heads", np.array([0, 0, HEADS, SIZE]))
    parts = {}
    for name in "qkv":
        weight = constant(f"w{name}", draw.standard_normal(
            (width, width), np.float32) / 4)
        flat = node("MatMul", ["x", weight], f"{name}_flat")
        split = node("Reshape", [flat, heads], f"{name}_split")
        parts[name] = node("Transpose", [split], name, perm=[0, 2, 1, 3])
    for name in "kv":
        parts[name] = node("Concat", [f"past_{name}", parts[name]],
                           f"present_{name}", axis=2)
    keys = node("Transpose", [parts["k"]], "kt", perm=[0, 1, 3, 2])
    scores = node("MatMul", [parts["q"], keys], "scores")
    scaled = node("Mul", [scores, constant("scale", np.float32(0.35))], "scaled")
    node("MatMul", [node("Softmax", [scaled], "p", axis=-1), parts["v"]], "y")

    def value(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    cache = ["batch", HEADS, "past", SIZE]
    grown = ["batch", HEADS, "total", SIZE]
    graph = helper.make_graph(
        nodes, "cache",
        [value("x", ["batch", "new", width]), value("past_k", cache),
         value("past_v", cache)],
        [value("y", ["batch", HEADS, "new", SIZE]), value("present_k", grown),
         value("present_v", grown)], weights)
    onnx.save(helper.make_model(graph, opset_imports=[
        helper.make_opsetid("", 17)], ir_version=8), path)


def run(path, kv_cache, steps):
    model = nibble.compile(path, kv_cache=kv_cache, threads=2)
    print(kv_cache, "inputs", sorted(t.name for t in model.inputs if not t.state),
          "states", sorted(t.name for t in model.inputs if t.state))
    session = model.session()
    batch = steps[0].shape[0]
    past = {n: np.zeros((batch, HEADS, 0, SIZE), np.float32)
            for n in ("past_k", "past_v")}
    outputs = []
    for x in steps:
        if kv_cache == "state":
            outputs.append(session({"x": x})["y"])
        else:
            found = session({"x": x, **past})
            past = {"past_k": found["present_k"], "past_v": found["present_v"]}
            outputs.append(found["y"])
    if kv_cache == "state":
        # What the session holds can be asked for.
        print("lengths", session.lengths)
        found = session({"x": steps[-1]}, outputs=["present_k", "present_v"])
        outputs += [found["present_k"], found["present_v"]]
    else:
        found = session({"x": steps[-1], **past})
        outputs += [found["present_k"], found["present_v"]]
    return outputs


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "cache.onnx")
    write_model(path)
    # 40 entries exceed the first capacity, so that the memory is moved once.
    steps = [draw.standard_normal((2, n, HEADS * SIZE), np.float32)
             for n in (5, 1, 1, 40, 1, 3)]
    state, io = (run(path, kind, steps) for kind in ("state", "io"))
    equal = [np.array_equal(a, b) for a, b in zip(state, io, strict=True)]
    print("same bits:", all(equal), "finite:",
          all(np.isfinite(a).all() and a.any() for a in state))
    # Rotated keys are nobody else's; values are the model's own.
    model = nibble.compile(path, kv_cache="state", rotate_kv=True, threads=2)
    print(*model.outputs)
    session = model.session()
    none = np.zeros((2, HEADS, 0, SIZE), np.float32)
    outputs = [session({"x": x, "past_k": none} if i == 0 else {"x": x})["y"]
               for i, x in enumerate(steps)]
    # Rotations of 8 channels, in f32, are within some 2^-20 of numbers near 1.
    print("as if not rotated:", all(
        np.allclose(a, b, atol=1e-5) for a, b in zip(outputs, io)))
    print("all that can be asked for:", sorted(model(steps[0])), flush=True)
    model.save(os.path.join(folder, "rotated.nib"))
    np.save(os.path.join(folder, "x.npy"), steps[0])
    subprocess.run(["nibble", "run", "rotated.nib", "--input", "x=x.npy",
                    "--states"], cwd=folder, check=True, stderr=sys.stdout)
    for ask in (lambda: session({"x": steps[0]}, outputs=["present_k"]),
                lambda: session({"x": steps[0], "past_k": io[-2]})):
        try:
            ask()
        except nibble.Error as error:
            print("error:", error)
    print("still held:", session.lengths)
    try:
        nibble.compile(path, kv_cache="none")
    except nibble.Error as error:
        print("error:", error)
sys.exit(0 if all(equal) else 1)
