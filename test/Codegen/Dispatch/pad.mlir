// Zeros around a tensor: the grid is the rows of the result, and a row that
// holds elements of the source is copied in vectors.

// RUN: quant-opt %s --nibble-dispatch --split-input-file | FileCheck %s

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

// -----

// A source without elements, beside an axis of unknown extent.
// CHECK:     func.func private @pad(%{{.*}}: memref<?x0x4xf32>, %{{.*}}: memref<?x2x4xf32>,
// CHECK-SAME:  nn.pad = 1
// CHECK:     nn.launch @pad dispatch 0
module attributes {nn.symbols = ["n"]} {
  func.func @main(%x: tensor<?x0x4xf32> {nn.dims = ["n", "", ""], nn.name = "x"}) -> (tensor<?x2x4xf32> {nn.dims = ["n", "", ""], nn.name = "y"}) {
    %0 = nn.pad <constant> %x low [0, 1, 0] high [0, 1, 0] : (tensor<?x0x4xf32>) -> tensor<?x2x4xf32>
    return %0 : tensor<?x2x4xf32>
  }
}
