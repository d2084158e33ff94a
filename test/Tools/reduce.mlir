// What the script does not ask for goes: ops that nothing reads, and what a pass removes.
// RUN: quant-reduce %s --reduction-tree='traversal-mode=0 test=%S/Inputs/has-softmax.sh' -o - | FileCheck %s
// RUN: quant-reduce %s --opt-reduction-pass='opt-pass=canonicalize test=%S/Inputs/has-softmax.sh' -o - | FileCheck %s --check-prefix=PASS
// RUN: not quant-reduce %s --opt-reduction-pass='opt-pass=canonicalize test=%S/Inputs/never.sh' 2>&1 | FileCheck %s --check-prefix=NEVER

// NEVER: input is not interested
// PASS-NOT: nn.elementwise
// PASS: nn.softmax
// PASS-NOT: nn.elementwise
// CHECK-NOT: nn.elementwise
// CHECK: nn.softmax
// CHECK-NOT: nn.elementwise
func.func @f(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %0 = nn.elementwise <tanh> %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = nn.softmax %x axis 1 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %2 = nn.elementwise <exp> %0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}
