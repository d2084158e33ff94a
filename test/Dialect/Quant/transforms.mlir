// RUN: quant-opt %s -verify-roundtrip | FileCheck %s

func.func private @scale() -> tensor<640xf32>
func.func private @signs() -> tensor<64xf32>
func.func private @source() -> tensor<1x64xi32>
func.func private @matrix() -> tensor<64x64xf32>

// CHECK: qnt.basis @identity : 640 = #qnt.identity<640>
qnt.basis @identity : 640 = #qnt.identity<640>
// CHECK: qnt.basis "private" @hadamard : 640 = #qnt.hadamard<32>
qnt.basis "private" @hadamard : 640 = #qnt.hadamard<32>
// CHECK: qnt.basis @base : 344 = #qnt.hadamard<344>
qnt.basis @base : 344 = #qnt.hadamard<344>
// CHECK: qnt.basis @haar : 64 = #qnt.haar<64, levels = 2>
qnt.basis @haar : 64 = #qnt.haar<64, levels = 2>
// CHECK: qnt.basis @rotation : 64 = #qnt.orthogonal<64, data = @matrix>
qnt.basis @rotation : 64 = #qnt.orthogonal<64, data = @matrix>
// CHECK: qnt.basis @centred : 64 = #qnt.orthogonal<64, data = @matrix, keepsOnes = true>
qnt.basis @centred : 64 = #qnt.orthogonal<64, data = @matrix, keepsOnes = true>
// CHECK: qnt.basis @random : 64 = #qnt.orthogonal<64, seed = 7>
qnt.basis @random : 64 = #qnt.orthogonal<64, seed = 7>
// CHECK: qnt.basis @linear : 64 = #qnt.linear<64, data = @matrix>
qnt.basis @linear : 64 = #qnt.linear<64, data = @matrix>
// CHECK: qnt.basis @diagonal : 640 = #qnt.diagonal<640, data = @scale>
qnt.basis @diagonal : 640 = #qnt.diagonal<640, data = @scale>
// CHECK: qnt.basis @sign : 64 = #qnt.sign<64, data = @signs>
qnt.basis @sign : 64 = #qnt.sign<64, data = @signs>
// CHECK: qnt.basis @coins : 64 = #qnt.sign<64, seed = 0>
qnt.basis @coins : 64 = #qnt.sign<64, seed = 0>
// CHECK: qnt.basis @permutation : 64 = #qnt.permutation<64, data = @source>
qnt.basis @permutation : 64 = #qnt.permutation<64, data = @source>
// CHECK: qnt.basis @zigzag : 640 = #qnt.zigzag<640, block = 128, data = @scale>
qnt.basis @zigzag : 640 = #qnt.zigzag<640, block = 128, data = @scale>
// CHECK: qnt.basis @shift : 640 = #qnt.shift<640, data = @scale>
qnt.basis @shift : 640 = #qnt.shift<640, data = @scale>
// CHECK: qnt.basis @kron : 2560 = #qnt.kron<#qnt.hadamard<4>, #qnt.diagonal<640, data = @scale>>
qnt.basis @kron : 2560 = #qnt.kron<#qnt.hadamard<4>, #qnt.diagonal<640, data = @scale>>
// CHECK: qnt.basis @blocks : 128 = #qnt.blocks<#qnt.linear<64, data = @matrix>, count = 2>
qnt.basis @blocks : 128 = #qnt.blocks<#qnt.linear<64, data = @matrix>, count = 2>
// CHECK: qnt.basis @sum : 96 = #qnt.direct_sum<#qnt.hadamard<32>, #qnt.inverse<#qnt.transpose<#qnt.linear<64, data = @matrix>>>>
qnt.basis @sum : 96 = #qnt.direct_sum<#qnt.hadamard<32>, #qnt.inverse<#qnt.transpose<#qnt.linear<64, data = @matrix>>>>
// CHECK: qnt.basis @compose : 64 = #qnt.compose<#qnt.sign<64, seed = 1>, #qnt.hadamard<64>>
qnt.basis @compose : 64 = #qnt.compose<#qnt.sign<64, seed = 1>, #qnt.hadamard<64>>

// CHECK-LABEL: @changes
func.func @changes(%x: tensor<?x640xf32>, %w: tensor<64x3x3x32xf32>) -> (tensor<?x640xf32>, tensor<64x3x3x32xf32>) {
  // CHECK: qnt.transform %{{.*}} to @diagonal axis = 1 : tensor<?x640xf32>
  %0 = qnt.transform %x to @diagonal axis = 1 : tensor<?x640xf32>
  // CHECK: qnt.transform %{{.*}} from @hadamard axis = 1 : tensor<?x640xf32>
  %1 = qnt.transform %0 from @hadamard axis = 1 : tensor<?x640xf32>
  // CHECK: qnt.transform %{{.*}} to dual @linear axis = 0 : tensor<64x3x3x32xf32>
  %2 = qnt.transform %w to dual @linear axis = 0 : tensor<64x3x3x32xf32>
  // CHECK: qnt.transform %{{.*}} from dual @linear axis = 0
  %3 = qnt.transform %2 from dual @linear axis = 0 : tensor<64x3x3x32xf32>
  return %1, %3 : tensor<?x640xf32>, tensor<64x3x3x32xf32>
}
