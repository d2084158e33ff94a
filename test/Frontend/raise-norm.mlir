// RUN: quant-opt %s --nn-raise --canonicalize --split-input-file | FileCheck %s

// PyTorch: (x - mean) / sqrt(mean((x - mean)^2) + epsilon) * scale + bias.
// CHECK-LABEL: func.func @layer_norm
// CHECK-SAME: %[[X:.*]]: tensor<?x8xf32>
// CHECK-DAG: %[[S:.*]] = nn.parameter "s"
// CHECK-DAG: %[[B:.*]] = nn.parameter "b"
// CHECK: %[[Y:.*]] = nn.layer_norm %[[X]] scale %[[S]] bias %[[B]] axis 1 epsilon 9.99999974E-6
// CHECK-NEXT: return %[[Y]]
func.func @layer_norm(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %s = nn.parameter "s" at <file = "w", offset = 0, length = 32, hash = 1> : tensor<8xf32>
  %b = nn.parameter "b" at <file = "w", offset = 32, length = 32, hash = 1> : tensor<8xf32>
  %two = arith.constant dense<2.0> : tensor<f32>
  %eps = arith.constant dense<9.99999974E-6> : tensor<f32>
  %0 = nn.reduce <mean> %x axes [1] {keep_dims} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %1 = nn.elementwise <sub> %x, %0 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %2 = nn.elementwise <pow> %1, %two : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = nn.reduce <mean> %2 axes [1] {keep_dims} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %4 = nn.elementwise <add> %3, %eps : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %5 = nn.elementwise <sqrt> %4 : (tensor<?x1xf32>) -> tensor<?x1xf32>
  %6 = nn.elementwise <div> %1, %5 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %7 = nn.elementwise <mul> %6, %s : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %8 = nn.elementwise <add> %b, %7 : (tensor<8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %8 : tensor<?x8xf32>
}

// -----

// TensorFlow and JAX: mean(x^2) - mean(x)^2 of sums over the number of elements,
// the scale multiplied into the inverse deviation.
// CHECK-LABEL: func.func @layer_norm_of_moments
// CHECK: nn.layer_norm %{{.*}} scale %{{.*}} bias %{{.*}} axis 1 epsilon 9.99999997E-7
// CHECK-NEXT: return
func.func @layer_norm_of_moments(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %s = nn.parameter "s" at <file = "w", offset = 0, length = 32, hash = 1> : tensor<1x8xf32>
  %b = nn.parameter "b" at <file = "w", offset = 32, length = 32, hash = 1> : tensor<1x8xf32>
  %n = arith.constant dense<0.125> : tensor<f32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %eps = arith.constant dense<1.0e-6> : tensor<f32>
  %0 = nn.reduce <sum> %x axes [1] : (tensor<4x8xf32>) -> tensor<4xf32>
  %1 = nn.elementwise <mul> %0, %n : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = nn.elementwise <mul> %x, %x : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %3 = nn.reduce <sum> %2 axes [1] : (tensor<4x8xf32>) -> tensor<4xf32>
  %4 = nn.elementwise <mul> %3, %n : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %5 = nn.elementwise <mul> %1, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %6 = nn.elementwise <sub> %4, %5 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %7 = nn.elementwise <max> %zero, %6 : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %8 = nn.reshape %7 shape [4, 1] : tensor<4xf32> -> tensor<4x1xf32>
  %9 = nn.elementwise <add> %8, %eps : (tensor<4x1xf32>, tensor<f32>) -> tensor<4x1xf32>
  %10 = nn.elementwise <sqrt> %9 : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %11 = nn.elementwise <reciprocal> %10 : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %12 = nn.elementwise <mul> %11, %s : (tensor<4x1xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  %13 = nn.reshape %1 shape [4, 1] : tensor<4xf32> -> tensor<4x1xf32>
  %14 = nn.elementwise <sub> %x, %13 : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  %15 = nn.elementwise <mul> %14, %12 : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %16 = nn.elementwise <add> %15, %b : (tensor<4x8xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  return %16 : tensor<4x8xf32>
}

// -----

// CHECK-LABEL: func.func @rms_norm
// CHECK-SAME: %[[X:.*]]: tensor<?x8xf32>
// CHECK: %[[Y:.*]] = nn.rms_norm %[[X]] scale %{{.*}} axis 1 epsilon
// CHECK-NEXT: return %[[Y]]
func.func @rms_norm(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %s = nn.parameter "s" at <file = "w", offset = 0, length = 32, hash = 1> : tensor<8xf32>
  %eps = arith.constant dense<1.0e-5> : tensor<f32>
  %power = arith.constant dense<-0.5> : tensor<f32>
  %0 = nn.elementwise <mul> %x, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = nn.reduce <mean> %0 axes [1] {keep_dims} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %2 = nn.elementwise <add> %eps, %1 : (tensor<f32>, tensor<?x1xf32>) -> tensor<?x1xf32>
  %3 = nn.elementwise <pow> %2, %power : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %4 = nn.elementwise <mul> %x, %3 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %5 = nn.elementwise <mul> %s, %4 : (tensor<8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// -----

// The mean of another value.
// CHECK-LABEL: func.func @no_norm
// CHECK-NOT: _norm
// CHECK: return
func.func @no_norm(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %eps = arith.constant dense<1.0e-5> : tensor<f32>
  %0 = nn.elementwise <mul> %y, %y : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = nn.reduce <mean> %0 axes [1] {keep_dims} : (tensor<4x8xf32>) -> tensor<4x1xf32>
  %2 = nn.elementwise <add> %eps, %1 : (tensor<f32>, tensor<4x1xf32>) -> tensor<4x1xf32>
  %3 = nn.elementwise <sqrt> %2 : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %4 = nn.elementwise <div> %x, %3 : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  return %4 : tensor<4x8xf32>
}

// -----

// Over an axis that is not the last.
// CHECK-LABEL: func.func @no_trailing_axis
// CHECK-NOT: nn.rms_norm
// CHECK: return
func.func @no_trailing_axis(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %eps = arith.constant dense<1.0e-5> : tensor<f32>
  %0 = nn.elementwise <mul> %x, %x : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = nn.reduce <mean> %0 axes [0] {keep_dims} : (tensor<4x8xf32>) -> tensor<1x8xf32>
  %2 = nn.elementwise <add> %eps, %1 : (tensor<f32>, tensor<1x8xf32>) -> tensor<1x8xf32>
  %3 = nn.elementwise <sqrt> %2 : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %4 = nn.elementwise <div> %x, %3 : (tensor<4x8xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  return %4 : tensor<4x8xf32>
}
