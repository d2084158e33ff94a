# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Safetensors files of matrices, right and wrong, into the current folder.

    matrices.py
"""
import json
import struct
from pathlib import Path

import numpy as np

random = np.random.default_rng(3)


def bf16(values):
    """Rounded to nearest even, as the upper half of f32."""
    words = np.ascontiguousarray(values, np.float32).view(np.uint32).astype(np.uint64)
    return ((words + 0x7FFF + (words >> 16 & 1)) >> 16).astype(np.uint16)


def orthogonal(size):
    return np.linalg.qr(random.normal(size=(size, size)))[0]


def encode(tensors, header=None):
    """{name: (dtype, array)} as a file's bytes."""
    entries, data = {"__metadata__": {"made by": "a test"}}, b""
    for name, (dtype, array) in tensors.items():
        raw = np.ascontiguousarray(array).tobytes()
        entries[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(entries | (header or {})).encode()
    return struct.pack("<Q", len(text)) + text + data


def write(name, tensors, **options):
    Path(f"{name}.safetensors").write_bytes(encode(tensors, **options))


r1, r2 = orthogonal(8), orthogonal(4)
stretch = np.eye(4) + 0.3 * random.normal(size=(4, 4))
near = r1.copy()
near[0, 0] += 0.01
# The stream by one of its readers, the values' heads, a block before the activation's reader.
write("f32", {"gate0": ("F32", r1.astype("<f4")), "o0": ("F32", r2.astype("<f4")), "down*": ("F32", orthogonal(4).astype("<f4"))})
write("f64", {"gate0": ("F64", r1.astype("<f8"))})
write("f16", {"gate0": ("F16", r1.astype("<f2"))})
write("bf16", {"gate0": ("BF16", bf16(r1))})
write("linear", {"o0": ("F32", stretch.astype("<f4"))})
write("near", {"gate0": ("F32", near.astype("<f4"))})
write("unfused", {"down0": ("F32", stretch.astype("<f4"))})
write("singular", {"o0": ("F32", np.ones((4, 4), "<f4"))})
write("infinite", {"o0": ("F32", np.full((4, 4), np.inf, "<f4"))})
write("narrow", {"gate0": ("F32", r1[:, :4].astype("<f4"))})
write("vector", {"gate0": ("F32", r1[0].astype("<f4"))})
write("integers", {"gate0": ("I32", np.eye(8, dtype="<i4"))})
write("other_size", {"gate0": ("F32", orthogonal(3).astype("<f4"))})
write("nobody", {"head7": ("F32", r1.astype("<f4"))})
write("twice", {"gate0": ("F32", r1.astype("<f4")), "gate*": ("F32", r1.astype("<f4"))})
write("shared", {"gate0": ("F32", r1.astype("<f4")), "head": ("F32", orthogonal(8).astype("<f4"))})
write("pattern", {"gate[": ("F32", r1.astype("<f4"))})
whole = encode({"gate0": ("F32", r1.astype("<f4"))})
Path("cut.safetensors").write_bytes(whole[:-8])
Path("cut_header.safetensors").write_bytes(whole[:40])
Path("empty.safetensors").write_bytes(b"")
Path("long_header.safetensors").write_bytes(struct.pack("<Q", 1 << 40) + whole[8:])
Path("no_json.safetensors").write_bytes(struct.pack("<Q", 4) + b"{]}}")
Path("deep.safetensors").write_bytes(struct.pack("<Q", 1000000) + b"[" * 1000000)
entry = {"dtype": "F32", "shape": [8, 8], "data_offsets": [0, 256]}
for name, change in {
    "outside": {"data_offsets": [1 << 40, (1 << 40) + 256]}, "backwards": {"data_offsets": [256, 0]}, "overflow": {"shape": [1 << 40, 1 << 40]},
    "unfilled": {"shape": [8, 4]}, "negative": {"shape": [-8, -8]}, "no_dtype": {"dtype": 7}, "strange_dtype": {"dtype": "F3"},
    "no_offsets": {"data_offsets": "here"},
}.items():
    write(name, {"gate0": ("F32", r1.astype("<f4"))}, header={"gate0": entry | change})
