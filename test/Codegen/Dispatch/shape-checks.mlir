// RUN: quant-opt %s --nibble-dispatch | FileCheck %s

// A constraint that divides may be one of a branch, and is left out.
// Extents that do not fit each other are found before anything is computed; the message says how they must.
// CHECK: checks = ["the dimensions of the inputs do not fit: the model needs past + new = total", "the dimensions of the inputs do not fit: the model needs 512 >= total * 2"]
// CHECK-LABEL: func.func @nib_shapes(
// CHECK-DAG: %[[SECOND:.*]] = arith.constant 2 : i32
// CHECK-DAG: %[[FIRST:.*]] = arith.constant 1 : i32
// CHECK-DAG: %[[NONE:.*]] = arith.constant 0 : i32
// CHECK: %[[FITS2:.*]] = arith.cmpi sge
// CHECK: %[[R2:.*]] = arith.select %[[FITS2]], %[[NONE]], %[[SECOND]] : i32
// CHECK: %[[FITS1:.*]] = arith.cmpi eq
// CHECK: %[[R1:.*]] = arith.select %[[FITS1]], %[[R2]], %[[FIRST]] : i32
// CHECK: return %[[R1]] : i32
#set = affine_set<()[past, new, total] : (past + new - total == 0, total * -2 + 512 >= 0, new floordiv 4 == 0)>
module attributes {nn.symbols = ["past", "new", "total"], nn.constraints = #set} {
  func.func @main(%a: tensor<?xf32> {nn.dims = ["past"], nn.name = "a"},
                  %b: tensor<?xf32> {nn.dims = ["new"], nn.name = "b"},
                  %c: tensor<?xf32> {nn.dims = ["total"], nn.name = "c"}) -> (tensor<?xf32> {nn.name = "y"}) {
    %0 = nn.concat %a, %b axis 0 : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    %1 = nn.elementwise <add> %0, %c : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    return %1 : tensor<?xf32>
  }
}
