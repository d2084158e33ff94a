// RUN: quant-opt %s --nibble-expand-math | FileCheck %s

// CHECK-LABEL: func @lanes
// CHECK-NOT:     math.exp
// CHECK-NOT:     math.log
// CHECK-NOT:     math.tanh
// CHECK-NOT:     math.erf
// CHECK:         math.fma {{.*}} : vector<8xf32>
// CHECK-NOT:     fastmath
// CHECK:         return
func.func @lanes(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.exp %x : vector<8xf32>
  %1 = math.log %0 : vector<8xf32>
  %2 = math.tanh %1 : vector<8xf32>
  %3 = math.erf %2 : vector<8xf32>
  return %3 : vector<8xf32>
}

// One lane is made of the same ops as many.
// CHECK-LABEL: func @scalar
// CHECK-NOT:     math.exp
// CHECK:         math.fma {{.*}} : f32
// CHECK:         arith.shrsi {{.*}} : i32
// CHECK:         return
func.func @scalar(%x: f32) -> f32 {
  %0 = math.exp %x : f32
  return %0 : f32
}

// One that may be approximate is bounded, and scaled by one power of two.
// CHECK-LABEL: func @bounded
// CHECK:         arith.constant dense<8.830000e+01> : vector<8xf32>
// CHECK-NOT:     arith.shrsi
// CHECK:         arith.shli
// CHECK-NOT:     arith.shli
// CHECK:         return
func.func @bounded(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.exp %x fastmath<afn> : vector<8xf32>
  return %0 : vector<8xf32>
}

// Half precision goes through f32.
// CHECK-LABEL: func @half
// CHECK:         arith.extf {{.*}} : vector<4xf16> to vector<4xf32>
// CHECK:         %[[R:.*]] = arith.truncf {{.*}} : vector<4xf32> to vector<4xf16>
// CHECK:         return %[[R]]
func.func @half(%x: vector<4xf16>) -> vector<4xf16> {
  %0 = math.tanh %x : vector<4xf16>
  return %0 : vector<4xf16>
}

// Large angles have a branch of their own.
// CHECK-LABEL: func @angle
// CHECK:         vector.reduction <or>
// CHECK:         scf.if
// CHECK:         arith.muli {{.*}} : vector<8xi64>
// CHECK-NOT:     math.sin
func.func @angle(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.sin %x : vector<8xf32>
  return %0 : vector<8xf32>
}

// f64 and exact ops stay.
// CHECK-LABEL: func @stays
// CHECK:         math.exp {{.*}} : f64
// CHECK:         math.sqrt {{.*}} : f32
// CHECK:         math.roundeven {{.*}} : f32
func.func @stays(%x: f64, %y: f32) -> (f64, f32, f32) {
  %0 = math.exp %x : f64
  %1 = math.sqrt %y : f32
  %2 = math.roundeven %y : f32
  return %0, %1, %2 : f64, f32, f32
}
