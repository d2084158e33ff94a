// RUN: quant-opt %s --split-input-file --nibble-lower-transforms | FileCheck %s

// Blocks of which a kernel makes butterflies stay, with what is said of them.
// CHECK-LABEL: module
// CHECK-NOT: nn.linear
// CHECK: qnt.transform %arg0 to @r axis = 1 {nn.note = "why"} : tensor<?x640xf32>
// CHECK-NOT: nn.linear
module {
  qnt.basis "private" @r : 640 = #qnt.hadamard<32>
  func.func @main(%x: tensor<?x640xf32>) -> tensor<?x640xf32> {
    %0 = qnt.transform %x to @r axis = 1 {nn.note = "why"} : tensor<?x640xf32>
    return %0 : tensor<?x640xf32>
  }
}

// -----

// Other blocks: a product with one matrix, which is a weight program; that is said.
// CHECK-LABEL: module
// CHECK: qnt.basis "private" @online : 12 = #qnt.hadamard<12>
// CHECK: func.func @main
// CHECK: %[[ROWS:.*]] = nn.reshape %arg0 shape [%{{.*}}, 20, 12] : tensor<?x240xf32> -> tensor<?x20x12xf32>
// CHECK: %[[FLAT:.*]] = nn.slice %{{.*}} offsets [0] sizes [144] strides [1] : tensor<156xf32> -> tensor<144xf32>
// CHECK: %[[I:.*]] = nn.reshape %[[FLAT]] shape [12, 12] : tensor<144xf32> -> tensor<12x12xf32>
// CHECK: %[[W:.*]] = qnt.transform %[[I]] to @online axis = 0 : tensor<12x12xf32>
// CHECK: %[[Y:.*]] = nn.linear %[[ROWS]], %[[W]] {nn.note = "why; a product with a matrix of 12 channels: only blocks of a Hadamard matrix of 2 to 64, a power of two, are butterflies"} : (tensor<?x20x12xf32>, tensor<12x12xf32>) -> tensor<?x20x12xf32>
// CHECK: nn.reshape %[[Y]] shape [%{{.*}}, 240] : tensor<?x20x12xf32> -> tensor<?x240xf32>
module {
  qnt.basis "private" @r : 240 = #qnt.hadamard<12>
  func.func @main(%x: tensor<?x240xf32>) -> tensor<?x240xf32> {
    %0 = qnt.transform %x to @r axis = 1 {nn.note = "why"} : tensor<?x240xf32>
    return %0 : tensor<?x240xf32>
  }
}

// -----

// A large Hadamard matrix is two maps of fewer channels.
// CHECK-LABEL: module
// CHECK-DAG: qnt.basis "private" @online : 32 = #qnt.hadamard<32>
// CHECK-DAG: qnt.basis "private" @online_0 : 20 = #qnt.hadamard<20>
// CHECK: qnt.transform %{{.*}} to @online axis = 2 : tensor<4x20x32xf32>
// CHECK: nn.transpose %{{.*}} : tensor<4x20x32xf32> -> tensor<4x32x20xf32>
// CHECK: nn.linear %{{.*}} : (tensor<4x32x20xf32>, tensor<20x20xf32>) -> tensor<4x32x20xf32>
// CHECK: nn.transpose %{{.*}} : tensor<4x32x20xf32> -> tensor<4x20x32xf32>
module {
  qnt.basis "private" @r : 640 = #qnt.hadamard<640>
  func.func @main(%x: tensor<4x640xf32>) -> tensor<4x640xf32> {
    %0 = qnt.transform %x to @r axis = 1 : tensor<4x640xf32>
    return %0 : tensor<4x640xf32>
  }
}

// -----

// Signs and shifts are one number a channel; another axis is moved last; f16 is computed in f32.
// CHECK-LABEL: module
// CHECK: %[[WIDE:.*]] = nn.cast %arg0 : (tensor<8x?xf16>) -> tensor<8x?xf32>
// CHECK: %[[T:.*]] = nn.transpose %[[WIDE]] permutation [1, 0] : tensor<8x?xf32> -> tensor<?x8xf32>
// CHECK: %[[ONES:.*]] = arith.constant dense<1.0{{.*}}> : tensor<8xf32>
// CHECK: %[[SIGNS:.*]] = qnt.transform %[[ONES]] to @{{.*}} axis = 0 : tensor<8xf32>
// CHECK: %[[SIGNED:.*]] = nn.elementwise <mul> %[[T]], %[[SIGNS]]
// CHECK: qnt.transform %[[SIGNED]] to @{{.*}} axis = 1 : tensor<?x8xf32>
// CHECK: nn.transpose
// CHECK: nn.cast {{.*}} -> tensor<8x?xf16>
module {
  qnt.basis "private" @r : 8 = #qnt.compose<#qnt.sign<8, seed = 1>, #qnt.hadamard<8>>
  func.func @main(%x: tensor<8x?xf16>) -> tensor<8x?xf16> {
    %0 = qnt.transform %x to @r axis = 0 : tensor<8x?xf16>
    return %0 : tensor<8x?xf16>
  }
}

// -----

// A part of the channels; an inverse.
// CHECK-LABEL: module
// CHECK: nn.slice %arg0 offsets [0, 0] sizes [2, 4]
// CHECK: nn.linear {{.*}} : (tensor<2x4xf32>, tensor<4x4xf32>)
// CHECK: %[[REST:.*]] = nn.slice %arg0 offsets [0, 4] sizes [2, 3]
// CHECK: nn.concat %{{.*}}, %[[REST]] axis 1
module {
  qnt.basis "private" @r : 7 = #qnt.direct_sum<#qnt.orthogonal<4, seed = 3>, #qnt.identity<3>>
  func.func @main(%x: tensor<2x7xf32>) -> tensor<2x7xf32> {
    %0 = qnt.transform %x from @r axis = 1 : tensor<2x7xf32>
    return %0 : tensor<2x7xf32>
  }
}

// -----

// Weight programs stay: they are computed when the artifact is written.
// CHECK-LABEL: module
// CHECK: qnt.transform %{{.*}} to @r axis = 1 : tensor<4x8xf32>
module {
  qnt.basis "private" @r : 8 = #qnt.hadamard<8>
  func.func @main(%x: tensor<2x8xf32>) -> tensor<2x4xf32> {
    %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 128, hash = 1> : tensor<4x8xf32>
    %v = qnt.transform %w to @r axis = 1 : tensor<4x8xf32>
    %y = nn.linear %x, %v : (tensor<2x8xf32>, tensor<4x8xf32>) -> tensor<2x4xf32>
    return %y : tensor<2x4xf32>
  }
}
