"""Writes models that import but cannot be compiled into FOLDER/bad, and good ones into FOLDER."""
import os
import sys
import zipfile

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "Import", "Inputs"))
from protos import T, array, external, graph, h, info, model, node, onnx, write  # noqa: E402

out = sys.argv[1]
bad = os.path.join(out, "bad")
weight = lambda name, *shape: array(name, np.linspace(-1, 1, int(np.prod(shape))).reshape(shape))
one = lambda op, shape=(8,), result=None, **attributes: model(
    graph([node(op, "x", "y", name="n", **attributes)], [info("x", shape)], [info("y", result or shape)]))

models = {
    "unknown": model(graph([node("Frobnicate", "x", "t", name="first"), node("Wobble", "t", "y", name="second", domain="my.ops")]),
                     extra=[("my.ops", 1)]),
    "strings": model(graph([node("Identity", "x", "y", name="id")], [info("x", [8], T.STRING)], [info("y", [8], T.STRING)])),
    "rank": model(h.make_graph([node("Relu", "x", "y", name="r")], "g", [onnx.ValueInfoProto(
        name="x", type=onnx.TypeProto(tensor_type=onnx.TypeProto.Tensor(elem_type=T.FLOAT)))], [info("y", [8])])),
    "extents": model(graph([node("MatMul", "x w", "y", name="product")], [info("x", ["n", 7])], [info("y", ["n", 8])], [weight("w", 8, 8)])),
    # Less than any memory, and more than this one.
    "memory": model(graph([node("Expand", "k s", "y", name="big")], [info("x")], [info("y", [2**45])],
                          [array("k", [1]), array("s", [2**45], np.int64)])),
    "range": model(graph([node("Add", "x w", "y", name="sum")], [info("x", ["n", 900], T.DOUBLE)], [info("y", ["n", 900], T.DOUBLE)],
                         [array("w", [1] * 899 + [1e300], np.float64)])),
    "types": model(graph([node("Add", "x w", "y", name="sum")], [info("x", [8])], [info("y", [8])], [array("w", range(8), np.int64)])),
    "output": one("Relu", result=(9,)),
    "axis": one("Softmax", axis=3),
    "attribute": one("Softmax", axis=0.5),
    "kind": one("Cast", to="f"),
    "no_attribute": model(graph([node("Concat", "x x", "y", name="join")], [info("x", [8])], [info("y", [16])])),
    "pads": model(graph([node("Conv", "x w", "y", name="conv", pads=[1, 1, 1])], [info("x", [1, 2, 8, 8])], [info("y", [1, 2, 8, 8])],
                        [weight("w", 2, 2, 3, 3)])),
    "channels": model(graph([node("Conv", "x w", "y", name="conv")], [info("x", [1, 3, 8, 8])], [info("y", [1, 2, 6, 6])],
                            [weight("w", 2, 2, 3, 3)])),
    "strides": one("MaxPool", (1, 3, 8, 8), kernel_shape=[2, 2], strides=[0, 0]),
    "no_input": model(graph([node("Relu", "", "y", name="r")], [info("x", [8])], [info("y", [8])])),
    "int4_input": model(graph([node("Cast", "x", "y", name="n", to=T.FLOAT)], [info("x", [8], T.INT4)], [info("y", [8])]), opset=21),
    "int4_weight": model(graph([node("Gather", "w x", "z", name="g"), node("Cast", "z", "y", name="n", to=T.FLOAT)], [info("x", [3], T.INT64)],
                               [info("y", [3])], [h.make_tensor("w", T.INT4, [8], range(-4, 4))]), opset=21),
    "data": model(graph([node("Reshape", "x s", "y", name="r")], [info("x", [8]), info("s", [2], T.INT64)], [info("y", ["a", "b"])])),
}
for name, content in models.items():
    write(bad, name + ".onnx", content)
linear = graph([node("MatMul", "x w", "y", name="product")], [info("x", ["n", 300])], [info("y", ["n", 300])], [weight("w", 300, 300)])
write(out, "linear.onnx", model(linear))
np.savez(os.path.join(out, "x.npz"), x=np.ones((2, 300), np.float32))
np.savez(os.path.join(out, "wide.npz"), x=np.ones((2, 301), np.float32))
np.savez(os.path.join(out, "double.npz"), x=np.ones((2, 300), np.float64))
np.savez(os.path.join(out, "other.npz"), z=np.ones((2, 300), np.float32))
write(os.path.join(out, "good"), "faint.onnx", model(graph([node("MatMul", "x w", "y", name="product")], [info("x", ["n", 64])], [info("y", ["n", 64])],
                                                           [array("w", np.linspace(-1e-7, 1e-7, 64 * 64).reshape(64, 64))])))
# Calibration data that no scale comes from.
write(os.path.join(out, "good"), "two.onnx",
      model(graph([node("MatMul", "x w", "p", name="product"), node("Add", "p z", "y", name="sum")], [info("x", ["n", 8]), info("z", ["n", 8])],
                  [info("y", ["n", 8])], [weight("w", 8, 8)])))
np.savez(os.path.join(out, "good", "stacked.npz"), x=np.ones((3, 2, 8), np.float32), z=np.ones((4, 2, 8), np.float32))
np.savez(os.path.join(out, "good", "nan.npz"), x=np.full((2, 8), np.nan, np.float32), z=np.ones((2, 8), np.float32))
np.savez(os.path.join(out, "good", "empty.npz"))
np.savez(os.path.join(out, "good", "none.npz"), x=np.ones((0, 2, 300), np.float32))
with zipfile.ZipFile(os.path.join(out, "good", "text.npz"), "w") as archive:
    archive.writestr("note.txt", "no array")
np.save(os.path.join(out, "good", "x.npy"), np.ones((2, 8), np.float32))
# Weights beside the model, whole, then cut short, then gone.
for folder, name in (os.path.join(out, "good"), "whole"), (bad, "short"), (bad, "missing"):
    split = graph([node("MatMul", "x w", "y", name="product")], [info("x", ["n", 300])], [info("y", ["n", 300])],
                  [external("w", name + ".bin", [300, 300])])
    write(folder, name + ".onnx", model(split))
write(os.path.join(out, "good"), "whole.bin", b"\0" * (300 * 300 * 4))
write(bad, "short.bin", b"\0" * (300 * 300 * 4 - 1))
