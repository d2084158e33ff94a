// RUN: quant-opt %s --nibble-loop-nest-sizes --nibble-lower-loop-nests --canonicalize --cse --split-input-file | FileCheck %s

#id = affine_map<(i, j) -> (i, j)>

// Contiguous everywhere: one loop over blocks of the joined dimension.
// CHECK-LABEL: func.func private @flat
// CHECK:         %[[N:.*]] = arith.muli
// CHECK:         scf.for
// CHECK:           %[[END:.*]] = arith.minsi
// CHECK:           scf.for {{.*}} step %c32
// CHECK-COUNT-4:     vector.store
// CHECK:           scf.for {{.*}} step %c8
// CHECK:             vector.load {{.*}} vector<8xf32>
// CHECK:             arith.mulf {{.*}} : vector<8xf32>
// CHECK:             vector.store
// CHECK:           scf.for %{{.*}} to %[[END]] step %c1
// CHECK:             memref.load
// CHECK:             arith.mulf {{.*}} : f32
// CHECK:             memref.store
// CHECK-NOT:     linalg
// CHECK-LABEL: func.func private @flat.scratch
// CHECK:         return %c0
// CHECK-LABEL: func.func private @flat.grid
// CHECK:         %[[SIZE:.*]] = arith.muli
// CHECK:         arith.ceildivsi %[[SIZE]], %c4096
func.func private @flat(%x: memref<?x?xf32>, %y: memref<?x?xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {nn.kernel, nn.shared_dims = 2 : i64} {
  linalg.generic {indexing_maps = [#id, #id],
                  iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

#id = affine_map<(i, j) -> (i, j)>

// Two ops over the same elements share a loop; the temporary has no memory.
// CHECK-LABEL: func.func private @chain
// CHECK-NOT:     alloca
// CHECK-NOT:     memref.view
// CHECK:         %[[A:.*]] = vector.load
// CHECK:         %[[S:.*]] = arith.mulf %[[A]], %[[A]] : vector<8xf32>
// CHECK:         %[[T:.*]] = arith.addf %[[S]], %[[A]] : vector<8xf32>
// CHECK:         vector.store %[[T]]
// CHECK-LABEL: func.func private @chain.scratch
func.func private @chain(%x: memref<?x?xf32>, %y: memref<?x?xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {nn.kernel, nn.shared_dims = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = memref.dim %x, %c0 : memref<?x?xf32>
  %n = memref.dim %x, %c1 : memref<?x?xf32>
  %t = memref.alloc(%m, %n) : memref<?x?xf32>
  linalg.generic {indexing_maps = [#id, #id],
                  iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<?x?xf32>) outs(%t : memref<?x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#id, #id, #id],
                  iterator_types = ["parallel", "parallel"]}
      ins(%t, %x : memref<?x?xf32>, memref<?x?xf32>)
      outs(%y : memref<?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  }
  memref.dealloc %t : memref<?x?xf32>
  return
}

// -----

// A function that is no kernel stays.
// CHECK-LABEL: func.func @other
// CHECK:         linalg.fill
func.func @other(%y: memref<4xf32>, %v: f32) {
  linalg.fill ins(%v : f32) outs(%y : memref<4xf32>)
  return
}
