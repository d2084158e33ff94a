// RUN: quant-opt %s --nibble-observe-layers --mlir-print-debuginfo=false | FileCheck %s

// The product by which a layer's result becomes codes has its name, but is no layer; a layer that multiplies is one.
// CHECK: %[[A:.*]] = nn.linear
// CHECK-NEXT: %[[OA:.*]] = qnt.observe %[[A]] "first"
// CHECK-NEXT: %[[P:.*]] = nn.elementwise <mul> %[[OA]]
// CHECK-NEXT: qnt.quantize %[[P]]
// CHECK-NEXT: %[[B:.*]] = nn.elementwise <mul> %[[OA]]
// CHECK-NEXT: %[[OB:.*]] = qnt.observe %[[B]] "gain"
// CHECK-NEXT: qnt.quantize %[[OB]]
func.func @main(%x: tensor<?x8xf32>, %s: tensor<1x1xf32>) -> (!qnt.tensor<?x8, #qnt.format<int<8>, scale = f32>>, !qnt.tensor<?x8, #qnt.format<int<8>, scale = f32>>) {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 256, hash = 1> : tensor<8x8xf32>
  %a = nn.linear %x, %w : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32> loc("first")
  %b = nn.elementwise <mul> %a, %s : (tensor<?x8xf32>, tensor<1x1xf32>) -> tensor<?x8xf32> loc("first")
  %q = qnt.quantize %b scale %s : tensor<?x8xf32>, scale tensor<1x1xf32> -> <?x8, #qnt.format<int<8>, scale = f32>>
  %c = nn.elementwise <mul> %a, %s : (tensor<?x8xf32>, tensor<1x1xf32>) -> tensor<?x8xf32> loc("gain")
  %r = qnt.quantize %c scale %s : tensor<?x8xf32>, scale tensor<1x1xf32> -> <?x8, #qnt.format<int<8>, scale = f32>>
  return %q, %r : !qnt.tensor<?x8, #qnt.format<int<8>, scale = f32>>, !qnt.tensor<?x8, #qnt.format<int<8>, scale = f32>>
}
