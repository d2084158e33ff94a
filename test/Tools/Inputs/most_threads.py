# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""most_threads.py N COMMAND…: runs the command, and fails if it fails or was
seen with more than N threads at a time."""
import os
import subprocess
import sys
import time

process = subprocess.Popen(sys.argv[2:])
most = 0
while process.poll() is None:
    try:
        most = max(most, len(os.listdir(f"/proc/{process.pid}/task")))
    except FileNotFoundError:
        break
    time.sleep(0.001)
if process.wait() != 0:
    sys.exit("the command failed")
print("threads:", most)
sys.exit(most > int(sys.argv[1]))
