"""Reads an artifact with zipfile and safetensors."""
import struct
import sys
import zipfile

import safetensors.numpy

with zipfile.ZipFile(sys.argv[1]) as file:
    print("bad entries:", file.testzip())
    for info in file.infolist():
        file.fp.seek(info.header_offset + 26)
        name, extra = struct.unpack("<HH", file.fp.read(4))
        offset = info.header_offset + 30 + name + extra
        print(info.filename, "at page:", offset % 4096 == 0)
    tensors = safetensors.numpy.load(file.read("parameters.safetensors"))
for name in sorted(tensors):
    if not name.startswith(".pad."):
        print(name, tensors[name].dtype, tensors[name].tolist())
