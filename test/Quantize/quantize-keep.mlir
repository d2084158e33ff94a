// RUN: quant-opt %s --nibble-quantize="weights=int8 activations=int8 keep=other,head/*" 2>&1 | FileCheck %s

// Patterns match ONNX node names, also of nodes that were fused.
// CHECK: remark: {{.*}}: stays in f32: keep names head/MatMul
// CHECK-NOT: remark
// CHECK-LABEL: func.func @main
// CHECK: nn.linear %arg0, %{{.*}} {nn.note = "stays in f32: keep names head/MatMul"} : (tensor<2x16xf32>, tensor<4x16xf32>)
// CHECK: nn.linear %{{.*}}, %{{.*}} : (!qnt.tensor<2x16
func.func @main(%x: tensor<2x16xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 256, hash = 1> : tensor<4x16xf32>
  %y = nn.linear %x, %w : (tensor<2x16xf32>, tensor<4x16xf32>) -> tensor<2x4xf32> loc(fused["head/MatMul", "head/Add"])
  %z = nn.linear %x, %w : (tensor<2x16xf32>, tensor<4x16xf32>) -> tensor<2x4xf32> loc("body/MatMul")
  return %y, %z : tensor<2x4xf32>, tensor<2x4xf32>
}
