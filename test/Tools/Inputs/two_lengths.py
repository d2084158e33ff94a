# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""concat(a, b) + c, whose lengths must fit: written to the first argument."""
import sys

import onnx
from onnx import TensorProto, helper


def value(name, size):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [size])


graph = helper.make_graph(
    [helper.make_node("Concat", ["a", "b"], ["ab"], name="join", axis=0),
     helper.make_node("Add", ["ab", "c"], ["y"], name="sum")], "lengths",
    [value("a", "past"), value("b", "new"), value("c", "total")],
    [value("y", "length")])
onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[
    helper.make_opsetid("", 17)]), sys.argv[1])
