// RUN: quant-opt %s -canonicalize | FileCheck %s

func.func private @m() -> tensor<12x12xf32>
func.func private @n() -> tensor<12xf32>

qnt.basis @identity : 12 = #qnt.identity<4>
qnt.basis @walsh : 12 = #qnt.hadamard<4>
qnt.basis @paley : 12 = #qnt.hadamard<12>
qnt.basis @rotation : 12 = #qnt.orthogonal<12, data = @m>
qnt.basis @linear : 12 = #qnt.linear<12, data = @m>
qnt.basis @scale : 12 = #qnt.diagonal<12, data = @n>

// An inverse goes to the leaves; what cancels goes.
// CHECK: qnt.basis @flat : 12 = #qnt.compose<#qnt.sign<12, seed = 1>, #qnt.inverse<#qnt.hadamard<12>>>
qnt.basis @flat : 12 = #qnt.inverse<#qnt.compose<#qnt.compose<#qnt.hadamard<12>, #qnt.identity<12>>, #qnt.sign<12, seed = 1>>>
// CHECK: qnt.basis @nothing : 12 = #qnt.identity<12>
qnt.basis @nothing : 12 = #qnt.compose<#qnt.linear<12, data = @m>, #qnt.inverse<#qnt.linear<12, data = @m>>>
// CHECK: qnt.basis @symmetric : 4 = #qnt.hadamard<4>
qnt.basis @symmetric : 4 = #qnt.inverse<#qnt.transpose<#qnt.hadamard<4>>>
// CHECK: qnt.basis @sum : 24 = #qnt.identity<24>
qnt.basis @sum : 24 = #qnt.direct_sum<#qnt.compose<#qnt.sign<12, seed = 1>, #qnt.sign<12, seed = 1>>, #qnt.identity<12>>
// CHECK: qnt.basis @unpaley : 12 = #qnt.inverse<#qnt.hadamard<12>>
qnt.basis @unpaley : 12 = #qnt.inverse<#qnt.hadamard<12>>
// The last of the transpose is the transpose of the first.
// CHECK: qnt.basis @transposed : 12 = #qnt.compose<#qnt.diagonal<12, data = @n>, #qnt.transpose<#qnt.linear<12, data = @m>>>
qnt.basis @transposed : 12 = #qnt.transpose<#qnt.compose<#qnt.linear<12, data = @m>, #qnt.diagonal<12, data = @n>>>
// CHECK: qnt.basis @product : 48 = #qnt.kron<#qnt.hadamard<4>, #qnt.inverse<#qnt.linear<12, data = @m>>>
qnt.basis @product : 48 = #qnt.inverse<#qnt.kron<#qnt.hadamard<4>, #qnt.linear<12, data = @m>>>

// CHECK-LABEL: @there_and_back
// CHECK-NEXT: return %arg0
func.func @there_and_back(%x: tensor<?x12xf32>) -> tensor<?x12xf32> {
  %0 = qnt.transform %x to @linear axis = 1 : tensor<?x12xf32>
  %1 = qnt.transform %0 from @linear axis = 1 : tensor<?x12xf32>
  return %1 : tensor<?x12xf32>
}

// CHECK-LABEL: @back_and_there_dual
// CHECK-NEXT: return %arg0
func.func @back_and_there_dual(%x: tensor<12x3xf32>) -> tensor<12x3xf32> {
  %0 = qnt.transform %x from dual @scale axis = 0 : tensor<12x3xf32>
  %1 = qnt.transform %0 to dual @scale axis = 0 : tensor<12x3xf32>
  return %1 : tensor<12x3xf32>
}

// The dual of a scale is its inverse.
// CHECK-LABEL: @dual_undoes
// CHECK-NEXT: return %arg0
func.func @dual_undoes(%x: tensor<12x3xf32>) -> tensor<12x3xf32> {
  %0 = qnt.transform %x to @scale axis = 0 : tensor<12x3xf32>
  %1 = qnt.transform %0 to dual @scale axis = 0 : tensor<12x3xf32>
  return %1 : tensor<12x3xf32>
}

// CHECK-LABEL: @other_axis
// CHECK-COUNT-2: qnt.transform
func.func @other_axis(%x: tensor<12x12xf32>) -> tensor<12x12xf32> {
  %0 = qnt.transform %x to @linear axis = 0 : tensor<12x12xf32>
  %1 = qnt.transform %0 from @linear axis = 1 : tensor<12x12xf32>
  return %1 : tensor<12x12xf32>
}

// CHECK-LABEL: @same_direction
// CHECK-COUNT-2: qnt.transform
func.func @same_direction(%x: tensor<?x12xf32>) -> tensor<?x12xf32> {
  %0 = qnt.transform %x to @paley axis = 1 : tensor<?x12xf32>
  %1 = qnt.transform %0 to @paley axis = 1 : tensor<?x12xf32>
  return %1 : tensor<?x12xf32>
}

// A Walsh matrix undoes itself; a Paley matrix does not, its inverse does.
// CHECK-LABEL: @symmetric_twice
// CHECK-NEXT: return %arg0
func.func @symmetric_twice(%x: tensor<?x12xf32>) -> tensor<?x12xf32> {
  %0 = qnt.transform %x to @walsh axis = 1 : tensor<?x12xf32>
  %1 = qnt.transform %0 to @walsh axis = 1 : tensor<?x12xf32>
  return %1 : tensor<?x12xf32>
}

// CHECK-LABEL: @by_another_name
// CHECK-NEXT: return %arg0
func.func @by_another_name(%x: tensor<?x12xf32>) -> tensor<?x12xf32> {
  %0 = qnt.transform %x to @paley axis = 1 : tensor<?x12xf32>
  %1 = qnt.transform %0 to @unpaley axis = 1 : tensor<?x12xf32>
  return %1 : tensor<?x12xf32>
}

// CHECK-LABEL: @identity_basis
// CHECK-NEXT: return %arg0
func.func @identity_basis(%x: tensor<?x12xf32>) -> tensor<?x12xf32> {
  %0 = qnt.transform %x to dual @identity axis = 1 : tensor<?x12xf32>
  return %0 : tensor<?x12xf32>
}

// Only an orthogonal transform is its own dual.
// CHECK-LABEL: @duals
// CHECK: qnt.transform %arg0 to @rotation axis = 1
// CHECK: qnt.transform %arg0 to dual @linear axis = 1
func.func @duals(%x: tensor<?x12xf32>) -> (tensor<?x12xf32>, tensor<?x12xf32>) {
  %0 = qnt.transform %x to dual @rotation axis = 1 : tensor<?x12xf32>
  %1 = qnt.transform %x to dual @linear axis = 1 : tensor<?x12xf32>
  return %0, %1 : tensor<?x12xf32>, tensor<?x12xf32>
}
