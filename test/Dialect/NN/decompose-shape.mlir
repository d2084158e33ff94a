// RUN: quant-opt %s -nn-decompose -canonicalize -cse -split-input-file | FileCheck %s

// CHECK-LABEL: @split_heads
// CHECK: tensor.expand_shape %{{.*}} {{\[}}[0], [1, 2]] output_shape [%{{.*}}, 12, 32]
func.func @split_heads(%x: tensor<?x384xf32>, %n: index) -> tensor<?x12x32xf32> {
  %0 = nn.reshape %x shape [%n, 12, 32] : tensor<?x384xf32> -> tensor<?x12x32xf32>
  return %0 : tensor<?x12x32xf32>
}

// -----

// Where the groups are not certain, through one axis.
// CHECK-LABEL: @reshape_unknown
// CHECK-SAME: %[[N:.*]]: index, %[[M:.*]]: index
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %{{.*}} {{\[}}[0, 1]] : tensor<?x?xf32> into tensor<?xf32>
// CHECK: arith.muli %{{.*}}, %[[M]]
// CHECK: tensor.extract %[[FLAT]]
func.func @reshape_unknown(%x: tensor<?x?xf32>, %n: index, %m: index) -> tensor<?x?x2xf32> {
  %0 = nn.reshape %x shape [%n, %m, 2] : tensor<?x?xf32> -> tensor<?x?x2xf32>
  return %0 : tensor<?x?x2xf32>
}

// -----

// CHECK-DAG: #[[IN:.*]] = affine_map<(d0, d1, d2) -> (d1, d2, d0)>
// CHECK-LABEL: @transpose
// CHECK: linalg.generic {indexing_maps = [#[[IN]], #{{.*}}]
func.func @transpose(%x: tensor<2x3x4xf32>) -> tensor<4x2x3xf32> {
  %0 = nn.transpose %x permutation [2, 0, 1] : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
  return %0 : tensor<4x2x3xf32>
}

// -----

// An unknown extent may be 1 when the model runs.
// CHECK-LABEL: @expand
// CHECK: arith.cmpi eq
// CHECK: arith.select
// CHECK: tensor.extract
func.func @expand(%x: tensor<?x6xf32>, %n: index) -> tensor<?x6xf32> {
  %0 = nn.expand %x shape [%n, 6] : tensor<?x6xf32> -> tensor<?x6xf32>
  return %0 : tensor<?x6xf32>
}

// -----

// CHECK-LABEL: @slice
// CHECK: tensor.extract_slice %{{.*}}[1, 0] [2, 3] [1, 2]
func.func @slice(%x: tensor<4x6xf32>) -> tensor<2x3xf32> {
  %0 = nn.slice %x offsets [1, 0] sizes [2, 3] strides [1, 2] : tensor<4x6xf32> -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// CHECK-LABEL: @slice_backwards
// CHECK-NOT: tensor.extract_slice
// CHECK: linalg.generic
// CHECK: tensor.extract
func.func @slice_backwards(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = nn.slice %x offsets [3] sizes [4] strides [-1] : tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// CHECK-LABEL: @concat
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[0, 0] [2, 3] [1, 1]
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[0, 3] [2, 1] [1, 1]
func.func @concat(%x: tensor<2x3xf32>, %y: tensor<2x1xf32>) -> tensor<2x4xf32> {
  %0 = nn.concat %x, %y axis 1 : (tensor<2x3xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: @gather
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<3xi32>)
// CHECK: tensor.extract
func.func @gather(%x: tensor<?x6xf32>, %i: tensor<3xi32>) -> tensor<?x3xf32> {
  %0 = nn.gather %x, %i axis 1 : (tensor<?x6xf32>, tensor<3xi32>) -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// -----

// CHECK-LABEL: @gather_nd
// CHECK-COUNT-3: tensor.extract
func.func @gather_nd(%x: tensor<2x6xf32>, %i: tensor<4x2xi64>) -> tensor<4xf32> {
  %0 = nn.gather_nd %x, %i : (tensor<2x6xf32>, tensor<4x2xi64>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// Negative padding crops first.
// CHECK-LABEL: @pad
// CHECK: tensor.extract_slice %{{.*}}[0, 0] [2, 4] [1, 1]
// CHECK: tensor.pad %{{.*}} low[1, 0] high[0, 0]
func.func @pad(%x: tensor<2x6xf32>) -> tensor<3x4xf32> {
  %0 = nn.pad <constant> %x low [1, 0] high [0, -2] : (tensor<2x6xf32>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// -----

// A value that is known at run time is spread by a loop; nothing is loaded
// outside of loops.
// CHECK-LABEL: @pad_value
// CHECK-NOT: tensor.extract
// CHECK: %[[OUTSIDE:.*]] = linalg.generic {{.*}} ins(%arg1 : tensor<i8>)
// CHECK: tensor.insert_slice %arg0 into %[[OUTSIDE]][1, 0] [2, 6] [1, 1]
func.func @pad_value(%x: tensor<2x6xi8>, %v: tensor<i8>) -> tensor<3x6xi8> {
  %0 = nn.pad <constant> %x value %v low [1, 0] high [0, 0] : (tensor<2x6xi8>, tensor<i8>) -> tensor<3x6xi8>
  return %0 : tensor<3x6xi8>
}

// -----

// CHECK-LABEL: @pad_reflect
// CHECK: linalg.generic
// CHECK: arith.remsi
// CHECK: tensor.extract
func.func @pad_reflect(%x: tensor<6xf32>) -> tensor<8xf32> {
  %0 = nn.pad <reflect> %x low [1] high [1] : (tensor<6xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// CHECK-LABEL: @iota
// CHECK: linalg.index 0
// CHECK: arith.sitofp
// CHECK: arith.mulf
// CHECK: arith.addf
func.func @iota(%n: index, %s: tensor<f32>, %t: tensor<f32>) -> tensor<?xf32> {
  %0 = nn.iota size %n start %s step %t : (index, tensor<f32>, tensor<f32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// CHECK-LABEL: @from_index
// CHECK: linalg.generic
// CHECK:   linalg.index 0
// CHECK:   arith.select
// CHECK:   linalg.yield %{{.*}} : i64
func.func @from_index(%n: index, %m: index) -> tensor<2xi64> {
  %0 = nn.from_index %n, %m : tensor<2xi64>
  return %0 : tensor<2xi64>
}

// -----

// A tensor without elements needs no part of another: upstream refuses a slice
// that starts at the end, and reshapes of an axis of 0 beside unknown ones.
// CHECK-LABEL: @empty_reshape
// CHECK-NOT: collapse_shape
// CHECK: %[[Y:.*]] = tensor.empty() : tensor<0x4xf32>
// CHECK: return %[[Y]]
func.func @empty_reshape(%x: tensor<?x0x4xf32>) -> tensor<0x4xf32> {
  %0 = nn.reshape %x shape [0, 4] : tensor<?x0x4xf32> -> tensor<0x4xf32>
  return %0 : tensor<0x4xf32>
}

// -----

// CHECK-LABEL: @empty_slice
// CHECK-SAME: %[[N:[^ ]*]]: index
// CHECK: %[[Y:.*]] = tensor.empty(%[[N]]) : tensor<?x0xf32>
// CHECK: return %[[Y]]
func.func @empty_slice(%x: tensor<?x4xf32>, %n: index) -> tensor<?x0xf32> {
  %0 = nn.slice %x offsets [0, 4] sizes [%n, 0] strides [1, 1] : tensor<?x4xf32> -> tensor<?x0xf32>
  return %0 : tensor<?x0xf32>
}

// -----

// CHECK-LABEL: @empty_part
// CHECK-SAME: %[[X:.*]]: tensor<?x0xf32>, %[[Z:.*]]: tensor<?x4xf32>
// CHECK: tensor.insert_slice %[[Z]]
// CHECK-NOT: tensor.insert_slice
func.func @empty_part(%x: tensor<?x0xf32>, %z: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = nn.concat %z, %x axis 1 : (tensor<?x4xf32>, tensor<?x0xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: @empty_crop
// CHECK-NOT: tensor.pad
// CHECK: linalg.fill
func.func @empty_crop(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %0 = nn.pad <constant> %x low [0, -4] high [0, 2] : (tensor<?x4xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
