#w4 = #qnt.format<int<4>, block = [1, 32], scale = f16>
func.func @main(%x: tensor<2x64xf32>, %w: tensor<8x64xf32>, %q: !qnt.tensor<8x64, #w4>) -> (tensor<2x8xf32>, tensor<2x8xf32>) {
  %a = nn.linear %x, %w : (tensor<2x64xf32>, tensor<8x64xf32>) -> tensor<2x8xf32>
  %b = nn.linear %x, %q : (tensor<2x64xf32>, !qnt.tensor<8x64, #w4>) -> tensor<2x8xf32>
  return %a, %b : tensor<2x8xf32>, tensor<2x8xf32>
}
