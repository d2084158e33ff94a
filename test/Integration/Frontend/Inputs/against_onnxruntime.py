"""Runs a model by its nn IR's meaning and by ONNX Runtime on the same random inputs, and prints the largest difference.

usage: against_onnxruntime.py MODEL.onnx [name=extent…] [name:int=limit…] [value:name=number…]

`name=extent` gives a symbolic dimension its extent (default 2), `name:int=limit` an integer input the range [0, limit) (default 2), and
`value:name=number` binds an input of one number in every run. Exits with 1 if an output differs by more than 1e-4 of its range, or of one
quantization step where the model ends in a DequantizeLinear.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime

DTYPES = {1: np.float32, 2: np.uint8, 6: np.int32, 7: np.int64, 9: np.bool_, 10: np.float16}


def make_inputs(graph, extents, limits, values):
    initializers = {tensor.name for tensor in graph.initializer}
    random = np.random.default_rng(1)
    feeds = {}
    for value in graph.input:
        if value.name in initializers:
            continue
        dtype = DTYPES[value.type.tensor_type.elem_type]
        shape = []
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            name = dim.dim_param if dim.dim_param not in ("", "?") else f"{value.name}_dim{axis}"
            shape.append(dim.dim_value if dim.dim_value > 0 else int(extents.get(name, 2)))
        if value.name in values:
            feeds[value.name] = np.full(shape, float(values[value.name])).astype(dtype)
        elif np.issubdtype(dtype, np.floating):
            feeds[value.name] = random.standard_normal(shape).astype(dtype)
        elif value.name in limits or "mask" not in value.name:
            feeds[value.name] = random.integers(0, int(limits.get(value.name, 2)), shape).astype(dtype)
        else:
            # Every row keeps its last keys, as padding on the left does.
            feeds[value.name] = np.ones(shape, dtype)
            feeds[value.name][-1, :1] = 0
    return feeds


def get_steps(graph):
    """The scale of each output that is a DequantizeLinear of a constant scale."""
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer
                 if tensor.data_location != onnx.TensorProto.EXTERNAL}
    for node in graph.node:
        if node.op_type == "Identity" and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]]
    return {node.output[0]: float(constants[node.input[1]].max()) for node in graph.node
            if node.op_type == "DequantizeLinear" and node.input[1] in constants}


def main():
    path = sys.argv[1]
    extents, limits, values = {}, {}, {}
    for argument in sys.argv[2:]:
        key, number = argument.split("=")
        if key.startswith("value:"):
            values[key[6:]] = number
        elif key.endswith(":int"):
            limits[key[:-4]] = number
        else:
            extents[key] = number
    graph = onnx.load(path, load_external_data=False).graph
    feeds = make_inputs(graph, extents, limits, values)
    options = onnxruntime.SessionOptions()
    # Quantized models are compared with what their graph says.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    expected = dict(zip([output.name for output in session.get_outputs()], session.run(None, feeds)))
    steps = get_steps(graph)
    with tempfile.TemporaryDirectory() as folder:
        inputs, outputs = os.path.join(folder, "in.npz"), os.path.join(folder, "out.npz")
        np.savez(inputs, **{name: array for name, array in feeds.items() if name not in values})
        subprocess.run(["nibble-test-reference", path, inputs, outputs,
                        *[f"--input-value={name}={number}" for name, number in values.items()]], check=True)
        found = dict(np.load(outputs))
    failed = False
    for name, array in expected.items():
        assert found[name].shape == array.shape, (name, found[name].shape, array.shape)
        a, b = found[name].astype(np.float64), array.astype(np.float64)
        difference = np.abs(a - b).max() if a.size else 0.0
        # One number has no range, and near 0 no relative error: a probability of 1e-6 is as good as 0. f32 sums of the layers before it err by ULPs of 1.
        span = np.ptp(b) if b.size > 1 else 0
        bound = steps[name] * 1.01 if name in steps else max(1e-4 * span, 16 * 2.0**-24)
        print(f"{name}: largest difference {difference:.3g}, bound {bound:.3g}")
        failed |= not difference <= bound
    sys.exit(failed)


main()
