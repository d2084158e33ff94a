// RUN: not quant-opt %s --nibble-lower-loop-nests=vector-width=12 2>&1 | FileCheck %s

// CHECK: cannot be lowered with 12 lanes: the vector width must be a power of two, at least 2
func.func private @fill(%y: memref<4xf32>, %v: f32, %begin: index,
    %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  linalg.fill ins(%v : f32) outs(%y : memref<4xf32>)
  return
}
