// RUN: not quant-opt %s --nibble-configure-contractions=features=+sse2 --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s
// RUN: not quant-opt %s --nibble-configure-contractions=features=avx2 --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefix=SIGN

// Reported once, and the pass fails.
// CHECK: error: contraction 'a=f32 b=f32 c=f32': no kernel for a CPU with SSE alone; x86-64-v3 is the least that is supported
// CHECK-NOT: error
// SIGN: error: target feature 'avx2' must start with '+' or '-'
// SIGN-NOT: error
func.func @linear(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 16384, hash = 1> : tensor<64x64xf32>
  %y = nn.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %z = nn.linear %y, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %z : tensor<?x64xf32>
}
