"""Says which files, folders and links that the project's pages name are not there.

    check_names.py ROOT
"""
import fnmatch
import glob
import os
import re
import subprocess
import sys

root = sys.argv[1]
listed = subprocess.run(["git", "-C", root, "ls-files"], capture_output=True, text=True)
files = listed.stdout.split() if listed.returncode == 0 else [
    os.path.relpath(os.path.join(folder, file), root) for folder, _, names in os.walk(root) for file in names]
base = {os.path.basename(f) for f in files}
top = {f.split("/")[0] for f in files if "/" in f}
pages = [os.path.join(root, p) for p in files if p.endswith(".md") and "/Inputs/" not in p]
wrong = checked = 0
for page in pages:
    text = open(page, encoding="utf-8").read()
    here = os.path.dirname(page)
    names = [(name, [root, here]) for name in re.findall(r"`([\w./*-]+)`", text)
             if not name.startswith("build/") and (re.search(r"\.(cpp|h|td|py|mlir|md|test|txt)$", name) or name.split("/")[0] in top and "/" in name)]
    names += [(link.split("#")[0], [here]) for link in re.findall(r"\]\(([^):]+)\)", text) if not link.startswith("#")]
    for name, folders in names:
        checked += 1
        places = [os.path.join(f, name) for f in folders] + [os.path.join(root, "include", name)]
        if not any(glob.glob(p) for p in places) and not fnmatch.filter(base, os.path.basename(name)):
            wrong += 1
            print(f"{os.path.relpath(page, root)} names {name}, which is not there")
print(f"{checked} names on {len(pages)} pages, {wrong} wrong")
sys.exit(wrong != 0)
