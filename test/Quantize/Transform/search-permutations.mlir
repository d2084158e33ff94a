// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: quant-opt block.mlir --pass-pipeline='builtin.module(qnt-search-permutations{order=zigzag block=4 numbers=zigzag.bin},qnt-verify-equivalence{against=block.mlir bound=1e-5 extents=t=7})' 2> remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < remarks
// RUN: od -An -v -td4 -w32 zigzag.bin | FileCheck %s --check-prefix=ZIGZAG
// RUN: quant-opt block.mlir --pass-pipeline='builtin.module(qnt-search-permutations{order=sort block=2 numbers=sorted.bin keep=o},qnt-verify-equivalence{against=block.mlir bound=1e-5 extents=t=7})' 2>&1 | FileCheck %s --check-prefix=SORT
// RUN: od -An -v -td4 -w32 sorted.bin | FileCheck %s --check-prefix=SORTED
// RUN: quant-opt block.mlir --pass-pipeline='builtin.module(qnt-search-permutations{order=sort block=2 numbers=heads.bin},qnt-verify-equivalence{against=block.mlir bound=1e-5 extents=t=7})' 2>&1 | FileCheck %s --check-prefix=HEADS
// RUN: od -An -v -td4 -w32 heads.bin | FileCheck %s --check-prefix=ORDERS
// RUN: quant-opt block.mlir --pass-pipeline='builtin.module(qnt-search-permutations{order=zigzag block=4 numbers=rotated.bin},func.func(qnt-split-channel-ops),qnt-insert-transforms{block=4},qnt-fuse-transforms,qnt-verify-equivalence{against=block.mlir bound=1e-5 extents=t=7})' 2>&1 | FileCheck %s --check-prefix=ROTATED
// RUN: quant-opt even.mlir --qnt-search-permutations="order=sort block=2 numbers=none.bin" 2>&1 | FileCheck %s --check-prefix=EVEN
// RUN: not ls none.bin
// RUN: quant-opt even.mlir --nibble-insert-observers | sed -n 's/.*qnt.statistics_key = "\([0-9a-f]*\)".*/s,KEY,\1,/p' > key.sed
// RUN: sed -f key.sed statistics.json > seen.json
// RUN: quant-opt even.mlir --qnt-search-permutations="order=sort block=2 numbers=seen.bin statistics=seen.json" 2>&1 | FileCheck %s --check-prefix=SEEN
// RUN: od -An -v -td4 -w32 seen.bin | FileCheck %s --check-prefix=SEENORDER
// RUN: not quant-opt even.mlir --qnt-search-permutations="order=sort numbers=none.bin statistics=statistics.json" 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: quant-opt reasons.mlir --split-input-file --qnt-search-permutations="order=sort block=2 numbers=none.bin" --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefix=WHOLE
// RUN: quant-opt reasons.mlir --split-input-file --qnt-search-permutations="order=zigzag block=4 numbers=none.bin" --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefix=DIVISOR
// RUN: not quant-opt nothing.mlir --qnt-search-permutations="order=sort numbers=none.bin" 2>&1 | FileCheck %s --check-prefix=MAIN
// RUN: not quant-opt nothing.mlir --qnt-search-scales="weights=int8 numbers=none.bin" 2>&1 | FileCheck %s --check-prefix=MAIN
// RUN: not quant-opt nothing.mlir --qnt-insert-matrices="matrices=none.safetensors numbers=none.bin" 2>&1 | FileCheck %s --check-prefix=MAIN
// RUN: not quant-opt even.mlir --qnt-search-permutations="order=random numbers=none.bin" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not quant-opt even.mlir --qnt-search-permutations="block=1 numbers=none.bin" 2>&1 | FileCheck %s --check-prefix=BLOCK
// RUN: not quant-opt even.mlir --qnt-search-permutations="order=sort" 2>&1 | FileCheck %s --check-prefix=NUMBERS
// RUN: not quant-opt block.mlir --qnt-search-permutations="order=zigzag block=4 numbers=nowhere/orders.bin" 2>&1 | FileCheck %s --check-prefix=FILE

// The stream is what the graph gets and gives. A block holds whole heads of 4 values, so that their order does nothing; the order of what passes the activation does.
// REMARK-DAG: remark: {{.*}}q{{.*}}: its input keeps its order: graph input 'x'
// REMARK-DAG: remark: {{.*}}up{{.*}}: its input keeps its order: graph input 'x'
// REMARK-DAG: remark: {{.*}}o{{.*}}: its input keeps its order: the 4 channels that can change places are in one block of 4
// REMARK-DAG: remark: {{.*}}down{{.*}}: its input is in zig-zag order by blocks of 4, fused into 2 weights: the largest block has 1.02 instead of 1.08 times the mean energy; 1 readers share the order
// REMARK: remark: {{.*}}largest relative difference

// Indexes are parameters of the file. Rows of up have sizes 1 8 2 7 3 6 4 5: 8, 5, 4, 1 go to one block.
// ZIGZAG: 1 7 6 0 3 5 4 2
// CHECK: qnt.basis "private" @[[DOWN:.*]] : 8 = #qnt.permutation<8, data = @[[ORDER:.*]]>
// CHECK-NOT: qnt.basis
// CHECK: func.func @main
// CHECK-DAG: qnt.transform %{{.*}} to @[[DOWN]] axis = 0 : tensor<8x4xf32>
// CHECK-DAG: qnt.transform %{{.*}} to @[[DOWN]] axis = 1 : tensor<4x8xf32>
// CHECK: nn.linear {{.*}} {nn.note = "input in zig-zag order by blocks of 4, fused into 2 weights: {{.*}}"}
// CHECK-NOT: qnt.transform
// CHECK: func.func private @[[ORDER]]() -> tensor<8xi32>
// CHECK-NEXT: nn.parameter {{.*}} at <file = "zigzag.bin", offset = 0, length = 32, hash = {{.*}}> : tensor<8xi32>

// What stays in f32 asks for nothing.
// SORT-NOT: loc("o"): its input
// SORT: remark: {{.*}}down{{.*}}: its input is sorted by magnitude by blocks of 2, fused into 2 weights: the largest of each block has {{.*}}
// SORTED: 1 3 5 7 6 4 2 0
// SORTED-NOT: {{[0-9]}}

// Each of two heads of values has an order of its own, which two heads of queries each read.
// HEADS-DAG: remark: {{.*}}o{{.*}}: its input is sorted by magnitude by blocks of 2, fused into 2 weights
// HEADS: #qnt.permutation<8, data = @
// HEADS: #qnt.permutation<16, data = @
// ORDERS: 3 1 2 0 6 7 5 4
// ORDERS-NEXT: 3 1 2 0 7 5 6 4
// ORDERS-NEXT: 10 11 9 8 14 15 13 12
// ORDERS-NEXT: 1 3 5 7 6 4 2 0

// A rotation comes after the order, and mixes the blocks that were dealt.
// ROTATED: remark: {{.*}}down{{.*}}: its input is rotated at run time by blocks of 4
// ROTATED: remark: {{.*}}largest relative difference
// ROTATED: #qnt.permutation<8, data = @

// Nothing to gain, nothing done.
// EVEN-DAG: remark: {{.*}}middle{{.*}}: its input keeps its order: the largest of each block has 1.00 times the mean energy, and no less sorted
// EVEN-DAG: remark: {{.*}}last{{.*}}: its input keeps its order: the largest of each block has 1.00 times the mean energy, and no less sorted
// EVEN-DAG: remark: {{.*}}first{{.*}}: its input keeps its order: graph input 'x'
// EVEN-NOT: qnt.basis
// EVEN-NOT: qnt.transform

// What was seen of the rows: channels 1 and 3 are the loud ones.
// SEEN: remark: {{.*}}middle{{.*}}: its input is sorted by magnitude by blocks of 2, fused into 2 weights
// SEENORDER: 1 3 2 0

// OTHER: error: the statistics statistics.json are of another model; calibrate again
// What keeps an order: pairs that stay together, weights that are zeros, seven channels, groups of six.
// WHOLE-DAG: remark: {{.*}}pairs{{.*}}: its input keeps its order: blocks of 2 channels would change places as a whole
// WHOLE-DAG: remark: {{.*}}zeros{{.*}}: its input keeps its order: neither statistics nor weights tell how large its channels are
// DIVISOR-DAG: remark: {{.*}}seven{{.*}}: its input keeps its order: no divisor up to 4 of its 7 channels is the order of a Hadamard matrix that is known
// DIVISOR-DAG: remark: {{.*}}sixes{{.*}}: its input keeps its order: blocks of 4 do not divide the 6 channels that can change places

// MAIN: error: needs a function @main
// UNKNOWN: error: unknown order 'random': expected sort or zigzag
// BLOCK: error: the block of an order must have at least 2 channels
// NUMBERS: error: numbers must name the file that gets the orders of channels
// FILE: error: cannot write the orders of channels to 'nowhere/orders.bin': No such file or directory

//--- nothing.mlir
module {}

//--- reasons.mlir
func.func @main(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %t = tensor.dim %x, %c0 : tensor<?x3xf32>
  %a = arith.constant dense<[[1.0, 2.0, 3.0], [2.0, 1.0, 1.0], [3.0, 1.0, 1.0], [1.0, 1.0, 5.0], [1.0, 2.0, 3.0], [2.0, 1.0, 1.0], [3.0, 1.0, 1.0], [1.0, 1.0, 5.0]]> : tensor<8x3xf32>
  %w = arith.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]]> : tensor<2x8xf32>
  %0 = nn.linear %x, %a : (tensor<?x3xf32>, tensor<8x3xf32>) -> tensor<?x8xf32>
  %1 = nn.reshape %0 shape [%t, 4, 2] : tensor<?x8xf32> -> tensor<?x4x2xf32>
  %2 = nn.cumsum %1 axis 2 : (tensor<?x4x2xf32>) -> tensor<?x4x2xf32>
  %3 = nn.reshape %2 shape [%t, 8] : tensor<?x4x2xf32> -> tensor<?x8xf32>
  %4 = nn.linear %3, %w : (tensor<?x8xf32>, tensor<2x8xf32>) -> tensor<?x2xf32> loc("pairs")
  return %4 : tensor<?x2xf32>
}

// -----

func.func @main(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %a = arith.constant dense<0.0> : tensor<8x3xf32>
  %w = arith.constant dense<0.0> : tensor<2x8xf32>
  %0 = nn.linear %x, %a : (tensor<?x3xf32>, tensor<8x3xf32>) -> tensor<?x8xf32>
  %1 = nn.linear %0, %w : (tensor<?x8xf32>, tensor<2x8xf32>) -> tensor<?x2xf32> loc("zeros")
  return %1 : tensor<?x2xf32>
}

// -----

func.func @main(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %a = arith.constant dense<1.0> : tensor<7x3xf32>
  %w = arith.constant dense<1.0> : tensor<2x7xf32>
  %0 = nn.linear %x, %a : (tensor<?x3xf32>, tensor<7x3xf32>) -> tensor<?x7xf32>
  %1 = nn.linear %0, %w : (tensor<?x7xf32>, tensor<2x7xf32>) -> tensor<?x2xf32> loc("seven")
  return %1 : tensor<?x2xf32>
}

// -----

func.func @main(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %t = tensor.dim %x, %c0 : tensor<?x3xf32>
  %a = arith.constant dense<1.0> : tensor<12x3xf32>
  %w = arith.constant dense<1.0> : tensor<2x12xf32>
  %0 = nn.linear %x, %a : (tensor<?x3xf32>, tensor<12x3xf32>) -> tensor<?x12xf32>
  %1 = nn.reshape %0 shape [%t, 2, 6] : tensor<?x12xf32> -> tensor<?x2x6xf32>
  %2 = nn.cumsum %1 axis 1 : (tensor<?x2x6xf32>) -> tensor<?x2x6xf32>
  %3 = nn.reshape %2 shape [%t, 12] : tensor<?x2x6xf32> -> tensor<?x12xf32>
  %4 = nn.linear %3, %w : (tensor<?x12xf32>, tensor<2x12xf32>) -> tensor<?x2xf32> loc("sixes")
  return %4 : tensor<?x2xf32>
}

//--- block.mlir
module attributes {nn.symbols = ["t"]} {
  func.func @main(%x: tensor<?x4xf32> {nn.name = "x", nn.shape = affine_map<()[s0] -> (s0, 4)>}) -> (tensor<?x4xf32> {nn.name = "y"}) {
    %c0 = arith.constant 0 : index
    %t = tensor.dim %x, %c0 : tensor<?x4xf32>
    %wq = arith.constant dense<[[-0.802, -1.32, -0.248, 0.42], [1.14, 0.11, -0.553, -0.785], [0.749, 1.63, 0.273, -1.23], [-0.958, 1.6, 0.203, -1.73], [-0.0837, -1.16, -0.629, -0.488], [-0.713, 0.553, -0.0631, -0.589], [0.41, 0.83, -1.64, -0.257], [-0.981, -0.173, -1.29, 0.0207], [-0.0379, -0.304, -1.05, -0.396], [-1.09, -1.36, 0.225, -1.11], [1.17, 0.717, -2.0, 0.272], [-1.1, 0.0331, 0.0436, -1.99], [-0.233, -0.256, 0.962, -1.18], [0.738, -1.1, -0.331, -0.84], [1.45, 0.568, 2.43, 0.642], [0.845, 0.841, -0.607, -0.07]]> : tensor<16x4xf32>
    %wk = arith.constant dense<[[1.35, -0.397, 0.189, -0.0212], [0.609, -0.365, -0.152, 0.242], [0.103, -0.865, 0.896, -1.3], [-1.2, -1.28, 0.967, -0.361], [-0.971, -1.14, 0.421, -1.05], [-1.27, 0.614, -1.2, -0.322], [-0.00676, -0.445, -0.0541, 1.34], [-0.517, -1.26, -1.84, -0.205]]> : tensor<8x4xf32>
    %wv = arith.constant dense<[[-0.352, 0.265, -0.464, -0.479], [-6.49, -4.68, 1.44, -3.42], [0.201, 3.8, 0.958, -3.15], [13.9, 2.78, -7.53, 7.26], [0.0177, -0.615, -0.634, -0.993], [0.0481, 1.07, -0.325, 0.421], [16.9, -10.9, 2.32, -2.76], [-8.48, -8.2, -0.122, 3.47]]> : tensor<8x4xf32>
    %wo = arith.constant dense<[[-0.532, 0.0544, 0.722, 0.297, 0.869, 0.461, 0.488, 1.83, 0.623, 0.129, 0.71, -0.919, -0.338, 0.793, 0.631, 1.55], [0.0105, -1.46, 1.95, 1.09, -1.06, 1.38, 0.0324, -1.81, -0.42, -0.509, 1.59, -0.792, -0.254, -0.277, -0.379, -0.914], [0.219, 1.08, 0.624, -0.927, -1.15, 0.119, -0.707, -0.63, -1.68, 1.95, 0.917, -0.974, 0.908, 1.34, -2.39, -0.549], [-0.388, 0.648, -0.121, -0.23, -0.0584, 1.85, 2.16, -0.525, -0.926, 2.69, -0.98, -0.573, 0.0366, 0.483, 1.03, 0.391]]> : tensor<4x16xf32>
    %wu = arith.constant dense<[[-1.0, 1.0, 1.0, 1.0], [-8.0, -8.0, -8.0, 8.0], [-2.0, -2.0, -2.0, 2.0], [7.0, -7.0, 7.0, 7.0], [-3.0, -3.0, 3.0, 3.0], [6.0, 6.0, 6.0, -6.0], [-4.0, -4.0, 4.0, -4.0], [5.0, -5.0, 5.0, 5.0]]> : tensor<8x4xf32>
    %wd = arith.constant dense<[[-1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, 1.0], [-1.0, -1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0], [-1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, 1.0], [1.0, -1.0, -1.0, 1.0, -1.0, -1.0, -1.0, 1.0]]> : tensor<4x8xf32>
    %n = nn.rms_norm %x axis 1 epsilon 1.0e-6 : (tensor<?x4xf32>) -> tensor<?x4xf32> loc("norm")
    %q0 = nn.linear %n, %wq : (tensor<?x4xf32>, tensor<16x4xf32>) -> tensor<?x16xf32> loc("q")
    %k0 = nn.linear %n, %wk : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32> loc("k")
    %v0 = nn.linear %n, %wv : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32> loc("v")
    %q1 = nn.reshape %q0 shape [1, %t, 4, 4] : tensor<?x16xf32> -> tensor<1x?x4x4xf32>
    %k1 = nn.reshape %k0 shape [1, %t, 2, 4] : tensor<?x8xf32> -> tensor<1x?x2x4xf32>
    %v1 = nn.reshape %v0 shape [1, %t, 2, 4] : tensor<?x8xf32> -> tensor<1x?x2x4xf32>
    %q2 = nn.transpose %q1 permutation [0, 2, 1, 3] : tensor<1x?x4x4xf32> -> tensor<1x4x?x4xf32>
    %k2 = nn.transpose %k1 permutation [0, 2, 1, 3] : tensor<1x?x2x4xf32> -> tensor<1x2x?x4xf32>
    %v2 = nn.transpose %v1 permutation [0, 2, 1, 3] : tensor<1x?x2x4xf32> -> tensor<1x2x?x4xf32>
    %a = nn.attention %q2, %k2, %v2 scale 0.5 {causal} : (tensor<1x4x?x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>) -> tensor<1x4x?x4xf32> loc("attention")
    %a1 = nn.transpose %a permutation [0, 2, 1, 3] : tensor<1x4x?x4xf32> -> tensor<1x?x4x4xf32>
    %a2 = nn.reshape %a1 shape [%t, 16] : tensor<1x?x4x4xf32> -> tensor<?x16xf32>
    %o = nn.linear %a2, %wo : (tensor<?x16xf32>, tensor<4x16xf32>) -> tensor<?x4xf32> loc("o")
    %r = nn.elementwise <add> %x, %o : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32> loc("add")
    %u = nn.linear %r, %wu : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32> loc("up")
    %s = nn.elementwise <gelu> %u : (tensor<?x8xf32>) -> tensor<?x8xf32> loc("gelu")
    %y = nn.linear %s, %wd : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32> loc("down")
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
  %g = nn.softmax %m axis 1 : (tensor<?x4xf32>) -> tensor<?x4xf32> loc("softmax")
  %y = nn.linear %g, %down : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32> loc("last")
  return %y : tensor<?x4xf32>
}

//--- statistics.json
{"format": "nibble-statistics-1", "of": "KEY", "values": {"relu": {"min": 0, "max": 100, "zeros": 0, "limit": 128, "positive": [1], "negative": [],
  "rows": {"largest": [1, 100, 2, 90], "mean_square": [0.1, 1000, 0.1, 900]}}}}
