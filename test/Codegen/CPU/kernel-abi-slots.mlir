// RUN: quant-opt %s --nibble-kernel-abi --split-input-file --verify-diagnostics | FileCheck %s

// Each argument but the last seven comes from its slot; the last seven, begin,
// end and the descriptor of scratch, are the new arguments.
// CHECK-LABEL: llvm.func @k(
// CHECK-SAME: %[[SLOTS:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64, %[[SCRATCH:.*]]: !llvm.ptr) attributes {nn.kernel}
// CHECK: %[[P0:.*]] = llvm.getelementptr %[[SLOTS]][0]
// CHECK: %[[A:.*]] = llvm.load %[[P0]] : !llvm.ptr -> !llvm.ptr
// CHECK: %[[P1:.*]] = llvm.getelementptr %[[SLOTS]][1]
// CHECK: %[[N:.*]] = llvm.load %[[P1]] : !llvm.ptr -> i64
// CHECK: %[[S:.*]] = llvm.add %[[N]], %[[BEGIN]]
// CHECK: llvm.store %[[S]], %[[A]]
// CHECK: llvm.store %[[END]], %[[SCRATCH]]
llvm.func @k(%a: !llvm.ptr, %n: i64, %begin: i64, %end: i64, %0: !llvm.ptr, %1: !llvm.ptr, %2: i64, %3: i64, %4: i64) attributes {nn.kernel} {
  %s = llvm.add %n, %begin : i64
  llvm.store %s, %a : i64, !llvm.ptr
  llvm.store %end, %1 : i64, !llvm.ptr
  llvm.return
}

// Others keep their signature.
// CHECK: llvm.func @other(%{{.*}}: i64)
llvm.func @other(%n: i64) {
  llvm.return
}

// -----

// expected-error @below {{kernel has no body}}
llvm.func @k(!llvm.ptr) attributes {nn.kernel}
