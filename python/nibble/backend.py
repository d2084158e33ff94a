# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The ONNX backend interface over Nibble.

    >>> import onnx, nibble.backend
    >>> nibble.backend.run_model(onnx.load("model.onnx"), [x])
"""
import os
import tempfile

import onnx
from onnx import helper
from onnx.backend.base import Backend as _Base
from onnx.backend.base import BackendRep as _BaseRep
from onnx.backend.base import namedtupledict

from ._compile import compile as _compile
from ._model import Model


class BackendRep(_BaseRep):
    """A compiled model; `run` takes arrays in the order of the graph's inputs
    and returns the outputs in the order of the graph's."""

    def __init__(self, model: Model, inputs, outputs):
        self.model = model
        self._inputs, self._outputs = inputs, outputs

    def run(self, inputs, **_options):
        if not isinstance(inputs, dict):
            inputs = dict(zip(self._inputs, inputs))
        found = self.model(inputs)
        named = namedtupledict("Outputs", self._outputs)
        return named(*(found[name] for name in self._outputs))


class Backend(_Base):
    """`prepare(model)` compiles it; keywords are those of nibble.compile."""

    @classmethod
    def prepare(cls, model, device="CPU", **options):
        cls._check(device)
        if isinstance(model, (str, os.PathLike)):
            graph = onnx.load(model, load_external_data=False).graph
            compiled = _compile(model, **options)
        else:
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
        """`outputs_info`: (dtype, shape) per output, where they are not those
        of the first input."""
        import numpy as np
        arrays = [np.asarray(i) for i in inputs]
        described = [helper.make_tensor_value_info(
            n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
                     for n, a in zip(node.input, arrays)]
        if outputs_info is None:
            outputs = [helper.make_tensor_value_info(
                n, helper.np_dtype_to_tensor_dtype(arrays[0].dtype), None)
                       for n in node.output]
        else:
            outputs = [helper.make_tensor_value_info(
                n, helper.np_dtype_to_tensor_dtype(np.dtype(d)), s)
                       for n, (d, s) in zip(node.output, outputs_info)]
        graph = helper.make_graph([node], "node", described, outputs)
        version = opset_version or onnx.defs.onnx_opset_version()
        return cls.run_model(helper.make_model(
            graph, opset_imports=[helper.make_opsetid(node.domain, version)]),
            arrays, device, **options)

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
