"""Compiles each model of a folder, which must fail: exit code 1, one message on stderr, and no file left behind.

    refused.py FOLDER    prints NAME: MESSAGE, a line each
"""
import glob
import os
import subprocess
import sys

folder = sys.argv[1]
wrong = 0
for path in sorted(glob.glob(os.path.join(folder, "*.onnx"))):
    name = os.path.basename(path)
    before = sorted(os.listdir(folder))
    done = subprocess.run(["nibble", "compile", name, "-o", "out.nib"], cwd=folder, capture_output=True, text=True, timeout=100)
    left = sorted(set(os.listdir(folder)) - set(before))
    for file in left:
        os.remove(os.path.join(folder, file))
    lines = done.stderr.splitlines()
    # Further lines belong to the message: they list what it speaks of, indented.
    is_one = bool(lines) and lines[0].startswith("nibble: error: ") and all(line.startswith("  ") for line in lines[1:])
    if done.returncode != 1 or not is_one or left:
        wrong += 1
        print(f"WRONG {name}: exit code {done.returncode}, left {left}, stderr: {done.stderr}")
    else:
        print(f"{name}: {' |'.join(lines)[len('nibble: error: '):]}")
sys.exit(wrong != 0)
