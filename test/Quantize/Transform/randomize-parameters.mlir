// RUN: quant-opt %s -qnt-randomize-parameters | FileCheck %s
// RUN: quant-opt %s -qnt-randomize-parameters=seed=1 > %t.1
// RUN: quant-opt %s -qnt-randomize-parameters=seed=2 > %t.2
// RUN: quant-opt %s -qnt-randomize-parameters > %t.default
// RUN: cmp %t.1 %t.default
// RUN: not cmp %t.1 %t.2

// Gains and biases of weights, each use its own; not what an input gives, and not the weights.
// CHECK-LABEL: @main
// CHECK-SAME: %{{[^:]*}}: tensor<2x4xf32>, %[[V:[^:]*]]: tensor<4xf32>
// CHECK: %[[W:.*]] = arith.constant dense<3.000000e+00> : tensor<3x4xf32>
// CHECK: %[[G:.*]] = arith.constant dense<[{{[^>]*}}]> : tensor<4xf32>
// CHECK: %[[B:.*]] = arith.constant dense<[{{[^>]*}}]> : tensor<4xf32>
// CHECK: nn.layer_norm %{{.*}} scale %[[G]] bias %[[B]]
// CHECK: %[[R:.*]] = arith.constant dense<[{{[^>]*}}]> : tensor<4xf32>
// CHECK: nn.rms_norm %{{.*}} scale %[[R]]
// CHECK: nn.rms_norm %{{.*}} scale %[[V]]
// CHECK: %[[LB:.*]] = arith.constant dense<[{{[^>]*}}]> : tensor<3xf32>
// CHECK: nn.linear %{{.*}}, %[[W]] bias %[[LB]]
func.func @main(%x: tensor<2x4xf32>, %v: tensor<4xf32>) -> tensor<2x3xf32> {
  %ones = arith.constant dense<1.0> : tensor<4xf32>
  %zeros = arith.constant dense<0.0> : tensor<4xf32>
  %w = arith.constant dense<3.0> : tensor<3x4xf32>
  %b = arith.constant dense<0.0> : tensor<3xf32>
  %0 = nn.layer_norm %x scale %ones bias %zeros axis 1 epsilon 1.0e-5 : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %1 = nn.rms_norm %0 scale %ones axis 1 epsilon 1.0e-5 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %2 = nn.rms_norm %1 scale %v axis 1 epsilon 1.0e-5 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %3 = nn.linear %2, %w bias %b : (tensor<2x4xf32>, tensor<3x4xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return %3 : tensor<2x3xf32>
}
