// RUN: quant-opt %s | quant-opt | FileCheck %s

// CHECK-LABEL: @rows
// CHECK: nn.quantize_rows %{{.*}} : tensor<?x?x8xf32> -> tensor<?x?x8xi8>, tensor<?x?xf32>
func.func @rows(%x: tensor<?x?x8xf32>) -> (tensor<?x?x8xi8>, tensor<?x?xf32>) {
  %c, %s = nn.quantize_rows %x : tensor<?x?x8xf32> -> tensor<?x?x8xi8>, tensor<?x?xf32>
  return %c, %s : tensor<?x?x8xi8>, tensor<?x?xf32>
}

// CHECK-LABEL: @elements
// CHECK: nn.quantize_elements %{{.*}} scale %{{.*}} zero %{{.*}} {is_unsigned}
// CHECK: nn.dequantize_elements %{{.*}} scale %{{.*}} zero %{{.*}} {is_unsigned}
func.func @elements(%x: tensor<?x8xf32>, %s: tensor<1x1xf32>, %z: tensor<1x1xi32>) -> tensor<?x8xf32> {
  %c = nn.quantize_elements %x scale %s zero %z {is_unsigned} : (tensor<?x8xf32>, tensor<1x1xf32>, tensor<1x1xi32>) -> tensor<?x8xi8>
  %y = nn.dequantize_elements %c scale %s zero %z {is_unsigned} : (tensor<?x8xi8>, tensor<1x1xf32>, tensor<1x1xi32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
