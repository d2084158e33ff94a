// RUN: quant-opt %s --nn-reference-loops | FileCheck %s

// Two nests are the same but for what they read and write: one function, the inner loop in it. The third one computes something else.
// CHECK:       func.func private @[[COPY:.*]](%[[FROM:.*]]: memref<?x4xf32>, %[[TO:.*]]: memref<?x4xf32>{{.*}}) attributes {passthrough = ["noinline"]}
// CHECK:         scf.for
// CHECK:           scf.for
// CHECK-NOT:         call
// CHECK:       func.func private @[[TWICE:.*]](%{{.*}}: memref<?x4xf32>, %{{.*}}: memref<?x4xf32>{{.*}}) attributes
// CHECK:         arith.addf
// CHECK:       func.func private @[[SUM:.*]]({{.*}}) -> f32 attributes {passthrough = ["noinline"]}
// CHECK:         %[[RESULT:.*]] = scf.for
// CHECK:         return %[[RESULT]] : f32
// CHECK-NOT:   func.func private
// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[X:.*]]: memref<?x4xf32>, %[[Y:.*]]: memref<?x4xf32>, %[[Z:.*]]: memref<?x4xf32>)
// CHECK:         call @[[COPY]](%[[X]], %[[Y]]
// CHECK:         call @[[COPY]](%[[Y]], %[[Z]]
// CHECK:         call @[[TWICE]](%[[Z]], %[[Y]]
// CHECK:         call @[[SUM]](
// CHECK-NOT:     scf.for
func.func @f(%x: memref<?x4xf32>, %y: memref<?x4xf32>, %z: memref<?x4xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  %rows = memref.dim %x, %c0 : memref<?x4xf32>
  scf.for %i = %c0 to %rows step %c1 {
    scf.for %j = %c0 to %c4 step %c1 {
      %v = memref.load %x[%i, %j] : memref<?x4xf32>
      memref.store %v, %y[%i, %j] : memref<?x4xf32>
    }
  }
  scf.for %i = %c0 to %rows step %c1 {
    scf.for %j = %c0 to %c4 step %c1 {
      %v = memref.load %y[%i, %j] : memref<?x4xf32>
      memref.store %v, %z[%i, %j] : memref<?x4xf32>
    }
  }
  scf.for %i = %c0 to %rows step %c1 {
    scf.for %j = %c0 to %c4 step %c1 {
      %v = memref.load %z[%i, %j] : memref<?x4xf32>
      %w = arith.addf %v, %v : f32
      memref.store %w, %y[%i, %j] : memref<?x4xf32>
    }
  }
  %sum = scf.for %i = %c0 to %rows step %c1 iter_args(%s = %zero) -> f32 {
    %v = memref.load %z[%i, %c0] : memref<?x4xf32>
    %t = arith.addf %s, %v : f32
    scf.yield %t : f32
  }
  return %sum : f32
}
// A function of these names is another one.
func.func private @loops(i32)
func.func private @loops_0(i32)
