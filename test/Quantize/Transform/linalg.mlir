// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qnt-annotate-spaces{kind=permutation}))' | FileCheck %s --check-prefix=SPACES
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qnt-annotate-spaces{kind=scale}))' | FileCheck %s --check-prefix=SCALE
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: quant-opt %s --pass-pipeline='builtin.module(qnt-search-permutations{order=sort block=2 numbers=orders.bin},qnt-verify-equivalence{against=%s bound=1e-5 extents=t=5})' 2> remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < remarks
// RUN: quant-opt %s --qnt-insert-transforms="block=8" --qnt-fuse-transforms --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefix=ROTATE

// What a linalg.generic lets through is read off its indexing maps: any order of a loop that tensors are indexed by one for one, of the weights that it
// reads, too. Not of a loop whose number its body sees, and no other kind of map, as its body is not looked into.
// SPACES-LABEL: @main
// SPACES-SAME: qnt.space_ports = ["0: 4, 1 absorb, pinned: graph input 'x'", "1: 8, 3 absorb", "2: 8, 1 absorb, pinned: linalg.generic 'numbered' lets nothing through", "3: 8, 1 absorb, pinned: linalg.generic 'numbered' lets nothing through", "4: 4, 1 absorb, pinned: graph output 0"]
// SCALE-LABEL: @main
// SCALE-SAME: pinned: linalg.generic 'squares' lets permutation through
// REMARK-DAG: remark: {{.*}}second{{.*}}: its input is sorted by magnitude by blocks of 2, fused into 3 weights
// REMARK-DAG: remark: {{.*}}third{{.*}}: its input keeps its order: linalg.generic 'numbered'
// REMARK: remark: {{.*}}largest relative difference
// CHECK: qnt.basis "private" @[[B:.*]] : 8 = #qnt.permutation<8, data = @
// CHECK: func.func @main
// CHECK: %[[W:.*]] = qnt.transform %{{.*}} to @[[B]] axis = 0 : tensor<8x4xf32>
// CHECK: %[[Y:.*]] = nn.linear %{{.*}}, %[[W]]
// CHECK: %[[C:.*]] = qnt.transform %{{.*}} to @[[B]] axis = 0 : tensor<8xf32>
// CHECK: linalg.generic {{.*}} ins(%[[Y]], %[[C]] :
// CHECK: %[[V:.*]] = qnt.transform %{{.*}} to {{.*}}@[[B]] axis = 1 : tensor<8x8xf32>
// CHECK: nn.linear %{{.*}}, %[[V]]
// CHECK-NOT: qnt.transform
// ROTATE: remark: {{.*}}second{{.*}}: its input is rotated at run time by blocks of 8: linalg.generic 'squares' lets permutation through

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>
module attributes {nn.symbols = ["t"]} {
  func.func @main(%x: tensor<?x4xf32> {nn.name = "x", nn.shape = affine_map<()[s0] -> (s0, 4)>}) -> tensor<?x4xf32> {
    %c0 = arith.constant 0 : index
    %t = tensor.dim %x, %c0 : tensor<?x4xf32>
    %first = arith.constant dense<[[1.0, 0.5, 0.25, 0.5], [9.0, 7.0, 5.0, 8.0], [1.5, 0.5, 0.25, 0.25], [8.0, 6.0, 9.0, 7.0], [0.5, 0.5, 1.0, 0.75], [7.0, 9.0, 8.0, 6.0], [1.0, 0.25, 0.5, 1.0], [6.0, 8.0, 7.0, 9.0]]> : tensor<8x4xf32>
    %offsets = arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32>
    %row0 = arith.constant dense<[1.0, -0.5, 0.25, 0.75, -1.0, 0.5, 0.125, -0.25]> : tensor<8xf32>
    %column = arith.constant dense<[[1.0], [2.0], [-1.0], [0.5], [3.0], [-2.0], [1.5], [0.25]]> : tensor<8x1xf32>
    %second = nn.elementwise <mul> %column, %row0 : (tensor<8x1xf32>, tensor<8xf32>) -> tensor<8x8xf32>
    %third = arith.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0], [1.0, -2.0, 1.0, -2.0, 1.0, -2.0, 1.0, -2.0], [0.0, 1.0, 0.0, 9.0, 0.0, 1.0, 0.0, 9.0]]> : tensor<4x8xf32>
    %y = nn.linear %x, %first : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32> loc("first")
    %e = tensor.empty(%t) : tensor<?x8xf32>
    %s = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%y, %offsets : tensor<?x8xf32>, tensor<8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %square = arith.mulf %a, %a : f32
      %sum = arith.addf %square, %b : f32
      linalg.yield %sum : f32
    } -> tensor<?x8xf32> loc("squares")
    %z = nn.linear %s, %second : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32> loc("second")
    %n = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%z : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%a: f32, %o: f32):
      %i = linalg.index 1 : index
      %j = arith.index_cast %i : index to i32
      %f = arith.sitofp %j : i32 to f32
      %product = arith.mulf %a, %f : f32
      linalg.yield %product : f32
    } -> tensor<?x8xf32> loc("numbered")
    %r = nn.linear %n, %third : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32> loc("third")
    return %r : tensor<?x4xf32>
  }
}
