// RUN: quant-opt %s --nibble-configure-recurrences -verify-diagnostics

func.func @weights(%x: tensor<5x2x?xf32>, %w: tensor<1x16x?xf32>, %r: tensor<1x16x4xf32>) -> tensor<1x2x4xf32> {
  // expected-error @below {{the weights of a recurrence must have extents that are known when the model is compiled}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x2x?xf32>, tensor<1x16x?xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return %0#1 : tensor<1x2x4xf32>
}
