// RUN: quant-opt %s --nibble-fold-affine | FileCheck %s

// Batch normalisation behind a convolution: its factor scales the filters and
// the bias, its addend joins the bias.
// CHECK-LABEL: func.func @conv
// CHECK-SAME: %[[X:.*]]: tensor<1x2x5x5xf32>
// CHECK-DAG: %[[W:.*]] = nn.parameter "w"
// CHECK-DAG: %[[B:.*]] = nn.parameter "b"
// CHECK-DAG: %[[S:.*]] = nn.parameter "s"
// CHECK-DAG: %[[T:.*]] = nn.parameter "t"
// CHECK-DAG: %[[FACTOR:.*]] = nn.reshape %[[S]] shape [4]
// CHECK-DAG: %[[COLUMN:.*]] = nn.reshape %[[FACTOR]] shape [4, 1, 1, 1]
// CHECK-DAG: %[[WS:.*]] = nn.elementwise <mul> %[[W]], %[[COLUMN]]
// CHECK-DAG: %[[BS:.*]] = nn.elementwise <mul> %[[B]], %[[FACTOR]]
// CHECK-DAG: %[[ADDEND:.*]] = nn.reshape %[[T]] shape [4]
// CHECK-DAG: %[[BST:.*]] = nn.elementwise <add> %[[BS]], %[[ADDEND]]
// CHECK: %[[Y:.*]] = nn.conv %[[X]], %[[WS]] bias %[[BST]]
// CHECK-NEXT: return %[[Y]]
func.func @conv(%x: tensor<1x2x5x5xf32>) -> tensor<1x4x5x5xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 32, hash = 1> : tensor<4x2x1x1xf32>
  %b = nn.parameter "b" at <file = "w", offset = 32, length = 16, hash = 1> : tensor<4xf32>
  %s = nn.parameter "s" at <file = "w", offset = 48, length = 16, hash = 1> : tensor<4x1x1xf32>
  %t = nn.parameter "t" at <file = "w", offset = 64, length = 16, hash = 1> : tensor<1x4x1x1xf32>
  %y = nn.conv %x, %w bias %b strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x2x5x5xf32>, tensor<4x2x1x1xf32>, tensor<4xf32>) -> tensor<1x4x5x5xf32>
  %m = nn.elementwise <mul> %y, %s : (tensor<1x4x5x5xf32>, tensor<4x1x1xf32>) -> tensor<1x4x5x5xf32>
  %a = nn.elementwise <add> %t, %m : (tensor<1x4x1x1xf32>, tensor<1x4x5x5xf32>) -> tensor<1x4x5x5xf32>
  return %a : tensor<1x4x5x5xf32>
}

// The constant stands behind the linear op, and is one number.
// CHECK-LABEL: func.func @late
// CHECK: %[[H:.*]] = nn.parameter "h"
// CHECK: %[[ALL:.*]] = nn.expand %{{.*}} shape [3] : tensor<1xf32> -> tensor<3xf32>
// CHECK: nn.linear %{{.*}}, %{{.*}} bias %[[ALL]] :
// CHECK-NEXT: return
func.func @late(%x: tensor<?x4xf32>) -> tensor<?x3xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 48, hash = 1> : tensor<3x4xf32>
  %y = nn.linear %x, %w : (tensor<?x4xf32>, tensor<3x4xf32>) -> tensor<?x3xf32>
  %h = nn.parameter "h" at <file = "w", offset = 48, length = 4, hash = 2> : tensor<f32>
  %z = nn.elementwise <add> %y, %h : (tensor<?x3xf32>, tensor<f32>) -> tensor<?x3xf32>
  return %z : tensor<?x3xf32>
}

// A factor that is an input is none of the weights.
// CHECK-LABEL: func.func @input
// CHECK: %[[Y:.*]] = nn.linear
// CHECK: nn.elementwise <mul> %[[Y]]
func.func @input(%x: tensor<2x4xf32>, %s: tensor<3xf32>) -> tensor<2x3xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 48, hash = 1> : tensor<3x4xf32>
  %y = nn.linear %x, %w : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  %z = nn.elementwise <mul> %y, %s : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return %z : tensor<2x3xf32>
}

// Another reader needs the sum as it is.
// CHECK-LABEL: func.func @two_readers
// CHECK: %[[Y:.*]] = nn.linear
// CHECK: %[[Z:.*]] = nn.elementwise <mul> %[[Y]]
// CHECK: return %[[Y]], %[[Z]]
func.func @two_readers(%x: tensor<2x4xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 48, hash = 1> : tensor<3x4xf32>
  %s = nn.parameter "s" at <file = "w", offset = 48, length = 12, hash = 1> : tensor<3xf32>
  %y = nn.linear %x, %w : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  %z = nn.elementwise <mul> %y, %s : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return %y, %z : tensor<2x3xf32>, tensor<2x3xf32>
}

// One number a row, not a channel.
// CHECK-LABEL: func.func @rows
// CHECK: %[[Y:.*]] = nn.linear
// CHECK: nn.elementwise <add> %[[Y]]
func.func @rows(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 48, hash = 1> : tensor<3x4xf32>
  %s = nn.parameter "s" at <file = "w", offset = 48, length = 8, hash = 1> : tensor<2x1xf32>
  %y = nn.linear %x, %w : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  %z = nn.elementwise <add> %y, %s : (tensor<2x3xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>
  return %z : tensor<2x3xf32>
}

// A constant that broadcasts the sum makes more elements than the map has.
// CHECK-LABEL: func.func @grows
// CHECK: %[[Y:.*]] = nn.linear
// CHECK: nn.elementwise <add> %[[Y]]
func.func @grows(%x: tensor<1x4xf32>) -> tensor<2x3xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 48, hash = 1> : tensor<3x4xf32>
  %s = nn.parameter "s" at <file = "w", offset = 48, length = 24, hash = 1> : tensor<2x3xf32>
  %y = nn.linear %x, %w : (tensor<1x4xf32>, tensor<3x4xf32>) -> tensor<1x3xf32>
  %z = nn.elementwise <add> %y, %s : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %z : tensor<2x3xf32>
}

// Batch normalisation behind a transposed convolution goes to its filter
// [C, O, k...] and bias.
// CHECK-LABEL: func.func @transposed
// CHECK-SAME: %[[X:.*]]: tensor<1x4x5x5xf32>
// CHECK-DAG: %[[F:.*]] = nn.parameter "f"
// CHECK-DAG: %[[S:.*]] = nn.parameter "s"
// CHECK-DAG: %[[T:.*]] = nn.parameter "t"
// CHECK-DAG: %[[SCALE:.*]] = nn.reshape %{{.*}} shape [1, 3, 1, 1]
// CHECK-DAG: %[[W:.*]] = nn.elementwise <mul> %[[F]], %[[SCALE]]
// CHECK: %[[Y:.*]] = nn.conv_transpose %[[X]], %[[W]] bias %{{.*}} strides
// CHECK-NEXT: return %[[Y]]
func.func @transposed(%x: tensor<1x4x5x5xf32>) -> tensor<1x3x10x10xf32> {
  %f = nn.parameter "f" at <file = "w", offset = 0, length = 192, hash = 1> : tensor<4x3x2x2xf32>
  %y = nn.conv_transpose %x, %f strides [2, 2] padding [0, 0, 0, 0] dilations [1, 1] output_padding [0, 0] : (tensor<1x4x5x5xf32>, tensor<4x3x2x2xf32>) -> tensor<1x3x10x10xf32>
  %s = nn.parameter "s" at <file = "w", offset = 192, length = 12, hash = 1> : tensor<3x1x1xf32>
  %t = nn.parameter "t" at <file = "w", offset = 204, length = 12, hash = 1> : tensor<3x1x1xf32>
  %0 = nn.elementwise <mul> %y, %s : (tensor<1x3x10x10xf32>, tensor<3x1x1xf32>) -> tensor<1x3x10x10xf32>
  %1 = nn.elementwise <add> %0, %t : (tensor<1x3x10x10xf32>, tensor<3x1x1xf32>) -> tensor<1x3x10x10xf32>
  return %1 : tensor<1x3x10x10xf32>
}
