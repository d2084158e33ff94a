// RUN: quant-opt %s -nn-decompose -split-input-file -verify-diagnostics

// A matrix of numbers is inverted when a weight is folded, not by linalg.
func.func private @m() -> tensor<12x12xf32>
qnt.basis @b : 12 = #qnt.linear<12, data = @m>
func.func @inverse(%x: tensor<3x12xf32>) -> tensor<3x12xf32> {
  // expected-error @below {{has no decomposition into linalg}}
  %0 = qnt.transform %x from @b axis = 1 : tensor<3x12xf32>
  return %0 : tensor<3x12xf32>
}

// -----

// As a constant it would be 32 MiB of IR.
qnt.basis @b : 2048 = #qnt.orthogonal<2048, seed = 1>
func.func @large(%x: tensor<3x2048xf32>) -> tensor<3x2048xf32> {
  // expected-error @below {{has no decomposition into linalg}}
  %0 = qnt.transform %x to @b axis = 1 : tensor<3x2048xf32>
  return %0 : tensor<3x2048xf32>
}
