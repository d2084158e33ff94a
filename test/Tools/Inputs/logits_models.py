# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Language models of one table for `nibble generate`, written into the folder
of the first argument: nan.onnx, where token 3 is followed by NaN and any other
one by 5; unnamed.onnx with two outputs that may be logits."""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = sys.argv[1]


def save(name, outputs):
    table = np.zeros((8, 8), np.float32)
    table[:, 5] = 1
    table[3, 0] = np.nan
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], [output],
                          name=output) for output in outputs], name,
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64,
                                       ["batch", "sequence"])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT,
                                       ["batch", "sequence", 8])
         for output in outputs],
        [numpy_helper.from_array(table, "table")])
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[
        helper.make_opsetid("", 17)]), f"{folder}/{name}.onnx")


save("nan", ["logits"])
save("unnamed", ["a", "b"])
