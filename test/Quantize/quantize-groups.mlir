// RUN: quant-opt %s --nibble-quantize="weights=uint4 group=32 activations=int4 activation-group=32" -verify-diagnostics | FileCheck %s
// RUN: quant-opt %s --nibble-quantize="weights=int6 group=32 activations=int6" 2>/dev/null | FileCheck %s --check-prefix=ROWS

// RUN: quant-opt %s --nibble-quantize="weights=int8 activations=int4 activation-group=32 bound-pairs" 2>/dev/null | FileCheck %s --check-prefix=PAIRS

// Pairs are bounded of weights that meet codes only.
// PAIRS: qnt.quantize %{{.*}} {choice = #qnt.choice<mse>} : tensor<8x64xf32>
// PAIRS: qnt.quantize %{{.*}} {choice = #qnt.choice<mse>} : tensor<4x64xf32>
// PAIRS: qnt.quantize %{{.*}} pair_order = array<i64: 1>} : tensor<4x32xf32>

// Rounded once for all readers, and said on each; a group as long as the row is the row, whose codes have kernels.
// CHECK-LABEL: func.func @main
// CHECK: %[[SHORT:.*]] = qnt.quantize %arg1 : tensor<?x32xf32> -> <?x32, #qnt.format<int<4>, block = [1, -1], scale = f32>>
// CHECK: %[[Q:.*]] = qnt.quantize %arg0 : tensor<?x64xf32> -> <?x64, #qnt.format<int<4>, block = [1, 32], scale = f32>>
// CHECK: %[[X:.*]] = qnt.dequantize %[[Q]]
// CHECK-NOT: qnt.quantize %arg0
// CHECK: %[[W:.*]] = qnt.quantize %{{.*}} <8x64, #qnt.format<uint<4>, block = [1, 32], scale = f16, zero = uint<4>>>
// CHECK: nn.linear %[[X]], %[[W]] {nn.note = "activations are rounded to int4 by groups of 32, and multiplied in f32: no kernel multiplies such codes"}
// CHECK: nn.linear %[[X]], %{{.*}} {nn.note = "activations are rounded to int4
// CHECK: nn.linear %[[SHORT]], %{{.*}} {nn.note = "activations have int4 codes, in bytes for the kernel of int8"} : (!qnt

// ROWS-LABEL: func.func @main
// ROWS: %[[X:.*]] = qnt.quantize %arg0 : tensor<?x64xf32> -> <?x64, #qnt.format<int<6>, block = [1, -1], scale = f32>>
// ROWS: nn.linear %[[X]], %{{.*}} {nn.note = "activations have int6 codes, in bytes for the kernel of int8"}
func.func @main(%x: tensor<?x64xf32>, %s: tensor<?x32xf32>) -> (tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 2048, hash = 1> : tensor<8x64xf32>
  %v = nn.parameter "v" at <file = "w.bin", offset = 2048, length = 1024, hash = 2> : tensor<4x64xf32>
  %u = nn.parameter "u" at <file = "w.bin", offset = 3072, length = 512, hash = 3> : tensor<4x32xf32>
  // expected-remark @below {{activations are rounded to int4 by groups of 32, and multiplied in f32: no kernel multiplies such codes}}
  %a = nn.linear %x, %w : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32>
  // expected-remark @below {{activations are rounded to int4 by groups of 32, and multiplied in f32: no kernel multiplies such codes}}
  %b = nn.linear %x, %v : (tensor<?x64xf32>, tensor<4x64xf32>) -> tensor<?x4xf32>
  // expected-remark @below {{activations have int4 codes, in bytes for the kernel of int8}}
  %c = nn.linear %s, %u : (tensor<?x32xf32>, tensor<4x32xf32>) -> tensor<?x4xf32>
  return %a, %b, %c : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}
