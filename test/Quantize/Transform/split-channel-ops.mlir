// RUN: quant-opt %s -qnt-split-channel-ops | FileCheck %s

// The bias goes into the biases of all linear maps that read it, the product stays.
// CHECK-LABEL: @linear_readers
// CHECK-SAME: %[[X:.*]]: tensor<2x8xf32>, %[[S:.*]]: tensor<6xf32>
// CHECK-DAG: %[[GAIN:.*]] = arith.constant dense<{{.*}}2.000000e+00
// CHECK-DAG: %[[BIAS:.*]] = arith.constant dense<{{.*}}5.000000e-01
// CHECK-DAG: %[[W0:.*]] = arith.constant dense<3.000000e+00> : tensor<6x8xf32>
// CHECK-DAG: %[[W1:.*]] = arith.constant dense<4.000000e+00> : tensor<4x8xf32>
// CHECK-DAG: %[[B1:.*]] = arith.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK: %[[NORM:.*]] = nn.layer_norm %[[X]] axis 1
// CHECK: %[[MUL:.*]] = nn.elementwise <mul> %[[NORM]], %[[GAIN]]
// CHECK: %[[P0:.*]] = nn.elementwise <mul> %[[W0]], %[[BIAS]]
// CHECK: %[[S0:.*]] = nn.reduce <sum> %[[P0]] axes [1] : (tensor<6x8xf32>) -> tensor<6xf32>
// CHECK: nn.linear %[[MUL]], %[[W0]] bias %[[S0]]
// CHECK: %[[P1:.*]] = nn.elementwise <mul> %[[W1]], %[[BIAS]]
// CHECK: %[[S1:.*]] = nn.reduce <sum> %[[P1]]
// CHECK: %[[SUM:.*]] = nn.elementwise <add> %[[B1]], %[[S1]]
// CHECK: nn.linear %[[MUL]], %[[W1]] bias %[[SUM]]
func.func @linear_readers(%x: tensor<2x8xf32>, %s: tensor<6xf32>) -> (tensor<2x6xf32>, tensor<2x4xf32>) {
  %gain = arith.constant dense<[1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0]> : tensor<8xf32>
  %bias = arith.constant dense<[0.5, 1.0, 0.5, 1.0, 0.5, 1.0, 0.5, 1.0]> : tensor<8xf32>
  %w0 = arith.constant dense<3.0> : tensor<6x8xf32>
  %w1 = arith.constant dense<4.0> : tensor<4x8xf32>
  %b1 = arith.constant dense<1.0> : tensor<4xf32>
  %0 = nn.layer_norm %x scale %gain bias %bias axis 1 epsilon 1.0e-5 : (tensor<2x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  %1 = nn.linear %0, %w0 : (tensor<2x8xf32>, tensor<6x8xf32>) -> tensor<2x6xf32>
  %2 = nn.linear %0, %w1 bias %b1 : (tensor<2x8xf32>, tensor<4x8xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %1, %2 : tensor<2x6xf32>, tensor<2x4xf32>
}

// A reader that is no linear map needs the sum, and then all read it.
// CHECK-LABEL: @other_reader
// CHECK: %[[NORM:.*]] = nn.layer_norm %{{.*}} axis 1
// CHECK: %[[MUL:.*]] = nn.elementwise <mul> %[[NORM]]
// CHECK: %[[ADD:.*]] = nn.elementwise <add> %[[MUL]]
// CHECK: nn.linear %[[ADD]], %{{.*}} : (tensor<2x8xf32>, tensor<6x8xf32>)
// CHECK: nn.elementwise <relu> %[[ADD]]
func.func @other_reader(%x: tensor<2x8xf32>) -> (tensor<2x6xf32>, tensor<2x8xf32>) {
  %gain = arith.constant dense<2.0> : tensor<8xf32>
  %bias = arith.constant dense<0.5> : tensor<8xf32>
  %w = arith.constant dense<3.0> : tensor<6x8xf32>
  %0 = nn.layer_norm %x scale %gain bias %bias axis 1 epsilon 1.0e-5 : (tensor<2x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  %1 = nn.linear %0, %w : (tensor<2x8xf32>, tensor<6x8xf32>) -> tensor<2x6xf32>
  %2 = nn.elementwise <relu> %0 : (tensor<2x8xf32>) -> tensor<2x8xf32>
  return %1, %2 : tensor<2x6xf32>, tensor<2x8xf32>
}

// A linear map over another activation cannot take the bias into weights.
// CHECK-LABEL: @activation_weights
// CHECK: %[[ADD:.*]] = nn.elementwise <add>
// CHECK: nn.linear %[[ADD]]
func.func @activation_weights(%x: tensor<2x8xf32>, %w: tensor<6x8xf32>) -> tensor<2x6xf32> {
  %bias = arith.constant dense<0.5> : tensor<8xf32>
  %0 = nn.layer_norm %x bias %bias axis 1 epsilon 1.0e-5 : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  %1 = nn.linear %0, %w : (tensor<2x8xf32>, tensor<6x8xf32>) -> tensor<2x6xf32>
  return %1 : tensor<2x6xf32>
}

// CHECK-LABEL: @rms
// CHECK: %[[NORM:.*]] = nn.rms_norm %{{.*}} axis 1 epsilon
// CHECK: nn.elementwise <mul> %[[NORM]]
func.func @rms(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %gain = arith.constant dense<2.0> : tensor<8xf32>
  %0 = nn.rms_norm %x scale %gain axis 1 epsilon 1.0e-5 : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// Over several axes, of an activation, in f16: as it was.
// CHECK-LABEL: @stays
// CHECK-NOT: nn.elementwise
// CHECK: nn.layer_norm %{{.*}} scale %{{.*}} axis 1
// CHECK: nn.rms_norm %{{.*}} scale %{{.*}} axis 2
// CHECK: nn.rms_norm %{{.*}} scale %{{.*}} axis 2
// CHECK-NOT: nn.elementwise
func.func @stays(%x: tensor<2x3x8xf32>, %s: tensor<8xf32>, %h: tensor<2x3x8xf16>) -> (tensor<2x3x8xf32>, tensor<2x3x8xf32>, tensor<2x3x8xf16>) {
  %gain = arith.constant dense<2.0> : tensor<3x8xf32>
  %half = arith.constant dense<2.0> : tensor<8xf16>
  %0 = nn.layer_norm %x scale %gain axis 1 epsilon 1.0e-5 : (tensor<2x3x8xf32>, tensor<3x8xf32>) -> tensor<2x3x8xf32>
  %1 = nn.rms_norm %x scale %s axis 2 epsilon 1.0e-5 : (tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32>
  %2 = nn.rms_norm %h scale %half axis 2 epsilon 1.0e-5 : (tensor<2x3x8xf16>, tensor<8xf16>) -> tensor<2x3x8xf16>
  return %0, %1, %2 : tensor<2x3x8xf32>, tensor<2x3x8xf32>, tensor<2x3x8xf16>
}
