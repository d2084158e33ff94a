// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(nibble-bufferize-kernels))' --verify-diagnostics

#a8 = #qnt.format<int<8>, block = [1, -1], scale = f32>

// A quantized tensor has no memory: qnt ops have become codes before.
func.func private @quantized(%x: memref<4x20xf32>, %y: memref<4x20xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  %t = bufferization.to_tensor %x restrict : memref<4x20xf32> to tensor<4x20xf32>
  // expected-error @below {{op was not bufferized}}
  %q = qnt.quantize %t : tensor<4x20xf32> -> !qnt.tensor<4x20, #a8>
  %r = qnt.dequantize %q : !qnt.tensor<4x20, #a8> -> tensor<4x20xf32>
  bufferization.materialize_in_destination %r in restrict writable %y : (tensor<4x20xf32>, memref<4x20xf32>) -> ()
  return
}
