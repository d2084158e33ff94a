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
