// RUN: quant-opt %s --nibble-dispatch --split-input-file --mlir-print-local-scope | FileCheck %s

// What the whole model assumes is checked with the shapes.
// CHECK: checks = ["the extents of the inputs do not fit together: 'seq' + 'past' = 'total' must hold"]
// CHECK-LABEL: func.func @nib_shapes
// CHECK: %[[FAILS:.*]] = arith.cmpi ne, %{{.*}}, %c0
// CHECK: %[[STATUS:.*]] = arith.extui %[[FAILS]] : i1 to i32
// CHECK: return %[[STATUS]]
module attributes {nn.symbols = ["seq", "past", "total"], nn.constraints = affine_set<()[s0, s1, s2] : (s1 + s0 - s2 == 0)>} {
  func.func @main(%x: tensor<?xf32> {nn.name = "x", nn.dims = ["seq"]}, %y: tensor<?xf32> {nn.name = "y", nn.dims = ["past"]}, %z: tensor<?xf32> {nn.name = "z", nn.dims = ["total"]}) -> (tensor<?xf32> {nn.name = "r"}) {
    %0 = nn.elementwise <exp> %x : (tensor<?xf32>) -> tensor<?xf32>
    return %0 : tensor<?xf32>
  }
}

// -----

// What a branch assumes is checked where it is taken; nothing of it runs else.
// CHECK: checks = ["node 'If_0': the extents of the inputs do not fit together: 'n' / 2 = 2 must hold"]
// CHECK-LABEL: func.func @nib_run
// CHECK: %[[SLOT:.*]] = llvm.alloca
// CHECK: scf.if %{{.*}} {
// CHECK:   scf.if %{{.*}} {
// CHECK-NEXT: nn.launch @exp
// CHECK-NEXT: } else {
// CHECK-NEXT: llvm.store %{{.*}}, %[[SLOT]] : i32, !llvm.ptr
// CHECK: } else {
// CHECK-NEXT: nn.launch @sqrt
// CHECK: %[[STATUS:.*]] = llvm.load %[[SLOT]] : !llvm.ptr -> i32
// CHECK: return %[[STATUS]]
module attributes {nn.symbols = ["n"]} {
  func.func @main(%c: tensor<i1> {nn.name = "c"}, %x: tensor<?xf32> {nn.name = "x", nn.dims = ["n"]}) -> (tensor<?xf32> {nn.name = "y"}) {
    %flag = tensor.extract %c[] : tensor<i1>
    %y = scf.if %flag -> tensor<?xf32> {
      %0 = nn.elementwise <exp> %x : (tensor<?xf32>) -> tensor<?xf32>
      scf.yield %0 : tensor<?xf32>
    } else {
      %0 = nn.elementwise <sqrt> %x : (tensor<?xf32>) -> tensor<?xf32>
      scf.yield %0 : tensor<?xf32>
    } {nn.then_constraints = affine_set<()[s0] : ((s0 - 4) floordiv 2 == 0)>} loc("If_0")
    return %y : tensor<?xf32>
  }
}
