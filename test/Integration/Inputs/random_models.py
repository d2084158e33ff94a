"""Random small models of the supported operators: compiled, against ONNX Runtime and against nibble-reference.

Extents are drawn so that vectors, tiles and blocks have tails; some are symbolic in the model. Case N of operator OP depends on
nothing but N and OP:

    random_models.py WORK [--cases N] [--first N] [--ops A,B] [--except C]
"""
import argparse
import multiprocessing
import os
import subprocess
import sys
import zlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper as h

import nibble

ELEM = {np.dtype(np.float32): T.FLOAT, np.dtype(np.int64): T.INT64, np.dtype(np.int32): T.INT32, np.dtype(np.bool_): T.BOOL,
        np.dtype(np.int8): T.INT8, np.dtype(np.uint8): T.UINT8}
# Relative to the largest magnitude of an output: sums in another order differ by some ULPs for each doubling of their length, and
# elementary functions by 2 ULPs (VectorMath.h); 2^-24 is half a unit in the last place.
TOLERANCE = 64 * 2.0**-24


class Case:
    """One model and its inputs."""

    def __init__(self, rng, opset=17):
        self.rng, self.opset = rng, opset
        self.nodes, self.inputs, self.infos, self.weights, self.values = [], {}, [], [], 0
        self.steps = 0  # by which integers may differ
        self.tolerance = TOLERANCE
        self.exact = False  # whether outputs must be equal bit for bit
        self.options = {}  # of nibble.compile; with some, ONNX Runtime's outputs are others

    def extent(self, low=1, high=40):
        """Half of them close to a multiple of a vector's width."""
        if self.rng.random() < 0.5:
            near = int(self.rng.choice([8, 16, 24, 32])) + int(self.rng.integers(-1, 2))
            if low <= near <= high:
                return near
        return int(self.rng.integers(low, high + 1))

    def shape(self, rank=None, high=20):
        rank = int(self.rng.integers(1, 5)) if rank is None else rank
        return [self.extent(high=high if rank < 3 else 9) for _ in range(rank)]

    def numbers(self, shape, scale=1.0, positive=False):
        data = np.asarray(self.rng.standard_normal(shape), np.float32) * np.float32(scale)
        return np.asarray(np.abs(data) + np.float32(0.1) if positive else data)

    def input(self, data, fixed=()):
        """A model input; each extent but those of the axes in `fixed` may be symbolic."""
        name = f"x{len(self.inputs)}"
        dims = [f"{name}_{axis}" if axis not in fixed and self.rng.random() < 0.4 else extent
                for axis, extent in enumerate(data.shape)]
        self.inputs[name] = data
        self.infos.append(h.make_tensor_value_info(name, ELEM[data.dtype], dims))
        return name

    def weight(self, data):
        name = f"w{len(self.weights)}"
        self.weights.append(onnx.numpy_helper.from_array(np.asarray(data, order="C"), name))
        return name

    def maybe_weight(self, data):
        """Known when the model is compiled, or not."""
        return self.weight(data) if self.rng.random() < 0.5 else self.input(data, range(data.ndim))

    def node(self, op, *inputs, outputs=1, domain="", **attributes):
        names = [f"v{self.values + i}" for i in range(outputs)]
        self.values += outputs
        self.nodes.append(h.make_node(op, list(inputs), names, name=f"{op}_{len(self.nodes)}", domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def pick(self, *choices):
        return choices[int(self.rng.integers(len(choices)))]

    def model(self, *outputs):
        graph = h.make_graph(self.nodes, "random", self.infos, [onnx.ValueInfoProto(name=o) for o in outputs], self.weights)
        opsets = [h.make_opsetid("", self.opset), h.make_opsetid("com.microsoft", 1)]
        return onnx.shape_inference.infer_shapes(h.make_model(graph, opset_imports=opsets, ir_version=9))


def broadcast_pair(c):
    shape = c.shape()
    other = [1 if c.rng.random() < 0.3 else n for n in shape][int(c.rng.integers(0, len(shape))):]
    return shape, other


UNARY = {"Relu": 1, "Sigmoid": 3, "Tanh": 3, "Exp": 3, "Erf": 2, "Neg": 1, "Abs": 1, "Sin": 9, "Cos": 9, "Softplus": 4, "Floor": 9, "Ceil": 9,
         "Round": 9, "Softsign": 3, "HardSwish": 4, "HardSigmoid": 4, "Elu": 2, "Selu": 2, "LeakyRelu": 2, "Sign": 1}


def unary(c):
    op = c.pick(*UNARY)
    return c.model(c.node(op, c.input(c.numbers(c.shape(), UNARY[op]))))


def positive(c):
    op = c.pick("Sqrt", "Log", "Reciprocal")
    return c.model(c.node(op, c.input(c.numbers(c.shape(), 2, positive=True))))


def binary(c):
    shape, other = broadcast_pair(c)
    op = c.pick("Add", "Sub", "Mul", "Div", "Max", "Min", "PRelu", "Pow")
    a, b = c.numbers(shape, positive=op == "Pow"), c.numbers(other, positive=op in ("Div",))
    x = c.input(a)
    y = c.maybe_weight(b)
    if op not in ("PRelu", "Pow", "Div") and c.rng.random() < 0.5:
        x, y = y, x
    return c.model(c.node(op, x, y))


def integers(c):
    shape, other = broadcast_pair(c)
    kind = c.pick(np.int32, np.int64)
    op = c.pick("Add", "Sub", "Mul", "Div", "Mod", "Max", "Min")
    a = c.rng.integers(-50, 50, shape).astype(kind)
    b = c.rng.integers(1, 9, other).astype(kind) * kind(c.pick(1, -1))
    c.exact = True
    return c.model(c.node(op, c.input(a), c.maybe_weight(b)))


def compare(c):
    shape, other = broadcast_pair(c)
    a, b = c.rng.integers(-2, 3, shape).astype(np.float32), c.rng.integers(-2, 3, other).astype(np.float32)
    less = c.node(c.pick("Less", "Greater", "Equal", "LessOrEqual", "GreaterOrEqual"), c.input(a), c.maybe_weight(b))
    x = c.input(c.numbers(shape))
    y = c.weight(c.numbers(shape[-1:]))
    c.exact = True
    return c.model(c.node("Where", c.node("Not", less) if c.rng.random() < 0.5 else less, x, y))


def cast(c):
    data = c.numbers(c.shape(), 20)
    c.exact = True
    middle = c.node("Cast", c.input(data), to=c.pick(T.INT32, T.INT64, T.INT8, T.BOOL, T.FLOAT16, T.DOUBLE))
    return c.model(c.node("Cast", middle, to=T.FLOAT))


def clip(c):
    low, high = c.weight(np.float32(-0.5)), c.weight(np.float32(0.75))
    return c.model(c.node("Clip", c.input(c.numbers(c.shape())), c.pick(low, ""), high))


def reduce(c):
    op = c.pick("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp")
    shape = c.shape()
    axes = sorted(int(a) for a in c.rng.choice(len(shape), c.rng.integers(1, len(shape) + 1), replace=False))
    keep = int(c.rng.integers(2))
    x = c.input(c.numbers(shape))
    if op == "ReduceSum":
        return c.model(c.node(op, x, c.weight(np.array(axes, np.int64)), keepdims=keep))
    return c.model(c.node(op, x, axes=axes, keepdims=keep))


def arg_reduce(c):
    shape = c.shape()
    data = c.rng.integers(-3, 4, shape).astype(np.float32)
    c.exact = True
    return c.model(c.node(c.pick("ArgMax", "ArgMin"), c.input(data), axis=int(c.rng.integers(-len(shape), len(shape))),
                          keepdims=int(c.rng.integers(2)), select_last_index=int(c.rng.integers(2))))


def cumsum(c):
    shape = c.shape()
    axis = c.weight(np.array(c.rng.integers(-len(shape), len(shape)), np.int64))
    return c.model(c.node("CumSum", c.input(c.numbers(shape)), axis, exclusive=int(c.rng.integers(2)), reverse=int(c.rng.integers(2))))


def softmax(c):
    shape = c.shape()
    return c.model(c.node(c.pick("Softmax", "LogSoftmax"), c.input(c.numbers(shape, 4)), axis=int(c.rng.integers(-len(shape), len(shape)))))


def matmul(c):
    m, k, n = c.extent(), c.extent(high=70), c.extent(high=50)
    batch = c.shape(int(c.rng.integers(0, 3)), 4)
    x = c.input(c.numbers([*batch, m, k]))
    if c.rng.random() < 0.5:
        return c.model(c.node("MatMul", x, c.weight(c.numbers([k, n]))))
    own = [1 if c.rng.random() < 0.3 else b for b in batch][int(c.rng.integers(0, len(batch) + 1)):]
    return c.model(c.node("MatMul", x, c.input(c.numbers([*own, k, n]), fixed=range(len(own)))))


def vector_matmul(c):
    k, n = c.extent(), c.extent()
    if c.rng.random() < 0.5:
        return c.model(c.node("MatMul", c.input(c.numbers([k])), c.maybe_weight(c.numbers([k, n]))))
    return c.model(c.node("MatMul", c.input(c.numbers([n, k])), c.maybe_weight(c.numbers([k]))))


def gemm(c):
    m, k, n = c.extent(), c.extent(high=70), c.extent(high=50)
    ta, tb = (int(v) for v in c.rng.integers(0, 2, 2))
    bias = c.maybe_weight(c.numbers(c.pick([n], [1, n], [m, n], [m, 1], [])))
    x = c.input(c.numbers([k, m] if ta else [m, k]), fixed=range(2))
    w = c.maybe_weight(c.numbers([n, k] if tb else [k, n]))
    y = c.node("Gemm", x, w, *([bias] if c.rng.random() < 0.8 else []), transA=ta, transB=tb,
               alpha=float(c.pick(1.0, 0.5)), beta=float(c.pick(1.0, 2.0)))
    return c.model(c.node("Relu", y) if c.rng.random() < 0.5 else y)


def epilogue(c):
    """A linear map with what fuses behind it, and a norm."""
    m, k, n = c.extent(), c.extent(high=70), c.extent(high=50)
    x = c.input(c.numbers([2, m, k]), fixed=[2])
    y = c.node("MatMul", x, c.weight(c.numbers([k, n])))
    y = c.node("Add", y, c.weight(c.numbers([n])))
    y = c.node(c.pick("Relu", "Tanh", "Sigmoid", "HardSwish"), y)
    if c.rng.random() < 0.5:
        y = c.node("Add", y, c.input(c.numbers([2, m, n]), fixed=[0, 1, 2]))
    if c.rng.random() < 0.5:
        y = c.node("LayerNormalization", y, c.weight(c.numbers([n])), c.weight(c.numbers([n])), axis=-1)
    return c.model(y)


def conv(c):
    spatial = int(c.rng.integers(1, 4))
    groups = c.pick(1, 1, 2, "depthwise")
    if groups == "depthwise":
        groups = inputs = c.extent(high=20)
        outputs = inputs * c.pick(1, 1, 2)
    else:
        inputs, outputs = groups * c.extent(high=12), groups * c.extent(high=20)
    kernel = [int(c.rng.integers(1, 4)) for _ in range(spatial)]
    dilations = [int(c.rng.integers(1, 3)) for _ in range(spatial)]
    size = [int(c.rng.integers(6, 15 if spatial < 3 else 8)) for _ in range(spatial)]
    pads = [int(c.rng.integers(0, 3)) for _ in range(2 * spatial)]
    x = c.input(c.numbers([c.pick(1, 2), inputs, *size]), fixed=[1])
    w = c.weight(c.numbers([outputs, inputs // groups, *kernel]))
    bias = [c.weight(c.numbers([outputs]))] if c.rng.random() < 0.7 else []
    window = dict(auto_pad=c.pick("SAME_UPPER", "SAME_LOWER", "VALID")) if c.rng.random() < 0.2 and dilations == [1] * spatial else dict(pads=pads)
    y = c.node("Conv", x, w, *bias, kernel_shape=kernel, dilations=dilations, group=groups,
               strides=[int(c.rng.integers(1, 3)) for _ in range(spatial)], **window)
    if c.rng.random() < 0.3:
        y = c.node("BatchNormalization", y, *(c.weight(c.numbers([outputs], positive=i == 3)) for i in range(4)))
    return c.model(c.node("Relu", y) if c.rng.random() < 0.5 else y)


def conv_transpose(c):
    spatial = int(c.rng.integers(1, 3))
    groups = c.pick(1, 1, 2)
    inputs, outputs = groups * c.extent(high=6), c.extent(high=10)
    kernel = [int(c.rng.integers(1, 4)) for _ in range(spatial)]
    strides = [int(c.rng.integers(1, 4)) for _ in range(spatial)]
    x = c.input(c.numbers([c.pick(1, 2), inputs, *(int(c.rng.integers(3, 9)) for _ in range(spatial))]), fixed=[1])
    w = c.weight(c.numbers([inputs, outputs, *kernel]))
    bias = [c.weight(c.numbers([groups * outputs]))] if c.rng.random() < 0.7 else []
    return c.model(c.node("ConvTranspose", x, w, *bias, kernel_shape=kernel, strides=strides, group=groups,
                          pads=[int(c.rng.integers(0, k)) for k in kernel] * 2, output_padding=[int(c.rng.integers(0, s)) for s in strides]))


def pool(c):
    spatial = int(c.rng.integers(1, 3))
    kernel = [int(c.rng.integers(1, 4)) for _ in range(spatial)]
    x = c.input(c.numbers([c.pick(1, 2), c.extent(high=20), *(int(c.rng.integers(6, 15)) for _ in range(spatial))]))
    if c.rng.random() < 0.2:
        return c.model(c.node(c.pick("GlobalAveragePool", "GlobalMaxPool"), x))
    op = c.pick("MaxPool", "AveragePool")
    if op == "MaxPool" and c.rng.random() < 0.3:
        kernel = [int(c.rng.integers(2, 4)) for _ in kernel]
        return c.model(c.node(op, x, kernel_shape=kernel, strides=[2] * spatial, auto_pad=c.pick("SAME_UPPER", "SAME_LOWER")))
    extra = dict(count_include_pad=int(c.rng.integers(2))) if op == "AveragePool" else dict(dilations=[int(c.rng.integers(1, 3)) for _ in kernel])
    return c.model(c.node(op, x, kernel_shape=kernel, strides=[int(c.rng.integers(1, 3)) for _ in kernel],
                          pads=[int(c.rng.integers(0, k)) for k in kernel] * 2, **extra))


def norm(c):
    op = c.pick("LayerNormalization", "InstanceNormalization", "BatchNormalization", "SimplifiedLayerNormalization")
    if op in ("LayerNormalization", "SimplifiedLayerNormalization"):
        shape = c.shape(int(c.rng.integers(1, 4)), 30)
        axis = -1 if op[0] == "S" else int(c.rng.integers(-len(shape), 0))
        parts = [c.weight(c.numbers(shape[axis:])) for _ in range(1 if op[0] == "S" else c.pick(1, 2))]
        return c.model(c.node(op, c.input(c.numbers(shape), range(len(shape))), *parts, axis=axis, epsilon=1e-5))
    channels = c.extent(high=20)
    x = c.input(c.numbers([c.pick(1, 2), channels, *c.shape(int(c.rng.integers(1, 3)), 20)]), [1])
    count = 2 if op[0] == "I" else 4
    return c.model(c.node(op, x, *(c.weight(c.numbers([channels], positive=i == 3)) for i in range(count))))


def shapes(c):
    """Operators that move elements, one behind the other."""
    data = c.numbers(c.shape(3))
    x, shape = c.input(data), list(data.shape)
    c.exact = True
    for _ in range(3):
        rank = len(shape)
        op = c.pick("Transpose", "Slice", "Concat", "Flatten", "Unsqueeze", "Pad", "Gather", "Split", "Tile", "Expand")
        if op == "Transpose":
            order = [int(a) for a in c.rng.permutation(rank)]
            x, shape = c.node(op, x, perm=order), [shape[a] for a in order]
        elif op == "Slice":
            axis = int(c.rng.integers(rank))
            step = int(c.pick(1, 2, -1, -2))
            start, end = (0, 1 << 40) if step > 0 else (-1, -(1 << 40))
            if step > 0 and shape[axis] > 2:
                start, end = 1, -1
            x = c.node(op, x, *(c.weight(np.array([v], np.int64)) for v in (start, end, axis, step)))
            shape[axis] = len(range(*slice(start, end if abs(end) < 1 << 30 else None, step).indices(shape[axis])))
        elif op == "Concat":
            axis = int(c.rng.integers(rank))
            x = c.node(op, x, c.node("Neg", x), axis=axis)
            shape[axis] *= 2
        elif op == "Flatten":
            axis = int(c.rng.integers(0, rank + 1))
            x, shape = c.node(op, x, axis=axis), [int(np.prod(shape[:axis])), int(np.prod(shape[axis:]))]
        elif op == "Unsqueeze" and rank < 5:
            axis = int(c.rng.integers(rank + 1))
            x = c.node(op, x, c.weight(np.array([axis], np.int64)))
            shape.insert(axis, 1)
        elif op == "Pad":
            pads = [int(v) for v in c.rng.integers(0, 3, 2 * rank)]
            x = c.node(op, x, c.weight(np.array(pads, np.int64)), c.weight(np.float32(1.5)))
            shape = [n + pads[i] + pads[rank + i] for i, n in enumerate(shape)]
        elif op == "Gather":
            axis = int(c.rng.integers(rank))
            index = c.rng.integers(-shape[axis], shape[axis], [5]).astype(np.int64)
            x = c.node(op, x, c.weight(index), axis=axis)
            shape[axis] = 5
        elif op == "Split":
            axis = int(c.rng.integers(rank))
            if shape[axis] > 1:
                parts = [1, shape[axis] - 1]
                x = c.node(op, x, c.weight(np.array(parts, np.int64)), outputs=2, axis=axis)[1]
                shape[axis] -= 1
        elif op == "Tile":
            repeats = [c.pick(1, 2) for _ in shape]
            x = c.node(op, x, c.weight(np.array(repeats, np.int64)))
            shape = [n * r for n, r in zip(shape, repeats)]
        elif op == "Expand":
            x = c.node(op, x, c.weight(np.array([2] + [1] * rank, np.int64)))
            shape = [2] + shape
        if int(np.prod(shape)) > 20000 or len(shape) > 5:
            break
    return c.model(c.node("Identity", x))


def gather_rows(c):
    table = c.weight(c.numbers([c.extent(), c.extent(high=40)]))
    rows = int(onnx.numpy_helper.to_array(c.weights[0]).shape[0])
    index = c.rng.integers(-rows, rows, c.shape(2)).astype(c.pick(np.int64, np.int32))
    c.exact = True
    return c.model(c.node("Gather", table, c.input(index)))


def resize(c):
    x = c.input(c.numbers([1, c.extent(high=10), int(c.rng.integers(3, 9)), int(c.rng.integers(3, 9))]), [1])
    mode = c.pick("nearest", "linear", "cubic")
    scales = c.weight(np.array([1, 1, c.pick(0.5, 1.5, 2, 3), c.pick(0.5, 2, 2.5)], np.float32))
    way = c.pick("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")
    extra = dict(nearest_mode=c.pick("floor", "ceil", "round_prefer_floor", "round_prefer_ceil")) if mode == "nearest" else {}
    return c.model(c.node("Resize", x, "", scales, mode=mode, coordinate_transformation_mode=way, **extra))


def depth_to_space(c):
    block = 2
    if c.rng.random() < 0.5:
        x = c.input(c.numbers([c.pick(1, 2), 4 * c.extent(high=5), *c.shape(2, 9)]), [1])
        c.exact = True
        return c.model(c.node("DepthToSpace", x, blocksize=block, mode=c.pick("DCR", "CRD")))
    c.exact = True
    return c.model(c.node("SpaceToDepth", c.input(c.numbers([c.pick(1, 2), c.extent(high=5), 2 * c.extent(high=4), 2 * c.extent(high=4)])), blocksize=block))


def recurrent(c):
    op, gates = c.pick(("LSTM", 4), ("GRU", 3))
    steps, batch, inputs, hidden = c.extent(high=9), c.pick(1, 2, 3), c.extent(high=20), c.extent(high=20)
    way = c.pick("forward", "reverse", "bidirectional")
    both = 2 if way == "bidirectional" else 1
    x = c.input(c.numbers([steps, batch, inputs]), [2])
    parts = [c.weight(c.numbers([both, gates * hidden, inputs], 0.3)), c.weight(c.numbers([both, gates * hidden, hidden], 0.3))]
    parts.append(c.weight(c.numbers([both, 2 * gates * hidden], 0.3)) if c.rng.random() < 0.6 else "")
    # ONNX Runtime leaves the last states of a sequence without steps undefined.
    parts.append(c.input(c.rng.integers(1, steps + 1, batch).astype(np.int32)) if c.rng.random() < 0.5 else "")
    for _ in range(2 if op == "LSTM" else 1):
        parts.append(c.maybe_weight(c.numbers([both, batch, hidden])) if c.rng.random() < 0.5 else "")
    if op == "LSTM":
        parts.append(c.weight(c.numbers([both, 3 * hidden], 0.3)) if c.rng.random() < 0.3 else "")
    extra = dict(linear_before_reset=int(c.rng.integers(2))) if op == "GRU" else {}
    outs = c.node(op, x, *parts, outputs=3 if op == "LSTM" else 2, hidden_size=hidden, direction=way, **extra)
    return c.model(*outs)


def attention(c):
    """Attention as exporters spell it out."""
    batch, heads, queries, keys, depth = c.pick(1, 2), c.pick(1, 3), c.extent(high=20), c.extent(high=20), c.extent(high=20)
    q = c.input(c.numbers([batch, heads, queries, depth]), [0, 1, 3])
    k = c.input(c.numbers([batch, heads, keys, depth]), [0, 1, 2, 3])
    v = c.input(c.numbers([batch, heads, keys, depth]), [0, 1, 2, 3])
    scores = c.node("MatMul", q, c.node("Transpose", k, perm=[0, 1, 3, 2]))
    scores = c.node("Mul", scores, c.weight(np.float32(depth**-0.5)))
    if c.rng.random() < 0.5:
        mask = np.where(c.rng.random([batch, 1, 1, keys]) < 0.3, np.float32(-1e4), np.float32(0))
        scores = c.node("Add", scores, c.input(mask, range(4)))
    return c.model(c.node("MatMul", c.node("Softmax", scores, axis=-1), v))


def exact_weights(c, shape, bits, signed, group):
    """Numbers that a format holds as they are: each block has its extreme codes, times a power of two."""
    low, high = (1 - 2 ** (bits - 1), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    blocks = c.rng.integers(low, high + 1, (shape[0], shape[1] // group, group))
    blocks[..., 0], blocks[..., -1] = high, low
    zeros = 0 if signed else c.rng.integers(1, high, blocks.shape[:2])[..., None]
    steps = np.ldexp(np.float32(1), c.rng.integers(-6, -2, blocks.shape[:2])[..., None])
    return ((blocks - zeros) * steps).astype(np.float32).reshape(shape)


def quantized(c):
    """A linear map in every width; activations in f32 or as codes with a scale for each row. Sums of codes are exact."""
    bits, signed = c.pick(2, 3, 4, 5, 6, 7, 8), c.rng.random() < 0.5
    group = c.pick(0, 0, 8, 16, 32)
    m, n = c.extent(), c.extent(high=70)
    k = group * c.extent(1, 6) if group else c.extent(2, 130)
    c.options = {"weights": f"{'int' if signed else 'uint'}{bits}", "activations": c.pick("f32", "int8"), "group": group}
    data = exact_weights(c, (n, k), bits, signed, group or k)
    product = c.node("MatMul", c.input(c.numbers([*c.shape(int(c.rng.integers(0, 2)), 4), m, k], 3), fixed=[-1]), c.weight(data.T))
    if c.rng.random() < 0.5:
        product = c.node("Add", product, c.weight(c.numbers([n])))
    return c.model(product)


def rounded(c):
    """A linear map whose activations are rounded at run time to few bits, with a scale for each row or group of it, ragged, too. Products
    with groups are f32, sums of codes of rows are exact."""
    bits, m, n, k = c.pick(2, 3, 4, 5, 6, 7, 8), c.extent(), c.extent(high=40), c.extent(2, 130)
    group = c.pick(0, 8, 32, 48)
    # Pairs of int8 weights that meet codes are bounded, which the reference is not asked for.
    width = c.pick(4, 6, 8) if 0 < group < k else c.pick(4, 6)
    c.options = {"weights": f"{c.pick('int', 'uint')}{width}", "activations": f"int{bits}", "activation_group": group}
    data = exact_weights(c, (n, k), width, c.options["weights"].startswith("i"), k)
    x = c.input(c.numbers([*c.shape(int(c.rng.integers(0, 2)), 4), m, k], 3), fixed=[-1])
    return c.model(c.node("MatMul", x, c.weight(data.T)))


def quantized_conv(c):
    """Filters with a scale for each output, on f32 images."""
    bits, signed = c.pick(2, 3, 4, 5, 6, 7, 8), c.rng.random() < 0.5
    groups, kernel = c.pick(1, 1, 2), [c.extent(1, 3), c.extent(1, 3)]
    channels, outputs = groups * c.extent(4, 9), groups * c.extent(1, 20)
    inner = channels // groups * kernel[0] * kernel[1]
    c.options = {"weights": f"{'int' if signed else 'uint'}{bits}", "activations": "f32"}
    data = exact_weights(c, (outputs, inner), bits, signed, inner).reshape(outputs, channels // groups, *kernel)
    x = c.input(c.numbers([c.extent(1, 2), channels, c.extent(3, 12), c.extent(3, 12)]), fixed=range(1, 4))
    return c.model(c.node("Conv", x, c.weight(data), c.weight(c.numbers([outputs])), group=groups, kernel_shape=kernel,
                          strides=[c.extent(1, 2), c.extent(1, 2)], pads=[c.extent(0, 1) if e > 1 else 0 for e in kernel * 2]))


def qlinear(c):
    """ONNX Runtime's operators on codes with scales of their own. Halves may round to either side: one code apart."""
    kind = c.pick(np.uint8, np.int8)
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    c.steps = 1

    def coding():
        return [c.weight(np.float32(c.rng.uniform(0.01, 0.1))), c.weight(np.array(c.rng.integers(low // 2, high // 2), kind))]

    def part(shape, fixed=()):
        return [c.input(c.rng.integers(low, high + 1, shape).astype(kind), fixed), *coding()]

    op = c.pick("QLinearAdd", "QLinearMul", "QLinearSigmoid", "QLinearLeakyRelu", "QLinearGlobalAveragePool", "QLinearConcat")
    if op in ("QLinearAdd", "QLinearMul"):
        shape, other = broadcast_pair(c)
        y = c.node(op, *part(shape, range(4)), *part(other, range(4)), *coding(), domain="com.microsoft")
    elif op == "QLinearConcat":
        shape = c.shape(3)
        parts = part(shape, range(3)) + part(shape, range(3)) + part([shape[0], 3, shape[2]], range(3))
        y = c.node(op, *coding(), *parts, axis=1, domain="com.microsoft")
    else:
        extra = dict(channels_last=0) if op == "QLinearGlobalAveragePool" else dict(alpha=0.1) if op == "QLinearLeakyRelu" else {}
        y = c.node(op, *part(c.shape(4)), *coding(), domain="com.microsoft", **extra)
    return c.model(y)


def codes(c):
    """Convolutions of codes whose results become codes, perhaps several, and perhaps stay numbers, too. Halves may round to either side.
    Weights are small, because ONNX Runtime adds products of codes with saturation on some CPUs. Where it adds them in f32, numbers far from
    zero cancel; ours are exact."""
    c.steps, c.tolerance = 1, 2e-4
    channels, kernel = c.extent(1, 40), [c.extent(1, 3), c.extent(1, 3)]
    groups = c.pick(1, 1, channels)
    outputs = channels if groups > 1 else c.extent(1, 70)
    inner = channels // groups * kernel[0] * kernel[1]

    def coding(scale):
        kind = c.pick(np.uint8, np.int8)
        low, high = np.iinfo(kind).min, np.iinfo(kind).max
        return kind, [c.weight(np.float32(scale * c.rng.uniform(0.5, 2))), c.weight(np.array(c.rng.integers(low, high + 1), kind))]

    kind, image = coding(0.03)
    x = c.input(c.rng.integers(np.iinfo(kind).min, np.iinfo(kind).max + 1, [c.extent(1, 2), channels, c.extent(3, 12), c.extent(3, 12)]).astype(kind),
                fixed=range(1, 4))
    weights = c.rng.integers(-60, 61, [outputs, channels // groups, *kernel]).astype(np.int8)
    filters = c.node("DequantizeLinear", c.weight(weights), c.weight(c.rng.uniform(0.01, 0.02, outputs).astype(np.float32)),
                     c.weight(np.zeros(outputs, np.int8)), axis=0)
    y = c.node("Conv", c.node("DequantizeLinear", x, *image), filters, c.weight(c.numbers([outputs])), group=groups, kernel_shape=kernel,
               strides=[c.extent(1, 2), c.extent(1, 2)], pads=[c.extent(0, 1) if e > 1 else 0 for e in kernel * 2])
    y = c.pick(lambda: y, lambda: c.node("Relu", y), lambda: c.node("Mul", y, c.node("Sigmoid", y)))()
    results = [c.node("QuantizeLinear", y, *coding(0.02 * np.sqrt(inner))[1]) for _ in range(c.extent(1, 3))]
    return c.model(*results, *([y] if c.rng.random() < 0.4 else []))


def chain(c):
    """Elementwise operators, reductions and norms that share values."""
    shape = c.shape(int(c.rng.integers(2, 4)))
    values = [c.input(c.numbers(shape), range(len(shape)))]
    for _ in range(6):
        op = c.pick("Add", "Mul", "Sub", "Tanh", "Relu", "Sigmoid", "mean", "norm", "Transpose2")
        a, b = c.pick(*values), c.pick(*values)
        if op in ("Add", "Mul", "Sub"):
            values.append(c.node(op, a, b))
        elif op == "mean":
            values.append(c.node("Sub", a, c.node("ReduceMean", a, axes=[-1], keepdims=1)))
        elif op == "norm":
            values.append(c.node("LayerNormalization", a, c.weight(c.numbers(shape[-1:])), axis=-1))
        elif op == "Transpose2":
            order = list(range(len(shape)))[::-1]
            values.append(c.node("Transpose", c.node("Tanh", c.node("Transpose", a, perm=order)), perm=order))
        else:
            values.append(c.node(op, a))
    return c.model(*dict.fromkeys(values[-2:]))


OPS = {f.__name__: f for f in (unary, positive, binary, integers, compare, cast, clip, reduce, arg_reduce, cumsum, softmax, matmul, vector_matmul,
                               gemm, epilogue, conv, conv_transpose, pool, norm, shapes, gather_rows, resize, depth_to_space, recurrent,
                               attention, quantized, rounded, quantized_conv, qlinear, codes, chain)}


def differ(case, actual, expected):
    """What is wrong with an output; None if nothing is."""
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        return f"{actual.dtype}{list(actual.shape)} instead of {expected.dtype}{list(expected.shape)}"
    if case.steps and expected.dtype.kind != "f":
        off = int(np.abs(actual.astype(np.int64) - expected).max(initial=0))
        return None if off <= case.steps else f"{off} codes apart"
    if case.exact or expected.dtype.kind != "f":
        same = np.array_equal(actual, expected, equal_nan=expected.dtype.kind == "f")
        return None if same else f"{int((actual != expected).sum())} of {expected.size} elements differ"
    if expected.size == 0:
        return None
    if not np.array_equal(np.isfinite(actual), np.isfinite(expected)):
        return "other elements are finite"
    finite = np.isfinite(expected)
    if not finite.any():
        return None
    error = np.abs(actual.astype(np.float64) - expected)[finite].max() / max(np.abs(expected[finite]).max(), 1e-30)
    return None if error <= case.tolerance else f"error {error:.2g} of the largest magnitude, {case.tolerance:.2g} allowed"


def run_case(name, number, folder):
    """Messages about one case."""
    case = Case(np.random.default_rng([zlib.crc32(name.encode()), number]))
    model = OPS[name](case)
    path = os.path.join(folder, f"{name}-{number}.onnx")
    onnx.save(model, path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    expected = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]).run(None, case.inputs)
    names = [o.name for o in model.graph.output]
    messages = []
    arrays, results = os.path.join(folder, "in.npz"), os.path.join(folder, "out.npz")
    np.savez(arrays, **case.inputs)
    flags = [f"--{key.replace('_', '-')}={value}" for key, value in case.options.items()]
    done = subprocess.run(["nibble-test-reference", path, arrays, results, *flags], capture_output=True, text=True)
    if done.returncode:
        return [f"reference: {done.stderr.strip()}"]
    reference = dict(np.load(results))
    if case.options:
        expected = [reference[name] for name in names]

    def compare(what, outputs):
        for output, value in zip(names, expected):
            message = differ(case, outputs[output], value)
            if message:
                messages.append(f"{what}: output '{output}': {message}")

    try:
        # The reference rounds the model as it is.
        compare("compiled", nibble.compile(path, threads=1, transform="none", **case.options)(case.inputs))
    except nibble.Error as error:
        messages.append(f"compiled: {error}")
    compare("reference", reference)
    if not messages:
        os.remove(path)
    return messages


def run_apart(*args):
    """run_case in a process of its own: a crash is one more message."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def work():
        sender.send(run_case(*args))

    process = context.Process(target=work)
    process.start()
    sender.close()
    try:
        messages = receiver.recv()
    except EOFError:
        messages = None
    process.join()
    return [f"ended with exit code {process.exitcode}"] if messages is None else messages


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", help="folder for models; those that fail stay there")
    parser.add_argument("--cases", type=int, default=3, help="of each operator")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--ops", default=",".join(OPS), help="generators of this file, with commas between")
    parser.add_argument("--except", dest="left_out", default="", help="of those, not these")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    failures = 0
    ops = [name for name in args.ops.split(",") if name not in args.left_out.split(",")]
    for name in ops:
        for number in range(args.first, args.first + args.cases):
            for message in run_apart(name, number, args.work):
                failures += 1
                print(f"{name}-{number}: {message}", flush=True)
    print(f"{len(ops) * args.cases} models, {failures} failures")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
