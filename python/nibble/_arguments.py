# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Arguments of the package, as the native modules take them."""
from __future__ import annotations

import math
import operator
import os
import zipfile
from collections.abc import Mapping
from typing import Any, Union

import numpy as np

from ._runtime import Error

Path = Union[str, bytes, os.PathLike]

# The compiler's options hold 32 bits with a sign.
_MOST = 2**31 - 1


def file_path(path: Path, what: str = "path") -> str:
    """`path` as a string that names a file. Bytes are one too, as in open()."""
    name = os.fsdecode(os.fspath(path))
    if not name:
        raise Error(f"{what}: an empty string names no file")
    if "\0" in name:
        raise Error(f"{what}: {name!r} has a null character, as no name has")
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        raise Error(f"{what}: {name!r} is not Unicode text") from None
    return name


def text_path(path: Path, what: str = "path") -> str:
    """The same for the compiler, which takes and shows UTF-8."""
    name = file_path(path, what)
    try:
        name.encode()
    except UnicodeEncodeError:
        raise Error(f"{what}: the compiler takes names in UTF-8, not {name!r}: "
                    "rename the file") from None
    return name


def count(value: Any, what: str) -> int:
    """`value`, an integer of Python or NumPy that counts something."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{what} must be an integer, not "
                        f"{type(value).__name__}") from None
    if not 0 <= number <= _MOST:
        raise Error(f"{what} must be from 0 to {_MOST}, not {number}")
    return number


def finite_numbers(values: Any) -> dict[str, Union[int, float]]:
    """{name: number} as JSON can hold it."""
    if not isinstance(values, Mapping):
        raise Error("input_values is a mapping {name: number}, not "
                    f"{type(values).__name__}")
    numbers = {}
    for name, value in values.items():
        array = np.asarray(value)
        if array.size != 1 or array.dtype.kind not in "iuf":
            raise Error(f"input_values: input '{name}' takes one number, not "
                        f"{value!r}")
        numbers[name] = array.item()
        if not math.isfinite(numbers[name]):
            raise Error(f"input_values: input '{name}' cannot be "
                        f"{numbers[name]}, only a finite number")
    return numbers


def write_arrays(path: str, arrays: Mapping[str, Any]) -> None:
    """An .npz file. np.savez takes names as keywords, and some for its own."""
    with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        for name, value in arrays.items():
            array = np.asarray(value)
            if array.dtype.hasobject:
                raise Error(f"calibration: input '{name}' must be an array of "
                            f"numbers, not {type(value).__name__}")
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
