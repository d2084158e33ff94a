// RUN: quant-opt %s --nibble-place-buffers --canonicalize --cse | FileCheck %s

// Inputs, outputs and parameters are storages by their numbers; what lies
// between two kernels is a planned buffer. A kernel writes an output itself;
// an output that is an input is copied.
// CHECK: module attributes
// CHECK-SAME: nn.manifest = {
// CHECK-SAME: buffers = {{\[\[}}0, 1]]
// CHECK-SAME: dispatches = [
// CHECK-SAME: kernel = "k"
// CHECK-SAME: nodes = ["first"]
// CHECK-SAME: kernel = "k"
// CHECK-SAME: nodes = ["second", "third"]
// CHECK-SAME: inputs = [{dims = ["n", 8], name = "x", type = f32}]
// CHECK-SAME: output_buffers = {{\[\[}}1, 1], [2, 2]]
// CHECK-SAME: outputs = [{dims = ["n", 8], name = "y", type = f32}, {dims = ["n", 2, 4], name = "z", type = f32}]
// CHECK-SAME: parameter_bytes = 96 : i64
// CHECK-SAME: symbols = ["n"]
// CHECK-DAG: func.func private @w() -> tensor<8xf32> attributes {nn.offset = 0 : i64, nn.weight}
// CHECK-DAG: func.func private @v() -> tensor<8xf32> attributes {nn.offset = 64 : i64, nn.weight}
// CHECK-LABEL: func.func @nib_run(%arg0: !llvm.ptr) -> i32
// CHECK: %[[X:.*]] = nn.storage <input> 0 dims(%[[N:.*]]) : memref<?x8xf32>
// CHECK: %[[W:.*]] = nn.storage <parameter> 0 : memref<8xf32>
// CHECK: %[[B:.*]] = nn.storage <planned> 0 dims(%[[N]]) : memref<?x8xf32>
// CHECK: nn.launch @k dispatch 0 grid %{{.*}} traffic %{{[0-9]+}}(%[[X]], %[[W]], %[[B]])
// CHECK: %[[V:.*]] = nn.storage <parameter> 0 {offset = 64 : i64} : memref<8xf32>
// CHECK: %[[Y:.*]] = nn.storage <output> 0 dims(%[[N]]) : memref<?x8xf32>
// CHECK: nn.launch @k dispatch 1 grid %{{.*}} traffic %{{[0-9]+}}(%[[B]], %[[V]], %[[Y]])
// CHECK: %[[FROM:.*]] = nn.storage <input> 0 dims(%[[N]]) : memref<?x2x4xf32>
// CHECK: %[[TO:.*]] = nn.storage <output> 1 dims(%[[N]]) : memref<?x2x4xf32>
// CHECK: nn.launch @copy{{.*}} dispatch 2 grid %{{.*}} traffic %{{[0-9]+}}(%[[FROM]], %[[TO]])
// CHECK: return %c0_i32 : i32
// CHECK-LABEL: func.func @nib_shapes(%arg0: !llvm.ptr, %arg1: !llvm.ptr, %arg2: !llvm.ptr) -> i32 attributes {nn.overflow = -1 : i32}
// CHECK-NOT: nn.
module attributes {nn.symbols = ["n"]} {
  func.func @main(%x: tensor<?x8xf32> {nn.dims = ["n", ""], nn.name = "x"})
      -> (tensor<?x8xf32> {nn.dims = ["n", ""], nn.name = "y"}, tensor<?x2x4xf32> {nn.dims = ["n", "", ""], nn.name = "z"}) {
    %c0 = arith.constant 0 : index
    %n = tensor.dim %x, %c0 : tensor<?x8xf32>
    %w = call @w() : () -> tensor<8xf32>
    %v = call @v() : () -> tensor<8xf32>
    %a = nn.invoke @k(%x, %w) dims(%n) : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> loc("first")
    %b = nn.invoke @k(%a, %v) dims(%n) : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> loc(fused["second", "third"])
    %z = nn.reshape %x shape [%n, 2, 4] : tensor<?x8xf32> -> tensor<?x2x4xf32>
    return %b, %z : tensor<?x8xf32>, tensor<?x2x4xf32>
  }
  func.func private @w() -> tensor<8xf32> attributes {nn.weight} {
    %w = nn.parameter "w" at <file = "w", offset = 0, length = 32, hash = 1> : tensor<8xf32>
    return %w : tensor<8xf32>
  }
  func.func private @v() -> tensor<8xf32> attributes {nn.weight} {
    %w = nn.parameter "v" at <file = "w", offset = 32, length = 32, hash = 1> : tensor<8xf32>
    return %w : tensor<8xf32>
  }
  func.func private @k(%x: memref<?x8xf32>, %w: memref<8xf32>, %y: memref<?x8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel, nn.shared_dims = 2 : i64} {
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%x, %w : memref<?x8xf32>, memref<8xf32>) outs(%y : memref<?x8xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %s = arith.addf %a, %b : f32
      linalg.yield %s : f32
    }
    return
  }
}
