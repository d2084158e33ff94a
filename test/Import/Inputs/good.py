"""Writes the well-formed models of the import tests into a folder."""
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from protos import F, array, external, field, graph, info, model, node, varint, write

out = sys.argv[1]


def basic():
    big = np.arange(2048, dtype=np.float32).reshape(4, 512)
    nodes = [
        node("MatMul", "x w", "h", name="layer/matmul"),
        node("Clip", ["h", "", "high"], ["c"]),
        node("Dropout", ["c", "", ""], ["d", ""], name="drop", seed=7),
        node("Pad", ["d", "pads", ""], ["y"], mode="constant"),
    ]
    g = graph(nodes, [info("x", ["batch", 4]), info("high", [], F), info("small", [1], F), info("free", None),
                      info("any", [None, 3])],
              [info("y", ["batch", None]), info("h", ["batch", 512])],
              [array("w", big), array("pads", [0, 1], np.int64), array("small", [2.5])],
              [info("c", ["batch", 512])])
    return model(g)


def tensors():
    """Every data type, by raw data and by its typed field."""
    nodes, initializers = [], []
    rows = [(T.FLOAT, [1.5, -2]), (T.DOUBLE, [1.5, -2]), (T.FLOAT16, [1.5, -2]), (T.BFLOAT16, [1.5, -2]),
            (T.INT8, [1, -2]), (T.INT16, [1, -2]), (T.INT32, [1, -2]), (T.INT64, [1, -2]), (T.UINT8, [1, 200]),
            (T.UINT16, [1, 60000]), (T.UINT32, [1, 4000000000]), (T.UINT64, [1, 2**64 - 1]), (T.BOOL, [1, 0]),
            (T.INT4, [1, -2, 7]), (T.UINT4, [1, 15, 7]), (T.COMPLEX64, [1 + 2j, 3]), (T.COMPLEX128, [1 + 2j, 3]),
            (T.FLOAT8E4M3FN, [1.5, -2]), (T.FLOAT8E4M3FNUZ, [1.5, -2]), (T.FLOAT8E5M2, [1.5, -2]),
            (T.FLOAT8E5M2FNUZ, [1.5, -2]), (T.FLOAT4E2M1, [1.5, -2, 6])]
    for elem, values in rows:
        name = T.DataType.Name(elem)
        typed = h.make_tensor(name + "_typed", elem, [len(values)], values)
        array_ = onnx.numpy_helper.to_array(typed)
        raw = onnx.numpy_helper.from_array(array_, name + "_raw")
        raw.data_type = elem
        initializers += [typed, raw]
    # Types whose bits the helpers of some versions do not write.
    initializers += [
        T(name="UINT2_raw", data_type=25, dims=[5], raw_data=bytes([0b11100100, 0b10])),
        T(name="UINT2_typed", data_type=25, dims=[5], int32_data=[0b11100100, 0b10]),
        T(name="INT2_raw", data_type=26, dims=[5], raw_data=bytes([0b11100100, 0b10])),
        T(name="FLOAT8E8M0_raw", data_type=24, dims=[2], raw_data=bytes([127, 130])),
        T(name="FLOAT6E2M3_raw", data_type=27, dims=[3], raw_data=bytes([0x88, 0x46, 0x02])),
        T(name="FLOAT6E2M3_typed", data_type=27, dims=[3], int32_data=[0x08, 0x1a, 0x24]),
        T(name="FLOAT6E3M2_typed", data_type=28, dims=[2], int32_data=[0x0c, 0x3f]),
        T(name="INT8_unsigned", data_type=T.INT8, dims=[2], int32_data=[1, 254]),
        h.make_tensor("strings", T.STRING, [2], [b"a", b"\xff\""]),
        h.make_tensor("empty", T.FLOAT, [0, 3], []),
        h.make_tensor("empty_strings", T.STRING, [0], []),
        h.make_tensor("scalar", T.FLOAT, [], [3.0]),
        h.make_tensor("splat", T.FLOAT, [4], [3.0] * 4),
    ]
    # 1024 floats are inline, one more is a place; a packed typed field too.
    initializers += [array("fits", np.zeros(1024)), array("placed", np.ones(1025)),
                     h.make_tensor("placed_typed", T.FLOAT, [1025], np.ones(1025)),
                     h.make_tensor("decoded", T.INT64, [1025], range(1025))]
    unpacked = T(name="unpacked", data_type=T.FLOAT, dims=[2])
    blob = unpacked.SerializeToString() + bytes([0x25]) + np.float32(5).tobytes() + bytes([0x25]) + np.float32(
        6).tobytes()
    m = model(graph([node("Relu", "x", "y")], initializers=initializers))
    # A second occurrence of the graph field is merged into the first.
    return m.SerializeToString() + field(7, field(5, blob))


def constants():
    nodes = [
        node("Constant", [], "a", value=array("", [1, 2], np.int64)),
        node("Constant", [], "b", value_int=3),
        node("Constant", [], "c", value_ints=[4, 5]),
        node("Constant", [], "d", value_float=0.5),
        node("Constant", [], "e", value_floats=[1.0, 2.0]),
        node("Constant", [], "f", value_string="s"),
        node("Constant", [], "g", value_strings=["t", "u"]),
        node("Constant", [], "big", value=array("", np.ones(2000)), name="large"),
        node("Add", "x big", "y"),
    ]
    return model(graph(nodes))


def attributes():
    n = node("Everything", "x", "y", name="all", domain="my.domain", i=-3, f=1.5, s="text", ints=[1, 2],
             floats=[1.0, 2.0], strings=["a", "b"], t=array("", [1.0, 2.0]))
    n.attribute.append(h.make_attribute("tp", h.make_tensor_type_proto(F, [2, "n"])))
    n.attribute.add(name="empty", type=onnx.AttributeProto.INTS)
    n.attribute.add(name="zero", type=onnx.AttributeProto.INT)
    tensors_ = n.attribute.add(name="tensors", type=onnx.AttributeProto.TENSORS)
    tensors_.tensors.extend([array("", [1.0]), array("", [2], np.int64)])
    protos = n.attribute.add(name="types", type=onnx.AttributeProto.TYPE_PROTOS)
    protos.type_protos.extend([h.make_tensor_type_proto(F, None)])
    # Before IR version 2 attributes had no type.
    n.attribute.add(name="untyped", i=4)
    return model(graph([n]), extra=[("my.domain", 5)])


def types():
    tensor = h.make_tensor_type_proto
    infos = [
        h.make_value_info("seq", h.make_sequence_type_proto(tensor(F, ["n"]))),
        h.make_value_info("opt", h.make_optional_type_proto(tensor(T.INT4, [2]))),
        h.make_value_info("map", h.make_map_type_proto(T.STRING, tensor(F, []))),
        h.make_value_info("str", tensor(T.STRING, [1])),
        info("minus", [-1, 2]),
        onnx.ValueInfoProto(name="untyped"),
    ]
    return model(graph([node("Relu", "minus", "y")], inputs=infos))


def subgraphs():
    then = graph([node("Add", "x h", "t", name="add_in_then")], [], [info("t")], name="then")
    inner = graph([node("Mul", "h k", "m")], [], [info("m", None)], [array("k", [3.0])], name="inner")
    inner2 = graph([node("Neg", "e0", "m")], [], [onnx.ValueInfoProto(name="m")], name="inner2")
    other = graph([node("Sub", "x h", "e0"),
                   node("If", "c", "e", then_branch=inner, else_branch=inner2)], [], [info("e")], name="else")
    body = graph([node("Add", "state x", "next"), node("Identity", "cond", "again")],
                 [info("i", [], T.INT64), info("cond", [], T.BOOL), onnx.ValueInfoProto(name="state")],
                 [info("again", [], T.BOOL), info("next")], name="body")
    nodes = [
        node("Relu", "x", "h"),
        node("If", "c", "r", name="choose", then_branch=then, else_branch=other),
        node("Loop", ["n", "", "r"], ["y"], name="repeat", body=body),
    ]
    return model(graph(nodes, ["x", info("c", [], T.BOOL), info("n", [], T.INT64)]))


def functions():
    leaky = h.make_function(
        "local", "Leaky", ["a", "bias"], ["b", "unused"],
        [
            onnx.NodeProto(op_type="LeakyRelu", input=["a"], output=["t"], name="act", attribute=[
                onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT),
                onnx.AttributeProto(name="none", ref_attr_name="ignored", type=onnx.AttributeProto.FLOAT)]),
            node("Sum", "t bias", "b"),
            node("Neg", "t", "unused"),
        ], [h.make_opsetid("", 16)], ["ignored"],
        [h.make_attribute("slope", 0.25)])
    twice = h.make_function(
        "local", "Twice", ["a"], ["b"],
        [onnx.NodeProto(op_type="Leaky", domain="local", input=["a"], output=["m"], name="first", attribute=[
            onnx.AttributeProto(name="slope", ref_attr_name="s", type=onnx.AttributeProto.FLOAT)]),
         node("Leaky", "m m", "b", domain="local")],
        [h.make_opsetid("local", 1), h.make_opsetid("", 17)], ["s"])
    nodes = [node("Twice", "x", "y", name="call", domain="local", s=0.5)]
    return model(graph(nodes), functions=[leaky, twice], extra=[("local", 1)])


def unsorted():
    inner = graph([node("Neg", "late", "t")], [], ["t"], name="then")
    return model(graph([node("If", "c", "y", name="reads", then_branch=inner, else_branch=inner),
                        node("Exp", "early", "late", name="late"),
                        node("Relu", "x", "early", name="early")], ["x", info("c", [], T.BOOL)]))


def shadowing():
    """Inner names may be those of outer values: the inner ones are meant."""
    inner = graph([node("Neg", "x", "late"), node("Exp", "late", "t")], [], ["t"], name="then")
    return model(graph([node("If", "c", "late", name="choose", then_branch=inner, else_branch=inner),
                        node("Relu", "late", "y")], ["x", info("c", [], T.BOOL)]))


def old():
    m = model(graph([node("Relu", "x", "y")]))
    del m.opset_import[:]
    m.ir_version = 2
    return m


def external_data():
    data = np.arange(4096, dtype=np.float32)
    os.makedirs(os.path.join(out, "sub"), exist_ok=True)
    data.tofile(os.path.join(out, "sub", "weights.bin"))
    return model(graph([node("Relu", "x", "y")], initializers=[
        external("whole", "sub/weights.bin", [4096]),
        external("part", "sub/weights.bin", [2000], offset=4096, length=8000),
        external("small", "./sub/weights.bin", [2], offset=8, length=8)]))


def huge():
    """Weights beyond 4 GiB, in a file that has a hole."""
    at = (1 << 32) + 4096
    with open(os.path.join(out, "huge.bin"), "wb") as file:
        file.seek(at)
        file.write(np.arange(2048, dtype=np.float32).tobytes())
    return model(graph([node("Relu", "x", "y")], initializers=[
        external("end", "huge.bin", [2048], offset=at, length=8192)]))


def huge_embedded():
    """A graph above 4 GiB: its doc string is a hole, and a weight follows."""
    hole = (1 << 32) + 5000
    rest = graph([node("Relu", "x", "y")], initializers=[array("w", np.arange(2048))]).SerializeToString()
    head = bytes([8, 9]) + field(8, bytes([16, 17]))  # ir_version 9, opset 17
    doc = bytes([10 << 3 | 2]) + varint(hole)
    head += bytes([7 << 3 | 2]) + varint(len(doc) + hole + len(rest)) + doc
    with open(os.path.join(out, "huge_embedded.onnx"), "wb") as file:
        file.write(head)
        file.seek(len(head) + hole)
        file.write(rest)


huge_embedded()
for make in [basic, tensors, constants, attributes, types, subgraphs, functions, unsorted, shadowing, old, external_data,
             huge]:
    write(out, make.__name__ + ".onnx", make())
