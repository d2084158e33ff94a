// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: quant-opt model.mlir --qnt-insert-transforms="block=8 keep=head" --qnt-fuse-transforms --mlir-print-debuginfo -o rotated.mlir 2>/dev/null
// RUN: quant-opt rotated.mlir --nibble-insert-observers="before-rotations" | FileCheck %s --check-prefix=OBSERVE
// RUN: quant-opt rotated.mlir --nibble-insert-observers="before-rotations" | sed -n 's/.*qnt.statistics_key = "\([0-9a-f]*\)".*/s,KEY,\1,/p' > key.sed
// RUN: sed -f key.sed statistics.json > seen.json
// RUN: quant-opt rotated.mlir --pass-pipeline='builtin.module(qnt-scale-rotations{statistics=seen.json numbers=scales.bin keep=head},qnt-verify-equivalence{against=model.mlir bound=1e-5 extents=t=7})' 2> remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < remarks
// RUN: quant-opt rotated.mlir --pass-pipeline='builtin.module(qnt-scale-rotations{shift statistics=seen.json numbers=shifts.bin},qnt-cleanup-transforms,qnt-verify-equivalence{against=model.mlir bound=1e-5 extents=t=7})' 2> shifted | FileCheck %s --check-prefix=SHIFT
// RUN: FileCheck %s --check-prefix=SHIFTED < shifted
// RUN: not quant-opt rotated.mlir --qnt-scale-rotations="statistics=seen.json" 2>&1 | FileCheck %s --check-prefix=NUMBERS
// RUN: not quant-opt rotated.mlir --qnt-scale-rotations="numbers=scales.bin" 2>&1 | FileCheck %s --check-prefix=STATISTICS
// RUN: not quant-opt rotated.mlir --qnt-scale-rotations="statistics=seen.json numbers=nowhere/scales.bin" 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: not quant-opt rotated.mlir --qnt-scale-rotations="statistics=statistics.json numbers=scales.bin" 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: not quant-opt rotated.mlir --qnt-scale-rotations="statistics=nothing.json numbers=scales.bin" 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: not quant-opt rotated.mlir --qnt-scale-rotations="statistics=seen.json numbers=scales.bin keep=[a" 2>&1 | FileCheck %s --check-prefix=PATTERN
// RUN: sed 's/, "mean": .*\]/ /' seen.json > means.json
// RUN: not quant-opt rotated.mlir --qnt-scale-rotations="shift statistics=means.json numbers=scales.bin" 2>&1 | FileCheck %s --check-prefix=MEANS
// RUN: sed 's/"mean": .0.5/"mean": [1e99/' seen.json > damaged.json
// RUN: not quant-opt rotated.mlir --qnt-scale-rotations="statistics=damaged.json numbers=scales.bin" 2>&1 | FileCheck %s --check-prefix=DAMAGED

// What a rotation reads is observed under the name of what it gives; what is kept in f32, read without a rotation or no norm's result is not.
// OBSERVE: %[[ACT:.*]] = nn.elementwise <add>
// OBSERVE-NEXT: %[[SEEN:.*]] = qnt.observe %[[ACT]] "act"
// OBSERVE-NEXT: qnt.transform %[[SEEN]] to
// OBSERVE: qnt.observe %{{.*}} "second"
// OBSERVE-NOT: qnt.observe

// Both readers of the norm share its scale, of which their weights have the dual; the residual does not see it. The second norm has no statistics. Behind the gelu nothing is scaled.
// REMARK-DAG: remark: {{.*}}q{{.*}}: its input is scaled by (weights / rms)^0.5 before its rotation; 2 readers share it
// REMARK-DAG: remark: {{.*}}o{{.*}}: its input is not scaled: there are no statistics of its channels; 1 readers share it
// REMARK-NOT: down{{.*}}scaled
// REMARK-DAG: remark: output 0 'y': largest relative difference {{.*}}e-0

// CHECK-DAG: qnt.basis "private" @[[SCALE:.*]] : 8 = #qnt.diagonal<8, data = @scale>
// CHECK-DAG: qnt.basis "private" @[[ROTATION:.*]] : 8 = #qnt.hadamard<8>
// CHECK: func.func @main
// CHECK: %[[ACT:.*]] = nn.elementwise <add>
// CHECK: %[[SCALED:.*]] = qnt.transform %[[ACT]] to @[[SCALE]] axis = 1 : tensor<?x8xf32>
// CHECK: %[[ROTATED:.*]] = qnt.transform %[[SCALED]] to @[[ROTATION]] axis = 1
// CHECK: %[[QD:.*]] = qnt.transform %{{.*}} to dual @[[SCALE]] axis = 1 : tensor<8x8xf32>
// CHECK: %[[Q:.*]] = qnt.transform %[[QD]] to @[[ROTATION]] axis = 1
// CHECK: nn.linear %[[ROTATED]], %[[Q]] {nn.note = "{{.*}}; input is scaled by (weights / rms)^0.5 before its rotation"}
// CHECK: qnt.transform %{{.*}} to dual @[[SCALE]] axis = 1 : tensor<8x8xf32>
// CHECK: nn.linear %[[ROTATED]], %{{.*}} bias
// CHECK: nn.linear %[[ACT]], %
// CHECK: nn.elementwise <add> %[[ACT]], %
// Its numbers are a weight program over the readers' weights and a parameter of the file.
// CHECK: func.func private @scale() -> tensor<8xf32>
// CHECK: nn.parameter "scale" at <file = "scales.bin", offset = 0, length = 32, hash = {{.*}}> : tensor<8xf32>
// CHECK-COUNT-2: nn.reduce <sum> %{{.*}} axes [0] : (tensor<8x8xf32>) -> tensor<8xf32>
// CHECK-COUNT-2: nn.elementwise <sqrt>

// What is not shifted says why; the second norm is neither shifted nor scaled. scale-rotations-unshifted.mlir has the other reasons.
// SHIFTED: remark: {{.*}}head{{.*}}: its input is not shifted: it is not the result of a rotation at run time
// SHIFTED: remark: {{.*}}down{{.*}}: its input is not shifted: what is rotated is not a norm's result
// The means go first; the readers' biases, made where there were none, get them back. One change of basis runs.
// SHIFTED: remark: {{.*}}q{{.*}}: its input is shifted by its means and scaled by (weights / rms)^0.5 before its rotation; 2 readers share it
// SHIFTED: remark: {{.*}}o{{.*}}: its input is neither shifted nor scaled: there are no statistics of its channels; 1 readers share it
// SHIFTED: remark: output 0 'y': largest relative difference {{.*}}e-0
// SHIFT-DAG: qnt.basis @[[ALL:.*]] : 8 = #qnt.compose<#qnt.shift<8, data = @shift>, #qnt.diagonal<8, data = @scale>, #qnt.hadamard<8>>
// SHIFT: func.func @main
// SHIFT: %[[ACT:.*]] = nn.layer_norm
// SHIFT: %[[ONLINE:.*]] = qnt.transform %[[ACT]] to @[[ALL]] axis = 1
// SHIFT: %[[SUM:.*]] = nn.reduce <sum> %{{.*}} axes [1]
// SHIFT: %[[BIAS:.*]] = nn.elementwise <sub> %{{.*}}, %[[SUM]]
// SHIFT: nn.linear %[[ONLINE]], %{{.*}} bias %[[BIAS]]

// STATISTICS: error: statistics must name a file of statistics of what the rotations read
// NUMBERS: error: numbers must name the file that gets the scales
// FILE: error: cannot write the scales to 'nowhere/scales.bin': No such file or directory
// OTHER: error: the statistics statistics.json are of another model; calibrate again
// NOTHING: error: cannot read the statistics nothing.json
// PATTERN: error: pattern '[a' of keep:
// MEANS: error: {{.*}}the statistics have no means of its channels; calibrate again
// DAMAGED: error: damaged.json is no file of statistics: the channels of the rows of 'act' are damaged

//--- statistics.json
{"format": "nibble-statistics-1", "of": "KEY", "values": {"act": {"min": -1, "max": 4, "zeros": 0, "limit": 4, "positive": [1], "negative": [1],
 "rows": {"largest": [1, 1, 4, 1, 1, 1, 1, 1], "mean_square": [1, 1, 9, 1, 1, 1, 0.0025, 1], "mean": [0.5, 0, -2, 0, 0, 0, 0, 0.25]}}}}

//--- model.mlir
module attributes {nn.symbols = ["t"]} {
  func.func @main(%x: tensor<?x8xf32> {nn.name = "x", nn.shape = affine_map<()[s0] -> (s0, 8)>}) -> (tensor<?x8xf32> {nn.name = "y"}, tensor<?x8xf32> {nn.name = "z"}) {
    %wq = arith.constant dense<[[2.04, -2.56, 0.00836, -0.568, -0.453, -0.216, -40.4, -0.232], [-0.865, 3.32, 0.00452, -0.353, -0.281, -0.668, -21.1, -0.391], [0.482, -0.239, 0.0192, -0.2, 0.0243, 1.55, 10.9, -0.505], [-0.183, 0.541, 0.0387, -0.27, -0.244, 1.0, -17.7, -0.292], [0.883, 0.58, 0.00183, 0.67, -2.83, 1.02, -19.2, -1.67], [0.276, 0.701, -0.0089, -1.08, 0.0261, -0.0527, 28.1, 0.747], [0.194, 1.11, -0.00411, -0.926, 0.584, 0.583, -4.3, -0.783], [0.229, -2.49, 0.0138, 0.491, -1.64, 0.0614, -19.3, 0.757]]> : tensor<8x8xf32>
    %wk = arith.constant dense<[[-2.03, -0.914, 0.0142, 1.16, -2.16, -0.498, 6.56, -0.609], [1.59, -1.19, 0.00709, -1.05, 1.41, -0.0217, -7.45, -1.72], [1.68, 0.753, 0.0151, 1.14, 0.349, -0.639, -16.0, -0.8], [1.37, -1.46, -0.0119, -0.321, 0.225, 0.575, -25.0, -1.73], [-0.00441, 1.21, 0.0151, 0.216, -0.317, 0.293, -4.87, 0.817], [-0.794, 0.134, -0.00222, 0.543, 0.225, 2.55, 30.0, 1.5], [-2.04, -0.34, -0.0122, 0.533, -2.28, 1.17, 21.3, -1.3], [-0.979, -0.801, 0.000866, 0.641, 2.05, -0.197, 15.4, 0.155]]> : tensor<8x8xf32>
    %wo = arith.constant dense<[[1.76, 0.742, 1.37, -1.08, -0.192, -0.814, 1.5, 0.658], [-0.305, -0.452, 0.485, -0.701, -0.931, 0.481, 2.46, -0.246], [-0.556, -1.17, -1.34, 0.525, 0.851, 0.00917, 0.333, 0.116], [0.139, -1.53, -0.458, 0.111, -0.783, -0.476, -0.819, -0.333], [0.853, -0.407, -0.154, 0.814, 0.645, 1.7, -2.09, 0.857], [-0.482, 0.135, 0.838, 1.08, 1.04, 0.155, 1.61, -0.283], [-0.141, 0.799, -0.551, 2.16, 1.02, 2.18, -0.0266, -0.383], [0.167, 0.735, -0.587, 0.38, -0.0168, 1.62, -0.663, 1.05]]> : tensor<8x8xf32>
    %b = arith.constant dense<[0.5, 1.0, -0.5, 0.25, 0.0, 1.5, -1.0, 0.75]> : tensor<8xf32>
    %n = nn.layer_norm %x axis 1 epsilon 1.0e-5 : (tensor<?x8xf32>) -> tensor<?x8xf32> loc("norm")
    %g = nn.elementwise <mul> %n, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> loc("gain")
    %h = nn.elementwise <add> %g, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> loc("act")
    %q = nn.linear %h, %wq : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32> loc("q")
    %k = nn.linear %h, %wk bias %b : (tensor<?x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> loc("k")
    %z = nn.linear %h, %wo : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32> loc("head")
    %m = nn.elementwise <mul> %q, %k : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32> loc("product")
    %s = nn.elementwise <add> %m, %h : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32> loc("sum")
    %p = nn.layer_norm %s scale %b axis 1 epsilon 1.0e-5 : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> loc("second")
    %o = nn.linear %p, %wo : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32> loc("o")
    %f = nn.elementwise <gelu> %o : (tensor<?x8xf32>) -> tensor<?x8xf32> loc("gelu")
    %d = nn.linear %f, %wk : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32> loc("down")
    %y = nn.elementwise <add> %h, %d : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
    return %y, %z : tensor<?x8xf32>, tensor<?x8xf32>
  }
}
