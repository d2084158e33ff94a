# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Linear maps stored as MatMulNBits, of 2, 4 and 8 bits, with and without zero points, whole and ragged blocks, against ONNX Runtime.

    matmul_nbits.py WORK

Weights that are asked for do not change what is stored. Leaves bits2.nib, bits4.nib and bits8.nib in WORK.
"""
import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

import nibble

# Both sum in f32, in different orders: relative to the range of the output.
LIMIT = 1e-5


def write(path, draw, bits, k, n, block, has_zeros):
    blocks = -(-k // block)
    arrays = {"B": draw.integers(0, 256, (n, blocks, block * bits // 8), np.uint8),
              "scales": (draw.random((n, blocks), np.float32) + 0.1) / 8}
    if has_zeros:
        arrays["zeros"] = draw.integers(0, 256, (n, -(-blocks * bits // 8)), np.uint8)
    node = h.make_node("MatMulNBits", ["x", *arrays], ["y"], domain="com.microsoft", name="linear", K=k, N=n, bits=bits,
                       block_size=block)
    graph = h.make_graph([node], "linear", [h.make_tensor_value_info("x", T.FLOAT, ["rows", k])],
                         [h.make_tensor_value_info("y", T.FLOAT, ["rows", n])],
                         [numpy_helper.from_array(a.reshape(n, -1) if name != "B" else a, name) for name, a in arrays.items()])
    onnx.save(h.make_model(graph, ir_version=8, opset_imports=[h.make_opsetid("", 17), h.make_opsetid("com.microsoft", 1)]), path)


def main(folder):
    os.makedirs(folder, exist_ok=True)
    draw = np.random.default_rng(8)
    worst = 0.0
    for bits in (2, 4, 8):
        for k, n, block in ((64, 32, 32), (100, 17, 32), (72, 8, 16)):
            for has_zeros in (False, True):
                path = os.path.join(folder, "model.onnx")
                write(path, draw, bits, k, n, block, has_zeros)
                x = draw.standard_normal((7, k), np.float32)
                want, = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"x": x})
                for asked in ({}, {"weights": "int8"}):
                    model = nibble.compile(path, threads=2, **asked)
                    for rows in (x, x[:1]):
                        error = np.abs(model(rows)["y"] - want[:len(rows)]).max() / np.ptp(want)
                        worst = max(worst, float(error))
        model.save(os.path.join(folder, f"bits{bits}.nib"))
    print(f"largest difference {worst:.1e} of the output's range, at most {LIMIT}")
    return worst <= LIMIT


sys.exit(0 if main(sys.argv[1]) else 1)
