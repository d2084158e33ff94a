# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""interrupt.py FOLDER MODEL: ends `nibble compile` by signals while it reads
its calibration data, a pipe that only then has a reader, and prints the
temporary files before and after."""
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

folder, model = Path(sys.argv[1]), sys.argv[2]
for ending in (signal.SIGINT, signal.SIGTERM):
    temporary = folder / ending.name
    temporary.mkdir(parents=True)
    pipe = folder / f"{ending.name}.npy"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        ["nibble", "compile", model, "-o", folder / "out.nib", "--weights",
         "int8", "--activations", "int8", "--calibrate", pipe],
        env=os.environ | {"TMPDIR": str(temporary)},
        # A shell's background jobs ignore SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    with open(pipe, "wb"):
        names = sorted(re.sub("-[0-9a-f]+[.]", ".", file.name)
                       for file in temporary.iterdir())
        print(ending.name, "while it runs:", *names)
        process.send_signal(ending)
        code = process.wait()
    print(ending.name, "exit", code == -ending, "left:",
          *(file.name for file in temporary.iterdir()))
