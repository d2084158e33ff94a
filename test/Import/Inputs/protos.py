"""Short ways to write ONNX models, good and bad."""
import os

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h

F = T.FLOAT


def info(name, shape=(2,), elem=F):
    """A value's name and type; a string in `shape` names a dimension."""
    return h.make_tensor_value_info(name, elem, shape)


def graph(nodes, inputs=("x",), outputs=("y",), initializers=(), value_info=(), name="g"):
    """A graph; inputs and outputs given by name are tensor<2xf32>."""
    typed = lambda v: info(v) if isinstance(v, str) else v
    return h.make_graph(list(nodes), name, [typed(v) for v in inputs], [typed(v) for v in outputs],
                        list(initializers), value_info=list(value_info))


def model(g, opset=17, functions=(), extra=(), ir_version=9):
    """A model around a graph; `extra`: (domain, version) pairs."""
    imports = [h.make_opsetid("", opset)] + [h.make_opsetid(*e) for e in extra]
    return h.make_model(g, opset_imports=imports, functions=list(functions), ir_version=ir_version,
                        producer_name="test", producer_version="1")


def node(op, inputs, outputs, name=None, **attributes):
    """A node with inputs and outputs as words of a string."""
    split = lambda s: s.split() if isinstance(s, str) else s
    return h.make_node(op, split(inputs), split(outputs), name=name, **attributes)


def external(name, location, shape, elem=F, **keys):
    """A tensor with external data."""
    tensor = T(name=name, data_type=elem, dims=shape, data_location=T.EXTERNAL)
    for key, value in dict(location=location, **keys).items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def write(folder, name, content):
    """Writes a model, or bytes as they are."""
    os.makedirs(folder, exist_ok=True)
    data = content if isinstance(content, bytes) else content.SerializeToString()
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def array(name, values, dtype=np.float32):
    """A tensor with raw data."""
    return onnx.numpy_helper.from_array(np.asarray(values, dtype), name)


def varint(value):
    """An integer in wire form."""
    data = b""
    while value > 127:
        data += bytes([value & 127 | 128])
        value >>= 7
    return data + bytes([value])


def field(tag, data):
    """A field that holds bytes or a message, in wire form."""
    return bytes([tag << 3 | 2]) + varint(len(data)) + data
