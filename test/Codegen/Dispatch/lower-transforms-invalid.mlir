// RUN: quant-opt %s --split-input-file --nibble-lower-transforms --verify-diagnostics

qnt.basis "private" @r : 6000 = #qnt.orthogonal<6000, seed = 1>
func.func @main(%x: tensor<2x6000xf32>) -> tensor<2x6000xf32> {
  // expected-error @below {{a change of basis at run time by a matrix of 6000 channels, over 4096, has no kernel; use one of blocks}}
  %0 = qnt.transform %x to @r axis = 1 : tensor<2x6000xf32>
  return %0 : tensor<2x6000xf32>
}
