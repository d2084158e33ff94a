// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(nn-reference-memory))' | FileCheck %s
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(nn-reference-memory,convert-linalg-to-loops,expand-strided-metadata))' | FileCheck %s --check-prefix=STRIDES

// A copy is a loop, however its sides lie in memory.
// CHECK-LABEL: @copy
// CHECK-NOT: memref.copy
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : memref<?xf32, strided<[2]>>) outs(%{{.*}} : memref<?xf32>)
func.func @copy(%from: memref<?xf32, strided<[2]>>, %to: memref<?xf32>) {
  memref.copy %from, %to : memref<?xf32, strided<[2]>> to memref<?xf32>
  return
}

// Upstream's passes derive one dynamic extent in a group, not two.
// CHECK-LABEL: @expand
// CHECK-SAME: %[[M:.*]]: memref<?xf32>, %[[A:.*]]: index, %[[B:.*]]: index
// CHECK-NOT: memref.expand_shape
// CHECK: %[[OUTER:.*]] = affine.apply
// CHECK: memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [%[[A]], 2, %[[B]]], strides: [%[[OUTER]], %[[B]], 1] : memref<f32> to memref<?x2x?xf32>
// STRIDES-LABEL: @expand
// STRIDES: memref.reinterpret_cast
func.func @expand(%m: memref<?xf32>, %a: index, %b: index) -> memref<?x2x?xf32> {
  %e = memref.expand_shape %m [[0, 1, 2]] output_shape [%a, 2, %b] : memref<?xf32> into memref<?x2x?xf32>
  return %e : memref<?x2x?xf32>
}

// Strides of the source are kept, static or not.
// CHECK-LABEL: @strided
// CHECK: %[[BASE:.*]], %[[O:.*]], %{{.*}}:2, %[[S:.*]]:2 = memref.extract_strided_metadata
// CHECK: %[[OUTER:.*]] = affine.apply
// CHECK: memref.reinterpret_cast %[[BASE]] to offset: [%[[O]]], sizes: [3, %{{.*}}, %{{.*}}], strides: [%[[S]]#0, %[[OUTER]], 4] :
func.func @strided(%m: memref<3x?xf32, strided<[?, 4], offset: ?>>, %a: index, %b: index) -> memref<3x?x?xf32, strided<[?, ?, 4], offset: ?>> {
  %e = memref.expand_shape %m [[0], [1, 2]] output_shape [3, %a, %b] : memref<3x?xf32, strided<[?, 4], offset: ?>> into memref<3x?x?xf32, strided<[?, ?, 4], offset: ?>>
  return %e : memref<3x?x?xf32, strided<[?, ?, 4], offset: ?>>
}

// One dynamic extent a group is left to upstream.
// CHECK-LABEL: @single
// CHECK: memref.expand_shape
func.func @single(%m: memref<?x?xf32>, %a: index, %b: index) -> memref<?x2x3x?xf32> {
  %e = memref.expand_shape %m [[0, 1], [2, 3]] output_shape [%a, 2, 3, %b] : memref<?x?xf32> into memref<?x2x3x?xf32>
  return %e : memref<?x2x3x?xf32>
}
