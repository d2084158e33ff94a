// RUN: quant-opt %s -nn-decompose=ops=nn.softmax | FileCheck %s
// RUN: not quant-opt %s -nn-decompose 2>&1 | FileCheck %s --check-prefix=ERROR

// CHECK-LABEL: @some
// CHECK: linalg.generic
// CHECK: nn.elementwise <relu>
// CHECK: nn.parameter
func.func @some(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) {
  %0 = nn.softmax %x axis 1 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = nn.elementwise <relu> %0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %2 = nn.parameter "w" at <file = "w.bin", offset = 0, length = 16, hash = 0> : tensor<4xf32>
  // ERROR: error: 'qnt.quantize' op has no decomposition into linalg
  %3 = qnt.quantize %x : tensor<2x4xf32> -> !qnt.tensor<2x4, #qnt.format<float<2, 1>, block = [1, 4], scale = e8m0>>
  %4 = qnt.dequantize %3 : !qnt.tensor<2x4, #qnt.format<float<2, 1>, block = [1, 4], scale = e8m0>> -> tensor<2x4xf32>
  return %1, %2, %4 : tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>
}
