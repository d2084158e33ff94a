# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints Golden.h: what ml_dtypes, the ONNX reference evaluator and ONNX Runtime say about inputs that the unit test
makes in the same way. Long answers stand as FNV-1a hashes of their 32-bit words.

    build/venv/bin/python unittests/Formats/Inputs/make_golden.py > unittests/Formats/Inputs/Golden.h
"""
import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

MASK = (1 << 32) - 1


def fnv(words):
    state = 0xCBF29CE484222325
    for word in np.asarray(words, np.uint32).astype("<u4").tobytes():
        state = (state ^ word) * 0x100000001B3 & (1 << 64) - 1
    return f"0x{state:016x}u"


def scramble(count, seed=0):
    """Golden.h's generator: 32 bits for each index."""
    index = np.arange(count, dtype=np.uint64) + np.uint64(seed)
    return (index * np.uint64(2654435761) & np.uint64(MASK)).astype(np.uint32)


def uniform(count, seed=0):
    """Multiples of 2^-20 in [-8, 8): exact in f32."""
    return ((scramble(count, seed) >> 8).astype(np.float32) * np.float32(2**-20)) - np.float32(8)


def float_bits(values):
    values = np.asarray(values, np.float32)
    bits = values.view(np.uint32).copy()
    bits[np.isnan(values)] = 0x7FC00000
    return bits


def encode_inputs():
    """Any bits, then exponents around 1, where narrow formats have their codes. No NaN."""
    words = scramble(20000)
    near = (words & np.uint32(0x807FFFFF)) | ((np.uint32(107) + (words >> 9) % np.uint32(41)) << np.uint32(23))
    bits = np.concatenate([words, near])
    return bits[(bits & np.uint32(0x7FFFFFFF)) <= 0x7F800000].view(np.float32)


FLOATS = [("float16", 5, 10, "IEEE"), ("bfloat16", 8, 7, "IEEE"), ("float8_e5m2", 5, 2, "IEEE"),
          ("float8_e4m3", 4, 3, "IEEE"), ("float8_e3m4", 3, 4, "IEEE"), ("float8_e4m3fn", 4, 3, "FN"),
          ("float8_e4m3fnuz", 4, 3, "FNUZ"), ("float8_e5m2fnuz", 5, 2, "FNUZ"), ("float6_e3m2fn", 3, 2, "Finite"),
          ("float6_e2m3fn", 2, 3, "Finite"), ("float4_e2m1fn", 2, 1, "Finite")]


def floats():
    print("constexpr GoldenFloat goldenFloats[] = {")
    inputs = encode_inputs()
    for name, e, m, convention in FLOATS:
        dtype = np.dtype(getattr(ml_dtypes, name, None) or name)
        carrier = np.uint16 if dtype.itemsize == 2 else np.uint8
        codes = np.arange(1 << (1 + e + m)).astype(carrier)
        decoded = float_bits(codes.view(dtype).astype(np.float32))
        with np.errstate(over="ignore"):
            encoded = inputs.astype(dtype).view(carrier)
        print(f'    {{"{name}", {e}, {m}, FloatConvention::{convention}, {fnv(decoded)}, {fnv(encoded)}}},')
    print("};")
    e8m0 = np.dtype(ml_dtypes.float8_e8m0fnu)
    decoded = float_bits(np.arange(256).astype(np.uint8).view(e8m0).astype(np.float32))
    inputs = np.abs(inputs)
    # Between 2^-127 and 2^-126 ml_dtypes always rounds up.
    inputs = inputs[(inputs >= 2.0**-126) & (inputs < 2.0**127)]
    print(f"constexpr uint64_t goldenE8M0Decode = {fnv(decoded)};")
    print(f"constexpr uint64_t goldenE8M0Encode = {fnv(inputs.astype(e8m0).view(np.uint8))};")


def run_node(op, inputs, outputs=1, **attributes):
    """One node through the ONNX reference evaluator."""
    names = [f"i{i}" for i in range(len(inputs))]
    results = [f"o{i}" for i in range(outputs)]
    node = helper.make_node(op, names, results, **attributes)
    infos = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
             for n, v in zip(names, inputs)]
    graph = helper.make_graph([node], "g", infos, [helper.make_empty_tensor_value_info(r) for r in results])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 25)])
    return ReferenceEvaluator(model).run(None, dict(zip(names, inputs)))


INTEGERS = [("int8", 8, True), ("uint8", 8, False), ("int16", 16, True), ("uint16", 16, False), ("int4", 4, True),
            ("uint4", 4, False), ("int2", 2, True), ("uint2", 2, False)]
# [3, 10, 4] along axis 1: granularity, block size, shape of the scales.
LAYOUTS = [("PerTensor", 0, ()), ("PerAxis", 0, (10,)), ("Blocked", 4, (3, 3, 4))]


def linear():
    print("constexpr GoldenLinear goldenLinear[] = {")
    x = uniform(120).reshape(3, 10, 4)
    for name, bits, signed in INTEGERS:
        dtype = np.dtype(getattr(ml_dtypes, name, None) or name)
        low = -(1 << (bits - 1)) if signed else 0
        for granularity, block, shape in LAYOUTS:
            count = int(np.prod(shape))
            # The whole range of x fits the codes two to three times.
            scale = (uniform(count, 1000) + np.float32(24)) * np.float32(2.0 ** (-bits - 2))
            zero = low + (scramble(count, 2000) >> np.uint32(32 - bits)).astype(np.int64)
            scale, zero = scale.reshape(shape), zero.reshape(shape).astype(dtype)
            attributes = {"axis": 1, "block_size": block} if shape else {}
            (codes,) = run_node("QuantizeLinear", [x, scale, zero], **attributes)
            (values,) = run_node("DequantizeLinear", [codes, scale, zero], **attributes)
            words = codes.astype(np.int64).reshape(-1) & MASK
            print(f"    {{{bits}, {str(signed).lower()}, Granularity::{granularity}, {block}, "
                  f"{fnv(words)}, {fnv(float_bits(values.reshape(-1)))}}},")
    print("};")


def dynamic():
    print("constexpr GoldenDynamic goldenDynamic[] = {")
    for scale, shift in [(1, 0), (0.01, 0.003), (3, 30), (3, -30), (0, 0), (1e-3, -0.004)]:
        x = (uniform(1000) * np.float32(scale) + np.float32(shift)).astype(np.float32)
        y, y_scale, zero = run_node("DynamicQuantizeLinear", [x], 3)
        print(f"    {{static_cast<float>({scale}), static_cast<float>({shift}), "
              f"0x{int(float_bits([y_scale])[0]):08x}u, {int(zero)}, {fnv(y)}}},")
    print("};")


def run_ort(node, inputs, output_type, initializers=()):
    infos = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
             for n, v in inputs.items()]
    out = [helper.make_tensor_value_info(node.output[0], output_type, None)]
    graph = helper.make_graph([node], "g", infos, out, [onnx.numpy_helper.from_array(v, n) for n, v in initializers])
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)[0]


def qlinear_matmul():
    """u8 x u8, so that no instruction set saturates inside."""
    a = (scramble(7 * 33) >> 24).astype(np.uint8).reshape(7, 33)
    b = (scramble(33 * 9, 500) >> 24).astype(np.uint8).reshape(33, 9)
    names = ["a", "as", "az", "b", "bs", "bz", "ys", "yz"]
    values = [a, np.float32(0.02), np.uint8(113), b, np.float32(0.03), np.uint8(131), np.float32(0.35), np.uint8(97)]
    y = run_ort(helper.make_node("QLinearMatMul", names, ["y"]), dict(zip(names, map(np.asarray, values))),
                TensorProto.UINT8)
    print(f"constexpr uint64_t goldenQLinearMatMul = {fnv(y.reshape(-1))};")


def matmul_nbits():
    """An identity matrix times the weights shows the weights. Bytes are the input, so the packing is theirs."""
    print("constexpr GoldenNBits goldenNBits[] = {")
    n, k, block = 5, 96, 32
    for bits in (4, 8):
        blocks = k // block
        b = (scramble(n * k * bits // 8) >> 24).astype(np.uint8).reshape(n, blocks, block * bits // 8)
        zeros = (scramble(n * ((blocks * bits + 7) // 8), 700) >> 24).astype(np.uint8)
        scales = np.abs(uniform(n * blocks, 900))
        node = helper.make_node("MatMulNBits", ["a", "b", "s", "z"], ["y"], domain="com.microsoft", K=k, N=n,
                                bits=bits, block_size=block, accuracy_level=1)
        y = run_ort(node, {"a": np.eye(k, dtype=np.float32)}, TensorProto.FLOAT,
                    [("b", b), ("s", scales), ("z", zeros)])
        print(f"    {{{bits}, {fnv(float_bits(y.T.reshape(-1)))}}},")
    print("};")


HEADER = """\
//===- Golden.h - What public implementations answer -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Made by make_golden.py; test/Formats/golden.test makes it anew and compares.

// clang-format off"""

if __name__ == "__main__":
    print(HEADER)
    floats()
    linear()
    dynamic()
    qlinear_matmul()
    matmul_nbits()
    print("// clang-format on")
