// RUN: quant-opt %s --nibble-lower-loop-nests --canonicalize | FileCheck %s

// Memory seen as integers of another sign is the same memory; loads and stores
// are signless.
// CHECK-LABEL: func.func private @copy
// CHECK: vector.load {{.*}} : memref<{{.*}}xi8{{.*}}>, vector<8xi8>
// CHECK: vector.store {{.*}} : memref<{{.*}}xi8{{.*}}>, vector<8xi8>
func.func private @copy(%x: memref<?x8xi8>, %y: memref<?x8xui8>,
    %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {nn.kernel, nn.shared_dims = 2 : i64} {
  %0 = builtin.unrealized_conversion_cast %x : memref<?x8xi8> to memref<?x8xui8>
  memref.copy %0, %y : memref<?x8xui8> to memref<?x8xui8>
  return
}
