// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: quant-opt maps.mlir --nibble-insert-observers="rotation-block=8 keep=kept,stream*" > observed.mlir
// RUN: FileCheck %s --check-prefix=OBSERVE < observed.mlir
// RUN: sed -n 's/.*qnt.statistics_key = "\([0-9a-f]*\)".*/s,KEY,\1,/p' observed.mlir > key.sed
// RUN: sed -f key.sed statistics.json > seen.json
// RUN: quant-opt maps.mlir --qnt-measure-rotations="weights=int8 activations=int8 block=8 keep=kept,stream* statistics=seen.json" 2> remarks.txt | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < remarks.txt
// RUN: quant-opt maps.mlir --pass-pipeline='builtin.module(qnt-measure-rotations{weights=int8 activations=int8 block=8 keep=kept,stream* statistics=seen.json},qnt-insert-transforms{block=8 keep=kept,stream*},qnt-verify-equivalence{against=maps.mlir bound=1e-5})' 2>/dev/null | FileCheck %s --check-prefix=INSERT

// RUN: not quant-opt maps.mlir --qnt-measure-rotations="weights=int8 statistics=seen.json" 2>&1 | FileCheck %s --check-prefix=FORMAT
// RUN: not quant-opt maps.mlir --qnt-measure-rotations="weights=int8 activations=int4 statistics=seen.json" 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not quant-opt maps.mlir --qnt-measure-rotations="weights=int8 activations=int8" 2>&1 | FileCheck %s --check-prefix=NOFILE
// RUN: not quant-opt maps.mlir --qnt-measure-rotations="weights=int8 activations=int8 block=0 statistics=seen.json" 2>&1 | FileCheck %s --check-prefix=BLOCK
// RUN: not quant-opt maps.mlir --qnt-measure-rotations="weights=int8 activations=int8 statistics=statistics.json" 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: not quant-opt maps.mlir --qnt-measure-rotations="weights=int8 activations=int8 statistics=seen.json keep=[" 2>&1 | FileCheck %s --check-prefix=KEEP
// RUN: quant-opt nothing.mlir --nibble-insert-observers | sed -n 's/.*qnt.statistics_key = "\([0-9a-f]*\)".*/s,KEY,\1,/p' > key.sed && sed -i -f key.sed nothing.json
// RUN: not quant-opt nothing.mlir --qnt-measure-rotations="weights=int8 activations=int8 statistics=nothing.json" 2>&1 | FileCheck %s --check-prefix=MAIN

// RUN: not quant-opt maps.mlir --nibble-insert-observers="rotation-block=-1" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not quant-opt maps.mlir --nibble-insert-observers="rotation-block=8 before-rotations" 2>&1 | FileCheck %s --check-prefix=BOTH

// What is read, and beside it what a rotation would make of it; not what has no rotation, stays in f32 or is read by a convolution.
// OBSERVE: qnt.basis "private" @[[BASIS:.*]] : 8 = #qnt.hadamard<8>
// OBSERVE-DAG: qnt.observe %{{.*}} "loud in" : tensor<4x8xf32>
// OBSERVE-DAG: %[[ROTATED:.*]] = qnt.transform %{{.*}} to @[[BASIS]] axis = 1 : tensor<4x8xf32>
// OBSERVE-DAG: qnt.observe %[[ROTATED]] "loud in rotated" : tensor<4x8xf32>
// OBSERVE-DAG: qnt.observe %{{.*}} "quiet in rotated" : tensor<4x8xf32>
// OBSERVE-NOT: "odd in
// OBSERVE-NOT: "kept in
// OBSERVE-NOT: "image

// Ranges alone differ, by a factor of three; to that the errors of weights come. What shares a basis shares the choice, by the mean. What is not known stays with the rule.
// CHECK: nn.linear {{.*}} {nn.note = "a rotation of its input is expected to give 45.1 dB, none 38.7 dB"} :
// CHECK-NEXT: nn.linear {{.*}} {nn.note = "is not rotated: a rotation of its input is expected to give 38.6 dB, none 45.4 dB", qnt.rotate = false} :
// CHECK-NEXT: nn.linear {{.*}} {nn.note = "a rotation of its input is expected to give 38.6 dB, none 45.4 dB (mean gain of the 2 that share the basis: -0.2 dB)"} :
// CHECK-NEXT: nn.linear {{.*}} {nn.note = "a rotation of its input is expected to give 45.1 dB, none 38.7 dB (mean gain of the 2 that share the basis: -0.2 dB)"} :
// CHECK-NEXT: nn.linear {{.*}} {nn.note = "a rotation of its input is not measured: the data has no rows of it, or they or the weights are zero"} : (tensor<4x8xf32>
// CHECK-NEXT: nn.linear {{.*}} {nn.note = "a rotation of its input is not measured: the data has no rows of it, or they or the weights are zero"} : (tensor<4x8xf32>
// CHECK-NEXT: nn.linear {{[^{]*}} : (tensor<4x7xf32>

// REMARK: remark: {{.*}}"loud"{{.*}}: a rotation of its input is expected to give
// REMARK: remark: {{.*}}"quiet"{{.*}}: is not rotated: a rotation of its input is expected to give
// REMARK: remark: {{.*}}"first"{{.*}}: a rotation of its input is expected to give {{.*}} (mean gain of the 2 that share the basis: -0.2 dB)
// REMARK-NOT: remark:

// The answers are used up: loud, the two of the stream, unseen and zeros are rotated, quiet is not.
// INSERT: %[[LOUD:.*]] = nn.elementwise <gelu>
// INSERT-NEXT: qnt.transform %[[LOUD]] to @{{.*}} axis = 1
// INSERT-NEXT: %[[QUIET:.*]] = nn.elementwise <gelu>
// INSERT-NOT: qnt.transform %[[QUIET]]
// INSERT-COUNT-4: qnt.transform %{{.*}} to @{{.*}} axis = 1 : tensor<4x8xf32>
// INSERT: nn.linear %[[QUIET]],
// INSERT-NOT: qnt.transform %{{.*}} to @{{.*}} axis = 1 : tensor<4x8xf32>
// INSERT-NOT: qnt.rotate

// FORMAT: error: rotations are measured for formats of weights and activations; give both one
// BITS: error: calibration finds scales of activations in int8 and uint8, one for all
// NOFILE: error: statistics must name the file of what rotations would read and give
// BLOCK: error: the block of a rotation must be positive
// OTHER: error: the statistics statistics.json are of another model; calibrate again
// KEEP: error: pattern '[' of keep:
// NEGATIVE: error: rotation-block must not be negative
// BOTH: error: rotation-block and before-rotations mark different values; give one of them
// MAIN: error: needs a function @main

//--- statistics.json
{"format": "nibble-statistics-1", "of": "KEY", "values": {
  "loud in": {"min": 0, "max": 90, "zeros": 0, "limit": 128, "positive": [8], "negative": [], "rows": {"largest": [90, 90, 90, 90, 90, 90, 90, 90], "mean_square": [1, 1, 1, 1, 1, 1, 1, 1]}},
  "loud in rotated": {"min": 0, "max": 30, "zeros": 0, "limit": 128, "positive": [8], "negative": [], "rows": {"largest": [30, 30, 30, 30, 30, 30, 30, 30], "mean_square": [1, 1, 1, 1, 1, 1, 1, 1]}},
  "quiet in": {"min": 0, "max": 30, "zeros": 0, "limit": 128, "positive": [8], "negative": [], "rows": {"largest": [30, 30, 30, 30, 30, 30, 30, 30], "mean_square": [1, 1, 1, 1, 1, 1, 1, 1]}},
  "quiet in rotated": {"min": 0, "max": 90, "zeros": 0, "limit": 128, "positive": [8], "negative": [], "rows": {"largest": [90, 90, 90, 90, 90, 90, 90, 90], "mean_square": [1, 1, 1, 1, 1, 1, 1, 1]}},
  "stream a": {"min": 0, "max": 30, "zeros": 0, "limit": 128, "positive": [8], "negative": [], "rows": {"largest": [30, 30, 30, 30, 30, 30, 30, 30], "mean_square": [1, 1, 1, 1, 1, 1, 1, 1]}},
  "stream a rotated": {"min": 0, "max": 90, "zeros": 0, "limit": 128, "positive": [8], "negative": [], "rows": {"largest": [90, 90, 90, 90, 90, 90, 90, 90], "mean_square": [1, 1, 1, 1, 1, 1, 1, 1]}},
  "stream b": {"min": 0, "max": 90, "zeros": 0, "limit": 128, "positive": [8], "negative": [], "rows": {"largest": [90, 90, 90, 90, 90, 90, 90, 90], "mean_square": [1, 1, 1, 1, 1, 1, 1, 1]}},
  "stream b rotated": {"min": 0, "max": 30, "zeros": 0, "limit": 128, "positive": [8], "negative": [], "rows": {"largest": [30, 30, 30, 30, 30, 30, 30, 30], "mean_square": [1, 1, 1, 1, 1, 1, 1, 1]}},
  "zeros in": {"min": 0, "max": 0, "zeros": 0, "limit": 0, "positive": [], "negative": [], "rows": {"largest": [0, 0, 0, 0, 0, 0, 0, 0], "mean_square": [0, 0, 0, 0, 0, 0, 0, 0]}},
  "zeros in rotated": {"min": 0, "max": 0, "zeros": 0, "limit": 0, "positive": [], "negative": [], "rows": {"largest": [0, 0, 0, 0, 0, 0, 0, 0], "mean_square": [0, 0, 0, 0, 0, 0, 0, 0]}}}}

//--- nothing.json
{"format": "nibble-statistics-1", "of": "KEY", "values": {}}

//--- nothing.mlir
module {}

//--- maps.mlir
func.func @main(%x: tensor<4x8xf32> {nn.name = "x"}, %i: tensor<1x8x4x4xf32> {nn.name = "i"}) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x3xf32>, tensor<4x8xf32>, tensor<1x8x4x4xf32>) {
  %w = arith.constant dense<[[1.29, 1.45, 0.07, -0.76, -1.09, 0.03, -1.02, -1.44], [0.20, 0.13, 0.55, -0.91, 0.01, -0.06, -1.51, 0.54], [0.32, 2.39, 0.20, -0.14, 1.23, 0.20, 0.91, -0.37], [0.22, 1.02, 0.70, 0.13, -1.08, 0.45, 0.08, 0.72], [0.22, 1.09, -0.05, 0.20, 0.67, -1.09, -0.40, -0.50], [1.98, -0.09, 0.65, 0.62, -0.28, -1.55, 0.96, -0.41], [0.72, -1.31, -0.44, 1.26, 1.43, -1.30, -1.33, -0.04], [0.73, 0.16, 0.30, -0.99, 0.59, 1.12, -0.44, -1.43]]> : tensor<8x8xf32>
  %v = arith.constant dense<1.0> : tensor<3x7xf32>
  %f = arith.constant dense<1.0> : tensor<8x8x1x1xf32>
  %loud = nn.elementwise <gelu> %x : (tensor<4x8xf32>) -> tensor<4x8xf32> loc("loud in")
  %quiet = nn.elementwise <gelu> %x : (tensor<4x8xf32>) -> tensor<4x8xf32> loc("quiet in")
  %unseen = nn.elementwise <gelu> %x : (tensor<4x8xf32>) -> tensor<4x8xf32> loc("unseen in")
  %zeros = nn.elementwise <gelu> %x : (tensor<4x8xf32>) -> tensor<4x8xf32> loc("zeros in")
  %kept = nn.elementwise <gelu> %x : (tensor<4x8xf32>) -> tensor<4x8xf32> loc("kept in")
  %odd = nn.slice %x offsets [0, 0] sizes [4, 7] strides [1, 1] : tensor<4x8xf32> -> tensor<4x7xf32> loc("odd in")
  %image = nn.elementwise <relu> %i : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32> loc("image")
  // The stream and what is added to it.
  %stream = nn.linear %kept, %w : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32> loc("stream a")
  %more = nn.linear %kept, %w : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32> loc("kept")
  %sum = nn.elementwise <add> %stream, %more : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32> loc("stream b")
  %0 = nn.linear %loud, %w : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32> loc("loud")
  %1 = nn.linear %quiet, %w : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32> loc("quiet")
  %2 = nn.linear %stream, %w : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32> loc("first")
  %3 = nn.linear %sum, %w : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32> loc("second")
  %4 = nn.linear %unseen, %w : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32> loc("unseen")
  %5 = nn.linear %zeros, %w : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32> loc("zeros")
  %6 = nn.linear %odd, %v : (tensor<4x7xf32>, tensor<3x7xf32>) -> tensor<4x3xf32> loc("odd")
  %7 = nn.linear %kept, %w : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32> loc("kept")
  %8 = nn.conv %image, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x8x4x4xf32>, tensor<8x8x1x1xf32>) -> tensor<1x8x4x4xf32> loc("conv")
  return %0, %1, %2, %3, %4, %5, %6, %7, %8 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x3xf32>, tensor<4x8xf32>, tensor<1x8x4x4xf32>
}
