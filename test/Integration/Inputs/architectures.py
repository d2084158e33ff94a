# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random small architectures, which a change of basis must leave equal.

    architectures.py WORK [--cases N] [--first N] [--families A,B] [--passes P [--online N]]

Each is compiled in f32 with and without `transform="rotate"`, and prints a line: the largest difference relative to the output's
largest magnitude, and how many transforms are left at run time. The family says how many: that is checked.
With --passes, quant-opt runs those instead, and qnt-verify-equivalence compares.
Case N of a family depends on nothing but N and the family. Exit code 1 if something does not hold.
"""
import argparse
import os
import re
import subprocess
import sys
import zlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper as h

# Rotations are orthogonal: what differs is rounding, in another order.
BOUND = 1e-5
# The compiled model against ONNX Runtime: as for real models.
ORT_BOUND = 1e-4
VOCABULARY = 23
# The plain loops of qnt-verify-equivalence run once: LLVM takes thrice as long to make them fast.
PLAIN = ["--vectorize-loops=false", "--vectorize-slp=false", "--unroll-threshold=0", "--unroll-runtime=false", "--disable-lsr", "--enable-misched=false"]


class Net:
    """An ONNX graph that grows; weights are random, gains of both signs and biases not small."""

    def __init__(self, rng):
        self.rng, self.nodes, self.infos, self.inputs, self.weights = rng, [], [], {}, []

    def pick(self, *choices):
        return choices[int(self.rng.integers(len(choices)))]

    def chance(self):
        return bool(self.rng.integers(2))

    def node(self, op, *inputs, outputs=1, **attributes):
        names = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(h.make_node(op, list(inputs), names, name=f"{op}_{len(self.nodes)}", **attributes))
        return names[0] if outputs == 1 else names

    def weight(self, data):
        name = f"w{len(self.weights)}"
        self.weights.append(onnx.numpy_helper.from_array(np.asarray(data, order="C"), name))
        return name

    def normal(self, *shape, scale=1.0):
        return self.weight((self.rng.standard_normal(shape) * scale).astype(np.float32))

    def ints(self, *values):
        return self.weight(np.asarray(values, np.int64))

    def number(self, value):
        return self.weight(np.float32(value))

    def input(self, name, data, dims=None):
        self.inputs[name] = data
        kind = h.np_dtype_to_tensor_dtype(data.dtype)
        self.infos.append(h.make_tensor_value_info(name, kind, dims or list(data.shape)))
        return name

    def add(self, a, b):
        return self.node("Add", a, b)

    def linear(self, x, n, k, bias=False):
        y = self.node("MatMul", x, self.normal(k, n, scale=k**-0.5))
        return self.add(y, self.normal(n, scale=0.5)) if bias else y

    def gain(self, d):
        magnitude = np.exp2(self.rng.uniform(-1, 1, d))
        return self.weight((magnitude * self.rng.choice([-1, 1], d)).astype(np.float32))

    def heads(self, x, heads, d):
        """[B, T, heads d] to [B, heads, T, d]."""
        return self.node("Transpose", self.node("Reshape", x, self.ints(0, 0, heads, d)), perm=[0, 2, 1, 3])

    def model(self, *outputs):
        graph = h.make_graph(self.nodes, "architecture", self.infos, [onnx.ValueInfoProto(name=o) for o in outputs], self.weights)
        model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=9)
        return onnx.shape_inference.infer_shapes(model)


class Shape:
    """What the layers of one transformer have in common."""

    def __init__(self, net, norm=None):
        # A rotation of one head serves if it has half of the channels asked for, which are 32 at most, a divisor of all heads'.
        self.head = net.pick(12, 16, 20)
        self.kv = net.pick(1, 2)
        self.heads = self.kv * net.pick(1, 2, 3)
        # The hidden channels are not the heads'; 20, 28 and 36 take Hadamard matrices that are no powers of two.
        self.hidden = net.pick(16, 20, 24, 28, 32, 36, 40, 48)
        self.inner = net.pick(16, 24, 40, 64)
        self.norm = norm or net.pick("rms", "layer")
        self.bias = self.norm == "layer" and net.chance()
        self.gated, self.activation = net.chance(), net.pick("silu", "gelu", "relu")
        self.layers = net.pick(1, 2)
        self.batch, self.tokens = net.pick(1, 2), int(net.rng.integers(3, 8))
        self.symbolic = net.chance()


def norm(net, x, s, affine=True, epsilon=1e-5):
    if s.norm == "layer":
        gain = net.gain(s.hidden) if affine else net.weight(np.ones(s.hidden, np.float32))
        bias = [net.normal(s.hidden, scale=0.5)] if affine and s.bias else []
        return net.node("LayerNormalization", x, gain, *bias, axis=-1, epsilon=epsilon)
    mean = net.node("ReduceMean", net.node("Mul", x, x), axes=[-1], keepdims=1)
    y = net.node("Div", x, net.node("Sqrt", net.add(mean, net.number(epsilon))))
    return net.node("Mul", y, net.gain(s.hidden)) if affine else y


def stacked_heads(net, x, heads, d, channels):
    """Queries, keys and values of one product, as vision transformers have them: three of [B, heads, T, d]."""
    y = net.linear(x, 3 * heads * d, channels, net.chance())
    y = net.node("Transpose", net.node("Reshape", y, net.ints(0, 0, 3, heads, d)), perm=[2, 0, 3, 1, 4])
    return [net.node("Gather", y, net.weight(np.int64(i)), axis=0) for i in range(3)]


def repeat_heads(net, x, s):
    """Each of the kv heads for all heads of its group."""
    group = s.heads // s.kv
    if group == 1:
        return x
    x = net.node("Expand", net.node("Unsqueeze", x, net.ints(2)), net.ints(1, 1, group, 1, 1))
    return net.node("Reshape", x, net.ints(0, s.heads, -1, s.head))


def attention(net, x, s, memory=None, causal=False, qk_norm=False, stacked=False):
    memory = memory or x
    if stacked:
        q, k, v = stacked_heads(net, x, s.heads, s.head, s.hidden)
    else:
        q = net.heads(net.linear(x, s.heads * s.head, s.hidden, s.bias), s.heads, s.head)
        k = net.heads(net.linear(memory, s.kv * s.head, s.hidden, s.bias), s.kv, s.head)
        v = net.heads(net.linear(memory, s.kv * s.head, s.hidden, s.bias), s.kv, s.head)
    if qk_norm:
        small = Shape.__new__(Shape)
        small.norm, small.hidden, small.bias = "rms", s.head, False
        q, k = norm(net, q, small), norm(net, k, small)
    k, v = repeat_heads(net, k, s), repeat_heads(net, v, s)
    scores = net.node("MatMul", q, net.node("Transpose", k, perm=[0, 1, 3, 2]))
    scores = net.node("Mul", scores, net.number(s.head**-0.5))
    if causal:
        mask = np.triu(np.full((s.tokens, s.tokens), -1e4, np.float32), 1)
        scores = net.add(scores, net.weight(mask))
    y = net.node("MatMul", net.node("Softmax", scores, axis=-1), v)
    y = net.node("Reshape", net.node("Transpose", y, perm=[0, 2, 1, 3]), net.ints(0, 0, s.heads * s.head))
    return net.linear(y, s.hidden, s.heads * s.head, s.bias)


def activate(net, x, kind):
    if kind == "relu":
        return net.node("Relu", x)
    if kind == "silu":
        return net.node("Mul", x, net.node("Sigmoid", x))
    half = net.node("Mul", x, net.number(0.5))
    return net.node("Mul", half, net.add(net.node("Erf", net.node("Div", x, net.number(2**0.5))), net.number(1)))


def mlp(net, x, s):
    y = activate(net, net.linear(x, s.inner, s.hidden, s.bias), s.activation)
    if s.gated:
        y = net.node("Mul", y, net.linear(x, s.inner, s.hidden, s.bias))
    return net.linear(y, s.hidden, s.inner, s.bias)


def tokens(net, s, name="ids"):
    ids = net.rng.integers(0, VOCABULARY, (s.batch, s.tokens))
    return net.input(name, ids, ["batch", s.tokens] if s.symbolic else None)


def embed(net, s, name="ids"):
    """Token and position embeddings, and the token table."""
    table = net.normal(VOCABULARY, s.hidden)
    x = net.node("Gather", table, tokens(net, s, name))
    return net.add(x, net.normal(s.tokens, s.hidden)), table


def prenorm_layers(net, x, s, **options):
    for _ in range(s.layers):
        x = net.add(x, attention(net, norm(net, x, s), s, **options))
        x = net.add(x, mlp(net, norm(net, x, s), s))
    return x


# Each family gives a model and how many transforms stay after fusing. What all have in common:
# - Requests stand before linear maps: q, k, v (one value), attention's output, the MLP's input, down, the head.
# - Attention's output never costs anything where a head has half of the channels of a block: v writes it, o reads it, both are weights.
# - Down always costs one: the activation before it lets permutations through only.
# - A gain or a bias behind a norm goes into the weights of linear readers, and stays where a sum reads it, too.


def prenorm(net):
    """The stream is written by linear maps and the embedding, and read through norms (layer norms become RMS norms: all that writes
    can be centred, all readers are norms), so one rotation serves all requests but down's."""
    s = Shape(net)
    x = prenorm_layers(net, embed(net, s)[0], s, causal=net.chance())
    return net.model(net.linear(norm(net, x, s), VOCABULARY, s.hidden)), s.layers


def stacked(net):
    """Queries, keys and values of one product: what rotates the values rotates queries and keys, too, whose products it leaves."""
    s = Shape(net)
    s.kv = s.heads
    x = prenorm_layers(net, embed(net, s)[0], s, stacked=True)
    return net.model(net.linear(norm(net, x, s), VOCABULARY, s.hidden)), s.layers


def small_heads(net):
    """Blocks of more than twice a head's channels, as all heads together have 16 at least (heads of 4) or 32 (heads of 8): a rotation
    within a head would spread an outlier over less than half of what is asked for. Between v and o a map must act on each head by
    itself, since attention mixes tokens by weights of its own for each. So attention's output keeps its rotation, as down does."""
    s = Shape(net)
    s.head, s.heads = net.pick(4, 8), net.pick(4, 8)
    s.kv = net.pick(1, 2, s.heads)
    x = prenorm_layers(net, embed(net, s)[0], s)
    return net.model(net.linear(norm(net, x, s), VOCABULARY, s.hidden)), 2 * s.layers


def tied(net):
    s = Shape(net)
    x, table = embed(net, s)
    x = norm(net, prenorm_layers(net, x, s, causal=True), s)
    return net.model(net.node("MatMul", x, net.node("Transpose", table, perm=[1, 0]))), s.layers


def parallel(net):
    s = Shape(net)
    x = embed(net, s)[0]
    for _ in range(s.layers):
        y = norm(net, x, s)
        x = net.add(x, net.add(attention(net, y, s), mlp(net, y, s)))
    return net.model(net.linear(norm(net, x, s), VOCABULARY, s.hidden)), s.layers


def postnorm(net):
    """A sum reads each norm beside the linear maps, so its gain stays and no rotation passes it: behind each gain, which is in front of
    q, k, v or of the MLP, a rotation begins at run time. It may go on through the sum and the next norm, to end in front of the next
    gain, which costs as much as one that begins there: two a layer in any case, where the first layer's embedding, too, is either turned
    back for the sum, or rotated for q, k, v alone. With down: three.

    The head alone reads the last norm, which gives it its gain. Its rotation passes an RMS norm and the sum before: the other side
    is down, which absorbs, and the MLP's input, which is rotated anyhow. A layer norm would have to be centred, and its stream is not:
    the MLP reads it with the mean. So there the head pays for its own.
    """
    s = Shape(net)
    x = embed(net, s)[0]
    x = norm(net, x, s) if net.chance() else x
    for _ in range(s.layers):
        x = norm(net, net.add(x, attention(net, x, s)), s)
        x = norm(net, net.add(x, mlp(net, x, s)), s)
    if net.chance():
        return net.model(x), 3 * s.layers
    return net.model(net.linear(x, VOCABULARY, s.hidden)), 3 * s.layers + (s.norm == "layer")


def sandwich(net):
    """A norm with a gain stands between each writer and the stream; only the embedding writes without one. The stream is read before
    each writer and by the head at the end: 2 a layer and 1. Rotated, it costs one for each writer; not rotated, one for each reader, which
    is one more; between two places of the stream a change costs one, too, and saves one at most. So two a layer; with down: three.
    """
    s = Shape(net, "rms")
    x = embed(net, s)[0]
    qk_norm = net.chance()
    for _ in range(s.layers):
        x = net.add(x, norm(net, attention(net, norm(net, x, s), s, qk_norm=qk_norm), s))
        x = net.add(x, norm(net, mlp(net, norm(net, x, s), s), s))
    return net.model(net.linear(norm(net, x, s), VOCABULARY, s.hidden)), 3 * s.layers


def conv_stem(net):
    """Patches by a convolution, positions, a class token read at the end."""
    s = Shape(net)
    grid = net.pick(2, 3)
    image = net.input("image", net.rng.standard_normal((s.batch, 3, 4 * grid, 4 * grid)).astype(np.float32))
    x = net.node("Conv", image, net.normal(s.hidden, 3, 4, 4, scale=0.2), net.normal(s.hidden), kernel_shape=[4, 4], strides=[4, 4])
    x = net.node("Transpose", net.node("Reshape", x, net.ints(0, s.hidden, grid * grid)), perm=[0, 2, 1])
    token = net.node("Expand", net.normal(1, 1, s.hidden), net.ints(s.batch, 1, 1))
    x = net.add(net.node("Concat", token, x, axis=1), net.normal(grid * grid + 1, s.hidden))
    x = prenorm_layers(net, x, s)
    x = net.node("Gather", x, net.weight(np.int64(0)), axis=1)
    return net.model(net.linear(norm(net, x, s), 10, s.hidden)), s.layers


def encoder_decoder(net):
    s = Shape(net)
    memory = norm(net, prenorm_layers(net, embed(net, s)[0], s), s)
    x = embed(net, s, "target")[0]
    for _ in range(s.layers):
        x = net.add(x, attention(net, norm(net, x, s), s, causal=True))
        x = net.add(x, attention(net, norm(net, x, s), s, memory=memory))
        x = net.add(x, mlp(net, norm(net, x, s), s))
    return net.model(net.linear(norm(net, x, s), VOCABULARY, s.hidden)), 2 * s.layers


def adaln(net):
    """Norms without a gain, whose scale, shift and gate come from a condition.

    The scale is no weight: what it multiplies lets permutations through only. So the input of attention and that of the MLP cannot take
    a rotation from the norm before, nor the stream one from the gated result: each request stands alone. Three a layer with down, and one
    for the condition, which all that modulate read, behind its activation. Attention's output fuses.
    """
    s = Shape(net, "layer")
    x = embed(net, s)[0]
    condition = net.input("condition", net.rng.standard_normal((s.batch, 1, s.hidden)).astype(np.float32))
    condition = activate(net, condition, "silu")

    def part():
        return net.linear(condition, s.hidden, s.hidden, True)

    def modulate(y):
        return net.add(net.node("Mul", y, net.add(part(), net.number(1))), part())

    for _ in range(s.layers):
        for block in (attention, mlp):
            y = block(net, modulate(norm(net, x, s, affine=False)), s)
            x = net.add(x, net.node("Mul", y, part()))
    return net.model(norm(net, x, s)), 3 * s.layers + 1


def scan(net, u, step, into, out, decay, s):
    """y_t = h_t · out_t of h_t = exp(step_t decay) h_(t-1) + step_t u_t into_t, spelled out over the tokens."""
    def at(x, t, axis):
        return net.node("Unsqueeze", net.node("Gather", x, net.weight(np.int64(t)), axis=1), net.ints(axis))

    state, results = None, []
    for t in range(s.tokens):
        delta = at(step, t, 2)  # [B, inner, 1]; into and out: [B, 1, state]
        new = net.node("Mul", net.node("Mul", delta, at(u, t, 2)), at(into, t, 1))
        if state:
            new = net.add(net.node("Mul", net.node("Exp", net.node("Mul", delta, decay)), state), new)
        state = new
        y = net.node("ReduceSum", net.node("Mul", state, at(out, t, 1)), net.ints(2), keepdims=0)
        results.append(net.node("Unsqueeze", y, net.ints(1)))
    return net.node("Concat", *results, axis=1)


def selective_scan(net):
    s = Shape(net, "rms")
    states = net.pick(4, 8)
    x = embed(net, s)[0]
    for _ in range(s.layers):
        y = norm(net, x, s)
        u = activate(net, net.linear(y, s.inner, s.hidden), "silu")
        gate = activate(net, net.linear(y, s.inner, s.hidden), "silu")
        step = net.node("Softplus", net.linear(u, s.inner, s.inner, True))
        decay = net.weight(-np.exp2(net.rng.uniform(-1, 1, (s.inner, states))).astype(np.float32))
        z = scan(net, u, step, net.linear(u, states, s.inner), net.linear(u, states, s.inner), decay, s)
        z = net.add(z, net.node("Mul", u, net.normal(s.inner)))
        x = net.add(x, net.linear(net.node("Mul", z, gate), s.hidden, s.inner))
    return net.model(net.linear(norm(net, x, s), VOCABULARY, s.hidden)), 2 * s.layers  # reads of u, out


FAMILIES = {f.__name__: f for f in (prenorm, stacked, small_heads, tied, parallel, postnorm, sandwich, conv_stem, encoder_decoder, adaln, selective_scan)}


def error(actual, expected):
    if actual.shape != expected.shape or not np.isfinite(expected).all():
        return np.inf
    return float(np.abs(actual.astype(np.float64) - expected).max() / np.abs(expected).max())


def quant_opt(path, *flags, binary=False):
    module = subprocess.run(["quant-translate", "--import-onnx", path, "--mlir-print-debuginfo"], check=True, capture_output=True).stdout
    done = subprocess.run(["quant-opt", *flags], input=module, capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.decode().strip())
    return done.stdout.decode(), done.stderr.decode()


def count_online(text):
    """Transforms of what does not derive from weights alone, in a module in generic form."""
    weights, online = set(), 0
    for line in text.splitlines():
        op = re.match(r'\s*(%\w+)(?::\d+)? = "([\w.]+)"\(([^)]*)\)', line)
        if not op:
            continue
        result, name, operands = op.groups()
        operands = [o.split("#")[0] for o in operands.split(", ") if o]
        if name in ("nn.parameter", "arith.constant") or (operands and all(o in weights for o in operands)):
            weights.add(result)
        elif name == "qnt.transform":
            online += 1
    return online


def write_original(path, folder):
    """The model in nn IR with the nodes' names, which passes rewrite: its file."""
    original = os.path.join(folder, "original.mlir")
    quant_opt(path, "-nibble-frontend", "--mlir-print-debuginfo", "-o", original)
    return original


def check_passes(original, passes, bound=BOUND, options=""):
    """The largest difference that the passes make, and the module that they leave, in generic form."""
    passes = f"builtin.module({passes},qnt-verify-equivalence{{against={original} bound={bound} integer-max={VOCABULARY - 1} {options}}})"
    printing = ["--mlir-print-op-generic", "--mlir-print-op-on-diagnostic=false"]
    done = subprocess.run(["quant-opt", original, f"--pass-pipeline={passes}", *printing, *PLAIN], capture_output=True, text=True)
    differences = [float(d) for d in re.findall(r"largest relative difference (\S+)", done.stderr)]
    if done.returncode or not differences:
        raise RuntimeError(done.stderr.strip())
    return max(differences), done.stdout


def check_rotation(path, net, folder):
    """The same of `transform="rotate"`, compiled."""
    import nibble
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    names = [o.name for o in onnx.load(path).graph.output]
    expected = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]).run(None, net.inputs)
    plain = nibble.compile(path, threads=1)(net.inputs)
    rotated = nibble.compile(path, threads=1, transform="rotate")(net.inputs)
    for name, value in zip(names, expected):
        if error(plain[name], value) > ORT_BOUND:
            raise RuntimeError(f"{name} differs from ONNX Runtime's by {error(plain[name], value):.2g} before any transform")
    text, _ = quant_opt(path, "-nibble-frontend", "-nibble-transform", "--mlir-print-op-generic")
    return max(error(rotated[name], plain[name]) for name in names), text


def run_case(family, number, passes, online, folder):
    """Prints the case's line; whether all holds."""
    net = Net(np.random.default_rng([zlib.crc32(family.encode()), number]))
    model, wanted = FAMILIES[family](net)
    wanted = wanted if online is None else online
    path = os.path.join(folder, f"{family}-{number}.onnx")
    onnx.save(model, path)
    line = f"{family}-{number}:"
    try:
        difference, text = check_passes(write_original(path, folder), passes) if passes else check_rotation(path, net, folder)
    except Exception as failure:
        print(f"FAIL {line} {failure}", flush=True)
        return False
    holds = difference <= BOUND
    line += f" {difference:.1e}, {count_online(text)} online"
    # Passes that are no transform leave no basis, and nothing to count.
    if (not passes or "qnt.basis" in text) and count_online(text) != wanted:
        line += f" instead of {wanted}"
        holds = False
    line += "".join(f", {text.count(op)} {op}" for op in ("nn.layer_norm", "nn.rms_norm"))
    print("ok  " if holds else "FAIL", line, flush=True)
    if holds:
        os.remove(path)
    return holds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", help="folder for models; those that fail stay there")
    parser.add_argument("--cases", type=int, default=5, help="of each family")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--families", default=",".join(FAMILIES), help="generators of this file, with commas between")
    parser.add_argument("--passes", default="", help="a pipeline on nn IR, instead of the rotation")
    parser.add_argument("--online", type=int, help="transforms that stay at run time, instead of as many as the family says of a rotation")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    cases = [(family, number) for family in args.families.split(",") for number in range(args.first, args.first + args.cases)]
    failures = sum(not run_case(*case, args.passes, args.online, args.work) for case in cases)
    print(f"{len(cases)} architectures, {failures} failures")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
