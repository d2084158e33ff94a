"""Writes FOLDER/gated.onnx, two pre-norm blocks of which a few channels are outliers, FOLDER/sparse.onnx, a linear map of rows of which most
channels are 0, FOLDER/biased.onnx, a norm of rows that are much alike, FOLDER/ordered.onnx, a norm of channels whose order is free,
FOLDER/even.onnx, a gain of one number for all channels of a stream, FOLDER/uneven.onnx, the same with one other number, and inputs. An output
of biased.onnx is named as an observed value.

    rotated.py FOLDER
"""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "Import", "Inputs"))
from protos import T, array, graph, info, model, node, write  # noqa: E402

out = sys.argv[1]
random = np.random.default_rng(3)
hidden, inner, layers = 128, 320, 2
loud = [5, 77]


def matrix(name, rows, columns):
    return array(name, random.normal(0, rows ** -0.5, (rows, columns)))


# Channels of the stream that are 40 times as large as the others.
table = random.normal(size=(50, hidden))
table[:, loud] *= 40
nodes, weights = [node("Gather", "table ids", "x0", name="embed")], [array("table", table)]
for i in range(layers):
    nodes += [
        node("SimplifiedLayerNormalization", f"x{i} gain{i}", f"n{i}", name=f"norm{i}", epsilon=1e-6),
        node("MatMul", f"n{i} gate{i}", f"g{i}", name=f"gate{i}"),
        node("MatMul", f"n{i} up{i}", f"u{i}", name=f"up{i}"),
        node("Sigmoid", f"g{i}", f"s{i}", name=f"sigmoid{i}"),
        node("Mul", f"g{i} s{i}", f"a{i}", name=f"silu{i}"),
        node("Mul", f"a{i} u{i}", f"m{i}", name=f"gated{i}"),
        node("MatMul", f"m{i} down{i}", f"d{i}", name=f"down{i}"),
        node("Add", f"x{i} d{i}", f"x{i + 1}", name=f"residual{i}"),
    ]
    weights += [array(f"gain{i}", random.uniform(0.5, 2, hidden)), matrix(f"gate{i}", hidden, inner), matrix(f"up{i}", hidden, inner),
                matrix(f"down{i}", inner, hidden)]
nodes += [node("SimplifiedLayerNormalization", f"x{layers} gain", "n", name="norm", epsilon=1e-6), node("MatMul", "n head", "y", name="head")]
weights += [array("gain", random.uniform(0.5, 2, hidden)), matrix("head", hidden, 24)]
write(out, "gated.onnx", model(graph(nodes, [info("ids", ["n"], T.INT64)], [info("y", ["n", 24])], weights)))
np.savez(os.path.join(out, "ids.npz"), ids=np.arange(50, dtype=np.int64) % 50)

# Zeros are exact; rotated, they have an error as all others.
write(out, "sparse.onnx", model(graph([node("MatMul", "x w", "y", name="map")], [info("x", [64, 128])], [info("y", [64, 32])],
                                      [matrix("w", 128, 32)])))
sparse = np.zeros((64, 128), np.float32)
sparse[np.arange(64), random.integers(0, 128, 64)] = random.uniform(0.01, 0.1, 64)
sparse[0] *= 1 / sparse[0].max()
np.savez(os.path.join(out, "sparse.npz"), x=sparse)

write(out, "biased.onnx", model(graph([node("LayerNormalization", "x gain bias", "n", name="norm", axis=-1), node("MatMul", "n w", "y", name="map"),
                                       node("ArgMax", "x", "observed/i", name="argmax", axis=1)],
                                      [info("x", [64, 128])], [info("y", [64, 32]), info("observed/i", [64, 1], T.INT64)],
                                      [array("gain", random.uniform(0.5, 2, 128)), array("bias", random.normal(size=128)), matrix("w", 128, 32)])))
np.savez(os.path.join(out, "biased.npz"), x=(random.normal(0, 5, 128) + random.normal(size=(64, 128))).astype(np.float32))

# Both readers take any order of the norm's channels, of which the loud ones are neighbours; the function between keeps a rotation at run time.
loud_columns = random.normal(0, 128 ** -0.5, (128, 128))
loud_columns[:, :4] *= 16
write(out, "ordered.onnx", model(graph([node("MatMul", "x first", "f", name="first"), node("LayerNormalization", "f gain bias", "n", name="norm", axis=-1),
                                        node("MatMul", "n w", "y", name="map"), node("Relu", "n", "r", name="relu"), node("MatMul", "r v", "z", name="other")],
                                       [info("x", [64, 128])], [info("y", [64, 32]), info("z", [64, 32])],
                                       [array("first", loud_columns), array("gain", random.uniform(0.5, 2, 128)), array("bias", random.normal(size=128)),
                                        matrix("w", 128, 32), matrix("v", 128, 32)])))
np.savez(os.path.join(out, "ordered.npz"), x=(random.normal(0, 5, 128) + random.normal(size=(64, 128))).astype(np.float32))

# More channels than numbers that the importer takes out of the file.
width = 1280
for name, last in (("even", 0.5), ("uneven", 0.75)):
    gain = np.full(width, 0.5)
    gain[-1] = last
    write(out, f"{name}.onnx", model(graph(
        [node("Gather", "table ids", "e", name="embed"), node("Mul", "e gain", "x", name="gain"), node("MatMul", "x down", "d", name="down"),
         node("MatMul", "d up", "u", name="up"), node("Add", "x u", "s", name="residual"), node("MatMul", "s head", "y", name="head")],
        [info("ids", ["n"], T.INT64)], [info("y", ["n", 24])],
        [array("table", random.normal(size=(50, width))), array("gain", gain), matrix("down", width, 8), matrix("up", 8, width),
         matrix("head", width, 24)])))
