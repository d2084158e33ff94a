"""Writes malformed models, one a kind of mistake, into a folder."""
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from protos import F, array, external, field, graph, info, model, node, varint, write

out = sys.argv[1]
relu = node("Relu", "x", "y", name="relu")


def with_tensor(tensor):
    return model(graph([relu], initializers=[tensor]))


def nested_graphs(depth):
    """A graph in a graph in a graph: more than protobuf itself reads, so in wire form."""
    g = b""
    for _ in range(depth):
        attr = field(1, b"body") + field(6, g)
        g = field(1, field(4, b"Loop") + field(5, attr))
    return bytes([8, 9]) + field(7, g)


def wire_graph(content):
    """A model in wire form, for what the Python classes do not write."""
    return bytes([8, 9]) + field(8, bytes([2 << 3, 17])) + field(7, content)


def wire_tensor(data_type, content):
    """Its initializer w; `content` is what follows its name and data type."""
    return wire_graph(field(5, field(8, b"w") + bytes([2 << 3, data_type]) + content))


def functions(count, calls):
    """A chain of functions; each calls the next `calls` times."""
    made = []
    for i in range(count):
        nodes = [node(f"F{i + 1}" if i + 1 < count else "Relu", "a" if c == 0 else f"t{c}",
                      "b" if c == calls - 1 else f"t{c + 1}", domain="d" if i + 1 < count else "")
                 for c in range(calls)]
        made.append(h.make_function("d", f"F{i}", ["a"], ["b"], nodes,
                                    [h.make_opsetid("", 17), h.make_opsetid("d", 1)]))
    return model(graph([node("F0", "x", "y", domain="d", name="call")]), functions=made, extra=[("d", 1)])


def recursive():
    f = lambda name, other: h.make_function("d", name, ["a"], ["b"], [node(other, "a", "b", domain="d", name="again")],
                                            [h.make_opsetid("d", 1)])
    return model(graph([node("F", "x", "y", domain="d", name="call")]), functions=[f("F", "G"), f("G", "F")])


def attribute(**fields):
    n = node("Op", "x", "y", name="n")
    n.attribute.add(name="a", **fields)
    return model(graph([n]))


def no_opset():
    m = model(graph([node("Gelu", "x", "y", domain="com.microsoft", name="gelu")]))
    return m


def opset(*pairs):
    m = model(graph([relu]))
    del m.opset_import[:]
    m.opset_import.extend([h.make_opsetid(*p) for p in pairs])
    return m


def typed(**fields):
    return with_tensor(T(name="w", **fields))


def value_type(**fields):
    m = model(graph([relu]))
    m.graph.input[0].type.CopyFrom(onnx.TypeProto(**fields))
    return m


good = model(graph([relu], initializers=[array("w", np.arange(64))])).SerializeToString()
sub = lambda nodes, outputs: graph([node("If", "c", "y", name="choose", then_branch=graph(nodes, [], outputs),
                                         else_branch=graph([], [], []))], ["x", info("c", [], T.BOOL)])
dims = lambda *sizes: dict(data_type=F, dims=sizes)
sparse = model(graph([relu]))
sparse.graph.sparse_initializer.add()
strings = T(name="w", data_type=T.STRING, dims=[3], string_data=[b"a"])
rank = model(graph([], ["x"], [info("x", [1, 2])]))
two = h.make_attribute("a", 1)
twice = node("Op", "x", "y", name="n")
twice.attribute.extend([two, two])
unnamed = node("Op", "x", "y", name="n")
unnamed.attribute.add(i=1, type=onnx.AttributeProto.INT)
too_many = model(graph([node("F0", "x x x", "y", domain="d", name="call")]),
                 functions=functions(1, 1).functions, extra=[("d", 1)])
no_result = model(graph([node("F", "x", "y", domain="d", name="call")]), functions=[
    h.make_function("d", "F", ["a"], ["b"], [], [h.make_opsetid("", 17)])], extra=[("d", 1)])
old_function = model(graph([node("F", "x", "y", domain="d", name="call")]), functions=[
    h.make_function("d", "F", ["a"], ["b"], [node("Relu", "a", "b", name="inner")], [h.make_opsetid("d", 1)])])
same_functions = functions(1, 1)
same_functions.functions.append(same_functions.functions[0])
graph_argument = model(graph([node("F", "x", "y", domain="d", name="call", body=graph([], [], []))]), functions=[
    h.make_function("d", "F", ["a"], ["b"], [
        onnx.NodeProto(op_type="If", input=["a"], output=["b"], name="inner", attribute=[
            onnx.AttributeProto(name="then_branch", ref_attr_name="body", type=onnx.AttributeProto.GRAPH)])],
        [h.make_opsetid("", 17)], ["body"])], extra=[("d", 1)])
untyped_constant = model(graph([node("Constant", [], "c", name="const"), relu]))
two_values = model(graph([node("Constant", [], "c", name="const", value_int=1, value_float=1.0), relu]))
type_constant = node("Constant", [], "c", name="const")
type_constant.attribute.add(name="value", type=onnx.AttributeProto.TYPE_PROTO, tp=info("x", [1]).type)
sparse_constant = node("Constant", [], "c", name="const")
sparse_constant.attribute.add(name="sparse_value", type=onnx.AttributeProto.SPARSE_TENSOR)

models = {
    # The file.
    "empty": b"",
    "text": b"This is no model, but a line of text.\n",
    "truncated": good[:-20],
    "cut_varint": good[:1],
    "long_varint": bytes([8] + [0xff] * 11),
    "cut_dims": wire_tensor(T.FLOAT, field(1, b"\xff")),
    "cut_floats": wire_graph(field(1, field(2, b"y") + field(4, b"Op") + field(5, field(1, b"a") + field(7, b"abc")))),
    "field_zero": bytes([2, 1]),
    "group": bytes([0x0b]) + good,
    "wire_type": bytes([8 << 3, 1]),
    "no_graph": onnx.ModelProto(ir_version=9),
    "nested": nested_graphs(60),
    # The graph.
    "cyclic": model(graph([node("Add", "x b", "a", name="first"), node("Relu", "a", "b", name="second"),
                           node("Relu", "b", "y")])),
    "self": model(graph([node("Add", "x y", "y", name="loop")])),
    "undefined": model(graph([node("Add", "x nothing", "y", name="add")])),
    "undefined_output": model(graph([relu], outputs=["z"])),
    "undefined_sub": model(sub([], ["t"])),
    "cyclic_sub": model(sub([node("Neg", "y", "t", name="neg")], ["t"])),
    "duplicate_input": model(graph([relu], inputs=["x", "x"])),
    "duplicate_result": model(graph([relu], outputs=["y", "y"])),
    "duplicate_given": model(graph([relu], inputs=["x", "w", "w"], initializers=[array("w", [1])])),
    "duplicate_initializer": model(graph([relu], initializers=[array("w", [1]), array("w", [2])])),
    "duplicate_output": model(graph([relu, node("Exp", "x", "y", name="exp")])),
    "unnamed_input": model(graph([relu], inputs=["x", ""])),
    "no_op_type": model(graph([node("", "x", "y", name="n")])),
    "sparse_initializer": sparse,
    "rank": rank,
    # Opsets and functions.
    "no_opset": no_opset(),
    "opset_zero": opset(("", 0)),
    "opset_twice": opset(("", 17), ("ai.onnx", 18)),
    "recursive": recursive(),
    "deep_calls": functions(150, 1),
    "many_calls": functions(40, 2),
    "too_many_inputs": too_many,
    "no_result": no_result,
    "old_function": old_function,
    "same_functions": same_functions,
    "graph_argument": graph_argument,
    # Attributes and types.
    "attribute_nothing": attribute(),
    "attribute_no_tensor": attribute(type=onnx.AttributeProto.TENSOR),
    "attribute_sparse": attribute(type=onnx.AttributeProto.SPARSE_TENSOR),
    "attribute_graphs": attribute(type=onnx.AttributeProto.GRAPHS),
    "attribute_large": attribute(type=onnx.AttributeProto.TENSOR, t=array("", np.zeros(2000))),
    "attribute_twice": model(graph([twice])),
    "attribute_unnamed": model(graph([unnamed])),
    "constant_empty": untyped_constant,
    "constant_two": two_values,
    "constant_kind": model(graph([node("Constant", [], "c", name="const", value_int="one"), relu])),
    "constant_sparse": model(graph([sparse_constant, relu])),
    "constant_type": model(graph([type_constant, relu])),
    "type_sparse": value_type(sparse_tensor_type=onnx.TypeProto.SparseTensor(elem_type=1)),
    "type_number": value_type(tensor_type=onnx.TypeProto.Tensor(elem_type=99)),
    "type_key": value_type(map_type=onnx.TypeProto.Map(key_type=99)),
    "type_negative": value_type(tensor_type=h.make_tensor_type_proto(F, [-7]).tensor_type),
    # Tensors.
    "raw_short": typed(**dims(2, 3), raw_data=b"12345678"),
    "typed_short": typed(**dims(2, 3), float_data=[1, 2]),
    "no_data": typed(**dims(100000)),
    "negative": typed(**dims(2, -3), raw_data=b"12345678"),
    "overflow": typed(**dims(1 << 62, 1 << 62), raw_data=b"12345678"),
    "data_type": typed(data_type=99, dims=[1], raw_data=b"1234"),
    "no_data_type": typed(dims=[1], raw_data=b"1234"),
    "segment": typed(**dims(2), raw_data=b"12345678", segment=T.Segment(begin=0, end=1)),
    "strings_short": with_tensor(strings),
    "strings_large": typed(data_type=T.STRING, dims=[1], string_data=[b"x" * 70000]),
    "out_of_range": typed(data_type=T.INT8, dims=[2], int32_data=[1, 300]),
    "type_opaque": wire_graph(field(11, field(1, b"x") + field(2, field(7, field(1, b"d"))))),
    "strings_overflow": wire_tensor(T.STRING, field(1, varint(1 << 40) + varint(1 << 40))),
    "cut_data": wire_tensor(T.INT64, field(1, varint(1)) + field(7, b"\xff")),
    "varints_large": typed(data_type=T.INT64, dims=[10000], int64_data=range(10000)),
    # External data.
    "missing": with_tensor(external("w", "nowhere.bin", [4])),
    "short": with_tensor(external("w", "eight.bin", [4])),
    "beyond": with_tensor(external("w", "eight.bin", [1], offset=8, length=4)),
    "far": with_tensor(external("w", "eight.bin", [1], offset=(1 << 64) - 2, length=4)),
    "length": with_tensor(external("w", "eight.bin", [1], offset=0, length=8)),
    "no_number": with_tensor(external("w", "eight.bin", [1], offset="-4")),
    "no_length": with_tensor(external("w", "eight.bin", [1], length="4x")),
    "parent": with_tensor(external("w", "../outside.bin", [1])),
    "inner_parent": with_tensor(external("w", "folder/../../outside.bin", [1])),
    "absolute": with_tensor(external("w", "/etc/hostname", [1])),
    "link": with_tensor(external("w", "link.bin", [1])),
    "link_folder": with_tensor(external("w", "links/outside.bin", [1])),
    "folder": with_tensor(external("w", "folder", [1])),
    "nul": with_tensor(external("w", "eight.bin\0x", [1])),
    "no_location": with_tensor(T(name="w", data_type=F, dims=[1], data_location=T.EXTERNAL)),
}
here = os.path.join(out, "model")
for name, content in models.items():
    write(here, name + ".onnx", content)
# The Python classes refuse a number that is no enumerator, so it is written by hand.
wrong = attribute(i=1, type=onnx.AttributeProto.INT).SerializeToString()
write(here, "attribute_type.onnx", wrong.replace(b"\xa0\x01\x02", b"\xa0\x01\x63"))
write(here, "eight.bin", b"12345678")
write(out, "outside.bin", b"1234")
os.makedirs(os.path.join(here, "folder"))
os.symlink("../outside.bin", os.path.join(here, "link.bin"))
os.symlink("..", os.path.join(here, "links"))
