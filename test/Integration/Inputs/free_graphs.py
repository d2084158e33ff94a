# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random graphs of no family of models, which each change of basis must leave equal.

    free_graphs.py WORK [--cases N] [--first N]

What architectures.py does not have: values with many readers of all kinds, gains beside each other, linear maps with the same weights, outputs
within the graph, and all that free_steps.py lists. Each goes through some of: another order of channels, random maps of one kind, scales, rotations
and random orthogonal matrices of a file; qnt-verify-equivalence compares. A line for each says the largest difference relative to the output's
largest magnitude, and how many transforms are in weights and at run time. Case N depends on nothing but N.
Exit code 1 if something differs, or if no case had a basis of one of the kinds: that would show nothing.
"""
import argparse
import collections
import os
import re
import sys
import zlib

import numpy as np
import onnx
from safetensors.numpy import save_file

import free_steps
from architectures import BOUND, Net, check_passes, count_online, write_original
from free_steps import LARGEST, Value

# Scales divide weights and multiply others: each is rounded, where a rotation only sums in another order.
SCALE_BOUND = 1e-4


# --- graphs ----------------------------------------------------------------------


def grow(net):
    """All that nothing reads is an output, most of it by a linear map (there is one at least), and sometimes something within the graph."""
    net.shared, net.tables, net.captured, net.branches = {}, {}, set(), 0
    net.batch, net.tokens, net.symbolic = net.pick(1, 2), net.pick(3, 5), net.rng.random() < 0.3
    channels = net.pick(16, 24, 32)
    data = net.rng.standard_normal((net.batch, net.tokens, channels)).astype(np.float32)
    values = [Value(net.input("x", data, ["batch", net.tokens, channels] if net.symbolic else None), channels, 1.0)]
    for _ in range(int(net.rng.integers(6, 13))):
        x = net.pick(*values[-4:])
        step = free_steps.normalize if x.size > LARGEST else net.pick(*net.pick(free_steps.COMMON, free_steps.RARE))
        values += step(net, x, values)
    read = {name for node in net.nodes for name in node.input} | net.captured
    ends = [v for v in values if v.name not in read]
    outputs = [v.name for v in values[1:] if v.name in read and net.rng.random() < 0.05]
    outputs += [net.linear(v.name, 8, v.channels) if v is ends[0] or net.rng.random() < 0.75 else v.name for v in ends]
    return net.model(*outputs)


# --- rewritings --------------------------------------------------------------------


def write_matrix(net):
    """A random orthogonal matrix for what one of the linear maps reads, of all channels or of a part of them, in a file."""
    rows = {w.name: w.dims[0] for w in net.weights if len(w.dims) == 2}
    maps = {tuple(n.input): n.name for n in net.nodes if n.op_type == "MatMul" and n.input[1] in rows and n.input[0] not in rows}
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


def randomize(net):
    """Random maps wherever the graph is free, whether a policy would want them or not."""
    kind = net.pick(*RANDOM_KINDS)
    split = "func.func(qnt-split-channel-ops,qnt-center-layer-norm)," if kind in ("orthogonal", "linear") else ""
    return f"{PREPARE},{split}qnt-randomize-spaces{{kind={kind} numbers=random.bin}}"


def rotate(net):
    return f"nibble-transform{{block=8 keys={net.pick('false', 'true')}}}"


def rotate_given(net):
    write_matrix(net)
    given = f"qnt-insert-matrices{{matrices=matrix.safetensors numbers=matrix.bin only={net.pick('false', 'true')}}}"
    channels = "func.func(qnt-split-channel-ops,qnt-center-layer-norm)"
    return f"{PREPARE},{channels},{given},qnt-insert-transforms{{block=8}},qnt-fuse-transforms,cse,qnt-cleanup-transforms"


# What the compiler runs before each.
PREPARE = "canonicalize,cse,nibble-fold-affine,canonicalize,cse"
KINDS = ("permutation", "sign", "diagonal", "hadamard", "orthogonal", "linear")
RANDOM_KINDS = ("permutation", "sign", "scale", "orthogonal", "linear")


def choose(net):
    """Rewritings in the compiler's order. Comparing takes far longer than rewriting, so a case takes several, which is also how they are used."""
    while True:
        chosen = [f for f in (net.pick(order, randomize, None), net.pick(scale, None), net.pick(rotate, rotate, rotate_given, None)) if f]
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
        bound = BOUND if {scale, randomize}.isdisjoint(chosen) else SCALE_BOUND
        # Plain loops have no inverse of a matrix.
        options = "evaluate-weights=true" if "kind=linear" in passes else ""
        difference, text = check_passes(write_original(path, "."), passes, bound, options)
    except Exception as failure:
        if "is zero in the original" in str(failure):
            print(f"none {line} an output is zero, so that nothing is compared", flush=True)
            return True, collections.Counter()
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
