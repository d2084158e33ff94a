# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""c_interface.py LIBRARY: what nib_compile says to options that it cannot take, each given as JSON."""
import ctypes
import sys

library = ctypes.CDLL(sys.argv[1])
library.nib_compile.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_void_p] * 2 + [ctypes.POINTER(ctypes.c_void_p)]
library.nib_compile_free_error.argtypes = [ctypes.c_void_p]


def refusal(path, options, out):
    error = ctypes.c_void_p()
    assert library.nib_compile(path, options, out, None, None, ctypes.byref(error)) == 1
    text = ctypes.string_at(error.value).decode()
    library.nib_compile_free_error(error)
    return text


for options in (b'{"weigths": "int8"}', b'{"input_values": 3}', b'{"input_values": {"n": "x"}}', b'{"keep": [1]}', b'{"group": "x"}', b'{"rotate_kv": 1}', b'{', b'[]'):
    print(f"{options.decode()} -> {refusal(b'nothing.onnx', options, b'out.nib')}")
print(refusal(None, b'{}', b'out.nib'))
print(refusal(b'nothing.onnx', None, b'out.nib'))
