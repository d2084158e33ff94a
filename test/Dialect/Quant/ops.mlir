// RUN: quant-opt %s | quant-opt | FileCheck %s
// RUN: quant-opt --mlir-print-op-generic %s | quant-opt | FileCheck %s

#w4 = #qnt.format<int<4>, block = [1, 32], scale = f16>
#w8 = #qnt.format<int<8>, block = [1, -1], scale = f32>
#u8 = #qnt.format<uint<8>, block = [1, -1], scale = f32, zero = uint<8>>

// CHECK-LABEL: @quantize
func.func @quantize(%x: tensor<?x64xf32>, %s: tensor<?x1xf32>, %z: tensor<?x1xui8>) {
  // CHECK: qnt.quantize %{{.*}} : tensor<?x64xf32> -> <?x64, #{{.*}}>
  %0 = qnt.quantize %x : tensor<?x64xf32> -> !qnt.tensor<?x64, #w4>
  // CHECK: qnt.quantize %{{.*}} {choice = #qnt.choice<mse>}
  %1 = qnt.quantize %x {choice = #qnt.choice<mse>} : tensor<?x64xf32> -> !qnt.tensor<?x64, #w4>
  // CHECK: qnt.quantize %{{.*}} {choice = #qnt.choice<mse>, pair_order = array<i64: 1>}
  %p = qnt.quantize %x {choice = #qnt.choice<mse>, pair_order = array<i64: 1>} : tensor<?x64xf32> -> !qnt.tensor<?x64, #w8>
  // CHECK: qnt.quantize %{{.*}} scale %{{.*}} zero %{{.*}} : tensor<?x64xf32>, scale tensor<?x1xf32>, zero tensor<?x1xui8> ->
  %2 = qnt.quantize %x scale %s zero %z : tensor<?x64xf32>, scale tensor<?x1xf32>, zero tensor<?x1xui8> -> !qnt.tensor<?x64, #u8>
  // CHECK: qnt.dequantize %{{.*}} : <?x64, #{{.*}}> -> tensor<?x64xf32>
  %3 = qnt.dequantize %2 : !qnt.tensor<?x64, #u8> -> tensor<?x64xf32>
  // CHECK: qnt.codes %{{.*}} : <?x64, #{{.*}}> -> tensor<?x64xi8>
  %4 = qnt.codes %2 : !qnt.tensor<?x64, #u8> -> tensor<?x64xi8>
  // CHECK: qnt.scales %{{.*}} : <?x64, #{{.*}}> -> tensor<?x1xf32>
  %5 = qnt.scales %2 : !qnt.tensor<?x64, #u8> -> tensor<?x1xf32>
  // CHECK: qnt.zeros %{{.*}} : <?x64, #{{.*}}> -> tensor<?x1xi8>
  %6 = qnt.zeros %2 : !qnt.tensor<?x64, #u8> -> tensor<?x1xi8>
  // CHECK: qnt.assemble %{{.*}} scale %{{.*}} zero %{{.*}} : tensor<?x64xi8>, scale tensor<?x1xf32>, zero tensor<?x1xi8> ->
  %7 = qnt.assemble %4 scale %5 zero %6 : tensor<?x64xi8>, scale tensor<?x1xf32>, zero tensor<?x1xi8> -> !qnt.tensor<?x64, #u8>
  // CHECK: qnt.observe %{{.*}} "layer0.input" : tensor<?x64xf32>
  %8 = qnt.observe %x "layer0.input" : tensor<?x64xf32>
  return
}

// Another expressed type than f32 is printed.
// CHECK-LABEL: @expressed
// CHECK-SAME: !qnt.tensor<4x64, #{{.*}}, f16>
func.func @expressed(%x: !qnt.tensor<4x64, #w4, f16>) {
  return
}
