// RUN: quant-opt %s --nn-raise --canonicalize --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @linear
// CHECK-SAME: %[[X:.*]]: tensor<?x?x8xf32>
// CHECK-DAG: %[[W:.*]] = nn.parameter "w"
// CHECK-DAG: %[[B:.*]] = nn.parameter "b"
// CHECK: %[[T:.*]] = nn.transpose %[[W]] permutation [1, 0] : tensor<8x4xf32> -> tensor<4x8xf32>
// CHECK: %[[Y:.*]] = nn.linear %[[X]], %[[T]] bias %[[B]] :
// CHECK: return %[[Y]]
func.func @linear(%x: tensor<?x?x8xf32>) -> tensor<?x?x4xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 128, hash = 1> : tensor<8x4xf32>
  %b = nn.parameter "b" at <file = "w", offset = 128, length = 16, hash = 1> : tensor<4xf32>
  %0 = nn.matmul %x, %w : (tensor<?x?x8xf32>, tensor<8x4xf32>) -> tensor<?x?x4xf32>
  %1 = nn.elementwise <add> %b, %0 : (tensor<4xf32>, tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  return %1 : tensor<?x?x4xf32>
}

// -----

// A product of two activations stays one; a residual is no bias.
// CHECK-LABEL: func.func @no_linear
// CHECK: nn.matmul
// CHECK: %[[Y:.*]] = nn.linear %{{.*}}, %{{[^ ]*}} : (
// CHECK: nn.elementwise <add> %[[Y]]
func.func @no_linear(%x: tensor<2x8xf32>, %y: tensor<8x8xf32>) -> tensor<2x8xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 256, hash = 1> : tensor<8x8xf32>
  %0 = nn.matmul %x, %y : (tensor<2x8xf32>, tensor<8x8xf32>) -> tensor<2x8xf32>
  %1 = nn.matmul %0, %w : (tensor<2x8xf32>, tensor<8x8xf32>) -> tensor<2x8xf32>
  %2 = nn.elementwise <add> %1, %x : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  return %2 : tensor<2x8xf32>
}

// -----

// BatchNormalization behind a convolution: scaled filters, a shifted bias.
// CHECK-LABEL: func.func @conv_bn
// CHECK-SAME: %[[X:.*]]: tensor<1x3x8x8xf32>
// CHECK-DAG: %[[W:.*]] = nn.parameter "w"
// CHECK-DAG: %[[B:.*]] = nn.parameter "b"
// CHECK-DAG: %[[S:.*]] = nn.parameter "s"
// CHECK-DAG: %[[T:.*]] = nn.parameter "t"
// CHECK-DAG: %[[F:.*]] = nn.elementwise <mul> %[[W]], %{{.*}} : (tensor<4x3x3x3xf32>, tensor<4x1x1x1xf32>) -> tensor<4x3x3x3xf32>
// CHECK-DAG: %[[BS:.*]] = nn.elementwise <mul> %[[B]], %{{.*}} : (tensor<4xf32>, tensor<4xf32>)
// CHECK: %[[BT:.*]] = nn.elementwise <add> %[[BS]]
// CHECK: %[[Y:.*]] = nn.conv %[[X]], %[[F]] bias %[[BT]] strides
// CHECK: return %[[Y]]
func.func @conv_bn(%x: tensor<1x3x8x8xf32>) -> tensor<1x4x6x6xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 432, hash = 1> : tensor<4x3x3x3xf32>
  %b = nn.parameter "b" at <file = "w", offset = 432, length = 16, hash = 1> : tensor<4xf32>
  %s = nn.parameter "s" at <file = "w", offset = 448, length = 16, hash = 1> : tensor<4x1x1xf32>
  %t = nn.parameter "t" at <file = "w", offset = 464, length = 16, hash = 1> : tensor<1x4x1x1xf32>
  %0 = nn.conv %x, %w bias %b strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<1x4x6x6xf32>
  %1 = nn.elementwise <mul> %0, %s : (tensor<1x4x6x6xf32>, tensor<4x1x1xf32>) -> tensor<1x4x6x6xf32>
  %2 = nn.elementwise <add> %1, %t : (tensor<1x4x6x6xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x6x6xf32>
  return %2 : tensor<1x4x6x6xf32>
}

// -----

// A convolution that is also read unscaled keeps its filters.
// CHECK-LABEL: func.func @conv_shared
// CHECK: %[[W:.*]] = nn.parameter "w"
// CHECK: nn.conv %{{.*}}, %[[W]]
// CHECK: nn.elementwise <mul>
func.func @conv_shared(%x: tensor<1x3x8x8xf32>) -> (tensor<1x4x6x6xf32>, tensor<1x4x6x6xf32>) {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 432, hash = 1> : tensor<4x3x3x3xf32>
  %s = nn.parameter "s" at <file = "w", offset = 448, length = 16, hash = 1> : tensor<4x1x1xf32>
  %0 = nn.conv %x, %w strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
  %1 = nn.elementwise <mul> %0, %s : (tensor<1x4x6x6xf32>, tensor<4x1x1xf32>) -> tensor<1x4x6x6xf32>
  return %0, %1 : tensor<1x4x6x6xf32>, tensor<1x4x6x6xf32>
}

// -----

// CHECK-LABEL: func.func @embedding
// CHECK: nn.embedding %{{.*}}, %{{.*}} : (tensor<10x4xf32>, tensor<2x?xi64>) -> tensor<2x?x4xf32>
// CHECK: nn.gather
func.func @embedding(%i: tensor<2x?xi64>, %t: tensor<10x4xf32>) -> (tensor<2x?x4xf32>, tensor<2x?x4xf32>) {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 160, hash = 1> : tensor<10x4xf32>
  %0 = nn.gather %w, %i axis 0 : (tensor<10x4xf32>, tensor<2x?xi64>) -> tensor<2x?x4xf32>
  %1 = nn.gather %t, %i axis 0 : (tensor<10x4xf32>, tensor<2x?xi64>) -> tensor<2x?x4xf32>
  return %0, %1 : tensor<2x?x4xf32>, tensor<2x?x4xf32>
}
