// RUN: quant-opt %s --nibble-outline-kernels --split-input-file --verify-diagnostics

func.func @main(%x: tensor<4x8xf32>, %w: tensor<8192xi8>) -> tensor<4x20xf32> {
  // expected-error @below {{contraction: cannot read 'a=f33'}}
  %a = nn.dispatch(%x, %w) : (tensor<4x8xf32>, tensor<8192xi8>) -> tensor<4x20xf32> {
  ^bb0(%v: tensor<4x8xf32>, %p: tensor<8192xi8>):
    %c = nn.contract %v, %p plan "a=f33" dot "f32-avx2" columns 20 : (tensor<4x8xf32>, tensor<8192xi8>) -> tensor<4x20xf32>
    nn.yield %c : tensor<4x20xf32>
  }
  return %a : tensor<4x20xf32>
}

// -----

module attributes {nn.symbols = ["n"]} {
  func.func @main(%c: tensor<?x8xf32> {nn.dims = ["n", ""], nn.name = "c", nn.state = 0 : i64}, %x: tensor<1x8xf32>, %w: tensor<8192xi8>) -> (tensor<?x8xf32>, tensor<?x20xf32>) {
    %c0 = arith.constant 0 : index
    %n = tensor.dim %c, %c0 : tensor<?x8xf32>
    %0 = nn.cache_update %c, %x axis 0 : (tensor<?x8xf32>, tensor<1x8xf32>) -> tensor<?x8xf32>
    // expected-error @below {{a contraction cannot read a state, whose entries do not lie one after the other; compile the cache as input and output}}
    %a = nn.dispatch(%c, %w) dims(%n) : (tensor<?x8xf32>, tensor<8192xi8>) -> tensor<?x20xf32> {
    ^bb0(%v: tensor<?x8xf32>, %p: tensor<8192xi8>):
      %r = nn.contract %v, %p plan "a=f32 b=f32 c=f32" dot "f32-avx2" columns 20 : (tensor<?x8xf32>, tensor<8192xi8>) -> tensor<?x20xf32>
      nn.yield %r : tensor<?x20xf32>
    }
    return %0, %a : tensor<?x8xf32>, tensor<?x20xf32>
  }
}
