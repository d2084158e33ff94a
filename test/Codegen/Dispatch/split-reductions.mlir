// RUN: quant-opt %s --nibble-split-reductions | FileCheck %s

// The last axis first; a mean of means over rows of one length is the mean.
// CHECK-LABEL: func.func @mean
// CHECK: %[[ROWS:.*]] = nn.reduce <mean> %arg0 axes [2] {keep_dims} : (tensor<1x?x?x8xf32>) -> tensor<1x?x1x8xf32>
// CHECK: nn.reduce <mean> %[[ROWS]] axes [1] {keep_dims} : (tensor<1x?x1x8xf32>) -> tensor<1x1x1x8xf32>
func.func @mean(%x: tensor<1x?x?x8xf32>) -> tensor<1x1x1x8xf32> {
  %0 = nn.reduce <mean> %x axes [1, 2] {keep_dims} : (tensor<1x?x?x8xf32>) -> tensor<1x1x1x8xf32>
  return %0 : tensor<1x1x1x8xf32>
}

// What is left is short.
// CHECK-LABEL: func.func @sum
// CHECK: %[[A:.*]] = nn.reduce <sum> %arg0 axes [3] : (tensor<2x9x8x16xf32>) -> tensor<2x9x8xf32>
// CHECK: nn.reduce <sum> %[[A]] axes [0, 2] : (tensor<2x9x8xf32>) -> tensor<9xf32>
func.func @sum(%x: tensor<2x9x8x16xf32>) -> tensor<9xf32> {
  %0 = nn.reduce <sum> %x axes [0, 2, 3] : (tensor<2x9x8x16xf32>) -> tensor<9xf32>
  return %0 : tensor<9xf32>
}

// Short sums and extrema stay.
// CHECK-LABEL: func.func @stay
// CHECK: nn.reduce <sum> %arg0 axes [0, 1]
// CHECK: nn.reduce <max> %arg1 axes [0, 1]
func.func @stay(%x: tensor<3x4x5xf32>, %y: tensor<?x?x5xf32>) -> (tensor<5xf32>, tensor<5xf32>) {
  %0 = nn.reduce <sum> %x axes [0, 1] : (tensor<3x4x5xf32>) -> tensor<5xf32>
  %1 = nn.reduce <max> %y axes [0, 1] : (tensor<?x?x5xf32>) -> tensor<5xf32>
  return %0, %1 : tensor<5xf32>, tensor<5xf32>
}

// A maximum over 25 or 28 elements is one over 5 and one over 5, or 7 and 4: the
// columns first, each axis with its own stride, padding and dilation.
// CHECK-LABEL: func.func @pool
// CHECK: %[[COLUMNS:.*]] = nn.pool <max> %arg0 window [1, 5] strides [1, 2] padding [0, 0, 1, 2] dilations [1, 1] {ceil_mode, layout = #nn.layout<channels_last>} : (tensor<1x9x8x3xf32>) -> tensor<1x9x4x3xf32>
// CHECK: nn.pool <max> %[[COLUMNS]] window [5, 1] strides [1, 1] padding [2, 2, 0, 0] dilations [1, 1] {ceil_mode, layout = #nn.layout<channels_last>} : (tensor<1x9x4x3xf32>) -> tensor<1x9x4x3xf32>
func.func @pool(%x: tensor<1x9x8x3xf32>) -> tensor<1x9x4x3xf32> {
  %0 = nn.pool <max> %x window [5, 5] strides [1, 2] padding [2, 2, 1, 2] dilations [1, 1] {ceil_mode, layout = #nn.layout<channels_last>} : (tensor<1x9x8x3xf32>) -> tensor<1x9x4x3xf32>
  return %0 : tensor<1x9x4x3xf32>
}

// CHECK-LABEL: func.func @pool_channels_first
// CHECK: nn.pool <max> %arg0 window [1, 7] strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x3x?x?xf32>) -> tensor<1x3x?x?xf32>
// CHECK: nn.pool <max> %{{.*}} window [4, 1] strides [2, 1]
func.func @pool_channels_first(%x: tensor<1x3x?x?xf32>) -> tensor<1x3x?x?xf32> {
  %0 = nn.pool <max> %x window [4, 7] strides [2, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x3x?x?xf32>) -> tensor<1x3x?x?xf32>
  return %0 : tensor<1x3x?x?xf32>
}

// Small windows and averages stay.
// CHECK-LABEL: func.func @pool_stay
// CHECK: nn.pool <max> %arg0 window [3, 3]
// CHECK: nn.pool <average> %arg0 window [5, 5]
func.func @pool_stay(%x: tensor<1x3x9x9xf32>) -> (tensor<1x3x7x7xf32>, tensor<1x3x5x5xf32>) {
  %0 = nn.pool <max> %x window [3, 3] strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x3x9x9xf32>) -> tensor<1x3x7x7xf32>
  %1 = nn.pool <average> %x window [5, 5] strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x3x9x9xf32>) -> tensor<1x3x5x5xf32>
  return %0, %1 : tensor<1x3x7x7xf32>, tensor<1x3x5x5xf32>
}
