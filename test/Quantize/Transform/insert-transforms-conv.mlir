// RUN: quant-opt %s --qnt-insert-transforms --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s

// A convolution asks for nothing, and says why.
// CHECK: remark: {{.*}}conv{{.*}}: is not rotated: a rotation of a convolution's input would run at every pixel, since functions between convolutions let none through, and loses as often as it gains
// CHECK: func.func @main
// CHECK-NOT: qnt.transform
func.func @main(%x: tensor<1x32x8x8xf32>) -> tensor<1x16x8x8xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 2048, hash = 1> : tensor<16x32x1x1xf32>
  %y = nn.conv %x, %w strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x32x8x8xf32>, tensor<16x32x1x1xf32>) -> tensor<1x16x8x8xf32> loc("conv")
  return %y : tensor<1x16x8x8xf32>
}
