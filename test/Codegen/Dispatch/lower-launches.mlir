// RUN: quant-opt %s --nibble-lower-launches --canonicalize --cse | FileCheck %s

// A memref is pointer, pointer, offset, extents and strides; an index is one
// slot. The pointers come from the fields of nib_exec (CodeABI.h): 2 inputs,
// 3 outputs, 6 parameters, 7 planned buffers; field 0 is the launcher.
// CHECK-LABEL: func.func @nib_run(%arg0: !llvm.ptr, %arg1: index) -> i32
// CHECK-DAG: %[[COUNT:.*]] = llvm.mlir.constant(13 : i64) : i64
// CHECK-DAG: %[[FRAME:.*]] = llvm.alloca %[[COUNT]] x i64
// CHECK-DAG: llvm.getelementptr %arg0[2]
// CHECK-DAG: llvm.getelementptr %arg0[6]
// CHECK-DAG: llvm.getelementptr %{{.*}}[64] : (!llvm.ptr) -> !llvm.ptr, i8
// CHECK-DAG: %[[N:.*]] = arith.index_cast %arg1 : index to i64
// CHECK-DAG: llvm.store %[[N]], %{{.*}} : i64, !llvm.ptr
// CHECK-DAG: %[[KERNEL:.*]] = builtin.unrealized_conversion_cast %{{.*}} : {{.*}} to !llvm.ptr
// CHECK-DAG: %[[LAUNCH:.*]] = llvm.load %arg0
// CHECK: llvm.call %{{.*}}(%arg0, %{{.*}}, %[[KERNEL]], %[[FRAME]], %{{.*}}, %{{.*}}) : !llvm.ptr, (!llvm.ptr, i32, !llvm.ptr, !llvm.ptr, i64, i64) -> ()
// CHECK-NOT: nn.launch
// CHECK-NOT: nn.storage
func.func @nib_run(%exec: !llvm.ptr, %n: index) -> i32 {
  %c0 = arith.constant 0 : i32
  %x = nn.storage <input> 1 dims(%n) : memref<?x8xf32>
  %w = nn.storage <parameter> 0 {offset = 64 : i64} : memref<8xf32>
  nn.launch @k dispatch 3 grid %n traffic %n (%x, %w, %n) : memref<?x8xf32>, memref<8xf32>, index
  return %c0 : i32
}
func.func private @k(%x: memref<?x8xf32>, %w: memref<8xf32>, %m: index, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  return
}
