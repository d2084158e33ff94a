// A depthwise convolution keeps its padding, and what follows it element by
// element is computed in its kernel; the filter is turned when the artifact is
// written. The grid is the rows of the result.

// RUN: quant-opt %s --nibble-dispatch | FileCheck %s
// RUN: quant-opt %s --nibble-configure-contractions="features=+avx512f,+avx512bw,+avx512vl,+avx512dq,+avx2,+fma,+f16c" \
// RUN:   | FileCheck %s --check-prefix=CONFIGURE

// CONFIGURE:      nn.conv
// CONFIGURE-SAME: padding [1, 1, 1, 1]
// CONFIGURE-SAME: nn.lanes = 16
// CONFIGURE:      nn.elementwise <add>

// CHECK:     func.func private @conv_add_relu(%{{.*}}: memref<3x3x12x1xf32>, %{{.*}}: memref<1x9x7x12xf32>, %{{.*}}: memref<12xf32>, %{{.*}}: memref<1x9x7x12xf32>, %{{.*}}: index, %{{.*}}: index, %{{.*}}: memref<?xi8>)
// CHECK-SAME:  nn.depthwise = 3
// CHECK:       math.fma
// CHECK:       vector.maskedstore
// CHECK:     @nib_run
// CHECK-NOT:   nn.launch
// CHECK:       nn.launch @conv_add_relu dispatch 0 grid %c9
// CHECK-NOT:   nn.launch
func.func @main(%x: tensor<1x9x7x12xf32>) -> tensor<1x9x7x12xf32> {
  %f = nn.parameter "f" at <file = "w.bin", offset = 0, length = 432, hash = 1> : tensor<12x3x3x1xf32>
  %b = nn.parameter "b" at <file = "w.bin", offset = 432, length = 48, hash = 2> : tensor<12xf32>
  %0 = nn.conv %x, %f bias %b strides [1, 1] padding [1, 1, 1, 1] dilations [1, 1] {groups = 12 : i64, layout = #nn.layout<channels_last>}
    : (tensor<1x9x7x12xf32>, tensor<12x3x3x1xf32>, tensor<12xf32>) -> tensor<1x9x7x12xf32>
  %1 = nn.elementwise <relu> %0 : (tensor<1x9x7x12xf32>) -> tensor<1x9x7x12xf32>
  return %1 : tensor<1x9x7x12xf32>
}
