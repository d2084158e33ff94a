// RUN: quant-opt %s --nibble-lower-transforms --qnt-verify-equivalence="against=%s bound=5e-6" 2>&1 | FileCheck %s

// What runs is what the transforms mean: large matrices in two steps, products, blocks after signs, parts, inverses, axes in the middle.
// The sums are of up to 640 numbers in f32, in another order.
// CHECK: nn.linear
// CHECK-NOT: qnt.transform %arg
qnt.basis @whole : 640 = #qnt.hadamard<640>
qnt.basis @product : 96 = #qnt.kron<#qnt.hadamard<12>, #qnt.identity<8>>
qnt.basis @signed : 96 = #qnt.compose<#qnt.sign<96, seed = 1>, #qnt.blocks<#qnt.hadamard<24>, count = 4>>
qnt.basis @parts : 96 = #qnt.direct_sum<#qnt.identity<16>, #qnt.kron<#qnt.hadamard<8>, #qnt.identity<4>>, #qnt.orthogonal<48, seed = 3>>
qnt.basis @power : 256 = #qnt.hadamard<256>
func.func @main(%x: tensor<3x640xf32> {nn.name = "x"}, %y: tensor<2x96x3xf32> {nn.name = "y"}, %z: tensor<4x256xf32> {nn.name = "z"})
    -> (tensor<3x640xf32> {nn.name = "whole"}, tensor<2x96x3xf32> {nn.name = "product"}, tensor<2x96x3xf32> {nn.name = "signed"},
        tensor<2x96x3xf32> {nn.name = "parts"}, tensor<4x256xf32> {nn.name = "power"}) {
  %0 = qnt.transform %x to @whole axis = 1 : tensor<3x640xf32>
  %1 = qnt.transform %y to @product axis = 1 : tensor<2x96x3xf32>
  %2 = qnt.transform %y from @signed axis = 1 : tensor<2x96x3xf32>
  %3 = qnt.transform %y to @parts axis = 1 : tensor<2x96x3xf32>
  %4 = qnt.transform %z from @power axis = 1 : tensor<4x256xf32>
  return %0, %1, %2, %3, %4 : tensor<3x640xf32>, tensor<2x96x3xf32>, tensor<2x96x3xf32>, tensor<2x96x3xf32>, tensor<4x256xf32>
}
