# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The steps by which free_graphs.py lets random graphs grow.

Each makes new values of one that is there, or none where it does not fit: step(net, value, values). A net knows its batch and tokens
(`symbolic`: the batch is a name in the graph), weights to share by shape (`shared`) and tables by width (`tables`).
"""
import dataclasses
import types

import numpy as np
import onnx
from onnx import helper as h

from architectures import VOCABULARY, activate, norm, repeat_heads, stacked_heads

# What keeps the f32 function itself well conditioned, so that the bounds say something of the rewriting: rows that happen to be small are not
# blown up by a norm, and nothing grows without end through sums and products (a softmax or an exponential of large numbers shows their rounding).
EPSILON = 1e-2
LARGEST = 8.0
MOST_CHANNELS = 96


@dataclasses.dataclass
class Value:
    """[batch, tokens, channels], and how large its elements are, about."""
    name: str
    channels: int
    size: float


def like(net, channels):
    """A norm's properties, as `norm` takes them."""
    return types.SimpleNamespace(norm=net.pick("rms", "layer"), hidden=channels, bias=net.chance())


def partner(net, x, values):
    """Any value of as many channels, itself too."""
    return net.pick(*(v for v in values if v.channels == x.channels))


def divisor(net, number, *choices):
    return net.pick(*(n for n in choices if number % n == 0))


def swap(net, a, b):
    return (a, b) if net.chance() else (b, a)


def matrix(net, k, n):
    return net.normal(k, n, scale=k**-0.5)


# --- linear maps -----------------------------------------------------------------


def linear(net, x, values):
    """Some with weights of another linear map, or of its transpose; some make channels of very different size."""
    n = net.pick(16, 24, 32, 48)
    key, size = (x.channels, n), x.size
    if key in net.shared and net.chance():
        y = net.node("MatMul", x.name, net.shared[key])
    elif key[::-1] in net.shared and net.chance():
        y = net.node("MatMul", x.name, net.node("Transpose", net.shared[key[::-1]], perm=[1, 0]))
    else:
        columns = np.ones(n)
        if x.size <= 2 and net.chance():
            columns[net.rng.integers(n, size=2)] = 12
            size *= 4
        w = net.rng.standard_normal(key) * x.channels**-0.5 * columns
        net.shared[key] = net.weight(w.astype(np.float32))
        y = net.node("MatMul", x.name, net.shared[key])
    y = Value(y, n, size)
    return bias(net, y, values) if net.chance() else [y]


def bias(net, x, values):
    return [Value(net.add(x.name, net.normal(x.channels, scale=0.5)), x.channels, x.size + 0.5)]


def derived_linear(net, x, values):
    """Weights that are computed of others."""
    k, n = x.channels, net.pick(16, 24, 32)

    def first_of(axis):
        whole = [k, n]
        whole[axis] *= 2
        w = net.normal(*whole, scale=k**-0.5)
        return net.node("Slice", w, net.ints(0), net.ints(whole[axis] // 2), net.ints(axis))

    y = net.pick(
        lambda: net.node("MatMul", matrix(net, k, 12), matrix(net, 12, n)),
        lambda: net.add(matrix(net, k, n), matrix(net, k, n)),
        lambda: net.node("Mul", matrix(net, k, n), net.node("Unsqueeze", net.gain(k), net.ints(1))),
        lambda: net.node("Mul", matrix(net, k, n), net.gain(n)),
        lambda: net.node("Softmax", matrix(net, k, n), axis=0),
        lambda: net.node("Concat", matrix(net, k, n // 2), matrix(net, k, n // 2), axis=1),
        lambda: net.node("Concat", matrix(net, 4, n), matrix(net, k - 4, n), axis=0),
        lambda: net.node("Gather", matrix(net, k, n), net.weight(net.rng.integers(0, k, k)), axis=0),
        lambda: net.node("Reshape", matrix(net, k * n // 4, 4), net.ints(k, n)),
        lambda: first_of(0),
        lambda: first_of(1))()
    return [Value(net.node("MatMul", x.name, y), n, 2 * x.size)]


def dead_linear(net, x, values):
    """Some columns and some rows of the weights are zero."""
    n = net.pick(16, 32)
    w = net.rng.standard_normal((x.channels, n)).astype(np.float32) * np.float32(x.channels**-0.5)
    w[:, net.rng.permutation(n)[:4]] = 0
    w[net.rng.permutation(x.channels)[:4]] = 0
    return [Value(net.node("MatMul", x.name, net.weight(w)), n, x.size)]


def gemm(net, x, values):
    n = net.pick(16, 24, 32)
    flat = net.node("Reshape", x.name, net.ints(-1, x.channels))
    bias = [net.normal(n)] if net.chance() else []
    if net.chance():
        y = net.node("Gemm", flat, matrix(net, x.channels, n), *bias, alpha=0.5)
    else:
        y = net.node("Gemm", flat, net.normal(n, x.channels, scale=x.channels**-0.5), *bias, transB=1)
    return [Value(net.node("Reshape", y, net.ints(-1, net.tokens, n)), n, x.size + 1)]


def map_parts(net, x, values):
    """One linear map for all parts of the channels, as further tokens or as columns of a transpose, or each part has weights of its own."""
    parts = divisor(net, x.channels, 1, 2, 4)
    size, n = x.channels // parts, net.pick(4, 8, 12)
    if max(parts, size) * n > MOST_CHANNELS:
        return []
    kind = net.pick("tokens", "transpose", "own")
    if kind == "tokens":
        y = net.node("Relu", net.node("MatMul", net.node("Reshape", x.name, net.ints(0, -1, size)), matrix(net, size, n)))
        return [Value(net.node("Reshape", y, net.ints(0, -1, parts * n)), parts * n, x.size)]
    if kind == "transpose":
        y = net.node("Transpose", net.node("Reshape", x.name, net.ints(0, 0, parts, size)), perm=[0, 1, 3, 2])
        y = net.node("MatMul", y, matrix(net, parts, n))
        return [Value(net.node("Reshape", y, net.ints(0, 0, size * n)), size * n, x.size)]
    y = net.node("MatMul", net.heads(x.name, parts, size), net.normal(parts, size, n, scale=size**-0.5))
    y = net.node("Reshape", net.node("Transpose", y, perm=[0, 2, 1, 3]), net.ints(0, 0, parts * n))
    return [Value(y, parts * n, x.size)]


def table(net, x, values):
    """An embedding table that is a linear map's weights, too, as it is or transposed."""
    if "ids" not in net.inputs:
        net.input("ids", net.rng.integers(0, VOCABULARY, (net.batch, net.tokens)), ["batch", net.tokens] if net.symbolic else None)
    c = x.channels
    if c not in net.tables:
        net.tables[c] = net.normal(VOCABULARY + 1, c)
    t = net.tables[c]
    made = []
    for _ in range(2):
        fitting = [v for v in values if v.channels == VOCABULARY + 1]
        kind = net.pick("gather", "scaled", "head", "plain")
        if kind == "head":
            # A factor of its own: equal maps would become one, which has one of the names.
            y = net.node("Mul", x.name, net.number(c**-0.5 * net.rng.uniform(0.5, 1)))
            y = net.node("MatMul", y, net.node("Transpose", t, perm=[1, 0]))
            made.append(Value(y, VOCABULARY + 1, x.size))
        elif kind == "plain" and fitting:
            y = net.node("Mul", net.pick(*fitting).name, net.number(net.rng.uniform(0.1, 0.2)))
            made.append(Value(net.node("MatMul", y, t), c, LARGEST / 2))
        else:
            row = net.node("Gather", t, "ids")
            row = net.node("Mul", row, net.number(0.5)) if kind == "scaled" else row
            made.append(Value(net.add(row, x.name), c, x.size + 1))
    return made


def convolve(net, x, values):
    """One or two convolutions over the tokens, each with what usually stands behind it."""
    y, c, size = net.node("Transpose", x.name, perm=[0, 2, 1]), x.channels, x.size
    for _ in range(net.pick(1, 2)):
        groups = divisor(net, c, 1, 2, 4, c)
        n = groups * net.pick(*(m for m in (1, 2, 4, 8, 16) if 12 <= m * groups <= 64), *([1] if groups >= 12 else []))
        width, within = net.pick(1, 3), c // groups
        shape = {"kernel_shape": [width], "pads": [width // 2] * 2, "group": groups}
        bias, scale = [net.normal(n, scale=0.5)] if net.chance() else [], (within * width)**-0.5
        if net.rng.random() < 0.2:
            y = net.node("ConvTranspose", y, net.normal(c, n // groups, width, scale=scale), *bias, **shape)
        else:
            y = net.node("Conv", y, net.normal(n, within, width, scale=scale), *bias, **shape)
        c, size = n, size + 0.5
        y, size = behind_convolution(net, y, c, size)
    return [Value(net.node("Transpose", y, perm=[0, 2, 1]), c, size)]


def behind_convolution(net, y, c, size):
    def column(vector):
        return net.node("Unsqueeze", vector, net.ints(1))

    kind = net.pick("Relu", "batch norm", "instance norm", "group norm", "MaxPool", "AveragePool", "gain", "PRelu", None)
    if kind == "Relu":
        return net.node("Relu", y), size
    if kind == "batch norm":
        variance = net.weight(np.exp2(net.rng.uniform(-1, 1, c)).astype(np.float32))
        return net.node("BatchNormalization", y, net.gain(c), net.normal(c), net.normal(c), variance), 2 * size + 1
    if kind == "instance norm":
        return net.node("InstanceNormalization", y, net.gain(c), net.normal(c), epsilon=EPSILON), 2
    if kind == "group norm":
        groups = divisor(net, c, 1, 2, 4)
        ones, zeros = net.weight(np.ones(groups, np.float32)), net.weight(np.zeros(groups, np.float32))
        y = net.node("InstanceNormalization", net.node("Reshape", y, net.ints(0, groups, -1)), ones, zeros, epsilon=EPSILON)
        y = net.node("Reshape", y, net.ints(0, c, net.tokens))
        return net.add(net.node("Mul", y, column(net.gain(c))), net.normal(c, 1, scale=0.5)), 2
    if kind == "MaxPool":
        return net.node(kind, y, kernel_shape=[3], pads=[1, 1]), size
    if kind == "AveragePool":
        return net.node(kind, y, kernel_shape=[3], pads=[1, 1], count_include_pad=net.pick(0, 1)), size
    if kind == "gain":
        return net.node("Mul", y, column(net.gain(c))), size
    if kind == "PRelu":
        return net.node("PRelu", y, net.normal(c, 1, scale=0.5)), size
    return y, size


# --- each channel for itself -------------------------------------------------------


def gains(net, x, values):
    """One value by several gains, or one."""
    return [Value(net.node("Mul", x.name, net.gain(x.channels)), x.channels, 1.2 * x.size) for _ in range(net.pick(1, 1, 2))]


def function(net, x, values):
    kind = net.pick("relu", "silu", "gelu", "Sigmoid", "Tanh", "Softplus", "Neg", "Abs", "Sin", "LeakyRelu", "Elu", "HardSwish", "Softsign", "Erf")
    y = net.node(kind, x.name) if kind[0].isupper() else activate(net, x.name, kind)
    return [Value(y, x.channels, min(x.size, 1) if kind in ("Sigmoid", "Tanh", "Sin", "Erf", "Softsign") else x.size)]


def power(net, x, values):
    """Of something positive where it must be."""
    kind = net.pick("square", "root", "inverse", "exponential")
    if kind == "square":
        return [Value(net.node("Pow", x.name, net.number(2)), x.channels, x.size**2)] if x.size**2 <= LARGEST else []
    if kind == "exponential":
        return [Value(net.node("Exp", net.node("Clip", x.name, net.number(-2), net.number(1))), x.channels, 3)]
    y = net.add(net.node("Abs", x.name), net.number(1))
    return [Value(net.node("Sqrt" if kind == "root" else "Reciprocal", y), x.channels, x.size)]


def clip(net, x, values):
    low, high = net.pick((-2, 2), (0, 6), (0, None))
    bounds = [net.number(low)] + ([] if high is None else [net.number(high)])
    return [Value(net.node("Clip", x.name, *bounds), x.channels, min(x.size, 2))]


def slopes(net, x, values):
    return [Value(net.node("PRelu", x.name, net.normal(x.channels, scale=0.5)), x.channels, x.size)]


def sum_or_product(net, x, values):
    """With any value of as many channels, itself too."""
    other = partner(net, x, values)
    op, size = net.pick(("Add", x.size + other.size), ("Mul", x.size * other.size))
    return [Value(net.node(op, x.name, other.name), x.channels, size)] if size <= LARGEST else []


def difference_or_quotient(net, x, values):
    c, other = x.channels, partner(net, x, values)
    if net.chance():
        below = net.gain(c) if net.chance() else net.add(net.node("Abs", other.name), net.number(1))
        return [Value(net.node("Div", x.name, below), c, 1.2 * x.size)]
    # x - x is rounding alone, or zero.
    pair = swap(net, x.name, net.pick(other.name, net.normal(c)) if other is not x else net.number(0.5))
    return [Value(net.node("Sub", *pair), c, x.size + other.size)]


def largest_or_smallest(net, x, values):
    other = net.pick(partner(net, x, values).name, net.normal(x.channels), net.number(0.25))
    return [Value(net.node(net.pick("Max", "Min"), x.name, other), x.channels, max(x.size, 2))]


def several(net, x, values):
    others = [partner(net, x, values) for _ in range(2)]
    size = x.size + sum(v.size for v in others)
    return [Value(net.node(net.pick("Sum", "Mean", "Max"), x.name, *(v.name for v in others)), x.channels, size)]


def choose(net, x, values):
    """By a mask of the channels, or of the tokens, or of all of them."""
    kind = net.pick("channels", "tokens", "all")
    if kind == "channels":
        mask = net.weight(net.rng.integers(0, 2, x.channels).astype(bool))
    else:
        shape = net.batch, net.tokens, 1 if kind == "tokens" else x.channels
        dims = ["batch", *shape[1:]] if net.symbolic else None
        mask = net.input(f"mask{len(net.inputs)}", net.rng.integers(0, 2, shape).astype(bool), dims)
    other = net.pick(partner(net, x, values).name, net.number(net.pick(0, 1)), net.normal(x.channels))
    return [Value(net.node("Where", mask, *swap(net, x.name, other)), x.channels, max(LARGEST / 2, x.size))]


# --- channels moved, parted and joined --------------------------------------------


def concat(net, x, values):
    other = net.pick(*values)
    channels = x.channels + other.channels
    parts = swap(net, x.name, other.name)
    return [Value(net.node("Concat", *parts, axis=-1), channels, max(x.size, other.size))] if channels <= MOST_CHANNELS else []


def concat_nothing(net, x, values):
    nothing = net.node("Slice", x.name, net.ints(0), net.ints(0), net.ints(2))
    return [Value(net.node("Concat", *swap(net, nothing, x.name), axis=-1), x.channels, x.size)]


def split(net, x, values):
    if x.channels < 16:
        return []
    first = net.pick(x.channels // 2, x.channels // 4)
    sizes = first, x.channels - first
    names = net.node("Split", x.name, net.ints(*sizes), axis=-1, outputs=2)
    return [Value(name, size, x.size) for name, size in zip(names, sizes)]


def take(net, x, values):
    """Channels in another order, some of them, some twice, every second one, from the last to the first."""
    c = x.channels
    kind = net.pick("order", "some", "twice", "slice", "second", "backwards")
    if kind in ("order", "some", "twice"):
        index = net.rng.integers(0, c, c) if kind == "twice" else net.rng.permutation(c)
        index = index[:max(8, c // 2)] if kind == "some" else index
        return [Value(net.node("Gather", x.name, net.weight(index), axis=-1), len(index), x.size)]
    begin, end, step = {"slice": (4, c - net.pick(0, 1), 1), "second": (net.pick(0, 1), c, 2), "backwards": (-1, -2**60, -1)}[kind]
    count = len(range(begin, end, step)) if kind != "backwards" else c
    return [Value(net.node("Slice", x.name, net.ints(begin), net.ints(end), net.ints(2), net.ints(step)), count, x.size)]


def pad(net, x, values):
    low, high, mode = net.pick(0, 3, 4), net.pick(0, 4, 8), net.pick("constant", "reflect", "edge")
    value = [net.number(net.pick(0, 1))] if mode == "constant" else []
    if x.channels + low + high > MOST_CHANNELS:
        return []
    return [Value(net.node("Pad", x.name, net.ints(0, 0, low, 0, 0, high), *value, mode=mode), x.channels + low + high, max(1, x.size))]


def repeat(net, x, values):
    """All channels twice, or each one."""
    if 2 * x.channels > MOST_CHANNELS:
        return []
    if net.chance():
        return [Value(net.node("Tile", x.name, net.ints(1, 1, 2)), 2 * x.channels, x.size)]
    y = net.node("Expand", net.node("Unsqueeze", x.name, net.ints(3)), net.ints(1, 1, 1, 2))
    return [Value(net.node("Reshape", y, net.ints(0, 0, 2 * x.channels)), 2 * x.channels, x.size)]


def shuffle(net, x, values):
    parts = divisor(net, x.channels, 1, 2, 3, 4)
    y = net.node("Transpose", net.node("Reshape", x.name, net.ints(0, 0, parts, x.channels // parts)), perm=[0, 1, 3, 2])
    return [Value(net.node("Reshape", y, net.ints(0, 0, x.channels)), x.channels, x.size)]


# --- reductions and norms ----------------------------------------------------------


def normalize(net, x, values):
    return [Value(norm(net, x.name, like(net, x.channels), affine=net.chance(), epsilon=EPSILON), x.channels, 1.2)]


def normalize_otherwise(net, x, values):
    """Not over the channels alone, over parts of them, twice, or with a gain that is no common one."""
    c, kind = x.channels, net.pick("wide", "tokens", "parts", "twice", "scalar", "zeros")
    if kind == "wide":
        shape = net.tokens, c
        bias = [net.normal(*shape)] if net.chance() else []
        return [Value(net.node("LayerNormalization", x.name, net.normal(*shape), *bias, axis=1, epsilon=EPSILON), c, 2)]
    if kind == "tokens":
        y = norm(net, net.node("Transpose", x.name, perm=[0, 2, 1]), like(net, net.tokens), epsilon=EPSILON)
        return [Value(net.node("Transpose", y, perm=[0, 2, 1]), c, 1.5)]
    if kind == "parts":
        parts = divisor(net, c, 1, 2, 4)
        y = net.node("Reshape", x.name, net.ints(0, 0, parts, c // parts))
        return [Value(net.node("Reshape", norm(net, y, like(net, c // parts), epsilon=EPSILON), net.ints(0, 0, c)), c, 1.5)]
    if kind == "twice":
        same = like(net, c)
        return [Value(norm(net, norm(net, x.name, same, epsilon=EPSILON), same, epsilon=EPSILON), c, 1.5)]
    y = norm(net, x.name, like(net, c), affine=False, epsilon=EPSILON)
    if kind == "scalar":
        return [Value(net.node("Mul", y, net.normal(1)), c, 1.5)]
    gain = np.zeros(c, np.float32)
    gain[:net.pick(0, c // 2)] = 1
    return [Value(net.add(net.node("Mul", y, net.weight(gain)), x.name), c, x.size + 1)]


def reduce_channels(net, x, values):
    """One number for each token, with another value."""
    kind, size = net.pick(("ReduceMean", x.size), ("ReduceMax", 2 * x.size), ("ReduceL2", 5 * x.size), ("ReduceLogSumExp", 4 + x.size), ("ReduceL1", x.size))
    other = net.pick(x, net.pick(*values))
    op, size = net.pick(("Add", size + other.size), ("Sub", size + other.size), ("Mul", size * other.size), ("Max", max(size, other.size)))
    if size > LARGEST:
        return []
    y = net.node(kind, x.name, axes=[-1], keepdims=1)
    y = net.node("Mul", y, net.number(1 / x.channels)) if kind == "ReduceL1" else y
    return [Value(net.node(op, *swap(net, y, other.name)), other.channels, size)]


def reduce_tokens(net, x, values):
    """One row for all tokens, with each of another value."""
    c, other, kind = x.channels, partner(net, x, values), net.pick("Add", "Mul", "Expand", "gate")
    size = {"Add": other.size + 2 * x.size, "Mul": 2 * other.size * x.size, "Expand": 2 * x.size, "gate": other.size}[kind]
    if size > LARGEST:
        return []
    y = net.node(net.pick("ReduceMean", "ReduceMax", "ReduceL2"), x.name, axes=[1], keepdims=1)
    if kind == "Expand":
        return [Value(net.node("Expand", y, net.ints(1, net.tokens, 1)), c, size)]
    if kind == "gate":
        return [Value(net.node("Mul", other.name, net.node("Sigmoid", net.linear(y, c, c, net.chance()))), c, size)]
    return [Value(net.node(kind, other.name, y), c, size)]


def softmax(net, x, values):
    return [Value(net.node(net.pick("Softmax", "LogSoftmax"), x.name, axis=net.pick(-1, 1)), x.channels, 4)] if x.size <= 4 else []


# --- tokens -------------------------------------------------------------------------


def attention(net, x, values):
    """Queries, keys and values are linear maps of x, or x itself."""
    heads = net.pick(1, 2, 4)
    if x.channels % heads:
        return []
    size = x.channels // heads
    q, k, v = (net.heads(net.linear(x.name, x.channels, x.channels, net.chance()) if net.chance() else x.name, heads, size) for _ in range(3))
    return [Value(attend(net, q, k, v, size, x.size, x.channels), x.channels, x.size)]


def stacked_attention(net, x, values):
    """Queries, keys and values are parts of one product."""
    heads = net.pick(1, 2, 4)
    if x.channels % heads:
        return []
    size = x.channels // heads
    q, k, v = stacked_heads(net, x.name, heads, size, x.channels)
    return [Value(attend(net, q, k, v, size, x.size, x.channels), x.channels, x.size)]


def attend(net, q, k, v, head, size, channels, mask=None):
    scores = net.node("MatMul", q, net.node("Transpose", k, perm=[0, 1, 3, 2]))
    scores = net.node("Mul", scores, net.number(head**-0.5 / max(size, 1)**2))
    scores = net.add(scores, mask) if mask else scores
    y = net.node("MatMul", net.node("Softmax", scores, axis=-1), v)
    return net.node("Reshape", net.node("Transpose", y, perm=[0, 2, 1, 3]), net.ints(0, 0, channels))


def rotate_pairs(net, x, head):
    """A rotary embedding."""
    angles = net.rng.standard_normal((net.tokens, head // 2))
    cosine, sine = (net.weight(np.concatenate([f(angles)] * 2, -1).astype(np.float32)) for f in (np.cos, np.sin))
    low, high = net.node("Split", x, net.ints(head // 2, head // 2), axis=-1, outputs=2)
    turned = net.node("Concat", net.node("Neg", high), low, axis=-1)
    return net.add(net.node("Mul", x, cosine), net.node("Mul", turned, sine))


def grouped_attention(net, x, values):
    """Several heads of queries for one of keys; maps of several values, or one map that is split; norms, positions and masks of heads."""
    s = types.SimpleNamespace(head=net.pick(4, 8, 12), kv=net.pick(1, 2))
    s.heads = s.kv * net.pick(1, 2, 3)
    c, sizes = x.channels, [s.heads * s.head, s.kv * s.head, s.kv * s.head]
    if net.chance():
        q, k, v = (net.linear(net.pick(x, partner(net, x, values)).name, n, c, net.chance()) for n in sizes)
    else:
        q, k, v = net.node("Split", net.linear(x.name, sum(sizes), c, net.chance()), net.ints(*sizes), axis=-1, outputs=3)
    q, k, v = net.heads(q, s.heads, s.head), net.heads(k, s.kv, s.head), net.heads(v, s.kv, s.head)
    if net.chance():
        same, affine = like(net, s.head), net.chance()
        q, k = norm(net, q, same, affine, EPSILON), norm(net, k, same, affine, EPSILON)
    if net.chance():
        q, k = rotate_pairs(net, q, s.head), rotate_pairs(net, k, s.head)
    k, v = repeat_heads(net, k, s), repeat_heads(net, v, s)
    mask = net.pick(None, (net.tokens, net.tokens), (s.heads, net.tokens, net.tokens))
    mask = mask and net.normal(*mask)
    y = attend(net, q, k, v, s.head, x.size, sizes[0], mask)
    if net.chance() and sizes[0] <= MOST_CHANNELS:
        return [Value(y, sizes[0], x.size)]
    return [Value(net.add(x.name, net.linear(y, c, sizes[0], net.chance())), c, 2 * x.size)]


def outer_product(net, x, values):
    """Products of activations: over the channels and then the tokens, or the other way round."""
    y, z = partner(net, x, values), net.pick(*values)
    if x.size * y.size * z.size > LARGEST:
        return []
    if net.chance():
        scores = net.node("MatMul", x.name, net.node("Transpose", y.name, perm=[0, 2, 1]))
        scores = net.node("Mul", scores, net.number(1 / x.channels))
        scores = net.node("Softmax", scores, axis=-1) if net.chance() else scores
        return [Value(net.node("MatMul", scores, z.name), z.channels, x.size * y.size * z.size)]
    state = net.node("MatMul", net.node("Transpose", x.name, perm=[0, 2, 1]), z.name)
    state = net.node("Mul", state, net.number(1 / (net.tokens * x.channels**0.5)))
    return [Value(net.node("MatMul", y.name, state), z.channels, x.size * y.size * z.size)]


def mix_tokens(net, x, values):
    """By a matrix, by sums so far, with the one before, with the first one."""
    c, kind = x.channels, net.pick("matrix", "sums", "before", "first", "replace")
    if kind == "matrix":
        return [Value(net.node("MatMul", matrix(net, net.tokens, net.tokens), x.name), c, x.size)]
    if kind == "sums":
        return [Value(net.node("CumSum", x.name, net.weight(np.int64(1))), c, 2 * x.size)]
    if kind == "before":
        before = net.node("Slice", net.node("Pad", x.name, net.ints(0, 1, 0, 0, 0, 0)), net.ints(0), net.ints(net.tokens), net.ints(1))
        return [Value(net.add(net.node("Mul", x.name, net.gain(c)), net.node("Mul", before, net.gain(c))), c, 2 * x.size)]
    first = net.node("Gather", x.name, net.weight(np.array([0])), axis=1)
    first = net.linear(first, c, c) if net.chance() else first
    if kind == "first":
        return [Value(net.add(first, x.name), c, 2 * x.size)]
    rest = net.node("Slice", x.name, net.ints(1), net.ints(net.tokens), net.ints(1))
    return [Value(net.node("Concat", *swap(net, rest, first), axis=1), c, x.size)]


def position(net, x, values):
    return [Value(net.add(x.name, net.normal(net.tokens, x.channels)), x.channels, x.size + 1)]


def recur(net, x, values):
    n, kind, directions = net.pick(8, 12), net.pick("LSTM", "GRU"), net.pick(1, 2)
    gates = {"LSTM": 4, "GRU": 3}[kind] * n
    weights = net.normal(directions, gates, x.channels, scale=x.channels**-0.5), net.normal(directions, gates, n, scale=n**-0.5)
    bias = [net.normal(directions, 2 * gates, scale=0.3)] if net.chance() else []
    options = {"linear_before_reset": net.pick(0, 1)} if kind == "GRU" else {}
    y = net.node(kind, net.node("Transpose", x.name, perm=[1, 0, 2]), *weights, *bias, hidden_size=n,
                 direction="bidirectional" if directions == 2 else "forward", **options)
    y = net.node("Reshape", net.node("Transpose", y, perm=[2, 0, 1, 3]), net.ints(0, 0, directions * n))
    return [Value(y, directions * n, 1)]


# --- blocks of networks ---------------------------------------------------------------


def feed_forward(net, x, values):
    """With gates of a map of their own, or of the same one, or with none; some with a gain at the end."""
    c, n = x.channels, net.pick(16, 24, 40)
    y = norm(net, x.name, like(net, c), affine=net.chance(), epsilon=EPSILON)
    kind = net.pick("own", "same", "none")
    up, gate = net.linear(y, 2 * n if kind == "same" else n, c, net.chance()), None
    if kind == "own":
        gate = net.linear(y, n, c, net.chance())
    elif kind == "same":
        up, gate = net.node("Split", up, net.ints(n, n), axis=-1, outputs=2)
    up = activate(net, up, net.pick("silu", "gelu", "relu"))
    up = net.node("Mul", up, gate) if gate else up
    down = net.linear(up, c, n, net.chance())
    down = net.node("Mul", down, net.gain(c)) if net.chance() else down
    return [Value(net.add(x.name, down), c, x.size + 1)]


def modulate(net, x, values):
    """Scale, shift and gate are those of a condition."""
    c = x.channels
    if "condition" not in net.inputs:
        net.input("condition", net.rng.standard_normal((net.batch, 16)).astype(np.float32), ["batch", 16] if net.symbolic else None)
    y = net.node("Unsqueeze", net.linear(activate(net, "condition", "silu"), 3 * c, 16, True), net.ints(1))
    scale, shift, gate = net.node("Split", y, net.ints(c, c, c), axis=-1, outputs=3)
    y = norm(net, x.name, like(net, c), affine=net.chance(), epsilon=EPSILON)
    y = net.add(net.node("Mul", y, net.add(scale, net.number(1))), shift)
    return [Value(net.add(x.name, net.node("Mul", net.linear(y, c, c, net.chance()), gate)), c, x.size + 3)]


def two_streams(net, x, values):
    """Two widths joined, mapped together and parted again."""
    y = net.pick(*values)
    n = x.channels + y.channels
    if n > MOST_CHANNELS:
        return []
    z = norm(net, net.node("Concat", x.name, y.name, axis=-1), like(net, n), epsilon=EPSILON)
    a, b = net.node("Split", net.linear(z, n, n, net.chance()), net.ints(x.channels, y.channels), axis=-1, outputs=2)
    return [Value(net.add(x.name, a), x.channels, x.size + 1), Value(net.add(y.name, b), y.channels, y.size + 1)]


def branch(net, x, values):
    """Two ways for x, of which an input takes one."""
    if "taken" not in net.inputs:
        net.input("taken", np.array(True))
    c, other = x.channels, partner(net, x, values)
    graphs = []
    for number in range(2):
        begin = len(net.nodes)
        y = net.pick(
            lambda: net.linear(x.name, c, c, net.chance()),
            lambda: net.node("Mul", x.name, net.gain(c)),
            lambda: net.add(x.name, other.name),
            lambda: norm(net, x.name, like(net, c), epsilon=EPSILON),
            lambda: net.node("Identity", other.name))()
        nodes = net.nodes[begin:]
        del net.nodes[begin:]
        # The numbers of these nodes are free again: others will have the names.
        net.branches += 1
        renamed = {name: f"branch{net.branches}/{name}" for node in nodes for name in node.output}
        for node in nodes:
            node.name = f"branch{net.branches}/{node.name}"
            node.input[:] = [renamed.get(name, name) for name in node.input]
            node.output[:] = [renamed[name] for name in node.output]
        net.captured.update(name for node in nodes for name in node.input)
        graphs.append(h.make_graph(nodes, f"way{number}", [], [onnx.ValueInfoProto(name=renamed[y])]))
    return [Value(net.node("If", "taken", then_branch=graphs[0], else_branch=graphs[1]), c, x.size + other.size)]


COMMON = (linear, linear, linear, bias, gains, gains, normalize, function, clip, sum_or_product, sum_or_product, concat, split, attention)
RARE = (derived_linear, derived_linear, dead_linear, gemm, map_parts, table, convolve, convolve, power, slopes, difference_or_quotient, largest_or_smallest,
        several, choose, concat_nothing, take, take, pad, repeat, shuffle, normalize_otherwise, normalize_otherwise, reduce_channels, reduce_tokens, softmax,
        grouped_attention, grouped_attention, stacked_attention, outer_product, mix_tokens, mix_tokens, position, recur, feed_forward, modulate,
        two_streams, branch)
