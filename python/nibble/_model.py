# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models and sessions: names, dtypes and dictionaries over nibble._runtime."""
from __future__ import annotations

import dataclasses
import json
import os
import secrets
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional, Union

import numpy as np

from . import _runtime
from ._arguments import Path, count, file_path
from ._runtime import Error

# DLPack type codes.
_INT, _UINT, _FLOAT, _BFLOAT, _BOOL = 0, 1, 2, 4, 6
_KINDS = {_INT: "int", _UINT: "uint", _FLOAT: "float"}


def _dtype(code: int, bits: int) -> np.dtype:
    if code == _BOOL:
        return np.dtype(bool)
    if code == _BFLOAT and bits == 16:
        try:
            import ml_dtypes
        except ImportError:
            raise Error("this model has bfloat16 inputs or outputs; in Python "
                        "they need the package ml_dtypes") from None
        return np.dtype(ml_dtypes.bfloat16)
    if code in _KINDS and bits in (8, 16, 32, 64):
        return np.dtype(f"{_KINDS[code]}{bits}")
    raise Error(f"a tensor of DLPack type {code} with {bits} bits has no NumPy "
                "dtype")


@dataclasses.dataclass(frozen=True)
class Tensor:
    """An input or an output of a model.

    `shape` holds an int where the extent is fixed, and otherwise the name of
    the dimension, or the expression over names that it is. A `state` is what
    the model carries from call to call (a key/value cache): it may be left
    out as an input. A `private` one is in a basis of the compiler's choice
    (rotated): only a session carries it, it can be neither given nor asked for.
    """
    name: str
    dtype: np.dtype
    shape: tuple[Union[int, str], ...]
    state: bool = False
    private: bool = False

    def __repr__(self):
        kind = ", state" if self.state else ""
        kind += ", private" if self.private else ""
        return f"Tensor({self.name!r}, {self.dtype}, {self.shape}{kind})"


def _tensors(found) -> tuple[Tensor, ...]:
    return tuple(
        Tensor(name, _dtype(*dtype),
               tuple(n if s is None else s for n, s in zip(dims, symbols)),
               state, private)
        for name, dtype, dims, symbols, state, private in found)


def _unknown_to_numpy(dtype: np.dtype) -> bool:
    """bfloat16 and its like: DLPack takes them, NumPy's DLPack does not."""
    return dtype.kind not in "biuf"


def _ready(tensor: Tensor, value: Any):
    """`value` as something that the runtime reads, without a copy if it is an
    array; and whether its dtype must be taken from the model."""
    if not isinstance(value, np.ndarray) and hasattr(value, "__dlpack__"):
        return value, False  # the runtime checks its dtype
    if not isinstance(value, (np.ndarray, np.generic)):
        # Numbers and nested lists take the input's dtype where that is safe.
        array = np.asarray(value)
        if array.dtype != tensor.dtype:
            if array.dtype.kind not in "biuf" or (
                    array.dtype.kind == "f" and tensor.dtype.kind in "biu"):
                raise Error(f"input '{tensor.name}' takes {tensor.dtype}, got "
                            f"{type(value).__name__} of {array.dtype}")
            if tensor.dtype.kind in "iu" and array.size:
                info = np.iinfo(tensor.dtype)
                if array.min() < info.min or array.max() > info.max:
                    raise Error(f"input '{tensor.name}' takes {tensor.dtype}, "
                                f"from {info.min} to {info.max}, got numbers "
                                f"from {array.min()} to {array.max()}")
            array = array.astype(tensor.dtype)
        value = array
    value = np.asarray(value)
    if value.dtype != tensor.dtype:
        raise Error(f"input '{tensor.name}' takes {tensor.dtype}, got "
                    f"{value.dtype}: convert it, for example with "
                    f".astype(np.{tensor.dtype.name})")
    if _unknown_to_numpy(value.dtype):
        return value.view(f"u{value.itemsize}"), True
    return value, False


class Session:
    """Runs a model and carries its states from call to call.

        >>> session = model.session()
        >>> logits = session({"input_ids": prompt, ...})["logits"]
        >>> logits = session({"input_ids": token, ...})["logits"]
        >>> session.reset()

    One call at a time; sessions of one model are independent, and share its
    weights. `session.lengths` is how far each growing state has grown.
    """

    def __init__(self, model: Model, threads: int, profile: bool = False):
        self._model = model
        self._handle = _runtime.Session(model._handle,
                                        count(threads, "threads"), profile)

    def __call__(self, *inputs, outputs: Optional[Iterable[str]] = None,
                 out: Optional[Mapping[str, Any]] = None
                 ) -> dict[str, np.ndarray]:
        """Runs the model on arrays in the order of `model.inputs` (states left
        out), or on one mapping {name: array}. Returns {name: array}: the
        outputs without the states, or those named in `outputs`. An array in
        `out` is written to instead of making one."""
        if outputs is None:
            outputs = [t.name for t in self._model.outputs if not t.state]
        return self._run(self._model._bind(inputs), outputs, out)

    def _run(self, feed, names, out):
        model = self._model
        if isinstance(names, str):
            raise Error("outputs is a list of names, not one string")
        if out is None:
            out = {}
        if not isinstance(out, Mapping):
            raise Error("out is a mapping {name: array}, not "
                        f"{type(out).__name__}")
        arrays, opaque = [], []
        for tensor in model.inputs:
            if tensor.name in feed:
                array, flag = _ready(tensor, feed[tensor.name])
            else:
                array, flag = None, False
            arrays.append(array)
            opaque.append(flag)
        wanted: list = [None] * len(model.outputs)
        for name in names:
            wanted[model._output_index(name)] = True
        for name, array in out.items():
            index = model._output_index(name)
            tensor = model.outputs[index]
            if array is None or isinstance(array, bool):
                # The runtime would take them for "skip it" and "make one".
                raise Error(f"output '{name}' is written to a writable, "
                            f"contiguous array on the CPU, not to {array}")
            if isinstance(array, np.ndarray):
                if array.dtype != tensor.dtype:
                    raise Error(f"output '{name}' is {tensor.dtype}, the array "
                                f"given for it {array.dtype}")
                if not array.flags.writeable:
                    raise Error(f"the array given for output '{name}' is "
                                "read-only")
                if _unknown_to_numpy(array.dtype):
                    array = array.view(f"u{array.itemsize}")
            wanted[index] = array
        found = self._handle.run(arrays, opaque, wanted)
        result = {}
        for tensor, array in zip(model.outputs, found):
            if tensor.name in out:
                result[tensor.name] = out[tensor.name]
            elif array is not None:
                result[tensor.name] = (
                    array.view(tensor.dtype)
                    if _unknown_to_numpy(tensor.dtype) else array)
        return result

    def reset(self) -> None:
        """Forgets the states: growing ones become empty, others zero."""
        self._handle.reset_state()

    @property
    def lengths(self) -> dict[str, int]:
        """{name of the state's input: extent of its growing axis}."""
        states = [t.name for t in self._model.inputs if t.state]
        return dict(zip(states, self._handle.state_lengths))

    @property
    def threads(self) -> int:
        """How many threads compute, the caller's included."""
        return self._handle.threads

    @property
    def nbytes(self) -> int:
        """Working memory: buffers, scratch and states."""
        return self._handle.memory

    def __reduce__(self):
        raise Error("a session can be neither pickled nor copied: make another "
                    "one with model.session()")


class Model:
    """A compiled model. Made by `nibble.compile` and `nibble.load`.

        >>> model({"input_ids": ids, "attention_mask": mask})["logits"]
        >>> model(ids, mask)["logits"]

    Arrays are NumPy arrays, or anything with `__dlpack__` on the CPU; they are
    read in place where they are contiguous. A call is a function of its inputs,
    as in ONNX: a state that is not given is empty (or zero), and the new states
    are among the outputs, but for private ones. Use `session()` to carry states
    without copies. An index outside its axis (a token id, a position) is held
    at the nearest end, without an error.
    """

    def __init__(self, path: Path, threads: int = 0):
        path = file_path(path)
        self._threads = count(threads, "threads")
        try:
            # What is saved and measured is this file, whatever the path names
            # by then.
            self._file = os.open(
                path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise Error(f"cannot open '{path}': {error.strerror}") from None
        weakref.finalize(self, os.close, self._file)
        opened = f"/proc/self/fd/{self._file}"
        try:
            self._handle = _runtime.Model(opened)
        except Error as error:
            raise Error(str(error).replace(opened, path)) from None
        self._lock = threading.Lock()
        self.inputs: tuple[Tensor, ...] = _tensors(self._handle.inputs)
        self.outputs: tuple[Tensor, ...] = _tensors(self._handle.outputs)
        self._input_names = {t.name for t in self.inputs}
        self._output_names = {t.name: i for i, t in enumerate(self.outputs)}
        self._has_state = any(t.state for t in self.inputs)
        # Not a cycle: a model goes with its last reference, at once.
        self._session = Session(weakref.proxy(self), self._threads)

    def __call__(self, *inputs, outputs: Optional[Iterable[str]] = None,
                 out: Optional[Mapping[str, Any]] = None
                 ) -> dict[str, np.ndarray]:
        """Runs the model on arrays in the order of `inputs` (states left out),
        or on one mapping {name: array}. Returns {name: array} for all outputs
        but private states, or for those named in `outputs`. An array in `out`
        is written to instead of making one. May be called from several threads;
        calls on one model then follow each other."""
        feed = self._bind(inputs)
        if outputs is None:
            outputs = [t.name for t in self.outputs if not t.private]
        with self._lock:
            if self._has_state:
                self._session.reset()
            return self._session._run(feed, outputs, out)

    def session(self, threads: Optional[int] = None) -> Session:
        """A new session, with the model's number of threads if none is given."""
        return Session(self, self._threads if threads is None else threads)

    def save(self, path: Path) -> None:
        """Writes the artifact, complete or not at all."""
        path = file_path(path)
        # A device or a pipe would be replaced.
        if os.path.exists(path) and not os.path.isfile(path):
            raise Error(f"cannot write {path}: it is not a regular file")
        part = os.path.join(os.path.dirname(os.path.abspath(path)),
                            f".nibble-{secrets.token_hex(8)}")
        try:
            # Not by tempfile, whose files only their owner may read.
            with open(part, "xb") as file:
                try:
                    while chunk := os.pread(self._file, 1 << 20, file.tell()):
                        file.write(chunk)
                    file.flush()
                    os.replace(part, path)
                except BaseException:  # a signal, too
                    os.unlink(part)
                    raise
        except OSError as error:
            raise Error(f"cannot write {path}: {error.strerror}") from error

    @property
    def nbytes(self) -> int:
        """Size of the artifact."""
        return os.fstat(self._file).st_size

    @property
    def manifest(self) -> dict:
        """What the artifact says of itself."""
        return json.loads(self._handle.manifest)

    def __reduce__(self):
        raise Error("a model can be neither pickled nor copied: save() it, and "
                    "load it where it is needed")

    def __repr__(self):
        def shown(tensors: Sequence[Tensor]):
            return ", ".join(t.name for t in tensors if not t.state)
        return f"<nibble.Model ({shown(self.inputs)}) -> {shown(self.outputs)}>"

    def _bind(self, inputs: tuple) -> Mapping[str, Any]:
        if len(inputs) == 1 and isinstance(inputs[0], Mapping):
            feed = inputs[0]
        else:
            names = [t.name for t in self.inputs if not t.state]
            if len(inputs) != len(names):
                raise Error(f"the model takes {len(names)} inputs "
                            f"({', '.join(names)}), got {len(inputs)}")
            feed = dict(zip(names, inputs))
        unknown = [n for n in feed if n not in self._input_names]
        if unknown:
            raise Error(f"no input named '{unknown[0]}'; there are "
                        f"{', '.join(t.name for t in self.inputs)}")
        for tensor in self.inputs:
            if not tensor.state and tensor.name not in feed:
                raise Error(f"input '{tensor.name}' is missing")
        return feed

    def _output_index(self, name: str) -> int:
        index = self._output_names.get(name)
        if index is None:
            raise Error(f"no output named '{name}'; there are "
                        f"{', '.join(self._output_names)}")
        return index


def load(path: Path, threads: int = 0) -> Model:
    """Loads a compiled model (.nib). `threads`: how many compute, the caller's
    included; 0: one per physical core.

        >>> model = nibble.load("model.nib", threads=2)
    """
    return Model(path, threads)
