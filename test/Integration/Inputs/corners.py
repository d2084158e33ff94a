# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Constants whose elements are all equal, and tensors without elements, give ONNX Runtime's outputs.

    corners.py WORK
"""
import os
import signal
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper as h

import nibble

node = h.make_node


def model(nodes, inputs, weights=(), outputs=("y",)):
    infos = [h.make_tensor_value_info(name, T.FLOAT, dims) for name, dims in inputs.items()]
    values = [onnx.ValueInfoProto(name=name) for name in outputs]
    constants = [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in dict(weights).items()]
    graph = h.make_graph(nodes, "corners", infos, values, constants)
    return h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8)


def splat(*shape, value=0.5, dtype=np.float32):
    return np.full(shape, value, dtype)


def splats():
    """(name, model, shapes of the feed): `w` or what a node makes of it alone is no weight program."""
    # As exporters write a lower triangle.
    yield "triangle", model([node("CumSum", ["w", "axis"], ["c"]), node("Mul", ["x", "c"], ["y"])], {"x": [20, 20]},
                            {"w": splat(20, 20, value=1.0), "axis": np.array(0)}), {"x": (20, 20)}
    yield "one", model([node("CumSum", ["w", "axis"], ["c"]), node("Mul", ["x", "c"], ["y"])], {"x": ["n", 5]},
                       {"w": splat(1, 1), "axis": np.array(1)}), {"x": (3, 5)}
    yield "integers", model([node("CumSum", ["w", "axis"], ["c"]), node("Cast", ["c"], ["f"], to=T.FLOAT), node("Mul", ["x", "f"], ["y"])],
                            {"x": ["n", 5]}, {"w": splat(2, 5, value=3, dtype=np.int64), "axis": np.array(1)}), {"x": (2, 5)}
    yield "output", model([node("Relu", ["x"], ["y"]), node("CumSum", ["w", "axis"], ["z"])], {"x": ["n", 5]},
                          {"w": splat(2, 5), "axis": np.array(1)}, ["y", "z"]), {"x": (3, 5)}
    for op, attributes in [("ReduceMax", {"axes": [1]}), ("ReduceProd", {"axes": [0, 1]}), ("ReduceL2", {"axes": [0]}), ("Softmax", {"axis": -1}),
                           ("LogSoftmax", {"axis": 0})]:
        yield op, model([node(op, ["w"], ["c"], **attributes), node("Add", ["x", "c"], ["y"])], {"x": [4, 5]},
                        {"w": splat(4, 5)}), {"x": (4, 5)}
    yield "ArgMax", model([node("ArgMax", ["w"], ["c"], axis=1), node("Cast", ["c"], ["f"], to=T.FLOAT), node("Add", ["x", "f"], ["y"])],
                          {"x": [4, 5]}, {"w": splat(4, 5)}), {"x": (4, 5)}
    yield "norm", model([node("LayerNormalization", ["w", "s", "b"], ["c"]), node("Add", ["x", "c"], ["y"])], {"x": ["n", 5]},
                        {"w": splat(1, 5), "s": splat(5, value=2.0), "b": splat(5)}), {"x": (3, 5)}
    yield "scale", model([node("LayerNormalization", ["x", "s", "b"], ["y"])], {"x": ["n", 5]},
                         {"s": splat(5, value=2.0), "b": splat(5)}), {"x": (3, 5)}
    for axis, dims in (0, ["n", 5]), (1, [4, "n"]):
        yield f"join{axis}", model([node("Concat", ["w", "x", "w"], ["y"], axis=axis)], {"x": dims}, {"w": splat(4, 5)}), {"x": (4, 5)}
    for mode in "constant", "reflect":
        yield mode, model([node("Pad", ["w", "p"], ["c"], mode=mode), node("Add", ["x", "c"], ["y"])], {"x": [4, 5]},
                          {"w": splat(2, 3), "p": np.array([1, 1, 1, 1])}), {"x": (4, 5)}
    rows = [node("Shape", ["x"], ["s"]), node("Slice", ["s", "zero", "one"], ["n"]), node("Slice", ["w", "zero", "n", "zero"], ["c"])]
    limits = {"w": splat(9, 5), "zero": np.array([0]), "one": np.array([1])}
    yield "slice", model([*rows, node("Add", ["x", "c"], ["y"])], {"x": ["n", 5]}, limits), {"x": (3, 5)}
    yield "rows", model([*rows, node("CumSum", ["c", "zero"], ["d"]), node("Add", ["x", "d"], ["y"])], {"x": ["n", 5]}, limits), {"x": (3, 5)}
    yield "gather", model([node("ArgMax", ["x"], ["i"], axis=0, keepdims=0), node("Gather", ["w", "i"], ["c"]), node("Add", ["x", "c"], ["y"])],
                          {"x": ["n", 5]}, {"w": splat(9, 5)}), {"x": (5, 5)}
    yield "pool", model([node("MaxPool", ["w"], ["c"], kernel_shape=[2, 2]), node("Add", ["x", "c"], ["y"])], {"x": ["n", 2, 3, 3]},
                        {"w": splat(1, 2, 4, 4)}), {"x": (2, 2, 3, 3)}
    for group, attributes in (1, {}), (4, {}), (4, {"dilations": [2, 2], "pads": [1, 2, 3, 0]}):
        yield f"conv{group}{len(attributes)}", model([node("Conv", ["x", "w", "b"], ["y"], group=group, **attributes)], {"x": ["n", 4, 9, 9]},
                                                     {"w": splat(4, 4 // group, 3, 3, value=0.25), "b": splat(4)}), {"x": (2, 4, 9, 9)}
    yield "product", model([node("MatMul", ["v", "w"], ["c"]), node("Add", ["x", "c"], ["y"])], {"x": [4, 7]},
                           {"v": splat(4, 5), "w": splat(5, 7)}), {"x": (4, 7)}


def empties():
    """(name, model, shapes of the feed): some tensor has no elements in any run."""
    x = {"x": ["n", 0, 4]}
    feed = {"x": (3, 0, 4)}
    for axis in range(4):
        yield f"flatten{axis}", model([node("Flatten", ["x"], ["y"], axis=axis)], x), feed
    for shape in [0, -1], [-1, 4], [-1], [0, 0, 2, 2], [5, 0]:
        yield "reshape" + "_".join(map(str, shape)), model([node("Reshape", ["x", "s"], ["y"])], x, {"s": np.array(shape)}), feed
    yield "linear", model([node("MatMul", ["x", "w"], ["y"])], x, {"w": splat(4, 5)}), feed
    yield "depth", model([node("MatMul", ["x", "w"], ["c"]), node("Add", ["c", "b"], ["y"])], {"x": ["n", 3, 0]},
                         {"w": splat(0, 5), "b": splat(5)}), {"x": (2, 3, 0)}
    yield "batch", model([node("Conv", ["x", "w"], ["y"])], {"x": [0, 2, "n"]}, {"w": splat(2, 2, 3)}), {"x": (0, 2, 5)}
    yield "pad", model([node("Pad", ["x", "p"], ["y"])], x, {"p": np.array([0, 1, 0, 0, 1, 0])}), feed
    for low, high in (-2, -2), (-4, 2):
        yield f"crop{-low}", model([node("Pad", ["x", "p"], ["y"])], {"x": ["n", 4]}, {"p": np.array([0, low, 0, high])}), {"x": (3, 4)}
    yield "split", model([node("Split", ["x", "s"], ["y", "z"], axis=2)], x, {"s": np.array([1, 3])}, ["y", "z"]), feed
    yield "rest", model([node("Split", ["x", "s"], ["y", "z"], axis=1)], {"x": ["n", 4]}, {"s": np.array([4, 0])}, ["y", "z"]), {"x": (3, 4)}
    end = {"e": np.array([4]), "a": np.array([1])}
    cut = node("Slice", ["x", "e", "e", "a"], ["t"])
    for dims in ["n", 4], [3, 4]:
        yield f"end{dims[0]}", model([cut, node("Neg", ["t"], ["y"])], {"x": dims}, end), {"x": (3, 4)}
        yield f"product{dims[0]}", model([cut, node("MatMul", ["t", "w"], ["y"])], {"x": dims}, {"w": splat(0, 5), **end}), {"x": (3, 4)}
        yield f"join{dims[0]}", model([cut, node("Concat", ["x", "t", "x"], ["y"], axis=1)], {"x": dims}, end), {"x": (3, 4)}
    yield "behind", model([node("Concat", ["z", "x"], ["y"], axis=1)], {**x, "z": ["n", 2, 4]}), {**feed, "z": (3, 2, 4)}
    yield "sum", model([node("ReduceSum", ["x", "a"], ["y"])], x, {"a": np.array([1])}), feed
    yield "steps", model([node("LSTM", ["x", "w", "r"], ["y", "h"], hidden_size=4)], {"x": [0, "n", 3]},
                         {"w": splat(1, 16, 3), "r": splat(1, 16, 4)}, ["y", "h"]), {"x": (0, 2, 3)}


def rows_of_nothing():
    """(name, model, shapes of the feed): more rows of no elements than a loop could go through."""
    x, nothing = {"x": ["n", "m"]}, (2**40, 0)
    feed = {"x": nothing}
    for axis in 0, 1:
        yield f"softmax{axis}", model([node("Softmax", ["x"], ["y"], axis=axis)], x), feed
        yield f"join{axis}", model([node("Concat", ["x", "z"], ["y"], axis=axis)], {**x, "z": ["n", "k"] if axis else ["k", "m"]}), \
            {"x": nothing, "z": nothing}
    yield "norm", model([node("Mul", ["x", "x"], ["p"]), node("ReduceMean", ["p"], ["r"], axes=[-1]), node("Add", ["r", "e"], ["s"]),
                         node("Sqrt", ["s"], ["q"]), node("Div", ["x", "q"], ["y"])], x, {"e": np.float32(1e-5)}), feed


def check(path, graph, shapes, random):
    onnx.save(graph, path)
    feed = {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    want = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, feed)
    signal.alarm(60)  # a run without end fails
    try:
        compiled = nibble.compile(path, threads=1)
        found = compiled(feed)
    except nibble.Error as error:
        return str(error)
    finally:
        signal.alarm(0)
    # A few roundings of f32 of numbers below 64.
    wrong = [output.name for output, value in zip(compiled.outputs, want)
             if found[output.name].shape != value.shape or not np.allclose(found[output.name], value, rtol=0, atol=1e-5)]
    return f"outputs {wrong} differ" if wrong else ""


def main():
    failures = 0
    random = np.random.default_rng(5)
    for group in splats, empties, rows_of_nothing:
        folder = os.path.join(sys.argv[1], group.__name__)
        os.makedirs(folder)
        for name, graph, shapes in group():
            problem = check(os.path.join(folder, name + ".onnx"), graph, shapes, random)
            print(f"{group.__name__} {name}: {problem or 'ok'}")
            failures += bool(problem)
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
