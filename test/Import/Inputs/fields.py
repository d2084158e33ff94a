"""Compares OnnxFields.def with the descriptors of the onnx package."""
import re
import sys

import onnx

descriptors = onnx.ModelProto.DESCRIPTOR.file.message_types_by_name
enums = {
    "ONNX_DATA_TYPE": onnx.TensorProto.DESCRIPTOR.enum_types_by_name["DataType"],
    "ONNX_ATTRIBUTE_TYPE": onnx.AttributeProto.DESCRIPTOR.enum_types_by_name["AttributeType"],
}


def find(message):
    descriptor = descriptors[message.split("_")[0]]
    for nested in message.split("_")[1:]:
        descriptor = descriptor.nested_types_by_name[nested]
    return descriptor


count, differences = 0, []
with open(sys.argv[1]) as file:
    for line in file:
        match = re.fullmatch(r"(ONNX_\w+)\((?:(\w+), )?(\w+), (\d+)\)\n", line)
        if not match:
            continue
        kind, message, name, number = match[1], match[2], match[3], int(match[4])
        known = find(message).fields_by_name if kind == "ONNX_FIELD" else enums[kind].values_by_name
        count += 1
        # The wheel may be older than a data type that we know.
        if kind == "ONNX_FIELD" or name in known:
            if known[name].number != number:
                differences.append(line)
    # What the wheel knows and the reader does not would be refused as unknown.
    for kind, enum in enums.items():
        file.seek(0)
        text = file.read()
        differences += [v.name for v in enum.values if f"{kind}({v.name}, {v.number})" not in text]
print(*differences, sep="\n")
print(len(differences), "differences in", count, "numbers")
