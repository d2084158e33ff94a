# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The ONNX backend interface over Nibble.

    >>> import onnx, nibble.backend
    >>> nibble.backend.run_model(onnx.load("model.onnx"), [x])
"""
import os
import tempfile

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import helper
from onnx.backend.base import Backend as _Base
from onnx.backend.base import BackendRep as _BaseRep
from onnx.backend.base import namedtupledict

from ._compile import compile as _compile
from ._model import Model
from ._runtime import Error


def _paired(names, values, what):
    """(name, value) once for each name that is not empty. `values` may leave
    out what has no name, and come once for a name used twice."""
    names, values = list(names), list(values)
    present = [name for name in names if name]
    for taken in (names, present, list(dict.fromkeys(present))):
        if len(taken) == len(values):
            break
    else:
        raise Error(f"the node has {len(present)} {what.split('_')[0]} "
                    f"({', '.join(present)}), {what} has {len(values)}")
    pairs: dict = {}
    for name, value in zip(taken, values):
        if not name:
            continue
        first = pairs.setdefault(name, value)
        if first is not value and not np.array_equal(first, value, True):
            raise Error(f"{what} has two values for '{name}'")
    return list(pairs.items())


def _value_info(name, dtype, shape):
    return helper.make_tensor_value_info(
        name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)


def _parsed(model):
    if isinstance(model, (bytes, bytearray)):
        try:
            return onnx.load_model_from_string(bytes(model))
        except DecodeError:
            raise Error("these bytes are no serialized ONNX model") from None
    if not isinstance(model, onnx.ModelProto):
        raise Error("a model is an onnx.ModelProto, its bytes or the path of "
                    f"its file, not {type(model).__name__}")
    return model


class BackendRep(_BaseRep):
    """A compiled model; `run` takes arrays in the order of the graph's inputs
    and returns the outputs in the order of the graph's."""

    def __init__(self, model: Model, inputs, outputs):
        self.model = model
        self._inputs, self._outputs = inputs, outputs

    def run(self, inputs, **_options):
        if not isinstance(inputs, dict):
            if len(inputs) != len(self._inputs):
                raise Error(f"the model takes {len(self._inputs)} inputs "
                            f"({', '.join(self._inputs)}), got {len(inputs)}")
            inputs = dict(zip(self._inputs, inputs))
        found = self.model(inputs)
        named = namedtupledict("Outputs", self._outputs)
        return named(*(found[name] for name in self._outputs))


class Backend(_Base):
    """`prepare(model)` compiles it: an onnx.ModelProto, its bytes or the path
    of its file; keywords are those of nibble.compile."""

    @classmethod
    def prepare(cls, model, device="CPU", **options):
        cls._check(device)
        if isinstance(model, (str, os.PathLike)):
            graph = onnx.load(model, load_external_data=False).graph
            compiled = _compile(model, **options)
        else:
            model = _parsed(model)
            graph = model.graph
            with tempfile.TemporaryDirectory(prefix="nibble-") as folder:
                path = os.path.join(folder, "model.onnx")
                onnx.save(model, path)
                compiled = _compile(path, **options)
        constants = {t.name for t in graph.initializer}
        return BackendRep(
            compiled, [i.name for i in graph.input if i.name not in constants],
            [o.name for o in graph.output])

    @classmethod
    def run_model(cls, model, inputs, device="CPU", **options):
        return cls.prepare(model, device, **options).run(inputs)

    @classmethod
    def run_node(cls, node, inputs, device="CPU", outputs_info=None,
                 opset_version=None, **options):
        """`inputs`: an array for each of the node's inputs, those left out
        ('') included or not. `outputs_info`: (dtype, shape) per output; without
        it they are those that the operator gives."""
        feed = {name: np.asarray(value)
                for name, value in _paired(node.input, inputs, "inputs")}
        described = [_value_info(name, array.dtype, array.shape)
                     for name, array in feed.items()]
        if outputs_info is None:
            outputs = [helper.make_empty_tensor_value_info(name)
                       for name in node.output if name]
        else:
            outputs = [_value_info(name, *info) for name, info in
                       _paired(node.output, outputs_info, "outputs_info")]
        graph = helper.make_graph([node], "node", described, outputs)
        version = opset_version or onnx.defs.onnx_opset_version()
        return cls.run_model(helper.make_model(
            graph, opset_imports=[helper.make_opsetid(node.domain, version)]),
            list(feed.values()), device, **options)

    @classmethod
    def supports_device(cls, device):
        return device.split(":")[0] == "CPU"

    @classmethod
    def _check(cls, device):
        if not cls.supports_device(device):
            raise ValueError(f"Nibble runs on the CPU, not on {device}")


prepare = Backend.prepare
run_model = Backend.run_model
run_node = Backend.run_node
supports_device = Backend.supports_device
is_compatible = Backend.is_compatible
