// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: quant-opt rope.mlir --pass-pipeline='builtin.module(qnt-insert-transforms{inputs=false keys=true})' | FileCheck %s --check-prefix=ASKED
// RUN: quant-opt rope.mlir --pass-pipeline='builtin.module(qnt-insert-transforms{inputs=false keys=true},qnt-verify-equivalence{against=rope.mlir extents=seq=5,past=0})' -o /dev/null
// RUN: quant-opt rope.mlir --pass-pipeline='builtin.module(qnt-insert-transforms{inputs=false keys=true},qnt-fuse-transforms,qnt-verify-equivalence{against=rope.mlir extents=seq=5,past=0})' 2> rope.txt | FileCheck %s --check-prefix=ROPE
// RUN: FileCheck %s --check-prefix=STAYS < rope.txt
// RUN: quant-opt norope.mlir --pass-pipeline='builtin.module(qnt-insert-transforms{inputs=false keys=true},qnt-fuse-transforms,qnt-verify-equivalence{against=norope.mlir extents=seq=5,past=0})' 2> norope.txt | FileCheck %s --check-prefix=FUSED
// RUN: FileCheck %s --check-prefix=SAYS < norope.txt
// RUN: quant-opt io.mlir --qnt-insert-transforms="inputs=false keys=true" --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefix=IO
// RUN: quant-opt refused.mlir --split-input-file --qnt-insert-transforms="inputs=false keys=true" --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefix=REFUSED
// RUN: quant-opt rope.mlir --qnt-insert-transforms | FileCheck %s --check-prefix=OFF
// RUN: quant-opt sizes.mlir --qnt-insert-transforms="inputs=false keys=true" | FileCheck %s --check-prefix=SIZES

// Where a session's own keys come into its cache, and the queries that meet them.
// ASKED: qnt.basis "private" @[[HEAD:.*]] : 8 = #qnt.hadamard<8>
// ASKED-DAG: %[[K:.*]] = qnt.transform %[[KR:.*]] to @[[HEAD]] axis = 3 : tensor<1x1x?x8xf32>
// ASKED-DAG: %[[KR]] = nn.rope {{.*}} -> tensor<1x1x?x8xf32>
// ASKED-DAG: %[[Q:.*]] = qnt.transform %[[QR:.*]] to dual @[[HEAD]] axis = 3 : tensor<1x2x?x8xf32>
// ASKED-DAG: %[[QR]] = nn.rope {{.*}} -> tensor<1x2x?x8xf32>
// ASKED: %[[KEYS:.*]] = nn.cache_update %{{.*}}, %[[K]] axis 2
// ASKED: nn.attention %[[Q]], %[[KEYS]],
// OFF-NOT: qnt.transform
// OFF: return

// An embedding of positions lets none through: two stay, and the cache holds rotated keys. The second run reads what the first one kept.
// STAYS-DAG: its new entries are rotated at run time by blocks of 8: rope 'k/rope' lets permutation|sign|scale through
// STAYS-DAG: its queries are rotated at run time by blocks of 8: rope 'q/rope' lets permutation|sign|scale through
// STAYS-DAG: output 0 'y' of the first run: largest relative difference {{[0-9.]+e-0[6-9]}}
// STAYS-DAG: output 0 'y' of the second run: largest relative difference {{[0-9.]+e-0[6-9]}}
// STAYS-NOT: present
// ROPE: func.func @main(
// ROPE-SAME: nn.name = "past.key", nn.private, nn.shape
// ROPE-SAME: nn.name = "past.value", nn.shape
// ROPE-COUNT-2: qnt.transform %{{.*}} axis = 3 {nn.note =
// ROPE-NOT: qnt.transform
// ROPE: %[[KEYS:.*]] = nn.cache_update %{{[^,]*}}, %{{.*}} axis 2 {nn.note = "new entries rotated
// ROPE: nn.attention %{{.*}}, %[[KEYS]],
// ROPE-NOT: qnt.transform
// ROPE: return %{{.*}}, %[[KEYS]],

// Without one, the weights of queries and keys take it.
// SAYS: its new entries are rotated by a Hadamard matrix of 8 channels, fused into 2 weights
// SAYS: output 0 'y' of the second run
// FUSED: func.func @main(
// FUSED-SAME: nn.name = "past.key", nn.private, nn.shape
// FUSED-DAG: qnt.transform %{{.*}} to @{{.*}} axis = 0 : tensor<16x4xf32>
// FUSED-DAG: qnt.transform %{{.*}} to @{{.*}} axis = 0 : tensor<8x4xf32>
// FUSED-NOT: qnt.transform
// FUSED: return

// What a graph gives shows what it holds.
// IO: remark: {{.*}}k/cache{{.*}}: its keys are not rotated: graph output 'present.key' holds them
// IO-NOT: qnt.transform
// IO: nn.cache_update %{{.*}} {nn.note = "its keys are not rotated: graph output 'present.key' holds them"}

// REFUSED-DAG: remark: {{.*}}given{{.*}}: its keys are not rotated: graph input 'k' brings them
// REFUSED-DAG: remark: {{.*}}shown{{.*}}: its keys are not rotated: graph output 0 holds them
// REFUSED-DAG: remark: {{.*}}odd{{.*}}: its keys are not rotated: no divisor of their channels from 8 on is the order of a Hadamard matrix that is known
// REFUSED-DAG: remark: {{.*}}both{{.*}}: its keys are not rotated: attention reads the cache, too
// REFUSED-DAG: remark: {{.*}}early{{.*}}: its keys are not rotated: elementwise neg 'before' reads the cache, too
// REFUSED-DAG: remark: {{.*}}stray{{.*}}: its keys are not rotated: they are added to what cache_update {{.*}} gets, which is no state of the model
// REFUSED-DAG: remark: {{.*}}wide{{.*}}: its keys are not rotated: cache_update 'wide' adds them along their channels
// REFUSED-NOT: qnt.transform

// The whole head where there is a matrix of its order, else its largest divisor; two attentions share keys and queries.
// SIZES-DAG: qnt.basis "private" @[[A:.*]] : 20 = #qnt.hadamard<20>
// SIZES-DAG: qnt.basis "private" @[[B:.*]] : 100 = #qnt.hadamard<20>
// SIZES-DAG: %[[P:.*]] = qnt.transform %arg2 to dual @[[B]] axis = 3
// SIZES-DAG: %[[Q:.*]] = qnt.transform %arg0 to dual @[[A]] axis = 3
// SIZES-NOT: dual
// SIZES: nn.attention %[[Q]],
// SIZES: nn.attention %[[Q]],
// SIZES: nn.attention %[[P]],

//--- rope.mlir
module attributes {nn.symbols = ["seq", "past"]} {
  func.func @main(%x: tensor<1x?x4xf32> {nn.name = "x", nn.shape = affine_map<()[s0, s1] -> (1, s0, 4)>}, %cos: tensor<1x?x4xf32> {nn.shape = affine_map<()[s0, s1] -> (1, s0, 4)>}, %sin: tensor<1x?x4xf32> {nn.shape = affine_map<()[s0, s1] -> (1, s0, 4)>},
      %pk: tensor<1x1x?x8xf32> {nn.name = "past.key", nn.dims = ["", "", "past", ""], nn.shape = affine_map<()[s0, s1] -> (1, 1, s1, 8)>, nn.state = 1 : i64},
      %pv: tensor<1x1x?x8xf32> {nn.name = "past.value", nn.dims = ["", "", "past", ""], nn.shape = affine_map<()[s0, s1] -> (1, 1, s1, 8)>, nn.state = 2 : i64})
      -> (tensor<1x2x?x8xf32> {nn.name = "y"}, tensor<1x1x?x8xf32> {nn.name = "present.key"}, tensor<1x1x?x8xf32> {nn.name = "present.value"}) {
    %c1 = arith.constant 1 : index
    %t = tensor.dim %x, %c1 : tensor<1x?x4xf32>
    %wq = arith.constant dense<[[-1.25, -0.625, -1.0, 1.0], [1.625, -0.25, 0.125, 0.875], [-1.5, 0.625, -1.25, -1.875], [0.125, -0.125, -1.875, 1.375], [-0.875, -1.125, -1.625, 1.0], [-0.75, -1.375, -1.625, 0.625], [-0.875, -0.375, 0.25, 1.875], [1.125, -0.625, 1.25, 1.75], [1.25, -1.0, -1.5, 0.875], [-0.75, 0.25, 1.375, -1.625], [-1.125, 0.75, 1.5, -1.0], [-0.625, 1.375, -0.375, -0.125], [-1.125, -0.875, 1.75, 1.0], [1.375, -0.875, -1.125, -0.875], [-1.0, 1.25, -1.125, 1.0], [0.875, 0.125, 1.0, -1.625]]> : tensor<16x4xf32>
    %wk = arith.constant dense<[[-1.375, -1.125, -1.75, -1.625], [0.125, -0.25, -1.0, -1.625], [0.5, 0.25, -0.75, 0.25], [-0.375, 1.125, -1.375, 1.375], [1.0, 1.0, 0.25, -0.625], [0.75, 1.625, -0.625, -0.625], [-1.25, 1.75, -0.5, -0.875], [-0.125, -1.0, 1.125, -1.375]]> : tensor<8x4xf32>
    %wv = arith.constant dense<[[0.5, -0.875, 1.375, 0.125], [0.375, -1.875, -0.625, -1.75], [-0.625, 1.5, -0.875, 0.375], [-1.125, -1.25, -1.875, 0.375], [-0.875, -0.75, -0.5, 1.25], [-1.0, -1.375, 0.625, 0.125], [1.25, 1.875, 0.125, -0.5], [1.625, -0.75, 0.5, 1.375]]> : tensor<8x4xf32>
    %q0 = nn.linear %x, %wq : (tensor<1x?x4xf32>, tensor<16x4xf32>) -> tensor<1x?x16xf32> loc("q")
    %k0 = nn.linear %x, %wk : (tensor<1x?x4xf32>, tensor<8x4xf32>) -> tensor<1x?x8xf32> loc("k")
    %v0 = nn.linear %x, %wv : (tensor<1x?x4xf32>, tensor<8x4xf32>) -> tensor<1x?x8xf32> loc("v")
    %q1 = nn.reshape %q0 shape [1, %t, 2, 8] : tensor<1x?x16xf32> -> tensor<1x?x2x8xf32>
    %k1 = nn.reshape %k0 shape [1, %t, 1, 8] : tensor<1x?x8xf32> -> tensor<1x?x1x8xf32>
    %v1 = nn.reshape %v0 shape [1, %t, 1, 8] : tensor<1x?x8xf32> -> tensor<1x?x1x8xf32>
    %q2 = nn.transpose %q1 permutation [0, 2, 1, 3] : tensor<1x?x2x8xf32> -> tensor<1x2x?x8xf32>
    %k2 = nn.transpose %k1 permutation [0, 2, 1, 3] : tensor<1x?x1x8xf32> -> tensor<1x1x?x8xf32>
    %v2 = nn.transpose %v1 permutation [0, 2, 1, 3] : tensor<1x?x1x8xf32> -> tensor<1x1x?x8xf32>
    %q = nn.rope %q2, %cos, %sin : (tensor<1x2x?x8xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>) -> tensor<1x2x?x8xf32> loc("q/rope")
    %k = nn.rope %k2, %cos, %sin : (tensor<1x1x?x8xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>) -> tensor<1x1x?x8xf32> loc("k/rope")
    %ks = nn.cache_update %pk, %k axis 2 : (tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32> loc("k/cache")
    %vs = nn.cache_update %pv, %v2 axis 2 : (tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32> loc("v/cache")
    %a = nn.attention %q, %ks, %vs scale 0.35355 {causal} : (tensor<1x2x?x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x2x?x8xf32> loc("attention")
    return %a, %ks, %vs : tensor<1x2x?x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>
  }
}

//--- norope.mlir
module attributes {nn.symbols = ["seq", "past"]} {
  func.func @main(%x: tensor<1x?x4xf32> {nn.name = "x", nn.shape = affine_map<()[s0, s1] -> (1, s0, 4)>},
      %pk: tensor<1x1x?x8xf32> {nn.name = "past.key", nn.dims = ["", "", "past", ""], nn.shape = affine_map<()[s0, s1] -> (1, 1, s1, 8)>, nn.state = 1 : i64},
      %pv: tensor<1x1x?x8xf32> {nn.name = "past.value", nn.dims = ["", "", "past", ""], nn.shape = affine_map<()[s0, s1] -> (1, 1, s1, 8)>, nn.state = 2 : i64})
      -> (tensor<1x2x?x8xf32> {nn.name = "y"}, tensor<1x1x?x8xf32> {nn.name = "present.key"}, tensor<1x1x?x8xf32> {nn.name = "present.value"}) {
    %c1 = arith.constant 1 : index
    %t = tensor.dim %x, %c1 : tensor<1x?x4xf32>
    %wq = arith.constant dense<[[-1.25, -0.625, -1.0, 1.0], [1.625, -0.25, 0.125, 0.875], [-1.5, 0.625, -1.25, -1.875], [0.125, -0.125, -1.875, 1.375], [-0.875, -1.125, -1.625, 1.0], [-0.75, -1.375, -1.625, 0.625], [-0.875, -0.375, 0.25, 1.875], [1.125, -0.625, 1.25, 1.75], [1.25, -1.0, -1.5, 0.875], [-0.75, 0.25, 1.375, -1.625], [-1.125, 0.75, 1.5, -1.0], [-0.625, 1.375, -0.375, -0.125], [-1.125, -0.875, 1.75, 1.0], [1.375, -0.875, -1.125, -0.875], [-1.0, 1.25, -1.125, 1.0], [0.875, 0.125, 1.0, -1.625]]> : tensor<16x4xf32>
    %wk = arith.constant dense<[[-1.375, -1.125, -1.75, -1.625], [0.125, -0.25, -1.0, -1.625], [0.5, 0.25, -0.75, 0.25], [-0.375, 1.125, -1.375, 1.375], [1.0, 1.0, 0.25, -0.625], [0.75, 1.625, -0.625, -0.625], [-1.25, 1.75, -0.5, -0.875], [-0.125, -1.0, 1.125, -1.375]]> : tensor<8x4xf32>
    %wv = arith.constant dense<[[0.5, -0.875, 1.375, 0.125], [0.375, -1.875, -0.625, -1.75], [-0.625, 1.5, -0.875, 0.375], [-1.125, -1.25, -1.875, 0.375], [-0.875, -0.75, -0.5, 1.25], [-1.0, -1.375, 0.625, 0.125], [1.25, 1.875, 0.125, -0.5], [1.625, -0.75, 0.5, 1.375]]> : tensor<8x4xf32>
    %q0 = nn.linear %x, %wq : (tensor<1x?x4xf32>, tensor<16x4xf32>) -> tensor<1x?x16xf32> loc("q")
    %k0 = nn.linear %x, %wk : (tensor<1x?x4xf32>, tensor<8x4xf32>) -> tensor<1x?x8xf32> loc("k")
    %v0 = nn.linear %x, %wv : (tensor<1x?x4xf32>, tensor<8x4xf32>) -> tensor<1x?x8xf32> loc("v")
    %q1 = nn.reshape %q0 shape [1, %t, 2, 8] : tensor<1x?x16xf32> -> tensor<1x?x2x8xf32>
    %k1 = nn.reshape %k0 shape [1, %t, 1, 8] : tensor<1x?x8xf32> -> tensor<1x?x1x8xf32>
    %v1 = nn.reshape %v0 shape [1, %t, 1, 8] : tensor<1x?x8xf32> -> tensor<1x?x1x8xf32>
    %q2 = nn.transpose %q1 permutation [0, 2, 1, 3] : tensor<1x?x2x8xf32> -> tensor<1x2x?x8xf32>
    %k2 = nn.transpose %k1 permutation [0, 2, 1, 3] : tensor<1x?x1x8xf32> -> tensor<1x1x?x8xf32>
    %v2 = nn.transpose %v1 permutation [0, 2, 1, 3] : tensor<1x?x1x8xf32> -> tensor<1x1x?x8xf32>
    %ks = nn.cache_update %pk, %k2 axis 2 : (tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32> loc("k/cache")
    %vs = nn.cache_update %pv, %v2 axis 2 : (tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32> loc("v/cache")
    %a = nn.attention %q2, %ks, %vs scale 0.35355 {causal} : (tensor<1x2x?x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x2x?x8xf32> loc("attention")
    return %a, %ks, %vs : tensor<1x2x?x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>
  }
}

//--- io.mlir
module attributes {nn.symbols = ["seq", "past"]} {
  func.func @main(%x: tensor<1x?x4xf32> {nn.name = "x", nn.shape = affine_map<()[s0, s1] -> (1, s0, 4)>}, %cos: tensor<1x?x4xf32> {nn.shape = affine_map<()[s0, s1] -> (1, s0, 4)>}, %sin: tensor<1x?x4xf32> {nn.shape = affine_map<()[s0, s1] -> (1, s0, 4)>},
      %pk: tensor<1x1x?x8xf32> {nn.name = "past.key", nn.dims = ["", "", "past", ""], nn.shape = affine_map<()[s0, s1] -> (1, 1, s1, 8)>},
      %pv: tensor<1x1x?x8xf32> {nn.name = "past.value", nn.dims = ["", "", "past", ""], nn.shape = affine_map<()[s0, s1] -> (1, 1, s1, 8)>})
      -> (tensor<1x2x?x8xf32> {nn.name = "y"}, tensor<1x1x?x8xf32> {nn.name = "present.key"}, tensor<1x1x?x8xf32> {nn.name = "present.value"}) {
    %c1 = arith.constant 1 : index
    %t = tensor.dim %x, %c1 : tensor<1x?x4xf32>
    %wq = arith.constant dense<[[-1.25, -0.625, -1.0, 1.0], [1.625, -0.25, 0.125, 0.875], [-1.5, 0.625, -1.25, -1.875], [0.125, -0.125, -1.875, 1.375], [-0.875, -1.125, -1.625, 1.0], [-0.75, -1.375, -1.625, 0.625], [-0.875, -0.375, 0.25, 1.875], [1.125, -0.625, 1.25, 1.75], [1.25, -1.0, -1.5, 0.875], [-0.75, 0.25, 1.375, -1.625], [-1.125, 0.75, 1.5, -1.0], [-0.625, 1.375, -0.375, -0.125], [-1.125, -0.875, 1.75, 1.0], [1.375, -0.875, -1.125, -0.875], [-1.0, 1.25, -1.125, 1.0], [0.875, 0.125, 1.0, -1.625]]> : tensor<16x4xf32>
    %wk = arith.constant dense<[[-1.375, -1.125, -1.75, -1.625], [0.125, -0.25, -1.0, -1.625], [0.5, 0.25, -0.75, 0.25], [-0.375, 1.125, -1.375, 1.375], [1.0, 1.0, 0.25, -0.625], [0.75, 1.625, -0.625, -0.625], [-1.25, 1.75, -0.5, -0.875], [-0.125, -1.0, 1.125, -1.375]]> : tensor<8x4xf32>
    %wv = arith.constant dense<[[0.5, -0.875, 1.375, 0.125], [0.375, -1.875, -0.625, -1.75], [-0.625, 1.5, -0.875, 0.375], [-1.125, -1.25, -1.875, 0.375], [-0.875, -0.75, -0.5, 1.25], [-1.0, -1.375, 0.625, 0.125], [1.25, 1.875, 0.125, -0.5], [1.625, -0.75, 0.5, 1.375]]> : tensor<8x4xf32>
    %q0 = nn.linear %x, %wq : (tensor<1x?x4xf32>, tensor<16x4xf32>) -> tensor<1x?x16xf32> loc("q")
    %k0 = nn.linear %x, %wk : (tensor<1x?x4xf32>, tensor<8x4xf32>) -> tensor<1x?x8xf32> loc("k")
    %v0 = nn.linear %x, %wv : (tensor<1x?x4xf32>, tensor<8x4xf32>) -> tensor<1x?x8xf32> loc("v")
    %q1 = nn.reshape %q0 shape [1, %t, 2, 8] : tensor<1x?x16xf32> -> tensor<1x?x2x8xf32>
    %k1 = nn.reshape %k0 shape [1, %t, 1, 8] : tensor<1x?x8xf32> -> tensor<1x?x1x8xf32>
    %v1 = nn.reshape %v0 shape [1, %t, 1, 8] : tensor<1x?x8xf32> -> tensor<1x?x1x8xf32>
    %q2 = nn.transpose %q1 permutation [0, 2, 1, 3] : tensor<1x?x2x8xf32> -> tensor<1x2x?x8xf32>
    %k2 = nn.transpose %k1 permutation [0, 2, 1, 3] : tensor<1x?x1x8xf32> -> tensor<1x1x?x8xf32>
    %v2 = nn.transpose %v1 permutation [0, 2, 1, 3] : tensor<1x?x1x8xf32> -> tensor<1x1x?x8xf32>
    %q = nn.rope %q2, %cos, %sin : (tensor<1x2x?x8xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>) -> tensor<1x2x?x8xf32> loc("q/rope")
    %k = nn.rope %k2, %cos, %sin : (tensor<1x1x?x8xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>) -> tensor<1x1x?x8xf32> loc("k/rope")
    %ks = nn.cache_update %pk, %k axis 2 : (tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32> loc("k/cache")
    %vs = nn.cache_update %pv, %v2 axis 2 : (tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32> loc("v/cache")
    %a = nn.attention %q, %ks, %vs scale 0.35355 {causal} : (tensor<1x2x?x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x2x?x8xf32> loc("attention")
    return %a, %ks, %vs : tensor<1x2x?x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>
  }
}

//--- refused.mlir
func.func @main(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x4x8xf32> {nn.name = "k"}, %w: tensor<1x2x4x8xf32>) -> (tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>) {
  %a = nn.attention %q, %k, %w scale 1.0 : (tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>) -> tensor<1x2x4x8xf32> loc("given")
  %n = nn.elementwise <neg> %k : (tensor<1x2x4x8xf32>) -> tensor<1x2x4x8xf32>
  %b = nn.attention %q, %n, %w scale 1.0 : (tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>) -> tensor<1x2x4x8xf32> loc("shown")
  return %n, %a, %b : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>
}

// -----

func.func @main(%q: tensor<1x2x4x7xf32>, %k: tensor<1x2x4x7xf32>) -> tensor<1x2x4x7xf32> {
  %n = nn.elementwise <neg> %k : (tensor<1x2x4x7xf32>) -> tensor<1x2x4x7xf32>
  %a = nn.attention %q, %n, %k scale 1.0 : (tensor<1x2x4x7xf32>, tensor<1x2x4x7xf32>, tensor<1x2x4x7xf32>) -> tensor<1x2x4x7xf32> loc("odd")
  return %a : tensor<1x2x4x7xf32>
}

// -----

func.func @main(%q: tensor<1x1x2x8xf32>, %past: tensor<1x1x?x8xf32> {nn.state = 1 : i64}) -> (tensor<1x1x2x8xf32>, tensor<1x1x?x8xf32>) {
  %all = nn.cache_update %past, %q axis 2 : (tensor<1x1x?x8xf32>, tensor<1x1x2x8xf32>) -> tensor<1x1x?x8xf32> loc("both")
  %a = nn.attention %q, %all, %all scale 1.0 : (tensor<1x1x2x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x1x2x8xf32>
  return %a, %all : tensor<1x1x2x8xf32>, tensor<1x1x?x8xf32>
}

// -----

func.func @main(%q: tensor<1x1x2x8xf32>, %past: tensor<1x1x?x8xf32> {nn.state = 2 : i64}) -> (tensor<1x1x2x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) {
  %n = nn.elementwise <neg> %past : (tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32> loc("before")
  %all = nn.cache_update %past, %q axis 2 : (tensor<1x1x?x8xf32>, tensor<1x1x2x8xf32>) -> tensor<1x1x?x8xf32> loc("early")
  %v = nn.cache_update %n, %q axis 2 : (tensor<1x1x?x8xf32>, tensor<1x1x2x8xf32>) -> tensor<1x1x?x8xf32>
  %a = nn.attention %q, %all, %v scale 1.0 : (tensor<1x1x2x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x1x2x8xf32>
  return %a, %n, %all : tensor<1x1x2x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>
}

// -----

func.func @main(%q: tensor<1x1x2x8xf32>, %past: tensor<1x1x?x8xf32>) -> tensor<1x1x2x8xf32> {
  %all = nn.cache_update %past, %q axis 2 : (tensor<1x1x?x8xf32>, tensor<1x1x2x8xf32>) -> tensor<1x1x?x8xf32> loc("stray")
  %a = nn.attention %q, %all, %past scale 1.0 : (tensor<1x1x2x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x1x2x8xf32>
  return %a : tensor<1x1x2x8xf32>
}

// -----

func.func @main(%q: tensor<1x1x2x16xf32>, %k: tensor<1x1x2x8xf32>, %past: tensor<1x1x2x8xf32>) -> tensor<1x1x2x16xf32> {
  %all = nn.cache_update %past, %k axis 3 : (tensor<1x1x2x8xf32>, tensor<1x1x2x8xf32>) -> tensor<1x1x2x16xf32> loc("wide")
  %a = nn.attention %q, %all, %q scale 1.0 : (tensor<1x1x2x16xf32>, tensor<1x1x2x16xf32>, tensor<1x1x2x16xf32>) -> tensor<1x1x2x16xf32>
  return %a : tensor<1x1x2x16xf32>
}

// -----

// A quantized tensor stands for f32 numbers, but is none.
// REFUSED: its keys are not rotated: they are not f32
// REFUSED-NOT: qnt.transform
#k8 = #qnt.format<int<8>, block = [1, 1, 1, -1], scale = f32>
func.func @main(%q: tensor<1x2x4x8xf32>, %x: tensor<1x2x4x8xf32>) -> tensor<1x2x4x8xf32> {
  %k = qnt.quantize %x : tensor<1x2x4x8xf32> -> !qnt.tensor<1x2x4x8, #k8>
  %a = nn.attention %q, %k, %x scale 1.0 : (tensor<1x2x4x8xf32>, !qnt.tensor<1x2x4x8, #k8>, tensor<1x2x4x8xf32>) -> tensor<1x2x4x8xf32>
  return %a : tensor<1x2x4x8xf32>
}

// -----

// REFUSED: its keys are not rotated: they are not f32
// REFUSED-NOT: qnt.transform
#q8 = #qnt.format<int<8>, block = [1, 1, 1, -1], scale = f32>
func.func @main(%x: tensor<1x2x4x8xf32>, %y: tensor<1x2x4x8xf32>) -> tensor<1x2x4x8xf32> {
  %q = qnt.quantize %x : tensor<1x2x4x8xf32> -> !qnt.tensor<1x2x4x8, #q8>
  %k = nn.elementwise <neg> %y : (tensor<1x2x4x8xf32>) -> tensor<1x2x4x8xf32>
  %a = nn.attention %q, %k, %x scale 1.0 : (!qnt.tensor<1x2x4x8, #q8>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>) -> tensor<1x2x4x8xf32>
  return %a : tensor<1x2x4x8xf32>
}

//--- sizes.mlir
func.func @main(%q: tensor<1x2x4x20xf32>, %k: tensor<1x2x4x20xf32>, %p: tensor<1x2x4x100xf32>, %r: tensor<1x2x4x100xf32>) -> (tensor<1x2x4x20xf32>, tensor<1x2x4x20xf32>, tensor<1x2x4x100xf32>) {
  %n = nn.elementwise <neg> %k : (tensor<1x2x4x20xf32>) -> tensor<1x2x4x20xf32>
  %a = nn.attention %q, %n, %k scale 1.0 : (tensor<1x2x4x20xf32>, tensor<1x2x4x20xf32>, tensor<1x2x4x20xf32>) -> tensor<1x2x4x20xf32>
  %b = nn.attention %q, %n, %q scale 1.0 : (tensor<1x2x4x20xf32>, tensor<1x2x4x20xf32>, tensor<1x2x4x20xf32>) -> tensor<1x2x4x20xf32>
  %m = nn.elementwise <neg> %r : (tensor<1x2x4x100xf32>) -> tensor<1x2x4x100xf32>
  %c = nn.attention %p, %m, %r scale 1.0 : (tensor<1x2x4x100xf32>, tensor<1x2x4x100xf32>, tensor<1x2x4x100xf32>) -> tensor<1x2x4x100xf32>
  return %a, %b, %c : tensor<1x2x4x20xf32>, tensor<1x2x4x20xf32>, tensor<1x2x4x100xf32>
}
