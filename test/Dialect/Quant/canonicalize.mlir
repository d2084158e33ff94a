// RUN: quant-opt %s -canonicalize | FileCheck %s

#u8 = #qnt.format<uint<8>, block = [1, -1], scale = f32, zero = uint<8>>

// CHECK-LABEL: @parts
// CHECK-NEXT: return %arg0, %arg1, %arg2
func.func @parts(%c: tensor<4x8xi8>, %s: tensor<4x1xf32>, %z: tensor<4x1xi8>) -> (tensor<4x8xi8>, tensor<4x1xf32>, tensor<4x1xi8>) {
  %0 = qnt.assemble %c scale %s zero %z : tensor<4x8xi8>, scale tensor<4x1xf32>, zero tensor<4x1xi8> -> !qnt.tensor<4x8, #u8>
  %1 = qnt.codes %0 : !qnt.tensor<4x8, #u8> -> tensor<4x8xi8>
  %2 = qnt.scales %0 : !qnt.tensor<4x8, #u8> -> tensor<4x1xf32>
  %3 = qnt.zeros %0 : !qnt.tensor<4x8, #u8> -> tensor<4x1xi8>
  return %1, %2, %3 : tensor<4x8xi8>, tensor<4x1xf32>, tensor<4x1xi8>
}

// Codes of another width are not the operand.
// CHECK-LABEL: @wider
// CHECK: qnt.codes
func.func @wider(%c: tensor<4x8xi8>, %s: tensor<4x1xf32>, %z: tensor<4x1xi8>) -> tensor<4x8xi32> {
  %0 = qnt.assemble %c scale %s zero %z : tensor<4x8xi8>, scale tensor<4x1xf32>, zero tensor<4x1xi8> -> !qnt.tensor<4x8, #u8>
  %1 = qnt.codes %0 : !qnt.tensor<4x8, #u8> -> tensor<4x8xi32>
  return %1 : tensor<4x8xi32>
}
