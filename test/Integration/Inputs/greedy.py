# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The tokens that ONNX Runtime's f32 logits give when the likeliest is taken.

    greedy.py lm_plain.onnx COUNT TOKEN…
"""
import sys

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1])
tokens = [int(word) for word in sys.argv[3:]]
made = []
for _ in range(int(sys.argv[2])):
    logits, = session.run(None, {"input_ids": np.array([tokens + made])})
    made.append(int(logits[0, -1].argmax()))
print(*made, "")
