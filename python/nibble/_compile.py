# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""nibble.compile: options as keywords, over nibble._compiler."""
from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional, Union

from ._arguments import Path, count, finite_numbers, text_path, write_arrays
from ._model import Model
from ._runtime import Error

_Feed = Mapping[str, Any]


def compile(path: Path, *, weights: str = "f32", activations: str = "f32",
            group: Optional[int] = None,
            activation_group: Optional[int] = None, transform: str = "auto",
            shift: bool = False,
            permute: str = "none", matrices: Optional[Path] = None,
            calibration: Union[None, Path, _Feed, Sequence[_Feed]] = None,
            keep: Sequence[str] = (), target: str = "host", threads: int = 0,
            dump_ir: Optional[Path] = None, kv_cache: str = "io",
            rotate_kv: bool = False,
            input_values: Optional[Mapping[str, float]] = None,
            progress: Optional[Callable[[str, float], Any]] = None) -> Model:
    """Compiles an ONNX model for this machine, quantized if asked for.

        >>> model = nibble.compile("model.onnx")
        >>> model = nibble.compile("model.onnx", weights="int4", group=32,
        ...                        activations="int8", keep=["/head/*"])

    weights: "f32", "int2" to "int8", "uint2" to "uint8" (with zero points), or a
        whole format attribute of such codes, "#qnt.format<…>".
    activations: "f32", "int2" to "int8", or "uint8" with calibration.
    group: how many weights share a scale; None: one scale per output channel.
    activation_group: how many activations of a row share a scale, found at run
        time; None: one scale per row. Such activations are rounded, and
        multiplied in f32: no kernel multiplies their codes.
    transform: "rotate": before anything is quantized, Hadamard rotations spread
        outliers over channels; most become part of weights. "smooth": weights
        take scales of channels, with which codes lose least. "none", or "auto":
        "rotate" where activations are quantized, except where calibration
        data shows that rotating loses.
    shift: the means that channels have over the calibration data are taken away
        before rotations of norms' results at run time (Outlier Suppression+).
        `nibble inspect` says where there is none, and why.
    permute: reorders channels, before they are rotated, where nothing but
        weights sees the order. "sort": channels of like size share a group;
        "zigzag": outliers are dealt to the blocks of a rotation; or "none".
    matrices: a safetensors file of square matrices, such as learned rotations.
        Each is for the inputs of the linear maps whose ONNX node names match
        the tensor's name, a pattern as in keep. They come beside those of
        transform.
    calibration: real inputs, from which static scales of activations are found:
        a path (.npz, .npy or a folder of them), one {name: array}, or a list
        of these. Without it activations are scaled at run time.
    keep: patterns of ONNX node names that stay in f32.
    target: "host", "x86-64-v3" or an LLVM CPU name.
    threads: for compiling, and for running the model; 0: one per core (to run:
        per physical core).
    dump_ir: a folder that gets the IR after every stage.
    kv_cache: "io": caches of attention are inputs and outputs, as in the
        model; "state": a session keeps them, and a call adds to them.
    rotate_kv: caches hold keys rotated by a Hadamard transform of each head's
        channels, with kv_cache="state". That pays only where caches hold codes;
        they are in f32.
    input_values: {name: number} of inputs of one element that have this value
        in every run; the model no longer takes them.
    progress: called with what is being done and the part done, in [0, 1].
    """
    from . import _compiler  # loads LLVM: only where something is compiled
    path = text_path(path)
    if isinstance(keep, str):
        raise Error("keep is a list of patterns, not one string")
    options: dict[str, Any] = {
        "weights": weights, "activations": activations,
        "transform": transform, "permute": permute, "target": target,
        "keep": list(keep), "threads": count(threads, "threads"),
        "kv_cache": kv_cache}
    if shift:
        options["shift"] = True
    if rotate_kv:
        options["rotate_kv"] = True
    if input_values is not None:
        options["input_values"] = finite_numbers(input_values)
    if group is not None:
        options["group"] = count(group, "group")
    if activation_group is not None:
        options["activation_group"] = count(activation_group,
                                            "activation_group")
    if matrices is not None:
        options["matrices"] = text_path(matrices, "matrices")
    if dump_ir is not None:
        options["dump_ir"] = text_path(dump_ir, "dump_ir")
    with tempfile.TemporaryDirectory(prefix="nibble-") as folder:
        if calibration is not None:
            options["calibration"] = _calibration(calibration, folder)
        artifact = os.path.join(folder, "model.nib")
        error = _compiler.compile(path, json.dumps(options), artifact,
                                  progress)
        if error is not None:
            raise Error(error)
        # The model holds the file open, so that it can go with its folder.
        return Model(artifact, threads)


def _calibration(data, folder: str) -> str:
    """The path to give to the compiler, after writing what is in memory."""
    if isinstance(data, (str, bytes, os.PathLike)):
        return text_path(data, "calibration")
    feeds = [data] if isinstance(data, Mapping) else list(data)
    if not feeds:
        raise Error("calibration: no inputs given")
    target = os.path.join(folder, "calibration")
    os.mkdir(target)
    for number, feed in enumerate(feeds):
        if not isinstance(feed, Mapping):
            raise Error("calibration: a path, {name: array} or a list of "
                        f"{{name: array}}, not {type(feed).__name__}")
        write_arrays(os.path.join(target, f"{number:06}.npz"), feed)
    return target
