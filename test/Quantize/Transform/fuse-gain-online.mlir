// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: quant-opt one.mlir --pass-pipeline='builtin.module(qnt-insert-transforms{block=8},qnt-fuse-transforms,qnt-verify-equivalence{against=one.mlir bound=1e-5 extents=t=7})' --mlir-print-op-on-diagnostic=false 2> remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < remarks
// RUN: quant-opt two.mlir --pass-pipeline='builtin.module(qnt-insert-transforms{block=8},qnt-fuse-transforms,qnt-verify-equivalence{against=two.mlir bound=1e-5 extents=t=7})' --mlir-print-op-on-diagnostic=false | FileCheck %s --check-prefix=TWO

// One rotation at run time serves a linear map and another one behind a gain,
// which that one's weights take: both read the rotated value then.
// REMARK: remark: {{.*}}: its input is rotated at run time by blocks of 8: elementwise clip 'clip' lets permutation through
// REMARK: remark: output 0 'y': largest relative difference {{.*}}e-0
// REMARK: remark: output 1 'z': largest relative difference {{.*}}e-0
// CHECK: %[[R:.*]] = qnt.transform %{{.*}} to @{{.*}} axis = 1 {nn.note = "rotated at run time
// CHECK: nn.linear %[[R]], %{{.*}} {nn.note = "input rotated at run time
// CHECK: nn.linear %[[R]], %{{.*}} {nn.note = "input rotated at run time
// CHECK-NOT: qnt.transform %[[R]]

// Two gains of one norm of what lets no rotation through.
// TWO: %[[N:.*]] = nn.rms_norm
// TWO: %[[R:.*]] = qnt.transform %[[N]] to @{{.*}} axis = 1 {nn.note = "rotated at run time
// TWO: nn.linear %[[R]], %
// TWO: nn.linear %[[R]], %

//--- one.mlir
module attributes {nn.symbols = ["t"]} {
  func.func @main(%x: tensor<?x8xf32> {nn.name = "x", nn.shape = affine_map<()[s0] -> (s0, 8)>}) -> (tensor<?x4xf32> {nn.name = "y"}, tensor<?x4xf32> {nn.name = "z"}) {
    %v = arith.constant dense<[[1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 1.5, 1.0], [0.5, -1.0, 2.0, 1.0, -0.5, 1.0, 2.5, -3.0], [2.0, 1.0, 1.0, -1.0, 0.0, 4.0, -1.0, 0.5], [-1.0, 0.5, 0.0, 2.0, 1.0, 1.0, -2.0, 1.0]]> : tensor<4x8xf32>
    %w = arith.constant dense<[[0.5, 1.0, 2.0, -0.5, 1.0, 2.0, -1.5, 3.0], [1.5, 1.0, -2.0, 1.0, 0.5, -1.0, 0.5, 1.0], [1.0, -1.0, 2.0, 1.0, 2.0, 1.0, 1.0, -0.5], [2.0, 0.5, 1.0, -2.0, 1.0, 3.0, 2.0, 1.0]]> : tensor<4x8xf32>
    %g = arith.constant dense<[1.0, -2.0, 0.5, 3.0, 1.5, -1.0, 2.0, 0.25]> : tensor<8xf32>
    %c = nn.elementwise <clip> %x {alpha = -2.0, beta = 2.0} : (tensor<?x8xf32>) -> tensor<?x8xf32> loc("clip")
    %p = nn.elementwise <mul> %c, %g : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> loc("gain")
    %y = nn.linear %p, %v : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32> loc("behind")
    %z = nn.linear %c, %w : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32> loc("beside")
    return %y, %z : tensor<?x4xf32>, tensor<?x4xf32>
  }
}

//--- two.mlir
module attributes {nn.symbols = ["t"]} {
  func.func @main(%x: tensor<?x8xf32> {nn.name = "x", nn.shape = affine_map<()[s0] -> (s0, 8)>}) -> (tensor<?x4xf32> {nn.name = "y"}, tensor<?x4xf32> {nn.name = "z"}) {
    %v = arith.constant dense<[[1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 1.5, 1.0], [0.5, -1.0, 2.0, 1.0, -0.5, 1.0, 2.5, -3.0], [2.0, 1.0, 1.0, -1.0, 0.0, 4.0, -1.0, 0.5], [-1.0, 0.5, 0.0, 2.0, 1.0, 1.0, -2.0, 1.0]]> : tensor<4x8xf32>
    %w = arith.constant dense<[[0.5, 1.0, 2.0, -0.5, 1.0, 2.0, -1.5, 3.0], [1.5, 1.0, -2.0, 1.0, 0.5, -1.0, 0.5, 1.0], [1.0, -1.0, 2.0, 1.0, 2.0, 1.0, 1.0, -0.5], [2.0, 0.5, 1.0, -2.0, 1.0, 3.0, 2.0, 1.0]]> : tensor<4x8xf32>
    %g = arith.constant dense<[1.0, -2.0, 0.5, 3.0, 1.5, -1.0, 2.0, 0.25]> : tensor<8xf32>
    %h = arith.constant dense<[2.0, 1.0, -0.5, 1.0, 0.5, 3.0, 1.0, -4.0]> : tensor<8xf32>
    %c = nn.elementwise <clip> %x {alpha = -2.0, beta = 2.0} : (tensor<?x8xf32>) -> tensor<?x8xf32> loc("clip")
    %n = nn.rms_norm %c axis 1 epsilon 1.0e-5 : (tensor<?x8xf32>) -> tensor<?x8xf32> loc("norm")
    %p = nn.elementwise <mul> %n, %g : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> loc("gain")
    %q = nn.elementwise <mul> %n, %h : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> loc("other")
    %y = nn.linear %p, %v : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32> loc("behind")
    %z = nn.linear %q, %w : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32> loc("beside")
    return %y, %z : tensor<?x4xf32>, tensor<?x4xf32>
  }
}
