# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""nn IR in f32 as the same in f64, so that what rounding does can be told from what a rewriting does."""
import re
from pathlib import Path

import numpy as np

NUMBER = re.compile(r"0x[0-9A-F]{8}\b|-?\d+\.\d+(?:[eE][+-]?\d+)?")
TYPE = r"tensor<([\dx]*)f32>"


def widen_bytes(data):
    return np.frombuffer(data, np.float32).astype(np.float64).tobytes()


def widen_number(match):
    """Of text: bits, or a decimal that stands for the f32 next to it."""
    text = match[0]
    value = np.frombuffer(bytes.fromhex(text[2:]), ">f4")[0] if text.startswith("0x") else np.float32(text)
    return f"{float(value):.17e}"


def widen(source, target):
    """Of the text in the file `source`, printed with --mlir-print-local-scope; parameters go into a file beside `target`."""
    data = f"{target}.bin"
    with open(data, "wb") as parameters:

        def widen_parameter(match):
            with open(match[1], "rb") as file:
                file.seek(int(match[2]))
                wide = widen_bytes(file.read(int(match[3])))
            offset = parameters.tell()
            parameters.write(wide)
            return f'<file = "{data}", offset = {offset}, length = {len(wide)}, hash = 0x0> : tensor<{match[4]}f64>'

        text = re.sub(rf'<file = "([^"]*)", offset = (\d+), length = (\d+), hash = \S+> : {TYPE}', widen_parameter, Path(source).read_text())
    text = re.sub(rf'dense<"0x([0-9A-F]+)"> : {TYPE}', lambda m: f'dense<"0x{widen_bytes(bytes.fromhex(m[1])).hex().upper()}"> : tensor<{m[2]}f64>', text)
    text = re.sub(rf'dense<([^">]*)> : {TYPE}', lambda m: f"dense<{NUMBER.sub(widen_number, m[1])}> : tensor<{m[2]}f64>", text)
    # Attributes that are arrays have the type that ODS gives them.
    Path(target).write_text(text.replace("f32", "f64").replace("array<f64:", "array<f32:"))
