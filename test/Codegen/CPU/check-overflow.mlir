// RUN: quant-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(nibble-check-overflow))' | FileCheck %s
// RUN: quant-opt %s --split-input-file --verify-diagnostics --nibble-lower-to-llvm | FileCheck %s --check-prefix=LLVM

// CHECK-LABEL: func.func @sizes(
// CHECK-SAME:    %[[N:.*]]: index, %[[M:.*]]: i64, %[[OK:.*]]: i32) -> i32 {
// CHECK:         %[[A:.*]] = arith.index_cast %[[N]] : index to i64
// CHECK:         %[[SQUARE:.*]] = "llvm.intr.smul.with.overflow"(%[[A]], %{{.*}}) : (i64, i64) -> !llvm.struct<(i64, i1)>
// CHECK:         %[[LOW:.*]] = llvm.extractvalue %[[SQUARE]][0]
// CHECK:         %[[FIRST:.*]] = llvm.extractvalue %[[SQUARE]][1]
// CHECK:         arith.index_cast %[[LOW]] : i64 to index
// CHECK:         "llvm.intr.sadd.with.overflow"
// CHECK:         %[[SECOND:.*]] = llvm.extractvalue %{{.*}}[1]
// CHECK:         %[[TWO:.*]] = arith.ori %[[FIRST]], %[[SECOND]] : i1
// CHECK:         "llvm.intr.ssub.with.overflow"(%[[M]], %{{.*}})
// CHECK:         %[[THIRD:.*]] = llvm.extractvalue %{{.*}}[1]
// CHECK:         %[[ANY:.*]] = arith.ori %[[TWO]], %[[THIRD]] : i1
// A product of other widths is none of a size.
// CHECK:         arith.muli %[[OK]], %[[OK]] : i32
// CHECK:         %[[STATUS:.*]] = arith.constant -1 : i32
// CHECK:         %[[RESULT:.*]] = arith.select %[[ANY]], %[[STATUS]], %{{.*}} : i32
// CHECK:         return %[[RESULT]] : i32
// LLVM-LABEL: llvm.func @sizes(
// LLVM:         llvm.intr.smul.with.overflow
// LLVM:         llvm.select %{{.*}}, %{{.*}}, %{{.*}} : i1, i32
func.func @sizes(%n: index, %m: i64, %ok: i32) -> i32 attributes {nn.overflow = -1 : i32} {
  %c64 = arith.constant 64 : index
  %square = arith.muli %n, %n overflow<nsw> : index
  %size = arith.addi %square, %c64 : index
  %i = arith.index_cast %size : index to i64
  %rest = arith.subi %m, %i : i64
  %r = arith.trunci %rest : i64 to i32
  %p = arith.muli %ok, %ok : i32
  %s = arith.maxsi %r, %p : i32
  return %s : i32
}

// -----

// Others are as they were.
// CHECK-LABEL: func.func @other
// CHECK-NEXT:    arith.muli
// CHECK-NEXT:    return
func.func @other(%n: index) -> index {
  %0 = arith.muli %n, %n : index
  return %0 : index
}

// -----

// expected-error @below {{with 'nn.overflow' must be one block, without ops that have regions, and return 'i32'}}
func.func @wide(%n: i64) -> i64 attributes {nn.overflow = -1 : i32} {
  return %n : i64
}
