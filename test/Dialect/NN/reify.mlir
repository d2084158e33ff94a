// RUN: quant-opt %s -resolve-ranked-shaped-type-result-dims -canonicalize -split-input-file | FileCheck %s

// CHECK-LABEL: @linear
// CHECK: %[[D:.*]] = tensor.dim %arg0
// CHECK: return %[[D]]
func.func @linear(%x: tensor<?x64xf32>, %w: tensor<8x64xf32>) -> index {
  %c0 = arith.constant 0 : index
  %0 = nn.linear %x, %w : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32>
  %1 = tensor.dim %0, %c0 : tensor<?x8xf32>
  return %1 : index
}

// -----

// (in + 1 + 1 - 3) / 2 + 1.
// CHECK-LABEL: @conv
// CHECK: %[[D:.*]] = tensor.dim %arg0
// CHECK: arith.addi %[[D]], %c-1
// CHECK: arith.floordivsi
// CHECK: arith.addi
// CHECK: arith.maxsi
func.func @conv(%x: tensor<1x4x?xf32>, %f: tensor<6x4x3xf32>) -> index {
  %c2 = arith.constant 2 : index
  %0 = nn.conv %x, %f strides [2] padding [1, 1] dilations [1] : (tensor<1x4x?xf32>, tensor<6x4x3xf32>) -> tensor<1x6x?xf32>
  %1 = tensor.dim %0, %c2 : tensor<1x6x?xf32>
  return %1 : index
}

// -----

// CHECK-LABEL: @concat
// CHECK-DAG: %[[A:.*]] = tensor.dim %arg0
// CHECK-DAG: %[[B:.*]] = tensor.dim %arg1
// CHECK: %[[S:.*]] = arith.addi %[[A]], %[[B]]
// CHECK: return %[[S]]
func.func @concat(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> index {
  %c0 = arith.constant 0 : index
  %0 = nn.concat %x, %y axis 0 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %1 = tensor.dim %0, %c0 : tensor<?x4xf32>
  return %1 : index
}

// -----

// A reshape's extents are its own operands.
// CHECK-LABEL: @reshape
// CHECK-NEXT: return %arg1
func.func @reshape(%x: tensor<?x4xf32>, %n: index) -> index {
  %c0 = arith.constant 0 : index
  %0 = nn.reshape %x shape [%n, 2, 2] : tensor<?x4xf32> -> tensor<?x2x2xf32>
  %1 = tensor.dim %0, %c0 : tensor<?x2x2xf32>
  return %1 : index
}

// -----

// An operand of extent 1 says nothing; the other does.
// CHECK-LABEL: @broadcast
// CHECK: %[[D:.*]] = tensor.dim %arg1, %c0
// CHECK: return %[[D]]
func.func @broadcast(%x: tensor<1xf32>, %y: tensor<?xf32>) -> index {
  %c0 = arith.constant 0 : index
  %0 = nn.elementwise <add> %x, %y : (tensor<1xf32>, tensor<?xf32>) -> tensor<?xf32>
  %1 = tensor.dim %0, %c0 : tensor<?xf32>
  return %1 : index
}

// -----

#a8 = #qnt.format<int<8>, block = [1, -1], scale = f32>

// Quantized tensors on the way hide nothing.
// CHECK-LABEL: @quantized
// CHECK: %[[D:.*]] = tensor.dim %arg0
// CHECK: return %[[D]]
func.func @quantized(%x: tensor<?x64xf32>) -> index {
  %c0 = arith.constant 0 : index
  %0 = qnt.quantize %x : tensor<?x64xf32> -> !qnt.tensor<?x64, #a8>
  %1 = qnt.dequantize %0 : !qnt.tensor<?x64, #a8> -> tensor<?x64xf32>
  %2 = tensor.dim %1, %c0 : tensor<?x64xf32>
  return %2 : index
}
