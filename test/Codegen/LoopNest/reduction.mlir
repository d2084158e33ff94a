// RUN: quant-opt %s --nibble-loop-nest-sizes --nibble-lower-loop-nests=vector-width=16 --canonicalize --cse --split-input-file | FileCheck %s

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// Lanes along the reduction: four vectors and a scalar for the tail, joined in
// one order; the fill is the start value.
// CHECK-LABEL: func.func private @rows
// CHECK-SAME:    %[[X:.*]]: memref<?x?xf32>, %[[Y:[a-z0-9]+]]: memref<?xf32>
// CHECK-DAG:     %[[START:.*]] = arith.constant 2.000000e+00 : f32
// CHECK-DAG:     arith.constant -0.000000e+00 : f32
// CHECK:         scf.for
// CHECK:           %[[MAIN:.*]]:4 = scf.for {{.*}} step %c64
// CHECK-COUNT-4:     arith.addf {{.*}} : vector<16xf32>
// CHECK:           scf.for {{.*}} step %c16
// CHECK:             arith.addf {{.*}} : vector<16xf32>
// CHECK:           scf.for {{.*}} step %c1
// CHECK:             arith.addf {{.*}} : f32
// CHECK:           vector.shuffle {{.*}} [8, 9, 10, 11, 12, 13, 14, 15]
// CHECK:           %[[LANES:.*]] = vector.extract
// CHECK:           %[[SUM:.*]] = arith.addf %[[LANES]]
// CHECK:           %[[ALL:.*]] = arith.addf {{.*}}%[[START]]
// CHECK:           memref.store %[[ALL]]
// CHECK-NOT:     linalg
func.func private @rows(%x: memref<?x?xf32>, %y: memref<?xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {nn.kernel, nn.shared_dims = 1 : i64} {
  %two = arith.constant 2.0 : f32
  linalg.fill ins(%two : f32) outs(%y : memref<?xf32>)
  linalg.generic {indexing_maps = [#id, #row],
                  iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %o, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

#t = affine_map<(i, j) -> (j, i)>
#row = affine_map<(i, j) -> (i)>

// Lanes along the parallel loop, which is contiguous: the grid is cut into
// blocks, the accumulators stay in registers over the reduction.
// CHECK-LABEL: func.func private @columns
// CHECK:         scf.for
// CHECK:           scf.for {{.*}} step %c64
// CHECK:             scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK-COUNT-4:       arith.maximumf
// CHECK:             }
// CHECK-COUNT-4:     vector.store
// CHECK-LABEL: func.func private @columns.grid
// CHECK:         arith.ceildivsi {{.*}}, %c256
func.func private @columns(%x: memref<?x?xf32>, %y: memref<?xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {nn.kernel, nn.shared_dims = 1 : i64} {
  linalg.generic {indexing_maps = [#t, #row],
                  iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %o, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// A row's worth of the temporary lives in scratch; its rows do not.
// CHECK-LABEL: func.func private @scratch
// CHECK:         memref.view %{{.*}}[%c0][%[[N:.*]]] : memref<?xi8> to memref<?xf32>
// CHECK-LABEL: func.func private @scratch.scratch
// CHECK:         arith.muli %{{.*}}, %c4
// CHECK:         arith.addi %{{.*}}, %c63
// CHECK:         arith.andi %{{.*}}, %c-64
func.func private @scratch(%x: memref<?x?xf32>, %y: memref<?x?xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {nn.kernel, nn.shared_dims = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %m = memref.dim %x, %c0 : memref<?x?xf32>
  %n = memref.dim %x, %c1 : memref<?x?xf32>
  %t = memref.alloc(%m, %n) : memref<?x?xf32>
  %s = memref.alloca(%m) : memref<?xf32>
  linalg.fill ins(%zero : f32) outs(%s : memref<?xf32>)
  linalg.generic {indexing_maps = [#id, #id, #row],
                  iterator_types = ["parallel", "reduction"]}
      ins(%x, %x : memref<?x?xf32>, memref<?x?xf32>)
      outs(%s : memref<?xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = math.fma %a, %b, %o : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#id, #row, #id],
                  iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : memref<?x?xf32>, memref<?xf32>)
      outs(%t : memref<?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  }
  linalg.fill ins(%zero : f32) outs(%s : memref<?xf32>)
  linalg.generic {indexing_maps = [#id, #row],
                  iterator_types = ["parallel", "reduction"]}
      ins(%t : memref<?x?xf32>) outs(%s : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %o, %a : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#id, #row, #id],
                  iterator_types = ["parallel", "parallel"]}
      ins(%t, %s : memref<?x?xf32>, memref<?xf32>)
      outs(%y : memref<?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.subf %a, %b : f32
    linalg.yield %0 : f32
  }
  return
}
