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

#u8z = #qnt.format<uint<8>, scale = f32, zero = uint<8>>
#i8c = #qnt.format<int<8>, block = [-1, 1], scale = f32>

// A product of integers, in the way of MatMulInteger: the scales that it is
// multiplied by become its operands'.
// CHECK-LABEL: func.func @integers
// CHECK-SAME: %[[S:[a-z0-9]+]]: tensor<1xf32>, %[[T:[a-z0-9]+]]: tensor<3xf32>
// CHECK-DAG: %[[SX:.*]] = nn.reshape %[[S]] shape [1, 1]
// CHECK-DAG: %[[SW:.*]] = nn.reshape %[[T]] shape [1, 3]
// CHECK-DAG: %[[X:.*]] = qnt.assemble %{{.*}} scale %[[SX]]
// CHECK-DAG: %[[W:.*]] = qnt.assemble %{{.*}} scale %[[SW]]
// CHECK: %[[Y:.*]] = nn.matmul %[[X]], %[[W]]
// CHECK-NEXT: return %[[Y]]
func.func @integers(%x: tensor<4x8xui8>, %zero: tensor<1x1xui8>, %w: tensor<8x3xi8>, %s: tensor<1xf32>, %t: tensor<3xf32>) -> tensor<4x3xf32> {
  %one = arith.constant dense<1.0> : tensor<1x1xf32>
  %ones = arith.constant dense<1.0> : tensor<1x3xf32>
  %a = qnt.assemble %x scale %one zero %zero : tensor<4x8xui8>, scale tensor<1x1xf32>, zero tensor<1x1xui8> -> !qnt.tensor<4x8, #u8z>
  %b = qnt.assemble %w scale %ones : tensor<8x3xi8>, scale tensor<1x3xf32> -> !qnt.tensor<8x3, #i8c>
  %d = qnt.dequantize %a : !qnt.tensor<4x8, #u8z> -> tensor<4x8xf32>
  %e = qnt.dequantize %b : !qnt.tensor<8x3, #i8c> -> tensor<8x3xf32>
  %p = nn.matmul %d, %e : (tensor<4x8xf32>, tensor<8x3xf32>) -> tensor<4x3xf32>
  %i = nn.cast %p : (tensor<4x3xf32>) -> tensor<4x3xi32>
  %f = nn.cast %i : (tensor<4x3xi32>) -> tensor<4x3xf32>
  %st = nn.elementwise <mul> %s, %t : (tensor<1xf32>, tensor<3xf32>) -> tensor<3xf32>
  %y = nn.elementwise <mul> %f, %st : (tensor<4x3xf32>, tensor<3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// Where one of the two scales finds no place, here as its extent is none of
// the type's, both stay behind the product.
// CHECK-LABEL: func.func @dynamicScales
// CHECK-SAME: %[[S:[a-z0-9]+]]: tensor<1xf32>, %[[T:[a-z0-9]+]]: tensor<?xf32>
// CHECK-NOT: nn.reshape
// CHECK: %[[Y:.*]] = nn.matmul %{{.*}} : (!qnt.tensor<4x8, {{.*}}>, !qnt.tensor<8x3, {{.*}}>)
// CHECK: nn.cast %[[Y]]
// CHECK: %[[ST:.*]] = nn.elementwise <mul> %[[S]], %[[T]]
// CHECK: nn.elementwise <mul> %{{.*}}, %[[ST]]
func.func @dynamicScales(%x: tensor<4x8xui8>, %zero: tensor<1x1xui8>, %w: tensor<8x3xi8>, %s: tensor<1xf32>, %t: tensor<?xf32>) -> tensor<4x3xf32> {
  %one = arith.constant dense<1.0> : tensor<1x1xf32>
  %ones = arith.constant dense<1.0> : tensor<1x3xf32>
  %a = qnt.assemble %x scale %one zero %zero : tensor<4x8xui8>, scale tensor<1x1xf32>, zero tensor<1x1xui8> -> !qnt.tensor<4x8, #u8z>
  %b = qnt.assemble %w scale %ones : tensor<8x3xi8>, scale tensor<1x3xf32> -> !qnt.tensor<8x3, #i8c>
  %d = qnt.dequantize %a : !qnt.tensor<4x8, #u8z> -> tensor<4x8xf32>
  %e = qnt.dequantize %b : !qnt.tensor<8x3, #i8c> -> tensor<8x3xf32>
  %p = nn.matmul %d, %e : (tensor<4x8xf32>, tensor<8x3xf32>) -> tensor<4x3xf32>
  %i = nn.cast %p : (tensor<4x3xf32>) -> tensor<4x3xi32>
  %f = nn.cast %i : (tensor<4x3xi32>) -> tensor<4x3xf32>
  %st = nn.elementwise <mul> %s, %t : (tensor<1xf32>, tensor<?xf32>) -> tensor<3xf32>
  %y = nn.elementwise <mul> %f, %st : (tensor<4x3xf32>, tensor<3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}
