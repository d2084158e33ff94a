// RUN: quant-opt %s --nibble-lower-loop-nests=vector-width=8 --canonicalize --cse --split-input-file | FileCheck %s

#x = affine_map<(r, b, i, j) -> (r, b * 16 + j)>
#b = affine_map<(r, b, i, j) -> (b)>
#i = affine_map<(r, b, i, j) -> (i)>
#j = affine_map<(r, b, i, j) -> (j)>
#y = affine_map<(r, b, i, j) -> (r, b * 16 + i)>

// A block of 16 in two registers: across them one sum and one difference, in
// them three stages, one factor; what the body does before is done once.
// CHECK-LABEL: func.func private @blocks
// CHECK-DAG:     %[[SCALE:.*]] = arith.constant dense<2.500000e-01> : vector<8xf32>
// CHECK-DAG:     %[[S4:.*]] = arith.constant dense<[1.000000e+00, 1.000000e+00, 1.000000e+00, 1.000000e+00, -1.000000e+00, -1.000000e+00, -1.000000e+00, -1.000000e+00]>
// CHECK:         scf.for
// CHECK:           scf.for
// CHECK-COUNT-2:     math.absf {{.*}} : vector<8xf32>
// CHECK:             arith.addf {{.*}} : vector<8xf32>
// CHECK:             arith.subf {{.*}} : vector<8xf32>
// CHECK:             vector.shuffle {{.*}} [4, 5, 6, 7, 0, 1, 2, 3]
// CHECK:             math.fma %{{.*}}, %[[S4]], %{{.*}} : vector<8xf32>
// CHECK-COUNT-5:     math.fma
// CHECK:             math.fma %{{.*}}, %[[SCALE]]
// CHECK:             vector.store
// CHECK:             math.fma %{{.*}}, %[[SCALE]]
// CHECK:             vector.store
// CHECK-NOT:     math.ctpop
// CHECK-NOT:     linalg
func.func private @blocks(%x: memref<?x48xf32>, %b: memref<3xf32>, %n: memref<16xf32>, %y: memref<?x48xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel, nn.shared_dims = 1 : i64} {
  %zero = arith.constant 0.0 : f32
  linalg.generic {indexing_maps = [affine_map<(r, b, i) -> (b)>, affine_map<(r, b, i) -> (i)>, affine_map<(r, b, i) -> (r, b * 16 + i)>],
                  iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%b, %n : memref<3xf32>, memref<16xf32>) outs(%y : memref<?x48xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32):
    linalg.yield %zero : f32
  }
  linalg.generic {indexing_maps = [#x, #b, #i, #j, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %b, %n, %n : memref<?x48xf32>, memref<3xf32>, memref<16xf32>, memref<16xf32>) outs(%y : memref<?x48xf32>) {
  ^bb0(%a: f32, %0: f32, %1: f32, %2: f32, %sum: f32):
    %minus = arith.constant -0.25 : f32
    %plus = arith.constant 0.25 : f32
    %abs = math.absf %a : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %u = arith.index_cast %i : index to i32
    %v = arith.index_cast %j : index to i32
    %and = arith.andi %u, %v : i32
    %ones = math.ctpop %and : i32
    %odd = arith.trunci %ones : i32 to i1
    %entry = arith.select %odd, %minus, %plus : f32
    %term = arith.mulf %abs, %entry : f32
    %next = arith.addf %sum, %term {nn.hadamard = 16 : i64} : f32
    linalg.yield %next : f32
  }
  return
}

// -----

// Blocks of another order than the loops' are summed as they are written.
// CHECK-LABEL: func.func private @other
// CHECK-NOT:     math.fma
// CHECK:         math.ctpop
// CHECK-NOT:     linalg
func.func private @other(%x: memref<?x8xf32>, %n: memref<8xf32>, %y: memref<?x8xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel, nn.shared_dims = 1 : i64} {
  linalg.generic {indexing_maps = [affine_map<(r, i, j) -> (r, j)>, affine_map<(r, i, j) -> (r, i)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : memref<?x8xf32>) outs(%y : memref<?x8xf32>) {
  ^bb0(%a: f32, %sum: f32):
    %minus = arith.constant -0.25 : f32
    %plus = arith.constant 0.25 : f32
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %u = arith.index_cast %i : index to i32
    %v = arith.index_cast %j : index to i32
    %and = arith.andi %u, %v : i32
    %ones = math.ctpop %and : i32
    %odd = arith.trunci %ones : i32 to i1
    %entry = arith.select %odd, %minus, %plus : f32
    %term = arith.mulf %a, %entry : f32
    %next = arith.addf %sum, %term {nn.hadamard = 16 : i64} : f32
    linalg.yield %next : f32
  }
  return
}
