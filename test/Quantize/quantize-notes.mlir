// RUN: quant-opt %s --nibble-quantize="weights=int8 activations=int8 keep=none" -verify-diagnostics | FileCheck %s

// What stays in f32 says why, on the op and as a remark.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x16x8x8xf32>) -> (tensor<1x8x8x8xf32>, tensor<1x16x6x6xf32>) {
  %f = nn.parameter "f" at <file = "w.bin", offset = 0, length = 512, hash = 1> : tensor<8x16x1x1xf32>
  %d = nn.parameter "d" at <file = "w.bin", offset = 512, length = 576, hash = 2> : tensor<16x1x3x3xf32>
  // CHECK: nn.conv %arg0, %{{.*}} {nn.note = "input stays in f32: a convolution needs static scales; calibrate to get them"} : (tensor<1x16x8x8xf32>, !qnt.tensor<8x16x1x1,
  // expected-remark @below {{input stays in f32: a convolution needs static scales; calibrate to get them}}
  %a = nn.conv %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x16x8x8xf32>, tensor<8x16x1x1xf32>) -> tensor<1x8x8x8xf32>
  // CHECK: nn.conv %arg0, %{{.*}} nn.note = "stays in f32: a depthwise convolution needs static scales of its input; calibrate to get them"} : (tensor<1x16x8x8xf32>, tensor<16x1x3x3xf32>)
  // expected-remark @below {{stays in f32: a depthwise convolution needs static scales of its input; calibrate to get them}}
  %b = nn.conv %x, %d strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {groups = 16 : i64} : (tensor<1x16x8x8xf32>, tensor<16x1x3x3xf32>) -> tensor<1x16x6x6xf32>
  return %a, %b : tensor<1x8x8x8xf32>, tensor<1x16x6x6xf32>
}
