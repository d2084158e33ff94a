# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX graphs that we make ourselves: a BERT encoder from its weights, and the
float model behind a QDQ one."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    """Nodes and initializers in the order in which they were asked for, so that
    the same calls give the same bytes."""

    def __init__(self):
        self.nodes, self.initializers, self.known = [], [], set()

    def constant(self, name, value):
        """An initializer; asking again for a name gives the same one."""
        if name not in self.known:
            self.known.add(name)
            self.initializers.append(
                numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(self, kind, inputs, name, **attributes):
        """One node with one output, both called `name`."""
        self.nodes.append(helper.make_node(
            kind, inputs, [name], name=name, **attributes))
        return name


def bert(weights, heads, epsilon):
    """A BERT encoder with dynamic batch and sequence, from a dictionary of
    arrays named as transformers' BertModel names them. Inputs input_ids,
    attention_mask, token_type_ids (int64 [batch, sequence]); output
    last_hidden_state (f32 [batch, sequence, hidden])."""
    g = Graph()
    hidden = weights["embeddings.word_embeddings.weight"].shape[1]
    layers = 1 + max(int(k.split(".")[2]) for k in weights
                     if k.startswith("encoder.layer."))

    def scalar(name, value):
        return g.constant(name, np.array(value, np.float32))

    def ints(name, *values):
        return g.constant(name, np.array(values, np.int64))

    def linear(x, name):
        # Stored [out, in] by PyTorch; MatMul wants [in, out].
        w = g.constant(f"{name}.weight", weights[f"{name}.weight"].T)
        b = g.constant(f"{name}.bias", weights[f"{name}.bias"])
        return g.op("Add", [g.op("MatMul", [x, w], f"{name}/MatMul"), b],
                    f"{name}/Add")

    def norm(x, name, output=None):
        scale = g.constant(f"{name}.weight", weights[f"{name}.weight"])
        bias = g.constant(f"{name}.bias", weights[f"{name}.bias"])
        return g.op("LayerNormalization", [x, scale, bias], output or name,
                    axis=-1, epsilon=epsilon)

    def table(name, ids):
        key = f"embeddings.{name}.weight"
        return g.op("Gather", [g.constant(key, weights[key]), ids],
                    f"embeddings/{name}")

    def split_heads(x, name, perm):
        shape = ints("heads_shape", 0, 0, heads, hidden // heads)
        return g.op("Transpose", [g.op("Reshape", [x, shape],
                                       f"{name}/Reshape")],
                    f"{name}/Transpose", perm=perm)

    # Positions 0 … sequence - 1, cut from the table that BertModel keeps.
    length = g.op("Shape", ["input_ids"], "sequence_length", start=1, end=2)
    all_positions = g.constant(
        "embeddings.position_ids",
        np.arange(weights["embeddings.position_embeddings.weight"].shape[0],
                  dtype=np.int64)[None])
    positions = g.op("Slice", [all_positions, ints("zero", 0), length,
                               ints("one", 1)], "positions")
    x = g.op("Add", [table("word_embeddings", "input_ids"),
                     table("token_type_embeddings", "token_type_ids")],
             "embeddings/Add")
    x = g.op("Add", [x, table("position_embeddings", positions)],
             "embeddings/Add_1")
    x = norm(x, "embeddings.LayerNorm")

    # (1 - mask) * lowest: added to the scores of keys that are padding.
    mask = g.op("Cast", [g.op("Unsqueeze", ["attention_mask",
                                            ints("mask_axes", 1, 2)],
                              "mask/Unsqueeze")], "mask/Cast",
                to=TensorProto.FLOAT)
    mask = g.op("Mul", [g.op("Sub", [scalar("one_f32", 1), mask], "mask/Sub"),
                        scalar("lowest", np.finfo(np.float32).min)], "mask/Mul")

    for i in range(layers):
        p = f"encoder.layer.{i}"
        a = f"{p}.attention.self"
        q = split_heads(linear(x, f"{a}.query"), f"{a}.query", [0, 2, 1, 3])
        k = split_heads(linear(x, f"{a}.key"), f"{a}.key", [0, 2, 3, 1])
        v = split_heads(linear(x, f"{a}.value"), f"{a}.value", [0, 2, 1, 3])
        scores = g.op("Div", [g.op("MatMul", [q, k], f"{a}/MatMul"),
                              scalar("root", np.sqrt(hidden // heads))],
                      f"{a}/Div")
        scores = g.op("Softmax", [g.op("Add", [scores, mask], f"{a}/Add")],
                      f"{a}/Softmax", axis=-1)
        y = g.op("Transpose", [g.op("MatMul", [scores, v], f"{a}/MatMul_1")],
                 f"{a}/Transpose", perm=[0, 2, 1, 3])
        y = g.op("Reshape", [y, ints("hidden_shape", 0, 0, hidden)],
                 f"{a}/Reshape")
        y = linear(y, f"{p}.attention.output.dense")
        x = norm(g.op("Add", [y, x], f"{p}.attention.output/Add"),
                 f"{p}.attention.output.LayerNorm")
        y = linear(x, f"{p}.intermediate.dense")
        # GELU as exporters before opset 20 spell it: x/2 (1 + erf(x/√2)).
        e = g.op("Erf", [g.op("Div", [y, scalar("root_two", np.sqrt(2))],
                              f"{p}.gelu/Div")], f"{p}.gelu/Erf")
        e = g.op("Add", [e, scalar("one_f32", 1)], f"{p}.gelu/Add")
        y = g.op("Mul", [g.op("Mul", [y, e], f"{p}.gelu/Mul"),
                         scalar("half", 0.5)], f"{p}.gelu/Mul_1")
        y = linear(y, f"{p}.output.dense")
        last = i == layers - 1
        x = norm(g.op("Add", [y, x], f"{p}.output/Add"),
                 f"{p}.output.LayerNorm", "last_hidden_state" if last else None)

    dims = ["batch", "sequence"]
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, dims)
              for n in ("input_ids", "attention_mask", "token_type_ids")]
    output = helper.make_tensor_value_info(
        "last_hidden_state", TensorProto.FLOAT, dims + [hidden])
    graph = helper.make_graph(g.nodes, "bert", inputs, [output],
                              g.initializers)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8,
        producer_name="nibble")


def without_qdq(model):
    """The float model behind a QDQ one: quantized weights become the numbers
    that they stand for, QuantizeLinear/DequantizeLinear pairs on activations
    become nothing."""
    graph = model.graph
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    producer = {o: n for n in graph.node for o in n.output}

    def constant(name):
        node = producer.get(name)
        if name in values:
            return values[name]
        if node is not None and node.op_type in ("Identity", "Cast"):
            value = constant(node.input[0])
            if value is not None and node.op_type == "Cast":
                value = value.astype(
                    helper.tensor_dtype_to_np_dtype(node.attribute[0].i))
            return value
        return None

    replaced, kept, added = {}, [], []
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            value = constant(node.input[0])
            if value is None:  # an activation: what went into its quantizer
                source = producer[node.input[0]]
                while source.op_type in ("Identity", "Cast"):
                    source = producer[source.input[0]]
                replaced[node.output[0]] = source.input[0]
                continue
            scale = constant(node.input[1])
            zero = constant(node.input[2]) if len(node.input) > 2 else 0
            axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
            if np.size(scale) > 1:
                shape = [1] * value.ndim
                shape[axis] = -1
                scale, zero = scale.reshape(shape), np.reshape(zero, shape)
            value = (value.astype(np.float32)
                     - np.asarray(zero, np.float32)) * scale
            added.append(numpy_helper.from_array(
                value.astype(np.float32), node.output[0]))
        else:
            kept.append(node)
    return _pruned(model, kept, added, replaced)


def _pruned(model, nodes, added, replaced):
    """`model` with these nodes and further initializers, inputs renamed by
    `replaced`, without what no output needs."""
    def final(name):
        while name in replaced:
            name = replaced[name]
        return name

    graph = model.graph
    needed, kept = {final(o.name) for o in graph.output}, []
    for node in reversed(nodes):
        if needed & set(node.output):
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            for i, name in enumerate(copy.input):
                copy.input[i] = final(name)
            needed |= set(copy.input)
            kept.append(copy)
    inits = [t for t in [*graph.initializer, *added] if t.name in needed]
    outputs = []
    for value in graph.output:
        if final(value.name) != value.name:
            kept.insert(0, helper.make_node(
                "Identity", [final(value.name)], [value.name]))
        outputs.append(value)
    names = {t.name for t in inits}
    inputs = [i for i in graph.input if i.name not in names]
    made = helper.make_graph(kept[::-1], graph.name, inputs, outputs, inits)
    return helper.make_model(made, opset_imports=model.opset_import,
                             ir_version=model.ir_version,
                             producer_name="nibble")
