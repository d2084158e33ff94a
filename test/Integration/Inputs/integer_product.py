# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""MatMulInteger with scales and zero points that are inputs gives ONNX Runtime's bits.

    integer_product.py WORK

As ONNX Runtime's dynamic quantization writes it; codes and the scale of each column come from outside, and the number of columns has a name.
"""
import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper as h

import nibble

ROWS, DEPTH, COLUMNS = 5, 96, 33

path = os.path.join(sys.argv[1], "model.onnx")
os.makedirs(sys.argv[1])
inputs = [("x", T.UINT8, ["n", DEPTH]), ("w", T.INT8, [DEPTH, COLUMNS]), ("x_zero", T.UINT8, [1]), ("w_zero", T.INT8, ["c"]),
          ("x_scale", T.FLOAT, [1]), ("w_scale", T.FLOAT, ["c"])]
nodes = [h.make_node("MatMulInteger", ["x", "w", "x_zero", "w_zero"], ["i"]), h.make_node("Cast", ["i"], ["f"], to=T.FLOAT),
         h.make_node("Mul", ["x_scale", "w_scale"], ["scale"]), h.make_node("Mul", ["f", "scale"], ["y"])]
graph = h.make_graph(nodes, "g", [h.make_tensor_value_info(*each) for each in inputs], [h.make_tensor_value_info("y", T.FLOAT, ["n", COLUMNS])])
onnx.save(h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8), path)

random = np.random.default_rng(3)
feed = {
    "x": random.integers(0, 256, (ROWS, DEPTH), np.uint8), "w": random.integers(-128, 128, (DEPTH, COLUMNS), np.int8),
    "x_zero": np.array([121], np.uint8), "w_zero": random.integers(-9, 10, COLUMNS, np.int8),
    "x_scale": np.array([0.02], np.float32), "w_scale": random.uniform(0.001, 0.003, COLUMNS).astype(np.float32),
}
want = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, feed)[0]
found = nibble.compile(path, threads=1)(feed)["y"]
# The sums are exact, and both engines multiply them by the product of the scales.
if not np.array_equal(found, want):
    sys.exit(f"differs by up to {np.abs(found - want).max()} of {np.abs(want).max()}")
