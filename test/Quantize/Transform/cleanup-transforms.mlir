// RUN: quant-opt %s -split-input-file -qnt-cleanup-transforms | FileCheck %s

// Three in a row become one; what nothing names any more goes, with its numbers.
// CHECK-NOT: @unused
// CHECK-NOT: @kept_by_nothing
// CHECK: func.func private @numbers
// CHECK: func.func @also_used
// CHECK-NOT: qnt.basis @signs
// CHECK: qnt.basis @[[C:.*]] : 8 = #qnt.compose<#qnt.sign<8, seed = 1>, #qnt.hadamard<8>, #qnt.diagonal<8, data = @numbers>>
// CHECK-NOT: qnt.basis
func.func private @unused_numbers() -> tensor<8xf32> {
  %0 = arith.constant dense<3.0> : tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func private @numbers() -> tensor<8xf32> {
  %0 = arith.constant dense<2.0> : tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func @also_used() -> tensor<8xf32> {
  %0 = func.call @numbers() : () -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
qnt.basis @unused : 8 = #qnt.diagonal<8, data = @unused_numbers>
qnt.basis @signs : 8 = #qnt.sign<8, seed = 1>
qnt.basis @walsh : 8 = #qnt.hadamard<8>
qnt.basis @scale : 8 = #qnt.diagonal<8, data = @numbers>
// CHECK-LABEL: @row
// CHECK: %[[T:.*]] = qnt.transform %arg0 to @[[C]] axis = 1 {nn.note = "before a; after b"}
// CHECK: return %[[T]]
func.func @row(%x: tensor<3x8xf32>) -> tensor<3x8xf32> {
  %0 = qnt.transform %x to @signs axis = 1 {nn.note = "before a"} : tensor<3x8xf32>
  %1 = qnt.transform %0 to @walsh axis = 1 : tensor<3x8xf32>
  %2 = qnt.transform %1 to @scale axis = 1 {nn.note = "after b"} : tensor<3x8xf32>
  return %2 : tensor<3x8xf32>
}

// -----

// The same composition twice is one basis; what cancels leaves nothing.
qnt.basis @signs : 8 = #qnt.sign<8, seed = 1>
qnt.basis @walsh : 8 = #qnt.hadamard<8>
// CHECK: qnt.basis @[[C:.*]] : 8 = #qnt.compose
// CHECK-NOT: qnt.basis
// CHECK-LABEL: @twice
// CHECK-DAG: qnt.transform %arg0 to @[[C]] axis = 1
// CHECK-DAG: qnt.transform %arg1 to @[[C]] axis = 0
func.func @twice(%x: tensor<3x8xf32>, %y: tensor<8xf32>) -> (tensor<3x8xf32>, tensor<8xf32>) {
  %0 = qnt.transform %x to @signs axis = 1 : tensor<3x8xf32>
  %1 = qnt.transform %0 to @walsh axis = 1 : tensor<3x8xf32>
  %2 = qnt.transform %y to @signs axis = 0 : tensor<8xf32>
  %3 = qnt.transform %2 to @walsh axis = 0 : tensor<8xf32>
  return %1, %3 : tensor<3x8xf32>, tensor<8xf32>
}
// CHECK-LABEL: @cancels
// CHECK-NEXT: return %arg0
func.func @cancels(%x: tensor<3x8xf32>) -> tensor<3x8xf32> {
  %0 = qnt.transform %x to @signs axis = 1 : tensor<3x8xf32>
  %1 = qnt.transform %0 to @walsh axis = 1 : tensor<3x8xf32>
  %2 = qnt.transform %1 from @walsh axis = 1 : tensor<3x8xf32>
  %3 = qnt.transform %2 to @signs axis = 1 : tensor<3x8xf32>
  return %3 : tensor<3x8xf32>
}

// -----

// Another reader of the first, another axis: both stay.
qnt.basis @signs : 8 = #qnt.sign<8, seed = 1>
qnt.basis @walsh : 8 = #qnt.hadamard<8>
// CHECK-LABEL: @stays
// CHECK: %[[A:.*]] = qnt.transform %arg0 to @signs axis = 1
// CHECK: qnt.transform %[[A]] to @walsh axis = 1
// CHECK: %[[B:.*]] = qnt.transform %arg1 to @signs axis = 1
// CHECK: qnt.transform %[[B]] to @walsh axis = 0
func.func @stays(%x: tensor<3x8xf32>, %y: tensor<8x8xf32>) -> (tensor<3x8xf32>, tensor<3x8xf32>, tensor<8x8xf32>) {
  %0 = qnt.transform %x to @signs axis = 1 : tensor<3x8xf32>
  %1 = qnt.transform %0 to @walsh axis = 1 : tensor<3x8xf32>
  %2 = qnt.transform %y to @signs axis = 1 : tensor<8x8xf32>
  %3 = qnt.transform %2 to @walsh axis = 0 : tensor<8x8xf32>
  return %0, %1, %3 : tensor<3x8xf32>, tensor<3x8xf32>, tensor<8x8xf32>
}

// -----

// What was split off is the norm's again.
// CHECK-LABEL: @join
// CHECK-DAG: %[[G:.*]] = arith.constant dense<2.000000e+00>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<5.000000e-01>
// CHECK: nn.layer_norm %arg0 scale %[[G]] bias %[[B]] axis 1
// CHECK: %[[R:.*]] = nn.rms_norm %arg0 scale %[[G]] axis 1
// CHECK: nn.elementwise <add> %[[R]], %[[B]]
func.func @join(%x: tensor<2x8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>) {
  %gain = arith.constant dense<2.0> : tensor<8xf32>
  %bias = arith.constant dense<0.5> : tensor<8xf32>
  %0 = nn.layer_norm %x axis 1 epsilon 1.0e-5 : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %1 = nn.elementwise <mul> %gain, %0 : (tensor<8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  %2 = nn.elementwise <add> %1, %bias : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  %3 = nn.rms_norm %x axis 1 epsilon 1.0e-5 : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %4 = nn.elementwise <mul> %3, %gain : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  %5 = nn.elementwise <add> %4, %bias : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  return %2, %5 : tensor<2x8xf32>, tensor<2x8xf32>
}

// A second reader, a factor of a row, an activation: an op of its own.
// CHECK-LABEL: @apart
// CHECK-COUNT-3: nn.elementwise <mul>
func.func @apart(%x: tensor<2x8xf32>, %r: tensor<2x1xf32>, %v: tensor<8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>, tensor<2x8xf32>, tensor<2x8xf32>) {
  %gain = arith.constant dense<2.0> : tensor<8xf32>
  %0 = nn.layer_norm %x axis 1 epsilon 1.0e-5 : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %1 = nn.elementwise <mul> %0, %gain : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  %2 = nn.layer_norm %x axis 1 epsilon 1.0e-6 : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %3 = nn.elementwise <mul> %2, %r : (tensor<2x8xf32>, tensor<2x1xf32>) -> tensor<2x8xf32>
  %4 = nn.rms_norm %x axis 1 epsilon 1.0e-6 : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %5 = nn.elementwise <mul> %4, %v : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  return %0, %1, %3, %5 : tensor<2x8xf32>, tensor<2x8xf32>, tensor<2x8xf32>, tensor<2x8xf32>
}
