# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models for `nibble compare`, written into the folder of the first argument:
plus0.onnx and plus1.onnx, relu(x + c) with c = 0 and 0.5; wide.onnx with an
output of another shape; renamed.onnx with one of another name; observed.onnx with one named as a layer; layers.onnx, three linear layers whose second has
weights that four bits cannot hold; x.npz."""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = sys.argv[1]


def save(name, nodes, weights, shape, out_shape, out="y"):
    def value(name, dims):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)
    graph = helper.make_graph(
        nodes, name, [value("x", shape)], [value(out, out_shape)],
        [numpy_helper.from_array(array, key) for key, array in weights.items()])
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[
        helper.make_opsetid("", 17)]), f"{folder}/{name}.onnx")


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs, [output], name=f"node_{output}",
                            **attributes)


for number in (0, 1):
    save(f"plus{number}", [node("Add", ["x", "c"], "s"),
                           node("Relu", ["s"], "y")],
         {"c": np.full(4, number / 2, np.float32)}, ["rows", 4], ["rows", 4])
save("wide", [node("Concat", ["x", "x"], "y", axis=1)], {}, ["rows", 4],
     ["rows", 8])
save("renamed", [node("Relu", ["x"], "z")], {}, ["rows", 4], ["rows", 4], "z")
save("observed", [node("Relu", ["x"], "observed/y")], {}, ["rows", 4], ["rows", 4], "observed/y")

draw = np.random.default_rng(1)
weights = {f"w{i}": draw.choice([-1, 1], (64, 64)).astype(np.float32)
           for i in range(3)}
# One large weight takes the whole range of its column's scale.
weights["w1"] *= draw.uniform(0.1, 1, (64, 64)).astype(np.float32)
weights["w1"][0] = 40
save("layers", [node("MatMul", ["x", "w0"], "a"), node("MatMul", ["a", "w1"], "b"),
                node("MatMul", ["b", "w2"], "y")], weights, ["rows", 64],
     ["rows", 64])
np.savez(f"{folder}/ones.npz", x=np.ones((1, 4), np.float32))
