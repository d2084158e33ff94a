// RUN: quant-opt %s --nibble-dispatch --split-input-file | FileCheck %s

// Extents that do not fit each other are found before anything is computed; the message says how they must.
// CHECK: checks = ["the dimensions of the inputs do not fit: the model needs past + new = total (past: dimension 0 of 'a', new: dimension 0 of 'b', total: dimension 0 of 'c')", "the dimensions of the inputs do not fit: the model needs 512 >= total * 2 (total: dimension 0 of 'c')", "the dimensions of the inputs do not fit: the model needs new mod 4 = 0 (new: dimension 0 of 'b')", "node 'here': the dimensions of the inputs do not fit: the model needs new >= 1 (new: dimension 0 of 'b')"]
// CHECK-LABEL: func.func @nib_shapes(
// CHECK-DAG: %[[FOURTH:.*]] = arith.constant 4 : i32
// CHECK-DAG: %[[SECOND:.*]] = arith.constant 2 : i32
// CHECK-DAG: %[[FIRST:.*]] = arith.constant 1 : i32
// CHECK-DAG: %[[NONE:.*]] = arith.constant 0 : i32
// CHECK: %[[R3:.*]] = arith.select %{{.*}}, %[[NONE]], %c3_i32 : i32
// CHECK: %[[FITS2:.*]] = arith.cmpi sge
// CHECK: %[[R2:.*]] = arith.select %[[FITS2]], %[[R3]], %[[SECOND]] : i32
// CHECK: %[[FITS1:.*]] = arith.cmpi eq
// CHECK: %[[R1:.*]] = arith.select %[[FITS1]], %[[R2]], %[[FIRST]] : i32
// CHECK: %[[FITS4:.*]] = arith.cmpi sge
// CHECK: %[[R4:.*]] = arith.select %[[FITS4]], %[[NONE]], %[[FOURTH]] : i32
// CHECK: %[[ALL:.*]] = arith.cmpi eq, %[[R1]], %[[NONE]]
// CHECK: %[[R:.*]] = arith.select %[[ALL]], %[[R4]], %[[R1]] : i32
// CHECK: return %[[R]] : i32
#set = affine_set<()[past, new, total] : (past + new - total == 0, total * -2 + 512 >= 0, new mod 4 == 0)>
module attributes {nn.symbols = ["past", "new", "total"], nn.constraints = #set} {
  func.func @main(%a: tensor<?xf32> {nn.dims = ["past"], nn.name = "a"},
                  %b: tensor<?xf32> {nn.dims = ["new"], nn.name = "b"},
                  %c: tensor<?xf32> {nn.dims = ["total"], nn.name = "c"}) -> (tensor<?xf32> {nn.name = "y"}) {
    nn.require affine_set<()[past, new] : (new - 1 >= 0)> loc("here")
    %0 = nn.concat %a, %b axis 0 : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    %1 = nn.elementwise <add> %0, %c : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    return %1 : tensor<?xf32>
  }
}

// -----

// What a branch needs is checked where it is taken; nothing of it runs else.
// CHECK: checks = ["node 'If_0': the dimensions of the inputs do not fit: the model needs n floordiv 2 = 2 (n: dimension 0 of 'x')"]
// CHECK-LABEL: func.func @nib_run
// CHECK: %[[SLOT:.*]] = llvm.alloca
// CHECK: scf.if %{{.*}} {
// CHECK:   scf.if %{{.*}} {
// CHECK: nn.launch @exp
// CHECK-NEXT: } else {
// CHECK-NEXT: llvm.store %{{.*}}, %[[SLOT]] : i32, !llvm.ptr
// CHECK: } else {
// CHECK: nn.launch @sqrt
// CHECK: %[[STATUS:.*]] = llvm.load %[[SLOT]] : !llvm.ptr -> i32
// CHECK: return %[[STATUS]]
module attributes {nn.symbols = ["n"]} {
  func.func @main(%c: tensor<i1> {nn.name = "c"}, %x: tensor<?xf32> {nn.name = "x", nn.dims = ["n"]}) -> (tensor<?xf32> {nn.name = "y"}) {
    %flag = tensor.extract %c[] : tensor<i1>
    %y = scf.if %flag -> tensor<?xf32> {
      nn.require affine_set<()[n] : ((n - 4) floordiv 2 == 0)> loc("If_0")
      %0 = nn.elementwise <exp> %x : (tensor<?xf32>) -> tensor<?xf32>
      scf.yield %0 : tensor<?xf32>
    } else {
      %0 = nn.elementwise <sqrt> %x : (tensor<?xf32>) -> tensor<?xf32>
      scf.yield %0 : tensor<?xf32>
    }
    return %y : tensor<?xf32>
  }
}
