// RUN: quant-opt %s | quant-opt | FileCheck %s
// RUN: quant-opt --mlir-print-op-generic %s | quant-opt | FileCheck %s

#w4 = #qnt.format<int<4>, block = [1, 32], scale = f16>
#a8 = #qnt.format<int<8>, block = [1, -1], scale = f32>
#kv = #qnt.format<int<8>, block = [1, 1, 1, -1], scale = f32>

// CHECK-LABEL: @parameter
func.func @parameter() -> tensor<2x3xf32> {
  // CHECK: nn.parameter "w" at <file = "w.bin", offset = 64, length = 24, hash = 7> : tensor<2x3xf32>
  %0 = nn.parameter "w" at <file = "w.bin", offset = 64, length = 24, hash = 7> : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: @linear
func.func @linear(%x: tensor<?x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xf32>,
                  %q: !qnt.tensor<?x64, #a8>, %qw: !qnt.tensor<8x64, #w4>) {
  // CHECK: nn.linear %{{.*}}, %{{.*}} bias %{{.*}} : (tensor<?x64xf32>, tensor<8x64xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %0 = nn.linear %x, %w bias %b : (tensor<?x64xf32>, tensor<8x64xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  // CHECK: nn.linear %{{.*}}, %{{.*}} : (!qnt.tensor<?x64, {{.*}}>, !qnt.tensor<8x64, {{.*}}>) -> tensor<?x8xf32>
  %1 = nn.linear %q, %qw : (!qnt.tensor<?x64, #a8>, !qnt.tensor<8x64, #w4>) -> tensor<?x8xf32>
  return
}

// CHECK-LABEL: @contractions
func.func @contractions(%a: tensor<2x1x3x4xf32>, %b: tensor<5x6x4xf32>, %x: tensor<1x4x8x8xf32>,
                        %f: tensor<6x2x3x3xf32>, %g: tensor<4x3x2x2xf32>, %t: tensor<10x4xf32>,
                        %i: tensor<2x3xi64>) {
  // CHECK: nn.matmul %{{.*}}, %{{.*}} {transpose_rhs}
  %0 = nn.matmul %a, %b {transpose_rhs} : (tensor<2x1x3x4xf32>, tensor<5x6x4xf32>) -> tensor<2x5x3x6xf32>
  // CHECK: nn.conv %{{.*}}, %{{.*}} strides [2, 1] padding [1, 1, 0, 2] dilations [1, 1] {groups = 2 : i64}
  %1 = nn.conv %x, %f strides [2, 1] padding [1, 1, 0, 2] dilations [1, 1] {groups = 2 : i64}
    : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x4x8xf32>
  // CHECK: nn.conv_transpose %{{.*}}, %{{.*}} strides [2, 2] padding [0, 0, 0, 0] dilations [1, 1] output_padding [1, 0]
  %2 = nn.conv_transpose %x, %g strides [2, 2] padding [0, 0, 0, 0] dilations [1, 1] output_padding [1, 0]
    : (tensor<1x4x8x8xf32>, tensor<4x3x2x2xf32>) -> tensor<1x3x17x16xf32>
  // CHECK: nn.embedding
  %3 = nn.embedding %t, %i : (tensor<10x4xf32>, tensor<2x3xi64>) -> tensor<2x3x4xf32>
  return
}

// CHECK-LABEL: @norms
func.func @norms(%x: tensor<2x4x6xf32>, %s: tensor<6xf32>, %c: tensor<4xf32>) {
  // CHECK: nn.layer_norm %{{.*}} scale %{{.*}} bias %{{.*}} axis 2 epsilon 9.99999974E-6
  %0 = nn.layer_norm %x scale %s bias %s axis 2 epsilon 1.0e-5 : (tensor<2x4x6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<2x4x6xf32>
  // CHECK: nn.rms_norm %{{.*}} axis 1 epsilon
  %1 = nn.rms_norm %x axis 1 epsilon 1.0e-5 : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  // CHECK: nn.group_norm %{{.*}} scale %{{.*}} bias %{{.*}} groups 2 epsilon
  %2 = nn.group_norm %x scale %c bias %c groups 2 epsilon 1.0e-5 : (tensor<2x4x6xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x6xf32>
  // CHECK: nn.softmax %{{.*}} axis 1 {log}
  %3 = nn.softmax %x axis 1 {log} : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  return
}

// CHECK-LABEL: @pointwise
func.func @pointwise(%x: tensor<2x4x6xf32>, %y: tensor<1x6xf32>, %m: tensor<2x4x6xi1>, %z: tensor<?x?x?xf32>,
                     %i: tensor<1x3x5x7xf32>, %n: index) {
  // CHECK: nn.elementwise <add> %{{.*}}, %{{.*}} :
  %0 = nn.elementwise <add> %x, %y : (tensor<2x4x6xf32>, tensor<1x6xf32>) -> tensor<2x4x6xf32>
  // CHECK: nn.elementwise <clip> %{{.*}} {alpha = 0.000000e+00 : f64, beta = 6.000000e+00 : f64}
  %1 = nn.elementwise <clip> %x {alpha = 0.0 : f64, beta = 6.0 : f64} : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  // CHECK: nn.elementwise <select>
  %2 = nn.elementwise <select> %m, %x, %y : (tensor<2x4x6xi1>, tensor<2x4x6xf32>, tensor<1x6xf32>) -> tensor<2x4x6xf32>
  // CHECK: nn.elementwise <less>
  %3 = nn.elementwise <less> %z, %z : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xi1>
  // CHECK: nn.cast
  %4 = nn.cast %x : (tensor<2x4x6xf32>) -> tensor<2x4x6xi8>
  // CHECK: nn.reduce <mean> %{{.*}} axes [0, 2] {keep_dims}
  %5 = nn.reduce <mean> %x axes [0, 2] {keep_dims} : (tensor<2x4x6xf32>) -> tensor<1x4x1xf32>
  // CHECK: nn.arg_reduce %{{.*}} axis 1 {smallest}
  %6 = nn.arg_reduce %x axis 1 {smallest} : (tensor<2x4x6xf32>) -> tensor<2x6xi64>
  // CHECK: nn.cumsum %{{.*}} axis 0 {exclusive, reverse}
  %7 = nn.cumsum %x axis 0 {exclusive, reverse} : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  // CHECK: nn.pool <max> %{{.*}} window [2, 2] strides [2, 2] padding [0, 0, 0, 0] dilations [1, 1] {ceil_mode}
  %8 = nn.pool <max> %i window [2, 2] strides [2, 2] padding [0, 0, 0, 0] dilations [1, 1] {ceil_mode} : (tensor<1x3x5x7xf32>) -> tensor<1x3x3x4xf32>
  // CHECK: nn.resize <nearest> <asymmetric> %{{.*}} sizes %{{.*}}, %{{.*}}
  %9 = nn.resize <nearest> <asymmetric> %i sizes %n, %n : (tensor<1x3x5x7xf32>, index, index) -> tensor<1x3x?x?xf32>
  // CHECK: nn.resize <linear> <half_pixel> %{{.*}} {scales = array<f32: 2.000000e+00, 2.000000e+00>}
  %10 = nn.resize <linear> <half_pixel> %i {scales = array<f32: 2.0, 2.0>} : (tensor<1x3x5x7xf32>) -> tensor<1x3x10x14xf32>
  return
}

// CHECK-LABEL: @moves
func.func @moves(%x: tensor<?x6xf32>, %n: index, %i: tensor<3xi32>, %p: tensor<2xi32>, %s: tensor<f32>, %q: !qnt.tensor<2x6, #a8>) {
  // CHECK: nn.reshape %{{.*}} shape [%{{.*}}, 2, 3] : tensor<?x6xf32> -> tensor<?x2x3xf32>
  %0 = nn.reshape %x shape [%n, 2, 3] : tensor<?x6xf32> -> tensor<?x2x3xf32>
  // CHECK: nn.transpose %{{.*}} permutation [1, 0]
  %1 = nn.transpose %x permutation [1, 0] : tensor<?x6xf32> -> tensor<6x?xf32>
  // CHECK: nn.reshape %{{.*}} shape [1, 2, 6] : !qnt.tensor
  %2 = nn.reshape %q shape [1, 2, 6] : !qnt.tensor<2x6, #a8> -> !qnt.tensor<1x2x6, #a8>
  // CHECK: nn.expand %{{.*}} shape [4, %{{.*}}, 6]
  %3 = nn.expand %x shape [4, %n, 6] : tensor<?x6xf32> -> tensor<4x?x6xf32>
  // CHECK: nn.slice %{{.*}} offsets [%{{.*}}, 5] sizes [1, 3] strides [1, -2]
  %4 = nn.slice %x offsets [%n, 5] sizes [1, 3] strides [1, -2] : tensor<?x6xf32> -> tensor<1x3xf32>
  // CHECK: nn.concat %{{.*}}, %{{.*}} axis 0
  %5 = nn.concat %x, %x axis 0 : (tensor<?x6xf32>, tensor<?x6xf32>) -> tensor<?x6xf32>
  // CHECK: nn.gather %{{.*}}, %{{.*}} axis 1
  %6 = nn.gather %x, %i axis 1 : (tensor<?x6xf32>, tensor<3xi32>) -> tensor<?x3xf32>
  // CHECK: nn.gather_nd
  %7 = nn.gather_nd %x, %p : (tensor<?x6xf32>, tensor<2xi32>) -> tensor<f32>
  // CHECK: nn.pad <constant> %{{.*}} value %{{.*}} low [1, 0] high [0, -2]
  %8 = nn.pad <constant> %x value %s low [1, 0] high [0, -2] : (tensor<?x6xf32>, tensor<f32>) -> tensor<?x4xf32>
  // CHECK: nn.iota size %{{.*}} start %{{.*}} step %{{.*}}
  %9 = nn.iota size %n start %s step %s : (index, tensor<f32>, tensor<f32>) -> tensor<?xf32>
  // CHECK: nn.from_index %{{.*}}, %{{.*}} : tensor<2xi64>
  %10 = nn.from_index %n, %n : tensor<2xi64>
  return
}

// CHECK-LABEL: @sequences
func.func @sequences(%q: tensor<?x4x?x8xf32>, %k: tensor<?x2x?x8xf32>, %m: tensor<1x1x?x?xi1>, %l: tensor<?xi64>,
                     %c: tensor<1x?x4xf32>, %x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>,
                     %b: tensor<1x32xf32>, %gw: tensor<2x12x3xf32>, %gr: tensor<2x12x4xf32>,
                     %u: tensor<1x7x4xf32>, %a: tensor<4x2xf32>, %sb: tensor<1x7x2xf32>, %d: tensor<4xf32>, %h: tensor<1x4x2xf32>,
                     %qk: !qnt.tensor<1x2x?x8, #kv>, %s: tensor<5x2x32xf32>, %rp: tensor<2x1x4x4x8xf32>, %hs: tensor<2x2x4xf32>,
                     %gs: tensor<5x2x12xf32>, %grp: tensor<1x1x4x3x8xf32>) {
  // CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} mask %{{.*}} lengths %{{.*}} scale 3.535000e-01 {causal, window = 64 : i64}
  %0 = nn.attention %q, %k, %k mask %m lengths %l scale 0.3535 {causal, window = 64 : i64}
    : (tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<1x1x?x?xi1>, tensor<?xi64>) -> tensor<?x4x?x8xf32>
  // CHECK: nn.rope %{{.*}}, %{{.*}}, %{{.*}} {interleaved}
  %1 = nn.rope %q, %c, %c {interleaved} : (tensor<?x4x?x8xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>) -> tensor<?x4x?x8xf32>
  // CHECK: nn.cache_update %{{.*}}, %{{.*}} axis 2
  %2 = nn.cache_update %qk, %qk axis 2 : (!qnt.tensor<1x2x?x8, #kv>, !qnt.tensor<1x2x?x8, #kv>) -> !qnt.tensor<1x2x?x8, #kv>
  // CHECK: nn.lstm %{{.*}}, %{{.*}}, %{{.*}} bias %{{.*}} {direction = #nn.direction<reverse>}
  %3:3 = nn.lstm %x, %w, %r bias %b {direction = #nn.direction<reverse>}
    : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x32xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  // CHECK: nn.gru %{{.*}}, %{{.*}}, %{{.*}} {direction = #nn.direction<bidirectional>, linear_before_reset}
  %4:2 = nn.gru %x, %gw, %gr {direction = #nn.direction<bidirectional>, linear_before_reset}
    : (tensor<5x2x3xf32>, tensor<2x12x3xf32>, tensor<2x12x4xf32>) -> (tensor<5x2x2x4xf32>, tensor<2x2x4xf32>)
  // CHECK: nn.recurrence <lstm> %{{.*}}, %{{.*}} initial_h %{{.*}} initial_c %{{.*}} {direction = #nn.direction<bidirectional>}
  %6:3 = nn.recurrence <lstm> %s, %rp initial_h %hs initial_c %hs {direction = #nn.direction<bidirectional>}
    : (tensor<5x2x32xf32>, tensor<2x1x4x4x8xf32>, tensor<2x2x4xf32>, tensor<2x2x4xf32>) -> (tensor<5x2x2x4xf32>, tensor<2x2x4xf32>, tensor<2x2x4xf32>)
  // CHECK: nn.recurrence <gru_linear_before_reset> %{{.*}}, %{{.*}} :
  %7:2 = nn.recurrence <gru_linear_before_reset> %gs, %grp : (tensor<5x2x12xf32>, tensor<1x1x4x3x8xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>)
  // CHECK: nn.selective_scan
  %5:2 = nn.selective_scan %u, %u, %a, %sb, %sb, %d, %h
    : (tensor<1x7x4xf32>, tensor<1x7x4xf32>, tensor<4x2xf32>, tensor<1x7x2xf32>, tensor<1x7x2xf32>, tensor<4xf32>, tensor<1x4x2xf32>)
    -> (tensor<1x7x4xf32>, tensor<1x4x2xf32>)
  return
}
