// RUN: quant-opt %s --nn-reference-interface --split-input-file --verify-diagnostics | FileCheck %s

// CHECK: func.func @f({{.*}}) -> tensor<2xf32> attributes {llvm.emit_c_interface}
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
// What has no body is somebody else's.
// CHECK: func.func private @g(tensor<2xf32>)
// CHECK-NOT: llvm.emit_c_interface
func.func private @g(tensor<2xf32>)

// -----

#a8 = #qnt.format<int<8>, block = [1, -1], scale = f32>

// expected-error @below {{'func.func' op has a quantized tensor; run nn-decompose first, which takes apart what a function itself makes of plain tensors}}
func.func @argument(%x: !qnt.tensor<2x4, #a8>) {
  return
}

// -----

#a8 = #qnt.format<int<8>, block = [1, -1], scale = f32>

func.func @value(%x: tensor<2x4xf32>) {
  // expected-error @below {{'qnt.quantize' op has a quantized tensor; run nn-decompose first}}
  %q = qnt.quantize %x : tensor<2x4xf32> -> !qnt.tensor<2x4, #a8>
  return
}
