// An attention in f32 with rows of static length becomes one kernel, which
// reads its operands and writes its result through the transposes around it.

// RUN: quant-opt %s --nibble-dispatch | FileCheck %s
// RUN: quant-opt %s --nibble-configure-contractions="features=+avx512f,+avx512bw,+avx512vl,+avx512dq,+avx2,+fma,+f16c" \
// RUN:   | FileCheck %s --check-prefix=ZMM

// ZMM: nn.attention
// ZMM-SAME: nn.dot = "f32-avx512"

// Queries are the second axis of the argument, so the attribute ends in 1.
// CHECK:       func.func private @attention(
// CHECK-SAME:    memref<2x7x4x16xf32>
// CHECK-SAME:    nn.attention = array<i64: 0, 4, 1, 16, 16, 0, 0, 1>
// CHECK:         math.fma
// CHECK:         math.exp
// CHECK:       func.func private @attention_0(
// CHECK-SAME:    nn.attention = array<i64: 0, 4, 2, 16, 16, 0, 0, 2>
// CHECK:       @nib_run
// CHECK-NOT:     nn.launch
// CHECK:         nn.launch @attention dispatch 0 grid %c8 {{.*}} : memref<2x7x4x16xf32>, memref<2x9x4x16xf32>, memref<2x9x4x16xf32>, memref<2x1x1x9xi1>, memref<2x7x4x16xf32>
// CHECK-NOT:     nn.launch
// CHECK:         nn.launch @attention_0
// CHECK-NOT:     nn.launch
func.func @main(%q: tensor<2x7x4x16xf32>, %k: tensor<2x9x4x16xf32>,
                %v: tensor<2x9x4x16xf32>, %s: tensor<2x8x7x16xf32>,
                %c: tensor<2x4x9x16xf32>, %mask: tensor<2x1x1x9xi1>)
    -> (tensor<2x7x4x16xf32>, tensor<2x8x7x16xf32>) {
  %0 = nn.transpose %q permutation [0, 2, 1, 3] : tensor<2x7x4x16xf32> -> tensor<2x4x7x16xf32>
  %1 = nn.transpose %k permutation [0, 2, 1, 3] : tensor<2x9x4x16xf32> -> tensor<2x4x9x16xf32>
  %2 = nn.transpose %v permutation [0, 2, 1, 3] : tensor<2x9x4x16xf32> -> tensor<2x4x9x16xf32>
  %3 = nn.attention %0, %1, %2 mask %mask scale 2.5e-1
    : (tensor<2x4x7x16xf32>, tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>, tensor<2x1x1x9xi1>) -> tensor<2x4x7x16xf32>
  %4 = nn.transpose %3 permutation [0, 2, 1, 3] : tensor<2x4x7x16xf32> -> tensor<2x7x4x16xf32>
  %5 = nn.attention %s, %c, %c scale 2.5e-1 {causal}
    : (tensor<2x8x7x16xf32>, tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>) -> tensor<2x8x7x16xf32>
  return %4, %5 : tensor<2x7x4x16xf32>, tensor<2x8x7x16xf32>
}
