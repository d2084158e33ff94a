// RUN: quant-opt %s --nn-raise --canonicalize --split-input-file | FileCheck %s

// x / 2 (1 + erf(x / sqrt(2))), in three orders.
// CHECK-LABEL: func.func @gelu
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>
// CHECK-NEXT: %[[Y:.*]] = nn.elementwise <gelu> %[[X]] : (tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT: return %[[Y]]
func.func @gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant dense<1.41421354> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %half = arith.constant dense<0.5> : tensor<f32>
  %0 = nn.elementwise <div> %x, %s : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = nn.elementwise <erf> %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = nn.elementwise <add> %1, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = nn.elementwise <mul> %x, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = nn.elementwise <mul> %3, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @gelu_of_product
// CHECK: %[[P:.*]] = nn.elementwise <mul>
// CHECK-NEXT: nn.elementwise <gelu> %[[P]]
// CHECK-NEXT: return
func.func @gelu_of_product(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant dense<0.707106769> : tensor<1xf32>
  %half = arith.constant dense<0.5> : tensor<4xf32>
  %x = nn.elementwise <mul> %a, %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %0 = nn.elementwise <mul> %s, %x : (tensor<1xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = nn.elementwise <erf> %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = nn.elementwise <mul> %half, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = nn.elementwise <add> %half, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = nn.elementwise <mul> %3, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// -----

// Another factor in erf: no GELU.
// CHECK-LABEL: func.func @no_gelu
// CHECK-NOT: <gelu>
// CHECK: <erf>
func.func @no_gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant dense<0.8> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %half = arith.constant dense<0.5> : tensor<f32>
  %0 = nn.elementwise <mul> %x, %s : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = nn.elementwise <erf> %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = nn.elementwise <add> %1, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = nn.elementwise <mul> %x, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = nn.elementwise <mul> %3, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// -----

// The tanh form, its cubic written as products (magika) and as a power.
// CHECK-LABEL: func.func @gelu_tanh
// CHECK-NEXT: %[[A:.*]] = nn.elementwise <gelu_tanh>
// CHECK-NEXT: %[[B:.*]] = nn.elementwise <gelu_tanh>
// CHECK-NEXT: return %[[A]], %[[B]]
func.func @gelu_tanh(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %c = arith.constant dense<0.044714998> : tensor<f32>
  %r = arith.constant dense<0.797884583> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %half = arith.constant dense<0.5> : tensor<f32>
  %three = arith.constant dense<3.0> : tensor<f32>
  %0 = nn.elementwise <mul> %c, %x : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = nn.elementwise <mul> %x, %0 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %2 = nn.elementwise <mul> %x, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = nn.elementwise <add> %x, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = nn.elementwise <mul> %r, %3 : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %5 = nn.elementwise <tanh> %4 : (tensor<4xf32>) -> tensor<4xf32>
  %6 = nn.elementwise <add> %one, %5 : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %7 = nn.elementwise <mul> %half, %6 : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %8 = nn.elementwise <mul> %x, %7 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %9 = nn.elementwise <pow> %y, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %10 = nn.elementwise <mul> %9, %c : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %11 = nn.elementwise <add> %y, %10 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %12 = nn.elementwise <mul> %11, %r : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %13 = nn.elementwise <tanh> %12 : (tensor<4xf32>) -> tensor<4xf32>
  %14 = nn.elementwise <add> %13, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %15 = nn.elementwise <mul> %y, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %16 = nn.elementwise <mul> %15, %14 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %8, %16 : tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @gated
// CHECK-NEXT: %[[A:.*]] = nn.elementwise <silu> %[[X:.*]] :
// CHECK-NEXT: %[[B:.*]] = nn.elementwise <quick_gelu> %[[X]] {alpha = 1.70{{.*}} : f64}
// CHECK-NEXT: %[[C:.*]] = nn.elementwise <hard_swish> %[[X]]
// CHECK-NEXT: %[[D:.*]] = nn.elementwise <hard_swish> %[[X]]
// CHECK-NEXT: %[[E:.*]] = nn.elementwise <mish> %[[X]]
// CHECK-NEXT: return %[[A]], %[[B]], %[[C]], %[[D]], %[[E]]
func.func @gated(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %k = arith.constant dense<1.702> : tensor<f32>
  %three = arith.constant dense<3.0> : tensor<f32>
  %six = arith.constant dense<6.0> : tensor<f32>
  %0 = nn.elementwise <sigmoid> %x : (tensor<4xf32>) -> tensor<4xf32>
  %a = nn.elementwise <mul> %0, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = nn.elementwise <mul> %x, %k : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = nn.elementwise <sigmoid> %1 : (tensor<4xf32>) -> tensor<4xf32>
  %b = nn.elementwise <mul> %x, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = nn.elementwise <add> %x, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %4 = nn.elementwise <clip> %3 {alpha = 0.0 : f64, beta = 6.0 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  %5 = nn.elementwise <mul> %x, %4 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %c = nn.elementwise <div> %5, %six : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %6 = nn.elementwise <hard_sigmoid> %x {alpha = 0.16666667 : f64, beta = 0.5 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  %d = nn.elementwise <mul> %x, %6 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %7 = nn.elementwise <softplus> %x : (tensor<4xf32>) -> tensor<4xf32>
  %8 = nn.elementwise <tanh> %7 : (tensor<4xf32>) -> tensor<4xf32>
  %e = nn.elementwise <mul> %8, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %a, %b, %c, %d, %e : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// The gate of another value is a product.
// CHECK-LABEL: func.func @glu
// CHECK: nn.elementwise <sigmoid>
// CHECK: nn.elementwise <mul>
func.func @glu(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = nn.elementwise <sigmoid> %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = nn.elementwise <mul> %0, %y : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @softmax
// CHECK-SAME: %[[X:.*]]: tensor<?x8xf32>
// CHECK-NEXT: %[[Y:.*]] = nn.softmax %[[X]] axis 1
// CHECK-NEXT: return %[[Y]]
func.func @softmax(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = nn.reduce <max> %x axes [1] {keep_dims} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %1 = nn.elementwise <sub> %x, %0 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %2 = nn.elementwise <exp> %1 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = nn.reduce <sum> %2 axes [1] {keep_dims} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %4 = nn.elementwise <div> %2, %3 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// -----

// The sum of other exponentials.
// CHECK-LABEL: func.func @no_softmax
// CHECK-NOT: nn.softmax
// CHECK: return
func.func @no_softmax(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %2 = nn.elementwise <exp> %x : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %3 = nn.elementwise <exp> %y : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %4 = nn.reduce <sum> %3 axes [1] {keep_dims} : (tensor<4x8xf32>) -> tensor<4x1xf32>
  %5 = nn.elementwise <div> %2, %4 : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  return %5 : tensor<4x8xf32>
}
