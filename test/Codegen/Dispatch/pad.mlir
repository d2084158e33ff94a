// Zeros around a tensor: the grid is the rows of the result, and a row that
// holds elements of the source is copied in vectors.

// RUN: quant-opt %s --nibble-dispatch | FileCheck %s

// CHECK:     func.func private @pad(%{{.*}}: memref<1x9x7x12xf32>, %{{.*}}: memref<1x11x10x12xf32>, %{{.*}}: index, %{{.*}}: index, %{{.*}}: memref<?xi8>)
// CHECK-SAME:  nn.pad = 2
// CHECK:       scf.if
// CHECK:         vector.load
// A crop stays a loop nest.
// CHECK:     func.func private @pad_0(
// CHECK-SAME:  nn.shared_dims
// CHECK:     nn.launch @pad dispatch 0 grid %c11
func.func @main(%x: tensor<1x9x7x12xf32>) -> (tensor<1x11x10x12xf32>, tensor<1x8x9x12xf32>) {
  %0 = nn.pad <constant> %x low [0, 1, 1, 0] high [0, 1, 2, 0] : (tensor<1x9x7x12xf32>) -> tensor<1x11x10x12xf32>
  %1 = nn.pad <constant> %x low [0, -1, 1, 0] high [0, 0, 1, 0] : (tensor<1x9x7x12xf32>) -> tensor<1x8x9x12xf32>
  return %0, %1 : tensor<1x11x10x12xf32>, tensor<1x8x9x12xf32>
}
