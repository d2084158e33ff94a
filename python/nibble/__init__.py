# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Nibble: quantize, compile and run ONNX models on the CPU.

    >>> import nibble
    >>> model = nibble.compile("model.onnx", weights="int8", activations="int8")
    >>> model.inputs
    (Tensor('x', float32, ('batch', 4)),)
    >>> model({"x": x})["y"]
    >>> model.save("model.nib")
    >>> model = nibble.load("model.nib", threads=2)

`nibble.backend` is the ONNX backend interface (it needs the package onnx).
"""
from ._compile import compile
from ._model import Model, Session, Tensor, load
from ._runtime import Error
from ._runtime import version as __version__

__all__ = ["Error", "Model", "Session", "Tensor", "compile", "load"]


def __getattr__(name):
    # On first use only: it imports onnx.
    if name == "backend":
        import importlib
        return importlib.import_module(".backend", __name__)
    raise AttributeError(f"module 'nibble' has no attribute '{name}'")
