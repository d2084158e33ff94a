// RUN: quant-opt %s --nibble-frontend | FileCheck %s
// RUN: quant-opt %s --onnx-infer-shapes --convert-onnx-to-nn --nn-raise --qnt-propagate | FileCheck %s
// RUN: quant-opt %s --nibble-frontend --nibble-dispatch --nibble-kernels | FileCheck %s --check-prefix=LLVM

// Quantize, dequantize, product: the product takes the quantized operands, the
// weight transposed with its scales.
// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[W:.*]] = nn.parameter "w"
// CHECK-DAG: %[[X:.*]] = qnt.quantize %arg0 scale %{{.*}} : tensor<4x8xf32>
// CHECK-DAG: %[[T:.*]] = nn.transpose %[[W]] permutation [1, 0] : tensor<8x8xi8>
// CHECK-DAG: %[[Q:.*]] = qnt.assemble %[[T]] scale
// CHECK: %[[Y:.*]] = nn.linear %[[X]], %[[Q]] : (!qnt.tensor<4x8, #qnt.format<int<8>, scale = f32>>, !qnt.tensor<8x8, #qnt.format<int<8>, scale = f32>>) -> tensor<4x8xf32>
// CHECK-NEXT: return %[[Y]]

// The whole way: nothing but LLVM, a kernel's signature and the two entries.
// LLVM-NOT: func.func @
// LLVM-DAG: llvm.func @nib_run(%{{.*}}: !llvm.ptr) -> i32
// LLVM-DAG: llvm.func @nib_shapes(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32
// LLVM-DAG: llvm.func @contract{{.*}}(%{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: !llvm.ptr)
func.func @main(%x: tensor<4x8xf32>) -> (!onnx.value) {
  %w = onnx.parameter "w" at <file = "w", offset = 0, length = 64, hash = 1> : tensor<8x8xi8>
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<0> : tensor<i8>
  %q = onnx.node "QuantizeLinear"(%x, %s, %z) domain "" version 13 : (tensor<4x8xf32>, tensor<f32>, tensor<i8>) -> !onnx.value
  %d = onnx.node "DequantizeLinear"(%q, %s, %z) domain "" version 13 : (!onnx.value, tensor<f32>, tensor<i8>) -> !onnx.value
  %v = onnx.node "DequantizeLinear"(%w, %s, %z) domain "" version 13 : (tensor<8x8xi8>, tensor<f32>, tensor<i8>) -> !onnx.value
  %y = onnx.node "MatMul"(%d, %v) domain "" version 13 : (!onnx.value, !onnx.value) -> !onnx.value
  return %y : !onnx.value
}
