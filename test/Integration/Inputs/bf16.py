# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models whose outputs are bf16: every number must be the exact result, rounded once from f32 to the nearest bf16, ties to even.

    bf16.py write FOLDER            model.onnx and x.npz
    bf16.py check OUTPUTS           compares what `nibble run --output` wrote
"""
import os
import sys

import numpy as np

COUNT = 1003  # whole vectors and a tail


def to_bits(values):
    """The codes of the bf16 numbers nearest to f64 values, ties to even: 8 significant bits, and none below 2^-133."""
    values = np.asarray(values, np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        exponent = np.frexp(np.where(np.isfinite(values), values, 0))[1]
        quantum = np.ldexp(1.0, np.maximum(exponent, -125) - 8)
        nearest = np.where(np.isfinite(values), np.rint(values / quantum) * quantum, values)
        # From 2^128 on this is infinite.
        return (nearest.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)


def to_values(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


def inputs():
    random = np.random.default_rng(7)
    # All kinds of numbers, then ties between two bf16 and what is next to them, then the ends of the range.
    words = random.integers(0, 1 << 32, COUNT, dtype=np.uint64).astype(np.uint32)
    words[200:500] = (words[200:500] & 0xFFFF0000) | 0x8000
    words[500:600] = (words[500:600] & 0xFFFF0000) | 0x8001
    words[600:700] = (words[600:700] & 0xFFFF0000) | 0x7FFF
    words[700:714] = [0, 1 << 31, 1, 0x8000, 0x8001, 0x18000, 0x7F7FFFFF, 0x7F7F7FFF, 0xFF7F8000, 0x7F800000, 0xFF800000,
                      0x7F800001, 0xFFFFFFFF, 0x7FC00000]
    summands = [to_values(to_bits(random.standard_normal(COUNT) * 2.0 ** random.integers(-8, 9, COUNT))) for _ in range(2)]
    return {"x": words.view(np.float32), "a": summands[0], "b": summands[1],
            "d": random.standard_normal(COUNT) * 1e3,
            "i": random.integers(-(1 << 40), 1 << 40, COUNT),
            "h": random.standard_normal(COUNT).astype(np.float16),
            "p": to_bits(random.standard_normal(COUNT)).view("V2"),
            # Small integers: sums are exact in f32, but not in bf16.
            "l": random.integers(-50, 51, (9, 33)).astype(np.float32), "r": random.integers(-50, 51, (33, 20)).astype(np.float32)}


@np.errstate(invalid="ignore")  # signaling NaNs
def expected(feed):
    f64 = lambda values: values.astype(np.float64)
    f32 = lambda values: f64(values.astype(np.float32))
    return {"cast": to_bits(f64(feed["x"])), "sum": to_bits(f64(feed["a"]) + f64(feed["b"])),
            "from_double": to_bits(f32(feed["d"])), "from_integer": to_bits(f32(feed["i"])), "from_half": to_bits(f32(feed["h"])),
            "twice": to_bits(2 * f64(to_values(feed["p"].view(np.uint16)))), "product": to_bits(f64(feed["l"]) @ f64(feed["r"]))}


def write(folder):
    import onnx
    from onnx import TensorProto as T
    from onnx import helper as h

    cast = lambda source, result: h.make_node("Cast", [source], [result], name=result, to=T.BFLOAT16)
    nodes = [cast("x", "cast"), cast("a", "a16"), cast("b", "b16"), h.make_node("Add", ["a16", "b16"], ["sum"], name="sum"),
             cast("d", "from_double"), cast("i", "from_integer"), cast("h", "from_half"),
             h.make_node("Add", ["p", "p"], ["twice"], name="twice"), h.make_node("Cast", ["p"], ["back"], name="back", to=T.FLOAT),
             cast("l", "l16"), cast("r", "r16"), h.make_node("MatMul", ["l16", "r16"], ["product"], name="product")]
    kinds = {"d": T.DOUBLE, "i": T.INT64, "h": T.FLOAT16, "p": T.BFLOAT16}
    feed = inputs()
    infos = [h.make_tensor_value_info(name, kinds.get(name, T.FLOAT), value.shape if value.ndim == 2 else ["n"])
             for name, value in feed.items()]
    results = [h.make_tensor_value_info(name, T.BFLOAT16, value.shape if value.ndim == 2 else ["n"])
               for name, value in expected(feed).items()]
    results.append(h.make_tensor_value_info("back", T.FLOAT, ["n"]))
    graph = h.make_graph(nodes, "bf16", infos, results)
    onnx.save(h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=9), os.path.join(folder, "model.onnx"))
    np.savez(os.path.join(folder, "x.npz"), **feed)


def check(path):
    feed = inputs()
    got = np.load(path)
    wrong = 0
    for name, want in expected(feed).items():
        bits = np.ascontiguousarray(got[name]).view(np.uint16)
        # Which NaN it is stays open.
        same = (bits == want) | (np.isnan(to_values(bits)) & np.isnan(to_values(want)))
        wrong += not same.all()
        print(name, same.size, "numbers,", np.count_nonzero(~same), "wrong")
        for index in np.argwhere(~same)[:3]:
            print("  at", index, "got", hex(bits[tuple(index)]), "instead of", hex(want[tuple(index)]))
    back = np.array_equal(got["back"], to_values(feed["p"].view(np.uint16)))
    print("back", "equal" if back else "WRONG")
    return 1 if wrong or not back else 0


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2])
    else:
        sys.exit(check(sys.argv[2]))
