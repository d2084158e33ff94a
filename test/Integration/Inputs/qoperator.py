# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A small ShuffleNet in ONNX Runtime's quantized operators, compiled, within one step of ONNX Runtime's outputs.

    qoperator.py WORK

Strided and depthwise convolutions, a max-pool, two units of which one adds its branches and the other concatenates them, channel shuffles and a global average:
made in f32 with random weights and quantized by onnxruntime.quantization (QOperator). Leaves model.onnx and model.nib in WORK.
"""
import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper as h
from onnxruntime import quantization as q

import nibble

SHAPE = (2, 3, 33, 29)


class Builder:
    def __init__(self):
        self.random = np.random.default_rng(11)
        self.nodes, self.weights, self.count = [], [], 0

    def node(self, op, *inputs, outputs=1, **attributes):
        names = [f"{op.lower()}_{self.count}_{i}" for i in range(outputs)]
        self.count += 1
        self.nodes.append(h.make_node(op, inputs, names, name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value):
        self.weights.append(onnx.numpy_helper.from_array(value, f"constant_{len(self.weights)}"))
        return self.weights[-1].name

    def conv(self, x, inputs, outputs, kernel=1, group=1, relu=True, **attributes):
        shape = (outputs, inputs // group, kernel, kernel)
        weight = self.random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]) / 2)
        bias = 0.1 * self.random.standard_normal(outputs)
        y = self.node("Conv", x, self.constant(weight.astype(np.float32)), self.constant(bias.astype(np.float32)), group=group,
                      pads=[kernel // 2] * 4, **attributes)
        return self.node("Relu", y) if relu else y

    def branch(self, x, channels):
        y = self.conv(x, channels, channels)
        y = self.conv(y, channels, channels, 3, group=channels, relu=False)
        return self.conv(y, channels, channels)

    def shuffle(self, x, channels, height, width):
        y = self.node("Reshape", x, self.constant(np.array([0, 2, channels // 2, height, width])))
        y = self.node("Transpose", y, perm=[0, 2, 1, 3, 4])
        return self.node("Reshape", y, self.constant(np.array([0, channels, height, width])))


def float_model():
    b = Builder()
    x = b.conv("x", 3, 20, 3, strides=[2, 2])
    x = b.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    for merge in ("Add", "Concat"):
        left, right = b.node("Split", x, b.constant(np.array([10, 10])), outputs=2, axis=1)
        right = b.branch(right, 10)
        if merge == "Add":
            right = b.node("Add", left, right)
        x = b.shuffle(b.node("Concat", left, right, axis=1), 20, 9, 8)
    x = b.conv(x, 20, 34)
    y = b.node("GlobalAveragePool", x)
    graph = h.make_graph(b.nodes, "shuffle", [h.make_tensor_value_info("x", T.FLOAT, SHAPE)],
                         [h.make_tensor_value_info(y, T.FLOAT, [SHAPE[0], 34, 1, 1])], b.weights)
    return h.make_model(graph, opset_imports=[h.make_opsetid("", 13)], ir_version=8)


class Feeds(q.CalibrationDataReader):
    def __init__(self):
        draw = np.random.default_rng(12)
        self.all = [{"x": draw.standard_normal(SHAPE, np.float32)} for _ in range(4)]
        self.rest = iter(self.all)

    def get_next(self):
        return next(self.rest, None)


def main(folder):
    os.makedirs(folder, exist_ok=True)
    plain, path = (os.path.join(folder, name) for name in ("float.onnx", "model.onnx"))
    onnx.save(float_model(), plain)
    feeds = Feeds()
    # Seven bits of weights: ONNX Runtime's kernels for CPUs without VNNI saturate with eight.
    q.quantize_static(plain, path, feeds, quant_format=q.QuantFormat.QOperator, activation_type=q.QuantType.QUInt8,
                      weight_type=q.QuantType.QInt8, per_channel=True, reduce_range=True)
    graph = onnx.load(path).graph
    made = {n.op_type for n in graph.node}
    wanted = {"QLinearConv", "QLinearAdd", "QLinearConcat", "QLinearGlobalAveragePool", "MaxPool", "Transpose", "Split"}
    if not wanted <= made:
        sys.exit(f"the quantized model has no {', '.join(sorted(wanted - made))}")
    last = graph.node[-1]
    scale = next(onnx.numpy_helper.to_array(t) for t in graph.initializer if t.name == last.input[1])
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    peer = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    ours = nibble.compile(path, threads=2)
    ours.save(os.path.join(folder, "model.nib"))
    worst = 0.0
    for feed in feeds.all:
        want, = peer.run(None, feed)
        got, = ours(feed).values()
        worst = max(worst, float(np.abs(got - want).max() / scale))
    codes = np.ptp(want) / scale
    print(f"{worst:.3f} steps off, at most 1; outputs span {codes:.0f} steps")
    if not worst <= 1.001 or codes < 50:
        sys.exit(1)


main(sys.argv[1])
