// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: quant-opt block.mlir --pass-pipeline='builtin.module(qnt-search-scales{weights=int8 activations=int8 numbers=scales.bin},qnt-verify-equivalence{against=block.mlir bound=1e-5 extents=t=7})' 2> remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < remarks
// RUN: quant-opt block.mlir --qnt-search-scales="weights=int8 activations=int8 numbers=kept.bin keep=q,k,gate,up" 2>&1 | FileCheck %s --check-prefix=KEEP
// RUN: quant-opt even.mlir --qnt-search-scales="weights=int8 numbers=none.bin" 2>&1 | FileCheck %s --check-prefix=EVEN
// RUN: not ls none.bin
// RUN: not quant-opt even.mlir --qnt-search-scales="numbers=none.bin" 2>&1 | FileCheck %s --check-prefix=FORMAT
// RUN: not quant-opt even.mlir --qnt-search-scales="weights=int8" 2>&1 | FileCheck %s --check-prefix=NUMBERS
// RUN: not quant-opt block.mlir --qnt-search-scales="weights=int8 activations=int8 numbers=nowhere/scales.bin" 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: not quant-opt even.mlir --qnt-search-scales="weights=int8 activations=int8 numbers=none.bin statistics=%S/search-scales.mlir" 2>&1 | FileCheck %s --check-prefix=STATISTICS
// RUN: quant-opt reasons.mlir --split-input-file --qnt-search-scales="weights=int8 activations=int8 numbers=none.bin" --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefix=REASONS
// RUN: quant-opt even.mlir --nibble-insert-observers | sed -n 's/.*qnt.statistics_key = "\([0-9a-f]*\)".*/s,KEY,\1,/p' > key.sed
// RUN: sed -f key.sed statistics.json > seen.json
// RUN: quant-opt even.mlir --qnt-search-scales="weights=int8 activations=int8 numbers=seen.bin statistics=seen.json" 2>&1 | FileCheck %s --check-prefix=SEEN
// RUN: not quant-opt even.mlir --qnt-search-scales="weights=int8 activations=int8 numbers=seen.bin statistics=statistics.json" 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: sed 's/"largest": .1,/"largest": [-1,/' seen.json > damaged.json
// RUN: not quant-opt even.mlir --qnt-search-scales="weights=int8 activations=int8 numbers=seen.bin statistics=damaged.json" 2>&1 | FileCheck %s --check-prefix=DAMAGED

// The gain of channel 2 is 50 times what its readers undo: both take the scale. The values' rows and the columns of the output projection, one scale for each of two
// heads of keys and four of queries; the rows of up and the columns of down, past the product with the activated gate.
// REMARK-DAG: remark: {{.*}}q{{.*}}: its input is scaled by 1 / ({{.*}}), fused into {{.*}} weights: expected error {{.*}} instead of {{.*}}; 3 readers share the scales
// REMARK-DAG: remark: {{.*}}o{{.*}}: its input is scaled by 1 / ({{.*}}), fused into 2 weights: expected error {{.*}} instead of {{.*}}; 1 readers share the scales
// REMARK-DAG: remark: {{.*}}down{{.*}}: its input is scaled by 1 / ({{.*}}), fused into 2 weights
// REMARK-DAG: remark: {{.*}}gate{{.*}}: its input is not scaled: {{.*}}
// REMARK-DAG: remark: {{.*}}largest relative difference

// The numbers are parameters of the file; copies of keys' heads reach two heads of queries each.
// CHECK-DAG: qnt.basis "private" @[[NORM:.*]] : 4 = #qnt.diagonal<4, data = @[[NORMS:.*]]>
// CHECK-DAG: qnt.basis "private" @[[V:.*]] : 4 = #qnt.diagonal<4, data = @[[VS:.*]]>
// CHECK-DAG: qnt.basis "private" @[[O:.*]] : 8 = #qnt.diagonal<8, data = @[[OS:.*]]>
// CHECK-DAG: qnt.basis "private" @[[DOWN:.*]] : 6 = #qnt.diagonal<6, data = @{{.*}}>
// CHECK: func.func @main
// CHECK-DAG: %[[G:.*]] = qnt.transform %{{.*}} to @[[NORM]] axis = 0 : tensor<4xf32>
// CHECK-DAG: qnt.transform %{{.*}} to dual @[[NORM]] axis = 1 : tensor<8x4xf32>
// CHECK-DAG: qnt.transform %{{.*}} to @[[V]] axis = 0 : tensor<4x4xf32>
// CHECK-DAG: qnt.transform %{{.*}} to dual @[[O]] axis = 1 : tensor<4x8xf32>
// CHECK-DAG: qnt.transform %{{.*}} to @[[DOWN]] axis = 0 : tensor<6x4xf32>
// CHECK-DAG: qnt.transform %{{.*}} to dual @[[DOWN]] axis = 1 : tensor<4x6xf32>
// CHECK-DAG: nn.linear {{.*}} {nn.note = "input scaled by 1 / ({{.*}}), fused into 2 weights: expected error {{.*}}"}
// CHECK: func.func private @[[OS]]() -> tensor<8xf32>
// CHECK: nn.parameter {{.*}} at <file = "scales.bin", offset = 16, length = 16, hash = {{.*}}> : tensor<4xf32>
// CHECK: nn.expand %{{.*}} shape [2, 2, 2, 1]

// What stays in f32 asks for nothing: v alone reads the norm, and its weights take the scale of the output projection, too.
// KEEP-NOT: q{{.*}}: its input
// KEEP: v{{.*}}: its input is scaled

// Nothing to gain, nothing done: of weights of one size in one row no scale is better.
// EVEN-DAG: remark: {{.*}}: its input keeps its scales: no candidate has an error below {{.*}}; 1 readers share the scales
// EVEN-DAG: remark: {{.*}}last{{.*}}: its input is not scaled: elementwise gelu 'gelu' lets permutation through
// EVEN-NOT: qnt.basis
// EVEN-NOT: qnt.transform

// FORMAT: error: scales are chosen for a format of weights; give weights a format
// NUMBERS: error: numbers must name the file that gets the scales
// FILE: error: cannot write the scales to 'nowhere/scales.bin': No such file or directory
// STATISTICS: error: {{.*}}search-scales.mlir is no file of statistics

// What was seen of the rows: a channel that reaches 100 where the others reach 1.
// SEEN: remark: {{.*}}middle{{.*}}: its input is scaled by 1 / ({{.*}}), fused into 2 weights
// SEEN: qnt.basis "private" @{{.*}} : 4 = #qnt.diagonal<4, data = @{{.*}}>
// OTHER: error: the statistics statistics.json are of another model; calibrate again
// DAMAGED: error: damaged.json is no file of statistics: the channels of the rows of 'relu' are damaged

// REASONS-DAG: remark: {{.*}}depth{{.*}}: its input is not scaled: it is depthwise: a filter for each channel
// REASONS-DAG: remark: {{.*}}queries{{.*}}: its input is not scaled: its readers would need a scale and its inverse
// REASONS-DAG: remark: {{.*}}keys{{.*}}: its input is not scaled: its readers would need a scale and its inverse
// REASONS-DAG: remark: {{.*}}gram{{.*}}: its input is not scaled: no scale fits all that its channels meet
// REASONS-DAG: remark: {{.*}}shifted{{.*}}: its input is not scaled: no scale crosses what makes its input
// REASONS-DAG: remark: {{.*}}one_for_three{{.*}}: its input is not scaled: no scale fits all that its channels meet

//--- reasons.mlir
func.func @main(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x6x6xf32> {
  %a = arith.constant dense<0.5> : tensor<4x4x1x1xf32>
  %d = arith.constant dense<0.5> : tensor<4x1x3x3xf32>
  %0 = nn.conv %x, %a strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x4x8x8xf32>, tensor<4x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %1 = nn.conv %0, %d strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {groups = 4 : i64} : (tensor<1x4x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x6x6xf32> loc("depth")
  return %1 : tensor<1x4x6x6xf32>
}

// -----

// Keys have the inverse of what queries have.
func.func @main(%x: tensor<1x2x?x4xf32>, %y: tensor<1x2x?x4xf32>) -> (tensor<1x2x?x3xf32>, tensor<1x2x?x3xf32>, tensor<1x2x?x4xf32>) {
  %a = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 1.0, 1.0], [3.0, 1.0, 1.0, 1.0], [1.0, 1.0, 5.0, 2.0]]> : tensor<4x4xf32>
  %w = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 1.0, 1.0], [3.0, 1.0, 1.0, 1.0]]> : tensor<3x4xf32>
  %q = nn.linear %x, %a : (tensor<1x2x?x4xf32>, tensor<4x4xf32>) -> tensor<1x2x?x4xf32>
  %k = nn.linear %y, %a : (tensor<1x2x?x4xf32>, tensor<4x4xf32>) -> tensor<1x2x?x4xf32>
  %s = nn.attention %q, %k, %y scale 1.0 : (tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>) -> tensor<1x2x?x4xf32>
  %0 = nn.linear %q, %w : (tensor<1x2x?x4xf32>, tensor<3x4xf32>) -> tensor<1x2x?x3xf32> loc("queries")
  %1 = nn.linear %k, %w : (tensor<1x2x?x4xf32>, tensor<3x4xf32>) -> tensor<1x2x?x3xf32> loc("keys")
  return %0, %1, %s : tensor<1x2x?x3xf32>, tensor<1x2x?x3xf32>, tensor<1x2x?x4xf32>
}

// -----

// What is multiplied with its own image has no scale but 1.
func.func @main(%x: tensor<3x4xf32>) -> (tensor<3x3xf32>, tensor<3x4xf32>) {
  %a = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 1.0, 1.0], [3.0, 1.0, 1.0, 1.0], [1.0, 1.0, 5.0, 2.0]]> : tensor<4x4xf32>
  %0 = nn.linear %x, %a : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
  %1 = nn.elementwise <relu> %0 : (tensor<3x4xf32>) -> tensor<3x4xf32>
  %2 = nn.matmul %0, %1 {transpose_rhs} : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x3xf32>
  %3 = nn.linear %0, %a : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32> loc("gram")
  return %2, %3 : tensor<3x3xf32>, tensor<3x4xf32>
}

// -----

// Neighbours are added up: all channels would have one scale.
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x3xf32> {
  %c0 = arith.constant 0 : index
  %t = tensor.dim %x, %c0 : tensor<?x4xf32>
  %a = arith.constant dense<2.0> : tensor<4x4xf32>
  %w = arith.constant dense<2.0> : tensor<3x3xf32>
  %0 = nn.linear %x, %a : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %1 = nn.slice %0 offsets [0, 0] sizes [%t, 3] strides [1, 1] : tensor<?x4xf32> -> tensor<?x3xf32>
  %2 = nn.slice %0 offsets [0, 1] sizes [%t, 3] strides [1, 1] : tensor<?x4xf32> -> tensor<?x3xf32>
  %3 = nn.elementwise <add> %1, %2 : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  %4 = nn.linear %3, %w : (tensor<?x3xf32>, tensor<3x3xf32>) -> tensor<?x3xf32> loc("shifted")
  return %4 : tensor<?x3xf32>
}

// -----

// Queries, keys and values have one scale, that of keys is the inverse of that of queries: none is left.
func.func @main(%x: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %w = arith.constant dense<0.5> : tensor<12x4xf32>
  %v = arith.constant dense<0.5> : tensor<4x4xf32>
  %0 = nn.linear %x, %w : (tensor<5x4xf32>, tensor<12x4xf32>) -> tensor<5x12xf32>
  %1 = nn.reshape %0 shape [5, 3, 1, 4] : tensor<5x12xf32> -> tensor<5x3x1x4xf32>
  %2 = nn.transpose %1 permutation [1, 2, 0, 3] : tensor<5x3x1x4xf32> -> tensor<3x1x5x4xf32>
  %3 = nn.slice %2 offsets [0, 0, 0, 0] sizes [1, 1, 5, 4] strides [1, 1, 1, 1] : tensor<3x1x5x4xf32> -> tensor<1x1x5x4xf32>
  %4 = nn.slice %2 offsets [1, 0, 0, 0] sizes [1, 1, 5, 4] strides [1, 1, 1, 1] : tensor<3x1x5x4xf32> -> tensor<1x1x5x4xf32>
  %5 = nn.slice %2 offsets [2, 0, 0, 0] sizes [1, 1, 5, 4] strides [1, 1, 1, 1] : tensor<3x1x5x4xf32> -> tensor<1x1x5x4xf32>
  %6 = nn.attention %3, %4, %5 scale 0.5 : (tensor<1x1x5x4xf32>, tensor<1x1x5x4xf32>, tensor<1x1x5x4xf32>) -> tensor<1x1x5x4xf32>
  %7 = nn.reshape %6 shape [5, 4] : tensor<1x1x5x4xf32> -> tensor<5x4xf32>
  %8 = nn.linear %7, %v : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32> loc("one_for_three")
  return %8 : tensor<5x4xf32>
}

//--- statistics.json
{"format": "nibble-statistics-1", "of": "KEY", "values": {"relu": {"min": 0, "max": 100, "zeros": 0, "limit": 128, "positive": [1], "negative": [],
  "rows": {"largest": [1, 100, 1, 1], "mean_square": [0.1, 1000, 0.1, 0.1]}}}}

//--- block.mlir
module attributes {nn.symbols = ["t"]} {
  func.func @main(%x: tensor<?x4xf32> {nn.name = "x", nn.shape = affine_map<()[s0] -> (s0, 4)>}) -> (tensor<?x4xf32> {nn.name = "y"}) {
    %c0 = arith.constant 0 : index
    %t = tensor.dim %x, %c0 : tensor<?x4xf32>
    %gain = arith.constant dense<[0.9, 1.1, 50.0, 1.0]> : tensor<4xf32>
    %wq = arith.constant dense<[[0.0409, 0.465, -0.00922, 0.353], [0.926, 0.411, 0.0312, -0.885], [0.0674, -0.705, -0.0157, -0.184], [0.221, 0.419, 0.0102, 2.23], [0.863, -1.59, 0.00409, -0.623], [-0.516, 1.31, -0.00446, -1.95], [0.311, -0.291, -0.0235, -0.921], [-0.625, -0.0234, -0.00853, 0.0715]]> : tensor<8x4xf32>
    %wk = arith.constant dense<[[1.84, -0.8, -0.0161, -0.249], [1.1, -0.706, 0.0287, -1.31], [-1.03, -0.0544, -0.0173, -0.618], [0.451, 0.724, 0.00228, -0.275]]> : tensor<4x4xf32>
    %wv = arith.constant dense<[[1.34, 0.403, -0.0047, 1.21], [-45.1, 8.23, 0.66, -0.564], [-0.575, 0.351, -0.0108, -0.595], [-1.02, 1.3, -0.011, 1.15]]> : tensor<4x4xf32>
    %wo = arith.constant dense<[[0.381, -0.00522, 0.668, 0.00544, 0.132, -1.38, 0.0708, 0.894], [0.487, 0.0199, 1.49, 0.00822, 1.97, -1.51, -0.241, -2.52], [0.821, 0.00188, 1.69, -0.00732, -2.03, 1.28, -1.34, -1.27], [-0.176, 0.0126, -0.509, 0.00372, -1.88, 1.73, -0.0672, 0.12]]> : tensor<4x8xf32>
    %wg = arith.constant dense<[[0.586, 0.169, 0.2, -0.928], [-0.113, 0.438, 1.04, -0.12], [0.0914, 0.338, 0.572, 0.207], [-0.253, -0.51, 1.12, 0.295], [0.0206, 3.48, 0.883, 0.853], [0.153, -1.01, 1.14, -0.0883]]> : tensor<6x4xf32>
    %wu = arith.constant dense<[[0.0526, 1.03, 1.02, 0.24], [0.0186, 2.1, 0.573, -1.03], [0.751, 0.151, 0.0327, 0.682], [11.7, 100.0, 10.2, 12.6], [1.16, -0.564, 1.01, -0.0601], [1.18, -0.849, 0.42, -1.6]]> : tensor<6x4xf32>
    %wd = arith.constant dense<[[-0.441, 0.0158, 0.495, 0.0395, 1.84, -1.34], [-0.757, 1.25, 0.439, -0.0273, 0.485, -1.13], [-0.858, -1.26, -0.26, 0.045, 0.378, -0.107], [2.51, -0.462, -0.148, -0.00526, 0.421, -0.31]]> : tensor<4x6xf32>
    %n = nn.rms_norm %x scale %gain axis 1 epsilon 1.0e-6 : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
    %q0 = nn.linear %n, %wq : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32> loc("q")
    %k0 = nn.linear %n, %wk : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32> loc("k")
    %v0 = nn.linear %n, %wv : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32> loc("v")
    %q1 = nn.reshape %q0 shape [1, %t, 4, 2] : tensor<?x8xf32> -> tensor<1x?x4x2xf32>
    %k1 = nn.reshape %k0 shape [1, %t, 2, 2] : tensor<?x4xf32> -> tensor<1x?x2x2xf32>
    %v1 = nn.reshape %v0 shape [1, %t, 2, 2] : tensor<?x4xf32> -> tensor<1x?x2x2xf32>
    %q2 = nn.transpose %q1 permutation [0, 2, 1, 3] : tensor<1x?x4x2xf32> -> tensor<1x4x?x2xf32>
    %k2 = nn.transpose %k1 permutation [0, 2, 1, 3] : tensor<1x?x2x2xf32> -> tensor<1x2x?x2xf32>
    %v2 = nn.transpose %v1 permutation [0, 2, 1, 3] : tensor<1x?x2x2xf32> -> tensor<1x2x?x2xf32>
    %a = nn.attention %q2, %k2, %v2 scale 0.5 {causal} : (tensor<1x4x?x2xf32>, tensor<1x2x?x2xf32>, tensor<1x2x?x2xf32>) -> tensor<1x4x?x2xf32> loc("attention")
    %a1 = nn.transpose %a permutation [0, 2, 1, 3] : tensor<1x4x?x2xf32> -> tensor<1x?x4x2xf32>
    %a2 = nn.reshape %a1 shape [%t, 8] : tensor<1x?x4x2xf32> -> tensor<?x8xf32>
    %o = nn.linear %a2, %wo : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32> loc("o")
    %r = nn.elementwise <add> %x, %o : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    %m = nn.rms_norm %r axis 1 epsilon 1.0e-6 : (tensor<?x4xf32>) -> tensor<?x4xf32> loc("plain")
    %g0 = nn.linear %m, %wg : (tensor<?x4xf32>, tensor<6x4xf32>) -> tensor<?x6xf32> loc("gate")
    %u = nn.linear %m, %wu : (tensor<?x4xf32>, tensor<6x4xf32>) -> tensor<?x6xf32> loc("up")
    %s = nn.elementwise <silu> %g0 : (tensor<?x6xf32>) -> tensor<?x6xf32> loc("silu")
    %p = nn.elementwise <mul> %s, %u : (tensor<?x6xf32>, tensor<?x6xf32>) -> tensor<?x6xf32> loc("product")
    %d = nn.linear %p, %wd : (tensor<?x6xf32>, tensor<4x6xf32>) -> tensor<?x4xf32> loc("down")
    %y = nn.elementwise <add> %r, %d : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    return %y : tensor<?x4xf32>
  }
}

//--- even.mlir
func.func @main(%x: tensor<?x4xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "y"}) {
  %up = arith.constant dense<1.0> : tensor<4x4xf32>
  %down = arith.constant dense<1.0> : tensor<4x4xf32>
  %h = nn.linear %x, %up : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32> loc("first")
  %r = nn.elementwise <relu> %h : (tensor<?x4xf32>) -> tensor<?x4xf32> loc("relu")
  %m = nn.linear %r, %down : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32> loc("middle")
  %g = nn.elementwise <gelu> %m : (tensor<?x4xf32>) -> tensor<?x4xf32> loc("gelu")
  %y = nn.linear %g, %down : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32> loc("last")
  return %y : tensor<?x4xf32>
}
