// RUN: quant-opt %s --nibble-place-buffers --canonicalize --cse | FileCheck %s

// A gather moves its indices, its result, and of its table of 3200 bytes no more than it finds there.
// CHECK-LABEL: func.func @nib_run
// CHECK: %[[INDICES:.*]] = arith.muli %[[N:.*]], %c8
// CHECK: %[[RESULT:.*]] = arith.muli %[[N]], %c32
// CHECK: %[[ELEMENTS:.*]] = arith.divui %[[RESULT]], %c4
// CHECK: %[[LOOKED_UP:.*]] = arith.muli %[[ELEMENTS]], %c4
// CHECK: %[[TABLE:.*]] = arith.minui %[[LOOKED_UP]], %c3200
// CHECK: %[[BOTH:.*]] = arith.addi %[[INDICES]], %[[TABLE]]
// CHECK: %[[ALL:.*]] = arith.addi %[[BOTH]], %[[RESULT]]
// CHECK: nn.launch @gather dispatch 0 grid %{{.*}} traffic %[[ALL]](
module attributes {nn.symbols = ["n"]} {
  func.func @main(%i: tensor<?xi64> {nn.dims = ["n"], nn.name = "i"})
      -> (tensor<?x8xf32> {nn.dims = ["n", ""], nn.name = "y"}) {
    %c0 = arith.constant 0 : index
    %n = tensor.dim %i, %c0 : tensor<?xi64>
    %t = call @t() : () -> tensor<100x8xf32>
    %y = nn.invoke @gather(%i, %t) dims(%n) : (tensor<?xi64>, tensor<100x8xf32>) -> tensor<?x8xf32> loc("rows")
    return %y : tensor<?x8xf32>
  }
  func.func private @t() -> tensor<100x8xf32> attributes {nn.weight} {
    %t = nn.parameter "t" at <file = "w", offset = 0, length = 3200, hash = 1> : tensor<100x8xf32>
    return %t : tensor<100x8xf32>
  }
  func.func private @gather(%i: memref<?xi64>, %t: memref<100x8xf32>, %y: memref<?x8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel, nn.shared_dims = 2 : i64} {
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%i : memref<?xi64>) outs(%y : memref<?x8xf32>) {
    ^bb0(%a: i64, %c: f32):
      %row = arith.index_cast %a : i64 to index
      %column = linalg.index 1 : index
      %s = memref.load %t[%row, %column] : memref<100x8xf32>
      linalg.yield %s : f32
    }
    return
  }
}
