# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""no_language.py FOLDER: models of embeddings that are no language models, each in one way."""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "Import", "Inputs"))
from protos import T, array, graph, info, model, node, write  # noqa: E402

table = array("table", np.ones((8, 4)))
tokens = lambda name: info(name, ["b", "t"], T.INT64)
models = {
    "tokens": graph([node("Gather", "table attention_mask", "logits", name="g")], [tokens("attention_mask")],
                    [info("logits", ["b", "t", 4])], [table]),
    "logits": graph([node("Gather", "table input_ids", "z", name="g"), node("Flatten", "z", "y", name="f")], [tokens("input_ids")],
                    [info("y", ["b", "k"])], [table]),
    "rows": graph([node("Gather", "table input_ids", "z", name="g"), node("Concat", "z z", "logits", name="c", axis=0)],
                  [tokens("input_ids")], [info("logits", ["c", "t", 4])], [table]),
}
for name, content in models.items():
    write(sys.argv[1], name + ".onnx", model(content))
