// The statistics are of a module, whose key `nibble-insert-observers` finds.
// RUN: quant-opt %s --nibble-insert-observers -o %t.observed.mlir
// RUN: sed -n 's/.*qnt.statistics_key = "\([0-9a-f]*\)".*/\1/p' %t.observed.mlir > %t.key
// RUN: %python %S/Inputs/statistics.py %t.key %t.json 16
// RUN: quant-opt %s --nibble-quantize="weights=int4 activations=int8 statistics=%t.json" 2>/dev/null | FileCheck %s
// Bounded pairs are of int8 weights, in the order of the kernel: spatial axes, then channels; what meets others keeps its sign.
// RUN: quant-opt %s --nibble-quantize="weights=int4 activations=int8 bound-pairs statistics=%t.json" 2>/dev/null | FileCheck %s
// RUN: quant-opt %s --nibble-quantize="weights=int8 activations=int8 bound-pairs statistics=%t.json" 2>/dev/null | FileCheck %s --check-prefix=PAIRS
// Groups are of linear maps only.
// RUN: quant-opt %s --nibble-quantize="weights=int8 group=32 activations=int8 bound-pairs statistics=%t.json" 2>/dev/null | FileCheck %s --check-prefix=PAIRS
// PAIRS: qnt.assemble %{{.*}} zero %{{.*}} <1x16x8x8, #qnt.format<uint<8>, scale = f32, zero = uint<8>>>
// PAIRS: qnt.quantize %{{.*}} pair_order = array<i64: 2, 3, 1>} : tensor<8x16x1x1xf32>
// PAIRS: qnt.quantize %{{.*}} {choice = #qnt.choice<mse>} : tensor<16x1x3x3xf32>
// RUN: %python %S/Inputs/statistics.py %t.key %t.short.json 8
// RUN: not quant-opt %s --nibble-quantize="weights=int4 activations=int8 statistics=%t.short.json" 2>&1 | FileCheck %s --check-prefix=SHORT
// RUN: %python %S/Inputs/statistics.py %t.key %t.dead.json 16 dead
// RUN: quant-opt %s --nibble-quantize="weights=int4 activations=int8 statistics=%t.dead.json" 2>/dev/null | FileCheck %s --check-prefix=DEAD
// RUN: %python %S/Inputs/statistics.py %t.key %t.zeros.json 16 zeros
// RUN: quant-opt %s --nibble-quantize="weights=int4 activations=int8 statistics=%t.zeros.json" 2>&1 | FileCheck %s --check-prefix=ZEROS
// RUN: quant-opt %s --nibble-quantize="weights=int8 activations=int8 bound-pairs statistics=%t.zeros.json" 2>&1 | FileCheck %s --check-prefix=ZEROS
// REQUIRES: python-venv

// A channel of which calibration saw only zeros has the largest range: 127 / 16.
// DEAD: arith.constant dense<{{\[\[\[\[}}1.270000e+02]], {{\[\[}}7.937500e+00]], {{\[\[}}42.3333

// What it saw only zeros of has no scale.
// ZEROS: remark: input stays in f32: calibration saw only zeros in it
// ZEROS: remark: stays in f32: a depthwise convolution needs a range of its input: calibration saw only zeros in it
// ZEROS-NOT: qnt.assemble
// ZEROS-NOT: pair_order

// Depthwise: a scale for each channel, no zero point, int8 filters whatever
// the weights. Others: one scale and one zero point. Numbers are multiplied by the
// scales' reciprocals (rule Q-6).
// CHECK-LABEL: func.func @main
// CHECK: %[[R:.*]] = arith.constant dense<{{.*}}1.270000e+02]], {{.*}} : tensor<1x16x1x1xf32>
// CHECK: %[[SCALED:.*]] = nn.elementwise <mul> %arg0, %[[R]] :
// CHECK: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<1x1x1x1xf32>
// CHECK: %[[ROUND:.*]] = qnt.quantize %[[SCALED]] scale %[[ONE]] : {{.*}} <1x16x8x8, #qnt.format<int<8>, scale = f32>>
// CHECK: %[[CODES:.*]] = qnt.codes %[[ROUND]]
// CHECK: %[[S:.*]] = arith.constant dense<{{.*}}0.00787401571]], {{.*}} : tensor<1x16x1x1xf32>
// CHECK: %[[CHANNELS:.*]] = qnt.assemble %[[CODES]] scale %[[S]] : {{.*}} <1x16x8x8, #qnt.format<int<8>, block = [-1, 1, -1, -1], scale = f32>>
// CHECK: %[[FACTOR:.*]] = arith.constant dense<59.9999962> : tensor<1x1x1x1xf32>
// CHECK: nn.elementwise <mul> %arg0, %[[FACTOR]] :
// CHECK: %[[Z:.*]] = arith.constant dense<-113> : tensor<1x1x1x1xi32>
// CHECK: %[[T:.*]] = arith.constant dense<0.0166666675> : tensor<1x1x1x1xf32>
// CHECK: %[[ALL:.*]] = qnt.assemble %{{.*}} scale %[[T]] zero %[[Z]] : {{.*}} <1x16x8x8, #qnt.format<int<8>, scale = f32, zero = int<8>>>
// CHECK: nn.conv %[[ALL]], {{.*}}!qnt.tensor<8x16x1x1, #qnt.format<int<4>, block = [1, -1, -1, -1]
// CHECK: nn.conv %[[CHANNELS]], {{.*}}!qnt.tensor<16x1x3x3, #qnt.format<int<8>, block = [1, -1, -1, -1]

// RUN: sed -e 's/"value": /"other": /' %t.json > %t.other.json
// RUN: not quant-opt %s --nibble-quantize="weights=int4 activations=int8 statistics=%t.other.json" 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: the statistics have no value 'value', which this op reads; calibrate again
// SHORT: the statistics of 'value' do not have the 16 channels which this op reads; calibrate again
func.func @main(%x: tensor<1x16x8x8xf32>) -> (tensor<1x8x8x8xf32>, tensor<1x16x6x6xf32>) {
  %f = nn.parameter "f" at <file = "w.bin", offset = 0, length = 512, hash = 1> : tensor<8x16x1x1xf32>
  %d = nn.parameter "d" at <file = "w.bin", offset = 512, length = 576, hash = 2> : tensor<16x1x3x3xf32>
  %a = nn.conv %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x16x8x8xf32>, tensor<8x16x1x1xf32>) -> tensor<1x8x8x8xf32>
  %b = nn.conv %x, %d strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {groups = 16 : i64} : (tensor<1x16x8x8xf32>, tensor<16x1x3x3xf32>) -> tensor<1x16x6x6xf32>
  return %a, %b : tensor<1x8x8x8xf32>, tensor<1x16x6x6xf32>
}
