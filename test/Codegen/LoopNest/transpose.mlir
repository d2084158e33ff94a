// RUN: quant-opt %s --nibble-loop-nest-sizes --nibble-lower-loop-nests --canonicalize --cse | FileCheck %s

// Input and output are contiguous along different loops: squares of 8 by 8 go
// through registers, 24 shuffles each; both loops are cut into blocks.
// CHECK-LABEL: func.func private @channels_last
// CHECK:         scf.for
// CHECK:           scf.for {{.*}} step %c8
// CHECK:             scf.for {{.*}} step %c8
// CHECK-COUNT-8:       vector.load
// CHECK-COUNT-24:      vector.shuffle
// CHECK-NOT:           vector.shuffle
// CHECK-COUNT-8:       vector.store
// CHECK:             scf.for {{.*}} step %c1
// CHECK:               scf.for {{.*}} step %c1
// CHECK:                 memref.load
// CHECK:                 memref.store
// CHECK-LABEL: func.func private @channels_last.grid
// CHECK-COUNT-2: arith.ceildivsi %{{.*}}, %c64
func.func private @channels_last(%x: memref<?x?x?x?xf32>,
    %y: memref<?x?x?x?xf32>, %begin: index, %end: index,
    %scratch: memref<?xi8>) attributes {nn.kernel, nn.shared_dims = 4 : i64} {
  linalg.generic {indexing_maps = [affine_map<(n, h, w, c) -> (n, c, h, w)>,
                                   affine_map<(n, h, w, c) -> (n, h, w, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x : memref<?x?x?x?xf32>) outs(%y : memref<?x?x?x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}
