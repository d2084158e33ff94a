# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX Runtime for `nibble compare`: {"inputs": a.npz, "outputs": b.npz} runs
the model on the arrays of a.npz and writes b.npz."""
import json
import sys


def answer(value):
    print(json.dumps(value), flush=True)


def load(path):
    try:
        import numpy
        import onnxruntime
    except ImportError as error:
        answer({"error": f"{sys.executable}: {error}"})
        sys.exit(1)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        return numpy, onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the package has no common class for its own
        answer({"error": f"ONNX Runtime cannot load it: {error}"})
        sys.exit(1)


def main():
    numpy, session = load(sys.argv[1])
    answer({})
    for line in sys.stdin:
        request = json.loads(line)
        feeds = dict(numpy.load(request["inputs"]))
        names = [output.name for output in session.get_outputs()]
        try:
            found = session.run(names, feeds)
        except Exception as error:
            answer({"error": f"ONNX Runtime cannot run it: {error}"})
            continue
        numpy.savez(request["outputs"], **dict(zip(names, found)))
        answer({})


main()
