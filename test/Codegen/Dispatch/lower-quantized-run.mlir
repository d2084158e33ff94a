// RUN: quant-opt %s --nibble-lower-quantized --qnt-verify-equivalence="against=%s bound=1e-7" 2>&1 | FileCheck %s

// What runs is what the formats mean (rules S-4, Q-1, D-1), to the last bit: groups that fill rows, ragged ones, one that is longer than its row,
// rows of few bits. One code that differs is an error of 1/256 of the largest number at least.
// CHECK: nn.quantize_elements
// CHECK-NOT: qnt.quantize
func.func @main(%x: tensor<3x64xf32> {nn.name = "x"}, %y: tensor<2x5x70xf32> {nn.name = "y"})
    -> (tensor<3x64xf32> {nn.name = "groups"}, tensor<2x5x70xf32> {nn.name = "ragged"}, tensor<2x5x70xf32> {nn.name = "long"},
        tensor<2x5x70xf32> {nn.name = "rows"}, tensor<3x64xf32> {nn.name = "two_bits"}) {
  %0 = qnt.quantize %x : tensor<3x64xf32> -> !qnt.tensor<3x64, #qnt.format<int<4>, block = [1, 32], scale = f32>>
  %groups = qnt.dequantize %0 : !qnt.tensor<3x64, #qnt.format<int<4>, block = [1, 32], scale = f32>> -> tensor<3x64xf32>
  %1 = qnt.quantize %y : tensor<2x5x70xf32> -> !qnt.tensor<2x5x70, #qnt.format<int<8>, block = [1, 1, 16], scale = f32>>
  %ragged = qnt.dequantize %1 : !qnt.tensor<2x5x70, #qnt.format<int<8>, block = [1, 1, 16], scale = f32>> -> tensor<2x5x70xf32>
  %2 = qnt.quantize %y : tensor<2x5x70xf32> -> !qnt.tensor<2x5x70, #qnt.format<int<5>, block = [1, 1, 100], scale = f32>>
  %long = qnt.dequantize %2 : !qnt.tensor<2x5x70, #qnt.format<int<5>, block = [1, 1, 100], scale = f32>> -> tensor<2x5x70xf32>
  %3 = qnt.quantize %y : tensor<2x5x70xf32> -> !qnt.tensor<2x5x70, #qnt.format<int<6>, block = [1, 1, -1], scale = f32>>
  %rows = qnt.dequantize %3 : !qnt.tensor<2x5x70, #qnt.format<int<6>, block = [1, 1, -1], scale = f32>> -> tensor<2x5x70xf32>
  %4 = qnt.quantize %x : tensor<3x64xf32> -> !qnt.tensor<3x64, #qnt.format<int<2>, block = [1, 8], scale = f32>>
  %two_bits = qnt.dequantize %4 : !qnt.tensor<3x64, #qnt.format<int<2>, block = [1, 8], scale = f32>> -> tensor<3x64xf32>
  return %groups, %ragged, %long, %rows, %two_bits : tensor<3x64xf32>, tensor<2x5x70xf32>, tensor<2x5x70xf32>, tensor<2x5x70xf32>, tensor<3x64xf32>
}
