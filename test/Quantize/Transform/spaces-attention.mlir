// RUN: quant-opt %s --qnt-annotate-spaces="kind=orthogonal" | FileCheck %s
// RUN: quant-opt %s --qnt-annotate-spaces="kind=linear" | FileCheck %s --check-prefix=LINEAR
// RUN: quant-opt %s --qnt-annotate-spaces="kind=permutation" | FileCheck %s --check-prefix=PERMUTE

// Two heads of keys and values for ten of queries. What the values' channels are in, the output projection's are: one map of 64 channels for each of the
// two heads, which five heads of the output share. Queries and keys have another one. Heads can only change places, five within each of two.

// CHECK: qnt.space_ports = [
// CHECK-SAME: "0: 640, 3 absorb, pinned: graph input 'x'",
// CHECK-SAME: "1: 64 x 2 copies, 2 absorb",
// CHECK-SAME: "2: 10, 1 absorb, pinned: attention 'attention' lets permutation|sign through",
// CHECK-SAME: "3: 2, 1 absorb, pinned: attention 'attention' lets permutation|sign through",
// CHECK-SAME: "4: 64 x 2 copies, 2 absorb",
// CHECK-SAME: "5: 2, 1 absorb, pinned: attention 'attention' lets permutation|sign through",
// CHECK-SAME: "6: 10, 1 absorb, pinned: attention 'attention' lets permutation|sign through",
// CHECK-SAME: "7: 640, 1 absorb, pinned: graph output 'y'"]
// CHECK: nn.linear {{.*}}["axis 2: #1 64 x 2 copies along axis 2 / 5; axis 2: #2 10, stride 64"]
// CHECK: nn.linear {{.*}}["axis 2: #1 64 x 2 copies along axis 2; axis 2: #3 2, stride 64"]
// CHECK: nn.linear {{.*}}["axis 2: #4 64 x 2 copies along axis 2; axis 2: #5 2, stride 64"]
// CHECK: nn.attention {{.*}}["axis 1: #6 10; axis 3: #4 64 x 2 copies along axis 1 / 5"]
// CHECK: nn.reshape {{.*}}["axis 2: #4 64 x 2 copies along axis 2 / 5; axis 2: #6 10, stride 64"]

// LINEAR: nn.linear {{.*}}["axis 2: #1 64 x 2 copies along axis 2 / 5; axis 2: #2 10, stride 64"]
// LINEAR: nn.linear {{.*}}["axis 2: #1 64 x 2 copies along axis 2, dual; axis 2: #3 2, stride 64"]

// PERMUTE: "1: 64 x 2 copies, 2 absorb", "2: 5 x 2 copies, 2 absorb", "3: 2, 4 absorb", "4: 64 x 2 copies, 2 absorb"
// PERMUTE: nn.attention {{.*}}["axis 1: #2 5 x 2 copies along axis 1; axis 1: #3 2, stride 5; axis 3: #4 64 x 2 copies along axis 1 / 5"]
func.func @main(%x: tensor<1x?x640xf32> {nn.name = "x"}) -> (tensor<1x?x640xf32> {nn.name = "y"}) {
  %c1 = arith.constant 1 : index
  %t = tensor.dim %x, %c1 : tensor<1x?x640xf32>
  %wq = nn.parameter "q" at <file = "w", offset = 0, length = 1638400, hash = 1> : tensor<640x640xf32>
  %wk = nn.parameter "k" at <file = "w", offset = 0, length = 327680, hash = 1> : tensor<128x640xf32>
  %wv = nn.parameter "v" at <file = "w", offset = 0, length = 327680, hash = 1> : tensor<128x640xf32>
  %wo = nn.parameter "o" at <file = "w", offset = 0, length = 1638400, hash = 1> : tensor<640x640xf32>
  %q0 = nn.linear %x, %wq : (tensor<1x?x640xf32>, tensor<640x640xf32>) -> tensor<1x?x640xf32> loc("q")
  %k0 = nn.linear %x, %wk : (tensor<1x?x640xf32>, tensor<128x640xf32>) -> tensor<1x?x128xf32> loc("k")
  %v0 = nn.linear %x, %wv : (tensor<1x?x640xf32>, tensor<128x640xf32>) -> tensor<1x?x128xf32> loc("v")
  %q1 = nn.reshape %q0 shape [1, %t, 10, 64] : tensor<1x?x640xf32> -> tensor<1x?x10x64xf32>
  %k1 = nn.reshape %k0 shape [1, %t, 2, 64] : tensor<1x?x128xf32> -> tensor<1x?x2x64xf32>
  %v1 = nn.reshape %v0 shape [1, %t, 2, 64] : tensor<1x?x128xf32> -> tensor<1x?x2x64xf32>
  %q2 = nn.transpose %q1 permutation [0, 2, 1, 3] : tensor<1x?x10x64xf32> -> tensor<1x10x?x64xf32>
  %k2 = nn.transpose %k1 permutation [0, 2, 1, 3] : tensor<1x?x2x64xf32> -> tensor<1x2x?x64xf32>
  %v2 = nn.transpose %v1 permutation [0, 2, 1, 3] : tensor<1x?x2x64xf32> -> tensor<1x2x?x64xf32>
  %a = nn.attention %q2, %k2, %v2 scale 1.250000e-01 {causal} : (tensor<1x10x?x64xf32>, tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>) -> tensor<1x10x?x64xf32> loc("attention")
  %a1 = nn.transpose %a permutation [0, 2, 1, 3] : tensor<1x10x?x64xf32> -> tensor<1x?x10x64xf32>
  %a2 = nn.reshape %a1 shape [1, %t, 640] : tensor<1x?x10x64xf32> -> tensor<1x?x640xf32>
  %y = nn.linear %a2, %wo : (tensor<1x?x640xf32>, tensor<640x640xf32>) -> tensor<1x?x640xf32> loc("o")
  return %y : tensor<1x?x640xf32>
}
