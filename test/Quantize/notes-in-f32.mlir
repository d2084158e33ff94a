// RUN: quant-opt %s --nibble-quantize="weights=int8" -verify-diagnostics | FileCheck %s

// Ops with weights that quantization leaves alone say so; those without weights of their own do not.
// CHECK-LABEL: func.func @main
func.func @main(%i: tensor<2x3xi64>, %a: tensor<2x3x8xf32>, %x: tensor<3x1x8xf32>, %p: tensor<1x4x5x5xf32>)
    -> (tensor<2x3x8xf32>, tensor<2x3x3xf32>, tensor<2x3x8xf32>, tensor<3x1x1x4xf32>, tensor<1x2x7x7xf32>) {
  %t = nn.parameter "t" at <file = "w.bin", offset = 0, length = 320, hash = 1> : tensor<10x8xf32>
  %b = nn.parameter "b" at <file = "w.bin", offset = 320, length = 512, hash = 2> : tensor<2x8x8xf32>
  %w = nn.parameter "w" at <file = "w.bin", offset = 832, length = 512, hash = 3> : tensor<1x16x8xf32>
  %r = nn.parameter "r" at <file = "w.bin", offset = 1344, length = 256, hash = 4> : tensor<1x16x4xf32>
  %f = nn.parameter "f" at <file = "w.bin", offset = 1600, length = 288, hash = 5> : tensor<4x2x3x3xf32>
  // CHECK: nn.embedding {{.*}}nn.note = "stays in f32: rows of a table are looked up, not multiplied"
  // expected-remark @below {{stays in f32: rows of a table are looked up, not multiplied}}
  %0 = nn.embedding %t, %i : (tensor<10x8xf32>, tensor<2x3xi64>) -> tensor<2x3x8xf32>
  // CHECK: nn.matmul %{{[^:]*}} {transpose_rhs} :
  %1 = nn.matmul %a, %0 {transpose_rhs} : (tensor<2x3x8xf32>, tensor<2x3x8xf32>) -> tensor<2x3x3xf32>
  // CHECK: nn.matmul {{.*}}nn.note = "stays in f32: products with a batch of weights are not quantized"
  // expected-remark @below {{products with a batch of weights are not quantized}}
  %2 = nn.matmul %a, %b : (tensor<2x3x8xf32>, tensor<2x8x8xf32>) -> tensor<2x3x8xf32>
  // CHECK: nn.lstm {{.*}}nn.note = "stays in f32: weights of recurrent cells are not quantized"
  // expected-remark @below {{weights of recurrent cells are not quantized}}
  %3:3 = nn.lstm %x, %w, %r : (tensor<3x1x8xf32>, tensor<1x16x8xf32>, tensor<1x16x4xf32>) -> (tensor<3x1x1x4xf32>, tensor<1x1x4xf32>, tensor<1x1x4xf32>)
  // CHECK: nn.conv_transpose {{.*}}nn.note = "stays in f32: transposed convolutions are not quantized"
  // expected-remark @below {{transposed convolutions are not quantized}}
  %4 = nn.conv_transpose %p, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] output_padding [0, 0] : (tensor<1x4x5x5xf32>, tensor<4x2x3x3xf32>) -> tensor<1x2x7x7xf32>
  return %0, %1, %2, %3#0, %4 : tensor<2x3x8xf32>, tensor<2x3x3xf32>, tensor<2x3x8xf32>, tensor<3x1x1x4xf32>, tensor<1x2x7x7xf32>
}

// Weights on the left of a product, and weights that the model brings quantized.
// CHECK-LABEL: func.func @others
func.func @others(%x: tensor<8x5xf32>, %y: tensor<3x8xf32>) -> (tensor<4x5xf32>, tensor<3x4xf32>, tensor<3x4xf32>) {
  %l = nn.parameter "l" at <file = "w.bin", offset = 0, length = 128, hash = 1> : tensor<4x8xf32>
  %q = nn.parameter "q" at <file = "w.bin", offset = 128, length = 128, hash = 2> : tensor<4x8xf32>
  %given = qnt.quantize %q : tensor<4x8xf32> -> !qnt.tensor<4x8, #qnt.format<int<4>, block = [1, -1], scale = f32>>
  %f = qnt.dequantize %given : !qnt.tensor<4x8, #qnt.format<int<4>, block = [1, -1], scale = f32>> -> tensor<4x8xf32>
  // CHECK: nn.matmul {{.*}}nn.note = "stays in f32: weights on the left of a product are not quantized"
  // expected-remark @below {{stays in f32: weights on the left of a product are not quantized}}
  %0 = nn.matmul %l, %x : (tensor<4x8xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>
  // CHECK: nn.linear {{.*}}nn.note = "keeps the format that its weights have in the model"
  // expected-remark @below {{keeps the format that its weights have in the model}}
  %1 = nn.linear %y, %f : (tensor<3x8xf32>, tensor<4x8xf32>) -> tensor<3x4xf32>
  // CHECK: nn.linear {{.*}}nn.note = "keeps the format that its weights have in the model"
  // expected-remark @below {{keeps the format that its weights have in the model}}
  %2 = nn.linear %y, %given : (tensor<3x8xf32>, !qnt.tensor<4x8, #qnt.format<int<4>, block = [1, -1], scale = f32>>) -> tensor<3x4xf32>
  return %0, %1, %2 : tensor<4x5xf32>, tensor<3x4xf32>, tensor<3x4xf32>
}
