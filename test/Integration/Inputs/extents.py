# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Extents that do not fit each other end a run with a status that names an input; those that fit give ONNX Runtime's outputs.

    extents.py WORK
"""
import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper as h

import nibble

ELEM = {"f": T.FLOAT, "i": T.INT32, "b": T.BOOL}


def model(nodes, inputs, outputs, weights=()):
    infos = [h.make_tensor_value_info(name, ELEM[kind], dims) for name, kind, dims in inputs]
    values = [onnx.ValueInfoProto(name=name) for name in outputs]
    constants = [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in weights]
    graph = h.make_graph(nodes, "extents", infos, values, constants)
    return h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=9)


def floats(*shape):
    return np.random.default_rng(5).standard_normal(shape).astype(np.float32)


def cases():
    """(name, model, feed that fits, feed that does not, parts of the message)"""
    yield ("sum", model([h.make_node("Concat", ["a", "b"], ["c"], axis=0), h.make_node("Add", ["c", "m"], ["y"])],
                        [("a", "f", ["past"]), ("b", "f", ["new"]), ("m", "f", ["total"])], ["y"]),
           {"a": floats(3), "b": floats(2), "m": floats(5)}, {"a": floats(3), "b": floats(2), "m": floats(4)},
           ["past + new = total", "'m'"])
    yield ("groups", model([h.make_node("Reshape", ["x", "s"], ["y"])], [("x", "f", ["n"])], ["y"], [("s", np.array([-1, 4]))]),
           {"x": floats(8)}, {"x": floats(6)}, ["n mod 4 = 0", "dimension 0 of 'x'"])
    yield ("limit", model([h.make_node("Slice", ["x", "s", "e"], ["y"])], [("x", "f", ["n"])], ["y"],
                          [("s", np.array([1])), ("e", np.array([5]))]),
           {"x": floats(9)}, {"x": floats(3)}, ["n >= 5", "dimension 0 of 'x'"])
    recurrent = h.make_node("GRU", ["x", "w", "r", "", "", "h"], ["y", "l"], hidden_size=5)
    yield ("state", model([recurrent], [("x", "f", ["t", "b", 3]), ("h", "f", [1, "other", 5])], ["y", "l"],
                          [("w", floats(1, 15, 3)), ("r", floats(1, 15, 5))]),
           {"x": floats(4, 2, 3), "h": floats(1, 2, 5)}, {"x": floats(4, 2, 3), "h": floats(1, 1, 5)}, ["'h'"])
    yield ("window", model([h.make_node("Conv", ["x", "w"], ["y"])], [("x", "f", [1, 2, "n"])], ["y"], [("w", floats(3, 2, 4))]),
           {"x": floats(1, 2, 6)}, {"x": floats(1, 2, 2)}, ["'x'"])
    # What would be read behind an axis, or in an empty one.
    yield ("element", model([h.make_node("Gather", ["x", "i"], ["y"])], [("x", "f", ["n", 3])], ["y"], [("i", np.array(4))]),
           {"x": floats(5, 3)}, {"x": floats(3, 3)}, ["n >= 5", "dimension 0 of 'x'"])
    yield ("last", model([h.make_node("Gather", ["x", "i"], ["y"])], [("x", "f", ["n", 3])], ["y"], [("i", np.array(-2))]),
           {"x": floats(2, 3)}, {"x": floats(1, 3)}, ["n >= 2", "dimension 0 of 'x'"])
    yield ("chosen", model([h.make_node("Gather", ["x", "i"], ["y"])], [("x", "f", ["n", 3]), ("i", "i", [2])], ["y"]),
           {"x": floats(1, 3), "i": np.zeros(2, np.int32)}, {"x": floats(0, 3), "i": np.zeros(2, np.int32)},
           ["n >= 1", "dimension 0 of 'x'"])
    yield ("edge", model([h.make_node("Pad", ["x", "p"], ["y"], mode="edge")], [("x", "f", ["n"])], ["y"], [("p", np.array([2, 1]))]),
           {"x": floats(1)}, {"x": floats(0)}, ["n >= 1", "dimension 0 of 'x'"])
    yield ("resized", model([h.make_node("Resize", ["x", "", "", "s"], ["y"])], [("x", "f", [1, 1, "n"])], ["y"],
                            [("s", np.array([1, 1, 4]))]),
           {"x": floats(1, 1, 2)}, {"x": floats(1, 1, 0)}, ["n >= 1", "dimension 2 of 'x'"])
    # One number that stands for all: the input is small, and 4 n n is no 64-bit number.
    everywhere = np.lib.stride_tricks.as_strided(np.ones(1, np.float32), (2**40, 8), (0, 0))
    yield ("square", model([h.make_node("Transpose", ["x"], ["t"]), h.make_node("MatMul", ["x", "t"], ["p"]),
                            h.make_node("Softmax", ["p"], ["s"]), h.make_node("MatMul", ["s", "x"], ["y"])], [("x", "f", ["n", 8])], ["y"]),
           {"x": floats(3, 8)}, {"x": everywhere}, ["dimension 0 of input 'x' is 1099511627776", "exceeds the address space"])
    branch = [h.make_graph([h.make_node("MatMul", ["x", "w"], ["p"])], "then", [], [h.make_tensor_value_info("p", T.FLOAT, [2, 3])]),
              h.make_graph([h.make_node("Neg", ["z"], ["q"])], "else", [], [h.make_tensor_value_info("q", T.FLOAT, [2, 3])])]
    either = model([h.make_node("If", ["c"], ["y"], name="choice", then_branch=branch[0], else_branch=branch[1])],
                   [("c", "b", []), ("x", "f", [2, "n"]), ("z", "f", [2, 3])], ["y"], [("w", floats(4, 3))])
    wrong = {"x": floats(2, 5), "z": floats(2, 3)}
    yield ("then", either, {"c": np.array(True), "x": floats(2, 4), "z": floats(2, 3)}, {"c": np.array(True), **wrong},
           ["node 'choice'", "n = 4", "dimension 1 of 'x'"])
    # The other branch does not mind.
    yield "else", either, {"c": np.array(False), **wrong}, None, []


def main():
    folder, failures = sys.argv[1], 0
    os.makedirs(folder, exist_ok=True)
    for name, graph, good, bad, parts in cases():
        path = os.path.join(folder, name + ".onnx")
        onnx.save(graph, path)
        want = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, good)
        compiled = nibble.compile(path, threads=1)
        problems = []
        found = compiled(good)
        for output, value in zip(compiled.outputs, want):
            if not np.allclose(found[output.name], value, atol=1e-5):
                problems.append(f"output '{output.name}' differs")
        if bad is not None:
            try:
                compiled(bad)
                problems.append("ran on extents that do not fit")
            except nibble.Error as error:
                problems += [f"no {part!r} in: {error}" for part in parts if part not in str(error)]
        # A session still runs after a refused request.
        if not all(np.array_equal(compiled(good)[k], found[k]) for k in found):
            problems.append("gives other outputs afterwards")
        print(f"{name}: {'; '.join(problems) or 'ok'}")
        failures += bool(problems)
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
