// RUN: quant-opt %s -canonicalize -split-input-file | FileCheck %s

// CHECK-LABEL: @identities
// CHECK-NEXT: return %arg0, %arg0, %arg0, %arg0, %arg0, %arg0, %arg0, %arg0
func.func @identities(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>,
                                               tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
  %0 = nn.transpose %x permutation [0, 1] : tensor<2x4xf32> -> tensor<2x4xf32>
  %1 = nn.reshape %x shape [2, 4] : tensor<2x4xf32> -> tensor<2x4xf32>
  %2 = nn.slice %x offsets [0, 0] sizes [2, 4] strides [1, 1] : tensor<2x4xf32> -> tensor<2x4xf32>
  %3 = nn.cast %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %4 = nn.expand %x shape [2, 4] : tensor<2x4xf32> -> tensor<2x4xf32>
  %5 = nn.concat %x axis 0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %6 = nn.pad <edge> %x low [0, 0] high [0, 0] : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %7 = nn.reduce <sum> %x axes [] : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0, %1, %2, %3, %4, %5, %6, %7 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>,
                                          tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}

// -----

// Two unknown extents may have changed places.
// CHECK-LABEL: @not_identities
// CHECK: nn.reshape
// CHECK: nn.expand
// CHECK: nn.slice
func.func @not_identities(%x: tensor<?x?xf32>, %n: index, %m: index) -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>) {
  %0 = nn.reshape %x shape [%n, %m] : tensor<?x?xf32> -> tensor<?x?xf32>
  %1 = nn.expand %x shape [%n, %m] : tensor<?x?xf32> -> tensor<?x?xf32>
  %2 = nn.slice %x offsets [0, 0] sizes [%n, %m] strides [1, 1] : tensor<?x?xf32> -> tensor<?x?xf32>
  return %0, %1, %2 : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>
}

// -----

// CHECK-LABEL: @chains
// CHECK: nn.transpose %arg0 permutation [2, 0, 1]
// CHECK-NEXT: nn.reshape %arg0 shape [24]
// CHECK-NEXT: nn.concat %arg0, %arg0 axis 0
// CHECK-NEXT: return
func.func @chains(%x: tensor<2x3x4xf32>, %e: tensor<0x3x4xf32>) -> (tensor<4x2x3xf32>, tensor<24xf32>, tensor<4x3x4xf32>) {
  %0 = nn.transpose %x permutation [1, 0, 2] : tensor<2x3x4xf32> -> tensor<3x2x4xf32>
  %1 = nn.transpose %0 permutation [2, 1, 0] : tensor<3x2x4xf32> -> tensor<4x2x3xf32>
  %2 = nn.reshape %x shape [6, 4] : tensor<2x3x4xf32> -> tensor<6x4xf32>
  %3 = nn.reshape %2 shape [24] : tensor<6x4xf32> -> tensor<24xf32>
  %4 = nn.concat %x, %e, %x axis 0 : (tensor<2x3x4xf32>, tensor<0x3x4xf32>, tensor<2x3x4xf32>) -> tensor<4x3x4xf32>
  return %1, %3, %4 : tensor<4x2x3xf32>, tensor<24xf32>, tensor<4x3x4xf32>
}

// -----

// CHECK-LABEL: @neutral
// CHECK-NEXT: return %arg0, %arg0, %arg0, %arg0
func.func @neutral(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %one = arith.constant dense<1.0> : tensor<f32>
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  %negative = arith.constant dense<-0.0> : tensor<2xf32>
  %0 = nn.elementwise <mul> %x, %one : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %1 = nn.elementwise <div> %x, %one : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %2 = nn.elementwise <sub> %x, %zero : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %3 = nn.elementwise <add> %negative, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %0, %1, %2, %3 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// -----

// -0 + 0 is 0, and a broadcast is not its operand.
// CHECK-LABEL: @not_neutral
// CHECK: nn.elementwise <add>
// CHECK: nn.elementwise <mul>
func.func @not_neutral(%x: tensor<2xf32>, %y: tensor<1xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  %one = arith.constant dense<1.0> : tensor<2xf32>
  %0 = nn.elementwise <add> %x, %zero : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %1 = nn.elementwise <mul> %y, %one : (tensor<1xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}

// -----

// CHECK-LABEL: @twice
// CHECK-NEXT: %[[RELU:.*]] = nn.elementwise <relu> %arg0
// CHECK-NEXT: return %[[RELU]], %arg0
func.func @twice(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = nn.elementwise <relu> %x : (tensor<2xf32>) -> tensor<2xf32>
  %1 = nn.elementwise <relu> %0 : (tensor<2xf32>) -> tensor<2xf32>
  %2 = nn.elementwise <neg> %x : (tensor<2xf32>) -> tensor<2xf32>
  %3 = nn.elementwise <neg> %2 : (tensor<2xf32>) -> tensor<2xf32>
  return %1, %3 : tensor<2xf32>, tensor<2xf32>
}

// -----

// CHECK-LABEL: @choice
// CHECK-NEXT: return %arg0, %arg1
func.func @choice(%x: tensor<2xf32>, %y: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %true = arith.constant dense<true> : tensor<2xi1>
  %false = arith.constant dense<false> : tensor<2xi1>
  %0 = nn.elementwise <select> %true, %x, %y : (tensor<2xi1>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %1 = nn.elementwise <select> %false, %x, %y : (tensor<2xi1>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}

// -----

// CHECK-LABEL: @constants
// CHECK: arith.constant dense<[3, -1]> : tensor<2xi64>
func.func @constants() -> tensor<2xi64> {
  %a = arith.constant 3 : index
  %b = arith.constant -1 : index
  %0 = nn.from_index %a, %b : tensor<2xi64>
  return %0 : tensor<2xi64>
}
