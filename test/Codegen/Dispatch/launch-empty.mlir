// RUN: quant-opt %s --nibble-place-buffers --canonicalize --cse --split-input-file | FileCheck %s

// A grid of rows is none where the rows hold nothing: their number may be any.
// CHECK-LABEL: func.func @nib_run
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[X:.*]] = nn.storage <input> 0 dims(%[[N:.*]], %[[M:.*]]) : memref<?x?xf32>
// CHECK: %[[ROWS:.*]] = memref.dim %[[X]], %[[ZERO]]
// CHECK: %[[ROW_BYTES:.*]] = arith.muli %[[N]], %c4
// CHECK: %[[BYTES:.*]] = arith.muli %[[ROW_BYTES]], %[[M]]
// CHECK: %[[EMPTY:.*]] = arith.cmpi eq, %[[BYTES]], %[[ZERO]] : index
// CHECK: %[[GRID:.*]] = arith.select %[[EMPTY]], %[[ZERO]], %[[ROWS]] : index
// CHECK: nn.launch @rows dispatch 0 grid %[[GRID]]
module attributes {nn.symbols = ["n", "m"]} {
  func.func @main(%x: tensor<?x?xf32> {nn.dims = ["n", "m"], nn.name = "x"}) -> (tensor<?x?xf32> {nn.dims = ["n", "m"], nn.name = "y"}) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %n = tensor.dim %x, %c0 : tensor<?x?xf32>
    %m = tensor.dim %x, %c1 : tensor<?x?xf32>
    %y = nn.invoke @rows(%x) dims(%n, %m) : (tensor<?x?xf32>) -> tensor<?x?xf32> loc("rows")
    return %y : tensor<?x?xf32>
  }
  func.func private @rows(%x: memref<?x?xf32>, %y: memref<?x?xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel, nn.shared_dims = 1 : i64} {
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>) {
    ^bb0(%a: f32, %c: f32):
      %e = math.exp %a : f32
      linalg.yield %e : f32
    }
    return
  }
}

// -----

// One of two results may have elements where the other has none; and eight
// elements are never none.
// CHECK-LABEL: func.func @nib_run
// CHECK-DAG: %[[Y:.*]] = nn.storage <output> 0 dims(%[[N:.*]]) : memref<?xf32>
// CHECK-DAG: %[[Z:.*]] = nn.storage <output> 1 dims(%[[M:.*]]) : memref<?xf32>
// CHECK-DAG: %[[NO_Y:.*]] = arith.cmpi eq, %{{.*}}, %c0
// CHECK-DAG: %[[NO_Z:.*]] = arith.cmpi eq, %{{.*}}, %c0
// CHECK: %[[EMPTY:.*]] = arith.andi %{{.*}}, %{{.*}} : i1
// CHECK: %[[GRID:.*]] = arith.select %[[EMPTY]], %c0, %{{.*}} : index
// CHECK: nn.launch @both dispatch 0 grid %[[GRID]] {{.*}}%[[Y]], %[[Z]])
// CHECK-NOT: arith.select
// CHECK: nn.launch @eight dispatch 1
// CHECK: return
module attributes {nn.symbols = ["n", "m"]} {
  func.func @main(%x: tensor<?xf32> {nn.dims = ["n"], nn.name = "x"}, %u: tensor<?xf32> {nn.dims = ["m"], nn.name = "u"})
      -> (tensor<?xf32> {nn.dims = ["n"], nn.name = "y"}, tensor<?xf32> {nn.dims = ["m"], nn.name = "z"}, tensor<8xf32> {nn.dims = [""], nn.name = "v"}) {
    %c0 = arith.constant 0 : index
    %n = tensor.dim %x, %c0 : tensor<?xf32>
    %m = tensor.dim %u, %c0 : tensor<?xf32>
    %y, %z = nn.invoke @both(%x, %u) dims(%n, %m) : (tensor<?xf32>, tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) loc("both")
    %v = nn.invoke @eight(%x) : (tensor<?xf32>) -> tensor<8xf32> loc("eight")
    return %y, %z, %v : tensor<?xf32>, tensor<?xf32>, tensor<8xf32>
  }
  func.func private @both(%x: memref<?xf32>, %u: memref<?xf32>, %y: memref<?xf32>, %z: memref<?xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel, nn.shared_dims = 0 : i64} {
    memref.copy %x, %y : memref<?xf32> to memref<?xf32>
    memref.copy %u, %z : memref<?xf32> to memref<?xf32>
    return
  }
  func.func private @eight(%x: memref<?xf32>, %v: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel, nn.shared_dims = 1 : i64} {
    %zero = arith.constant 0.0 : f32
    linalg.fill ins(%zero : f32) outs(%v : memref<8xf32>)
    return
  }
}
