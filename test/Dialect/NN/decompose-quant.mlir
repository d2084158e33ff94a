// RUN: quant-opt %s -nn-decompose -canonicalize -cse -split-input-file | FileCheck %s

#a8 = #qnt.format<int<8>, block = [1, -1], scale = f32>

// Every quantized tensor comes apart.
// CHECK-LABEL: @dynamic
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: arith.cmpf ogt
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: arith.cmpf olt
// CHECK: arith.maximumf
// CHECK: math.roundeven
// CHECK: arith.fptosi %{{.*}} : f32 to i8
// CHECK: arith.sitofp %{{.*}} : i8 to f32
// CHECK: arith.mulf
// CHECK-NOT: qnt.
func.func @dynamic(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = qnt.quantize %x : tensor<?x64xf32> -> !qnt.tensor<?x64, #a8>
  %1 = qnt.dequantize %0 : !qnt.tensor<?x64, #a8> -> tensor<?x64xf32>
  return %1 : tensor<?x64xf32>
}

// -----

#u8 = #qnt.format<uint<8>, scale = f32, zero = uint<8>>

// CHECK-LABEL: @static
// CHECK: arith.divf
// CHECK: math.roundeven
// CHECK: arith.addf
// CHECK: arith.fptoui
func.func @static(%x: tensor<4xf32>, %s: tensor<1xf32>, %z: tensor<1xui8>) -> tensor<4xi8> {
  %0 = qnt.quantize %x scale %s zero %z : tensor<4xf32>, scale tensor<1xf32>, zero tensor<1xui8> -> !qnt.tensor<4, #u8>
  %1 = qnt.codes %0 : !qnt.tensor<4, #u8> -> tensor<4xi8>
  return %1 : tensor<4xi8>
}

// -----

#w4 = #qnt.format<uint<4>, block = [1, 32], scale = f16, zero = uint<4>>

// A block's scale is at the element's index divided by the block.
// CHECK-DAG: #[[BLOCK:.*]] = affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
// CHECK-LABEL: @blocks
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[BLOCK]], #[[BLOCK]], #{{.*}}]
// CHECK: arith.uitofp
// CHECK: arith.uitofp
// CHECK: arith.subf
// CHECK: arith.mulf
func.func @blocks(%c: tensor<8x64xui8>, %s: tensor<8x2xf16>, %z: tensor<8x2xui8>) -> tensor<8x64xf32> {
  %0 = qnt.assemble %c scale %s zero %z : tensor<8x64xui8>, scale tensor<8x2xf16>, zero tensor<8x2xui8> -> !qnt.tensor<8x64, #w4>
  %1 = qnt.dequantize %0 : !qnt.tensor<8x64, #w4> -> tensor<8x64xf32>
  return %1 : tensor<8x64xf32>
}

// -----

#e2m1 = #qnt.format<float<2, 1>, block = [1, 32], scale = f32>

// Codes of floats are looked up.
// CHECK-LABEL: @floats
// CHECK: arith.constant dense<{{.*}}> : tensor<16xf32>
// CHECK: tensor.extract
func.func @floats(%c: tensor<8x64xi8>, %s: tensor<8x2xf32>) -> tensor<8x64xf32> {
  %0 = qnt.assemble %c scale %s : tensor<8x64xi8>, scale tensor<8x2xf32> -> !qnt.tensor<8x64, #e2m1>
  %1 = qnt.dequantize %0 : !qnt.tensor<8x64, #e2m1> -> tensor<8x64xf32>
  return %1 : tensor<8x64xf32>
}

// -----

#a8 = #qnt.format<int<8>, block = [1, -1], scale = f32>

// A result of quantized type is the computed one, stored.
// CHECK-LABEL: @quantized_result
// CHECK: arith.addf
// CHECK: arith.fptosi
// CHECK: qnt.assemble
func.func @quantized_result(%x: tensor<2x64xf32>) -> !qnt.tensor<2x64, #a8> {
  %0 = nn.elementwise <add> %x, %x : (tensor<2x64xf32>, tensor<2x64xf32>) -> !qnt.tensor<2x64, #a8>
  return %0 : !qnt.tensor<2x64, #a8>
}

// -----

#a8 = #qnt.format<int<8>, block = [1, -1], scale = f32>

// Only what is asked for.
// CHECK-LABEL: @move
// CHECK-NOT: arith.mulf
// CHECK: qnt.assemble
func.func @move(%x: !qnt.tensor<2x3x4, #a8>) -> !qnt.tensor<6x4, #a8> {
  %0 = nn.reshape %x shape [6, 4] : !qnt.tensor<2x3x4, #a8> -> !qnt.tensor<6x4, #a8>
  return %0 : !qnt.tensor<6x4, #a8>
}

// -----

#u8 = #qnt.format<uint<8>, scale = f32>

// Codes with a sign that the decomposition leaves out.
// CHECK-LABEL: @unsigned_codes
// CHECK: %[[Y:.*]] = tensor.bitcast %{{.*}} : tensor<?x4xi8> to tensor<?x4xui8>
// CHECK: return %[[Y]]
func.func @unsigned_codes(%x: tensor<?x4xf32>, %s: tensor<1x1xf32>) -> tensor<?x4xui8> {
  %0 = qnt.quantize %x scale %s : tensor<?x4xf32>, scale tensor<1x1xf32> -> !qnt.tensor<?x4, #u8>
  %1 = qnt.codes %0 : !qnt.tensor<?x4, #u8> -> tensor<?x4xui8>
  return %1 : tensor<?x4xui8>
}
