// RUN: quant-opt %s --qnt-propagate | FileCheck %s

#i8 = #qnt.format<int<8>, scale = f32>

// Codes that are taken out and put together again with the same scale are the
// tensor. The product stays one of numbers: its weight is none of codes.
// CHECK-LABEL: func.func @same
// CHECK: %[[X:.*]] = qnt.quantize
// CHECK-NOT: qnt.assemble
// CHECK: qnt.dequantize %[[X]]
func.func @same(%x: tensor<4x8xf32>, %w: tensor<2x8xf32>) -> tensor<4x2xf32> {
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %q = qnt.quantize %x scale %s : tensor<4x8xf32>, scale tensor<1x1xf32> -> !qnt.tensor<4x8, #i8>
  %c = qnt.codes %q : !qnt.tensor<4x8, #i8> -> tensor<4x8xi8>
  %a = qnt.assemble %c scale %s : tensor<4x8xi8>, scale tensor<1x1xf32> -> !qnt.tensor<4x8, #i8>
  %d = qnt.dequantize %a : !qnt.tensor<4x8, #i8> -> tensor<4x8xf32>
  %y = nn.linear %d, %w : (tensor<4x8xf32>, tensor<2x8xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// Another scale makes other numbers.
// CHECK-LABEL: func.func @other
// CHECK: qnt.codes
// CHECK: qnt.assemble
func.func @other(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %t = arith.constant dense<0.25> : tensor<1x1xf32>
  %q = qnt.quantize %x scale %s : tensor<4x8xf32>, scale tensor<1x1xf32> -> !qnt.tensor<4x8, #i8>
  %c = qnt.codes %q : !qnt.tensor<4x8, #i8> -> tensor<4x8xi8>
  %a = qnt.assemble %c scale %t : tensor<4x8xi8>, scale tensor<1x1xf32> -> !qnt.tensor<4x8, #i8>
  %d = qnt.dequantize %a : !qnt.tensor<4x8, #i8> -> tensor<4x8xf32>
  return %d : tensor<4x8xf32>
}
