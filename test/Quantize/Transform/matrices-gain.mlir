// RUN: rm -rf %t && split-file %s %t && cd %t && /usr/bin/python3 make.py
// RUN: quant-opt model.mlir --pass-pipeline='builtin.module(qnt-insert-matrices{matrices=second.safetensors numbers=second.bin only=true},qnt-insert-transforms{block=4},qnt-fuse-transforms,qnt-verify-equivalence{against=model.mlir bound=1e-5})' --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s
// RUN: quant-opt model.mlir --pass-pipeline='builtin.module(qnt-insert-matrices{matrices=first.safetensors numbers=first.bin only=true},qnt-insert-transforms{block=4},qnt-fuse-transforms,qnt-verify-equivalence{against=model.mlir bound=1e-5})' --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefix=FIRST

// A matrix within heads goes into weights, with the gain; one over all channels,
// which stays at run time, reads what the gain multiplied, not the product.
// CHECK: remark: {{.*}}second{{.*}}: its input is in the basis of a matrix of 6 channels, fused into 3 weights
// CHECK: remark: {{.*}}first{{.*}}: its input is multiplied with a matrix of 12 channels at run time
// CHECK: remark: output 0 'y': largest relative difference {{.*}}e-0
// CHECK: remark: output 1 'z': largest relative difference {{.*}}e-0

// The other way around the product has a reader that takes no gain.
// FIRST: remark: {{.*}}second{{.*}}: its input is multiplied with a matrix of 12 channels at run time
// FIRST: remark: {{.*}}first{{.*}}: its input is multiplied with a matrix of 6 channels at run time
// FIRST: remark: output 1 'z': largest relative difference {{.*}}e-0

//--- make.py
import json
import struct


def write(name, sizes):
    header, data = {}, b""
    for node, size in sizes.items():
        # A reflection: orthogonal.
        numbers = [(i == j) - 2 / size for i in range(size) for j in range(size)]
        end = len(data) + 4 * size * size
        header[node] = {"dtype": "F32", "shape": [size, size],
                        "data_offsets": [len(data), end]}
        data += struct.pack(f"<{size * size}f", *numbers)
    text = json.dumps(header).encode()
    with open(name, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


write("first.safetensors", {"first": 6, "second": 12})
write("second.safetensors", {"first": 12, "second": 6})

//--- model.mlir
func.func @main(%x: tensor<4x4xf32> {nn.name = "x"}) -> (tensor<4x2xf32> {nn.name = "y"}, tensor<4x2xf32> {nn.name = "z"}) {
  %w = arith.constant dense<[[1.0, -0.5, 2.0, 0.25], [0.5, 1.5, -1.0, 1.0], [-2.0, 1.0, 0.5, 1.5], [1.0, 1.0, -0.5, -1.0], [0.75, -1.5, 1.0, 2.0], [1.5, 0.5, -1.0, 0.5], [-0.5, 2.0, 1.0, -1.5], [1.0, -1.0, 0.25, 0.5], [2.0, 0.5, 1.5, -0.5], [-1.0, 1.0, 1.0, 0.75], [0.5, -2.0, 0.5, 1.0], [1.0, 0.25, -1.5, 1.0]]> : tensor<12x4xf32>
  %v = arith.constant dense<[[1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 1.5, 1.0, 0.5, -1.0, 2.0, 1.0], [-0.5, 1.0, 2.5, -3.0, 2.0, 1.0, 1.0, -1.0, 0.25, 4.0, -1.0, 0.5]]> : tensor<2x12xf32>
  %u = arith.constant dense<[[0.5, 1.0, 2.0, -0.5, 1.0, 2.0, -1.5, 3.0, 1.5, 1.0, -2.0, 1.0], [0.5, -1.0, 0.5, 1.0, 1.0, -1.0, 2.0, 1.0, 2.0, 1.0, 1.0, -0.5]]> : tensor<2x12xf32>
  %g = arith.constant dense<[1.0, -2.0, 0.5, 3.0, 1.5, -1.0, 2.0, 0.25, 1.25, 0.75, -0.5, 2.5]> : tensor<12xf32>
  %h = nn.linear %x, %w : (tensor<4x4xf32>, tensor<12x4xf32>) -> tensor<4x12xf32> loc("writer")
  %a = nn.reshape %h shape [4, 2, 6] : tensor<4x12xf32> -> tensor<4x2x6xf32>
  %n = nn.rms_norm %a axis 2 epsilon 1.0e-5 : (tensor<4x2x6xf32>) -> tensor<4x2x6xf32>
  %b = nn.reshape %n shape [4, 12] : tensor<4x2x6xf32> -> tensor<4x12xf32>
  %p = nn.elementwise <mul> %b, %g : (tensor<4x12xf32>, tensor<12xf32>) -> tensor<4x12xf32> loc("gain")
  %y = nn.linear %p, %v : (tensor<4x12xf32>, tensor<2x12xf32>) -> tensor<4x2xf32> loc("first")
  %z = nn.linear %p, %u : (tensor<4x12xf32>, tensor<2x12xf32>) -> tensor<4x2xf32> loc("second")
  return %y, %z : tensor<4x2xf32>, tensor<4x2xf32>
}
