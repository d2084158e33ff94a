"""Imports every model below a folder; prints a line each, and checks that the IR parses back to itself."""
import os
import subprocess
import sys

import onnx


def count_nodes(graph):
    """Nodes of a graph and its subgraphs, without constants."""
    total = 0
    for node in graph.node:
        total += (node.domain, node.op_type) != ("", "Constant")
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                total += count_nodes(attribute.g)
    return total


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


root = sys.argv[1]
paths = []
for folder, _, files in os.walk(root):
    paths += [os.path.join(folder, name) for name in files if name.endswith(".onnx")]
for path in sorted(paths):
    name = os.path.relpath(path, root)
    imported = run(["quant-translate", "--import-onnx", path])
    if imported.returncode != 0:
        print(f"{name}: exit {imported.returncode}: {imported.stderr.strip()}")
        continue
    model = onnx.load(path, load_external_data=False)
    expected = count_nodes(model.graph)
    found = imported.stdout.count("onnx.node \"")
    if not model.functions and found != expected:
        print(f"{name}: {found} nodes instead of {expected}")
        continue
    parsed = run(["quant-opt"], input=imported.stdout)
    same = parsed.returncode == 0 and parsed.stdout.strip() == imported.stdout.strip()
    print(f"{name}: {'imported' if same else 'does not parse back: ' + parsed.stderr[:500]}")
