// RUN: quant-opt %s --nibble-insert-observers | FileCheck %s
// RUN: quant-opt %s --nibble-insert-observers="keep=first" | FileCheck %s --check-prefix=KEPT

// Every value has a name of its own, also where a node is called like one that
// is numbered; and the same name whatever stays in f32, so that statistics are
// not taken for another value's.
// CHECK: qnt.observe %{{.*}} "node" :
// CHECK: qnt.observe %{{.*}} "node#1" :
// CHECK: qnt.observe %{{.*}} "node#1#1" :
// CHECK-NOT: qnt.observe
// KEPT-NOT: "node" :
// KEPT: qnt.observe %{{.*}} "node#1" :
// KEPT: qnt.observe %{{.*}} "node#1#1" :
// KEPT-NOT: qnt.observe
func.func @main(%x: tensor<2x8xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 128, hash = 1> : tensor<4x8xf32>
  %a = nn.elementwise #nn.kind<relu> %x : (tensor<2x8xf32>) -> tensor<2x8xf32> loc("node")
  %b = nn.elementwise #nn.kind<tanh> %x : (tensor<2x8xf32>) -> tensor<2x8xf32> loc("node")
  %c = nn.elementwise #nn.kind<exp> %x : (tensor<2x8xf32>) -> tensor<2x8xf32> loc("node#1")
  %0 = nn.linear %a, %w : (tensor<2x8xf32>, tensor<4x8xf32>) -> tensor<2x4xf32> loc("first")
  %1 = nn.linear %b, %w : (tensor<2x8xf32>, tensor<4x8xf32>) -> tensor<2x4xf32> loc("second")
  %2 = nn.linear %c, %w : (tensor<2x8xf32>, tensor<4x8xf32>) -> tensor<2x4xf32> loc("third")
  return %0, %1, %2 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}
