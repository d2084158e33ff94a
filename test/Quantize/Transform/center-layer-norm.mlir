// RUN: quant-opt %s -split-input-file -qnt-center-layer-norm -verify-diagnostics | FileCheck %s

// All that reads the stream ignores its mean: whatever writes to it takes the mean out. A table's rows, positions, a weight and its bias.
// CHECK-LABEL: @stream
// CHECK-DAG: %[[TABLE:.*]] = arith.constant dense<{{.*}}> : tensor<2x4xf32>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<{{.*}}> : tensor<4x3xf32>
// CHECK: %[[M0:.*]] = nn.reduce <mean> %[[TABLE]] axes [1] {keep_dims} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK: %[[T0:.*]] = nn.elementwise <sub> %[[TABLE]], %[[M0]]
// CHECK: nn.embedding %[[T0]]
// CHECK: %[[M1:.*]] = nn.reduce <mean> %[[POSITION:.*]] axes [1] {keep_dims} : (tensor<5x4xf32>) -> tensor<5x1xf32>
// CHECK: %[[T1:.*]] = nn.elementwise <sub> %[[POSITION]], %[[M1]]
// CHECK: %[[X:.*]] = nn.elementwise <add> %{{.*}}, %[[T1]]
// CHECK: %[[R0:.*]] = nn.rms_norm %[[X]] axis 2 epsilon 9.99999974E-6
// CHECK-DAG: %[[M2:.*]] = nn.reduce <mean> %[[W]] axes [0] {keep_dims} : (tensor<4x3xf32>) -> tensor<1x3xf32>
// CHECK-DAG: %[[T2:.*]] = nn.elementwise <sub> %[[W]], %[[M2]]
// CHECK-DAG: %[[M3:.*]] = nn.reduce <mean> %[[BIAS:.*]] axes [0] {keep_dims} : (tensor<4xf32>) -> tensor<1xf32>
// CHECK-DAG: %[[T3:.*]] = nn.elementwise <sub> %[[BIAS]], %[[M3]]
// CHECK: nn.linear %{{.*}}, %[[T2]] bias %[[T3]]
// CHECK: %[[R1:.*]] = nn.rms_norm %{{.*}} scale %{{.*}} axis 2
// CHECK: nn.elementwise <add> %[[R1]]
// CHECK-NOT: nn.layer_norm
func.func @stream(%ids: tensor<2x5xi64>) -> tensor<2x5x4xf32> {
  %table = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 9.0]]> : tensor<2x4xf32>
  %positions = arith.constant dense<0.25> : tensor<5x4xf32>
  %up = arith.constant dense<0.5> : tensor<3x4xf32>
  %down = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [1.0, 1.0, 1.0]]> : tensor<4x3xf32>
  %bias = arith.constant dense<[1.0, 2.0, 3.0, 5.0]> : tensor<4xf32>
  %gain = arith.constant dense<[1.0, 2.0, 3.0, 6.0]> : tensor<4xf32>
  %0 = nn.embedding %table, %ids : (tensor<2x4xf32>, tensor<2x5xi64>) -> tensor<2x5x4xf32>
  %1 = nn.elementwise <add> %0, %positions : (tensor<2x5x4xf32>, tensor<5x4xf32>) -> tensor<2x5x4xf32>
  %2 = nn.layer_norm %1 axis 2 epsilon 1.0e-5 : (tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %3 = nn.linear %2, %up : (tensor<2x5x4xf32>, tensor<3x4xf32>) -> tensor<2x5x3xf32>
  %4 = nn.elementwise <relu> %3 : (tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
  %5 = nn.linear %4, %down bias %bias : (tensor<2x5x3xf32>, tensor<4x3xf32>, tensor<4xf32>) -> tensor<2x5x4xf32>
  %6 = nn.elementwise <add> %1, %5 : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %7 = nn.layer_norm %6 scale %gain bias %bias axis 2 epsilon 1.0e-5 : (tensor<2x5x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x5x4xf32>
  return %7 : tensor<2x5x4xf32>
}

// -----

// CHECK-LABEL: @linear_reads_the_mean
// CHECK: nn.layer_norm
func.func @linear_reads_the_mean(%ids: tensor<5xi64>) -> (tensor<5x4xf32>, tensor<5x3xf32>) {
  %table = arith.constant dense<0.5> : tensor<2x4xf32>
  %w = arith.constant dense<0.25> : tensor<3x4xf32>
  %0 = nn.embedding %table, %ids : (tensor<2x4xf32>, tensor<5xi64>) -> tensor<5x4xf32>
  // expected-remark @below {{stays a layer norm: linear 'head' reads the mean}}
  %1 = nn.layer_norm %0 axis 1 epsilon 1.0e-5 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  %2 = nn.linear %0, %w : (tensor<5x4xf32>, tensor<3x4xf32>) -> tensor<5x3xf32> loc("head")
  return %1, %2 : tensor<5x4xf32>, tensor<5x3xf32>
}

// -----

// Post-norm: the gain of one norm writes to the next one's input.
// CHECK-LABEL: @gain_writes
// CHECK-COUNT-2: nn.layer_norm
func.func @gain_writes(%ids: tensor<5xi64>) -> tensor<5x4xf32> {
  %table = arith.constant dense<0.5> : tensor<2x4xf32>
  %w = arith.constant dense<0.25> : tensor<4x4xf32>
  %gain = arith.constant dense<[1.0, 2.0, 3.0, 6.0]> : tensor<4xf32>
  %0 = nn.embedding %table, %ids : (tensor<2x4xf32>, tensor<5xi64>) -> tensor<5x4xf32>
  %x = nn.elementwise <relu> %0 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  // expected-remark @below {{stays a layer norm: no linear map over f32 writes the one axis that elementwise relu gives it}}
  %1 = nn.layer_norm %x axis 1 epsilon 1.0e-5 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  %2 = nn.elementwise <mul> %1, %gain : (tensor<5x4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %3 = nn.linear %2, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  %4 = nn.elementwise <add> %2, %3 : (tensor<5x4xf32>, tensor<5x4xf32>) -> tensor<5x4xf32>
  // expected-remark @below {{stays a layer norm: elementwise mul lets permutation|sign|scale through}}
  %5 = nn.layer_norm %4 axis 1 epsilon 1.0e-5 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return %5 : tensor<5x4xf32>
}

// -----

// CHECK-LABEL: @graph_input
// CHECK: nn.layer_norm
func.func @graph_input(%x: tensor<5x4xf32> {nn.name = "features"}) -> tensor<5x4xf32> {
  // expected-remark @below {{stays a layer norm: no linear map over f32 writes the one axis that an argument gives it}}
  %0 = nn.layer_norm %x axis 1 epsilon 1.0e-5 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return %0 : tensor<5x4xf32>
}

// -----

// What is written in heads has no mean over all channels to take out.
// CHECK-LABEL: @parts
// CHECK: nn.layer_norm
func.func @parts(%ids: tensor<5xi64>) -> tensor<5x2x4xf32> {
  %table = arith.constant dense<0.5> : tensor<2x8xf32>
  %0 = nn.embedding %table, %ids : (tensor<2x8xf32>, tensor<5xi64>) -> tensor<5x8xf32>
  %1 = nn.reshape %0 shape [5, 2, 4] : tensor<5x8xf32> -> tensor<5x2x4xf32>
  // expected-remark @below {{stays a layer norm: the channels of embedding are parted}}
  %2 = nn.layer_norm %1 axis 2 epsilon 1.0e-5 : (tensor<5x2x4xf32>) -> tensor<5x2x4xf32>
  return %2 : tensor<5x2x4xf32>
}

// -----

// Two norms of one stream: the reason is said once.
// CHECK-LABEL: @twice
// CHECK-COUNT-2: nn.layer_norm
func.func @twice(%ids: tensor<5xi64>) -> (tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>) {
  %table = arith.constant dense<0.5> : tensor<2x4xf32>
  %0 = nn.embedding %table, %ids : (tensor<2x4xf32>, tensor<5xi64>) -> tensor<5x4xf32>
  // expected-remark @below {{stays a layer norm, as 1 more of the same channels: graph output}}
  %1 = nn.layer_norm %0 axis 1 epsilon 1.0e-5 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  %2 = nn.layer_norm %0 axis 1 epsilon 1.0e-6 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return %0, %1, %2 : tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>
}

// -----

// Half of what one linear map writes: the other half keeps its mean.
// CHECK-LABEL: @half
// CHECK: %[[W:.*]] = arith.constant dense<[{{.*}}]> : tensor<8x3xf32>
// CHECK: %[[LOW:.*]] = nn.slice %[[W]] offsets [0, 0] sizes [4, 3]
// CHECK: %[[MEAN:.*]] = nn.reduce <mean> %[[LOW]] axes [0] {keep_dims}
// CHECK: %[[CENTRED:.*]] = nn.elementwise <sub> %[[LOW]], %[[MEAN]]
// CHECK: %[[HIGH:.*]] = nn.slice %[[W]] offsets [4, 0] sizes [4, 3]
// CHECK: %[[ALL:.*]] = nn.concat %[[CENTRED]], %[[HIGH]] axis 0
// CHECK: nn.linear %{{.*}}, %[[ALL]]
// CHECK: nn.rms_norm
func.func @half(%x: tensor<5x3xf32>) -> (tensor<5x4xf32>, tensor<5x4xf32>) {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [2.0, 3.0, 4.0], [3.0, 4.0, 5.0], [4.0, 5.0, 6.0], [5.0, 6.0, 7.0], [6.0, 7.0, 8.0], [7.0, 8.0, 9.0], [8.0, 9.0, 10.0]]> : tensor<8x3xf32>
  %0 = nn.linear %x, %w : (tensor<5x3xf32>, tensor<8x3xf32>) -> tensor<5x8xf32>
  %1 = nn.slice %0 offsets [0, 0] sizes [5, 4] strides [1, 1] : tensor<5x8xf32> -> tensor<5x4xf32>
  %2 = nn.slice %0 offsets [0, 4] sizes [5, 4] strides [1, 1] : tensor<5x8xf32> -> tensor<5x4xf32>
  %3 = nn.layer_norm %1 axis 1 epsilon 1.0e-5 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  %4 = nn.elementwise <relu> %2 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return %3, %4 : tensor<5x4xf32>, tensor<5x4xf32>
}

// -----

// Of what a gain multiplies the mean is not that of its product.
// CHECK-LABEL: @gain_reads
// CHECK: nn.layer_norm
func.func @gain_reads(%ids: tensor<5xi64>) -> (tensor<5x4xf32>, tensor<5x3xf32>) {
  %table = arith.constant dense<0.5> : tensor<2x4xf32>
  %w = arith.constant dense<0.25> : tensor<3x4xf32>
  %gain = arith.constant dense<[1.0, 2.0, 3.0, 6.0]> : tensor<4xf32>
  %0 = nn.embedding %table, %ids : (tensor<2x4xf32>, tensor<5xi64>) -> tensor<5x4xf32>
  // expected-remark @below {{stays a layer norm: elementwise mul 'gain' multiplies by a gain}}
  %1 = nn.layer_norm %0 axis 1 epsilon 1.0e-5 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  %2 = nn.elementwise <mul> %0, %gain : (tensor<5x4xf32>, tensor<4xf32>) -> tensor<5x4xf32> loc("gain")
  %3 = nn.linear %2, %w : (tensor<5x4xf32>, tensor<3x4xf32>) -> tensor<5x3xf32>
  return %1, %3 : tensor<5x4xf32>, tensor<5x3xf32>
}

// -----

// CHECK-LABEL: @codes
// CHECK: nn.layer_norm
func.func @codes(%x: tensor<5x3xf32>) -> tensor<5x4xf32> {
  %w = arith.constant dense<0.25> : tensor<4x3xf32>
  %q = qnt.quantize %w : tensor<4x3xf32> -> !qnt.tensor<4x3, #qnt.format<int<8>, block = [1, -1], scale = f32>>
  %0 = nn.linear %x, %q : (tensor<5x3xf32>, !qnt.tensor<4x3, #qnt.format<int<8>, block = [1, -1], scale = f32>>) -> tensor<5x4xf32> loc("up")
  // expected-remark @below {{stays a layer norm: no linear map over f32 writes the one axis that linear 'up' gives it}}
  %1 = nn.layer_norm %0 axis 1 epsilon 1.0e-5 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return %1 : tensor<5x4xf32>
}

// -----

// CHECK-LABEL: @dynamic_weights
// CHECK: nn.layer_norm
func.func @dynamic_weights(%ids: tensor<5xi64>) -> tensor<5x4xf32> {
  %table = arith.constant dense<0.5> : tensor<2x4xf32>
  %n = arith.constant 2 : index
  %t = nn.reshape %table shape [%n, 4] : tensor<2x4xf32> -> tensor<?x4xf32>
  %0 = nn.embedding %t, %ids : (tensor<?x4xf32>, tensor<5xi64>) -> tensor<5x4xf32> loc("table")
  // expected-remark @below {{stays a layer norm: embedding 'table' has weights whose shape is not static}}
  %1 = nn.layer_norm %0 axis 1 epsilon 1.0e-5 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return %1 : tensor<5x4xf32>
}
