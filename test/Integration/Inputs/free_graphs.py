# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random graphs of no family of models, which each change of basis must leave equal.

    free_graphs.py WORK [--cases N] [--first N]

What architectures.py does not have: values with many readers of all kinds, gains beside each other, linear maps with the same weights, outputs
within the graph. Each goes through some of: another order of channels, scales, rotations and random orthogonal matrices of a file;
qnt-verify-equivalence compares. A line for each says the largest difference relative to the output's largest magnitude, and how many transforms
are in weights and at run time. Case N depends on nothing but N.
Exit code 1 if something differs, or if no case had a basis of one of the kinds: that would show nothing.
"""
import argparse
import collections
import dataclasses
import os
import re
import sys
import types
import zlib

import numpy as np
import onnx
from safetensors.numpy import save_file

from architectures import BOUND, Net, activate, check_passes, count_online, norm, stacked_heads, write_original

# Scales divide weights and multiply others: each is rounded, where a rotation only sums in another order.
SCALE_BOUND = 1e-4
# What keeps the f32 function itself well conditioned, so that the bounds say something of the rewriting: rows that happen to be small are not
# blown up by a norm, and nothing grows without end through sums and products (a softmax or an exponential of large numbers shows their rounding).
EPSILON = 1e-2
LARGEST = 8.0
MOST_CHANNELS = 96


# --- graphs ----------------------------------------------------------------------


@dataclasses.dataclass
class Value:
    """[batch, tokens, channels], and how large its elements are, about."""
    name: str
    channels: int
    size: float


# Each step makes new values of one that is there, or none where it does not fit: step(net, value, values).


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


def gains(net, x, values):
    """One value by several gains, or one."""
    return [Value(net.node("Mul", x.name, net.gain(x.channels)), x.channels, 1.2 * x.size) for _ in range(net.pick(1, 1, 2))]


def normalize(net, x, values):
    like = types.SimpleNamespace(norm=net.pick("rms", "layer"), hidden=x.channels, bias=net.chance())
    return [Value(norm(net, x.name, like, affine=net.chance(), epsilon=EPSILON), x.channels, 1.2)]


def function(net, x, values):
    kind = net.pick("relu", "silu", "gelu", "Sigmoid", "Tanh", "Softplus")
    y = net.node(kind, x.name) if kind[0].isupper() else activate(net, x.name, kind)
    return [Value(y, x.channels, min(x.size, 1) if kind in ("Sigmoid", "Tanh") else x.size)]


def clip(net, x, values):
    return [Value(net.node("Clip", x.name, net.number(-2), net.number(2)), x.channels, min(x.size, 2))]


def sum_or_product(net, x, values):
    """With any value of as many channels, itself too."""
    other = net.pick(*(v for v in values if v.channels == x.channels))
    op, size = net.pick(("Add", x.size + other.size), ("Mul", x.size * other.size))
    return [Value(net.node(op, x.name, other.name), x.channels, size)] if size <= LARGEST else []


def concat(net, x, values):
    other = net.pick(*values)
    channels = x.channels + other.channels
    parts = (x.name, other.name) if net.chance() else (other.name, x.name)
    return [Value(net.node("Concat", *parts, axis=-1), channels, max(x.size, other.size))] if channels <= MOST_CHANNELS else []


def split(net, x, values):
    if x.channels < 16:
        return []
    first = net.pick(x.channels // 2, x.channels // 4)
    sizes = first, x.channels - first
    names = net.node("Split", x.name, net.ints(*sizes), axis=-1, outputs=2)
    return [Value(name, size, x.size) for name, size in zip(names, sizes)]


def attention(net, x, values):
    """Queries, keys and values are linear maps of x, or x itself, or parts of one product."""
    heads = net.pick(1, 2, 4)
    if x.channels % heads:
        return []
    size = x.channels // heads
    if net.chance():
        q, k, v = stacked_heads(net, x.name, heads, size, x.channels)
    else:
        q, k, v = (net.heads(net.linear(x.name, x.channels, x.channels, net.chance()) if net.chance() else x.name, heads, size) for _ in range(3))
    scores = net.node("MatMul", q, net.node("Transpose", k, perm=[0, 1, 3, 2]))
    scores = net.node("Mul", scores, net.number(size**-0.5 / max(x.size, 1)**2))
    y = net.node("MatMul", net.node("Softmax", scores, axis=-1), v)
    y = net.node("Reshape", net.node("Transpose", y, perm=[0, 2, 1, 3]), net.ints(0, 0, x.channels))
    return [Value(y, x.channels, x.size)]


STEPS = (linear, linear, linear, bias, gains, gains, normalize, function, clip, sum_or_product, sum_or_product, concat, split, attention)


def grow(net):
    """All that nothing reads is an output, most of it by a linear map (there is one at least), and sometimes something within the graph."""
    net.shared = {}
    batch, tokens, channels = net.pick(1, 2), net.pick(3, 5), net.pick(16, 24, 32)
    data = net.rng.standard_normal((batch, tokens, channels)).astype(np.float32)
    values = [Value(net.input("x", data, net.pick(None, ["batch", "tokens", channels])), channels, 1.0)]
    for _ in range(int(net.rng.integers(6, 15))):
        x = net.pick(*values[-4:])
        values += (normalize if x.size > LARGEST else net.pick(*STEPS))(net, x, values)
    read = {name for node in net.nodes for name in node.input}
    ends = [v for v in values if v.name not in read]
    outputs = [v.name for v in values[1:] if v.name in read and net.rng.random() < 0.05]
    outputs += [net.linear(v.name, 8, v.channels) if v is ends[0] or net.rng.random() < 0.75 else v.name for v in ends]
    return net.model(*outputs)


# --- rewritings --------------------------------------------------------------------


def write_matrix(net):
    """A random orthogonal matrix for what one of the linear maps reads, of all channels or of a part of them, in a file."""
    rows = {w.name: w.dims[0] for w in net.weights if len(w.dims) == 2}
    maps = {tuple(n.input): n.name for n in net.nodes if n.op_type == "MatMul" and n.input[1] in rows}
    (_, weight), name = net.pick(*maps.items())
    channels = rows[weight]
    size = net.pick(*(s for s in (channels, channels // 2, 4) if channels % s == 0))
    matrix = np.linalg.qr(net.rng.standard_normal((size, size)))[0].astype(np.float32)
    save_file({name: matrix}, "matrix.safetensors")


def order(net):
    kind, block = net.pick(("sort", 4), ("zigzag", 8))
    return f"{PREPARE},qnt-search-permutations{{order={kind} block={block} numbers=order.bin}}"


def scale(net):
    return f"{PREPARE},qnt-search-scales{{weights={net.pick('int4', 'int8')} activations=int8 numbers=scales.bin}}"


def rotate(net):
    return f"nibble-transform{{block=8 keys={net.pick('false', 'true')}}}"


def rotate_given(net):
    write_matrix(net)
    given = f"qnt-insert-matrices{{matrices=matrix.safetensors numbers=matrix.bin only={net.pick('false', 'true')}}}"
    channels = "func.func(qnt-split-channel-ops,qnt-center-layer-norm)"
    return f"{PREPARE},{channels},{given},qnt-insert-transforms{{block=8}},qnt-fuse-transforms,cse,qnt-cleanup-transforms"


# What the compiler runs before each.
PREPARE = "canonicalize,cse,nibble-fold-affine,canonicalize,cse"
KINDS = ("permutation", "diagonal", "hadamard", "orthogonal")


def choose(net):
    """Rewritings in the compiler's order. Comparing takes far longer than rewriting, so a case takes several, which is also how they are used."""
    while True:
        chosen = [f for f in (net.pick(order, None), net.pick(scale, None), net.pick(rotate, rotate, rotate_given, None)) if f]
        if chosen:
            return chosen


def run_case(number):
    """Prints the case's line: whether all holds, transforms in weights, and bases of each of KINDS."""
    net = Net(np.random.default_rng([zlib.crc32(b"free"), number]))
    path = f"free-{number}.onnx"
    onnx.save(grow(net), path)
    chosen = choose(net)
    passes = ",".join(f(net) for f in chosen)
    line = f"free-{number}, {' '.join(f.__name__ for f in chosen)}:"
    try:
        difference, text = check_passes(write_original(path, "."), passes, SCALE_BOUND if scale in chosen else BOUND)
    except Exception as failure:
        print(f"FAIL {line} {passes}: {failure}", flush=True)
        return False, collections.Counter()
    online = count_online(text)
    fused = text.count('"qnt.transform"') - online
    line += f" {difference:.1e}, {fused} in weights, {online} online"
    holds = not online or chosen[-1] in (rotate, rotate_given)
    if not holds:
        line += " instead of 0"
    print("ok  " if holds else "FAIL", line, flush=True)
    if holds:
        os.remove(path)
    return holds, collections.Counter(re.findall(rf"#qnt\.({'|'.join(KINDS)})<", text), weights=fused)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", help="folder for models; those that fail stay there")
    parser.add_argument("--cases", type=int, default=30)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    # Parameters of bases are in files named from here.
    os.chdir(args.work)
    failures, found = 0, collections.Counter()
    for number in range(args.first, args.first + args.cases):
        holds, counts = run_case(number)
        failures += not holds
        found += counts
    print(f"{args.cases} graphs, {failures} failures; " + ", ".join(f"{found[kind]} {kind}" for kind in ("weights", *KINDS)))
    return failures != 0 or not all(found[kind] for kind in ("weights", *KINDS))


if __name__ == "__main__":
    sys.exit(main())
