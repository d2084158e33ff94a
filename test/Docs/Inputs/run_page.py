"""Runs the commands of a page and compares what they print with what the page says.

    run_page.py PAGE.md

```sh blocks run one after the other in one shell that stops at the first failure. The lines of the ```text block behind one must occur in
its output in that order; … stands for anything.
"""
import re
import subprocess
import sys

page = open(sys.argv[1], encoding="utf-8").read()
blocks = re.findall(r"^```(sh|text)\n(.*?)^```$", page, re.M | re.S)
mark = "=== end of block"
script = "set -e\n" + "".join(f"{text}\necho '{mark}'\n" for kind, text in blocks if kind == "sh")
done = subprocess.run(["bash"], input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
if done.returncode:
    sys.exit(f"a command failed with exit code {done.returncode}:\n{done.stdout}")
outputs = iter(done.stdout.split(mark + "\n"))
output, checked = "", 0
for kind, text in blocks:
    if kind == "sh":
        output = next(outputs).splitlines()
        continue
    for line in text.splitlines():
        pattern = re.compile(r"\s*".join(".*".join(re.escape(part) for part in word.split("…")) for word in line.split()))
        while output and not pattern.search(output[0]):
            output.pop(0)
        if not output:
            sys.exit(f"no line like '{line}' in the output; all of it:\n{done.stdout}")
        output.pop(0)
        checked += 1
print(f"{len(blocks)} blocks, {checked} lines as the page says")
