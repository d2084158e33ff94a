// RUN: quant-opt %s --split-input-file --verify-diagnostics --nibble-lower-to-llvm | FileCheck %s

// CHECK-LABEL: llvm.func @kernel(
// CHECK-SAME:    %[[SLOTS:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64, %[[SCRATCH:.*]]: !llvm.ptr)
// CHECK-DAG:     %[[P1:.*]] = llvm.getelementptr %[[SLOTS]][1]
// CHECK-DAG:     %[[A:.*]] = llvm.load %[[P1]] : !llvm.ptr -> !llvm.ptr
// CHECK-DAG:     %[[P5:.*]] = llvm.getelementptr %[[SLOTS]][5]
// CHECK-DAG:     %[[N:.*]] = llvm.load %[[P5]] : !llvm.ptr -> i64
// CHECK:         llvm.load %[[SCRATCH]]
// CHECK:         llvm.return
func.func private @kernel(%a: memref<?xf32>, %n: index, %begin: index,
                          %end: index, %scratch: memref<?xi8>)
    attributes {nn.kernel} {
  %c0 = arith.constant 0 : index
  %bytes = memref.load %scratch[%c0] : memref<?xi8>
  %f = arith.sitofp %bytes : i8 to f32
  %i = arith.addi %n, %begin : index
  %j = arith.addi %i, %end : index
  memref.store %f, %a[%j] : memref<?xf32>
  return
}

// -----

// expected-error @below {{kernel argument of type 'f32' has no slot: pass a memref or an index}}
func.func private @scalar(%a: f32, %begin: index, %end: index,
                          %scratch: memref<?xi8>) attributes {nn.kernel} {
  return
}

// -----

// expected-error @below {{kernel must end with (begin: index, end: index, scratch: memref<?xi8>)}}
func.func private @short(%begin: index) attributes {nn.kernel} {
  return
}
