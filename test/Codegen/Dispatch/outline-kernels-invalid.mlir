// RUN: quant-opt %s --nibble-outline-kernels --verify-diagnostics

func.func @main(%x: tensor<4x8xf32>, %w: tensor<8192xi8>) -> tensor<4x20xf32> {
  // expected-error @below {{contraction: cannot read 'a=f33'}}
  %a = nn.dispatch(%x, %w) : (tensor<4x8xf32>, tensor<8192xi8>) -> tensor<4x20xf32> {
  ^bb0(%v: tensor<4x8xf32>, %p: tensor<8192xi8>):
    %c = nn.contract %v, %p plan "a=f33" dot "f32-avx2" columns 20 : (tensor<4x8xf32>, tensor<8192xi8>) -> tensor<4x20xf32>
    nn.yield %c : tensor<4x20xf32>
  }
  return %a : tensor<4x20xf32>
}
