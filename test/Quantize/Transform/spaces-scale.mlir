// RUN: quant-opt %s --qnt-annotate-spaces="kind=scale" | FileCheck %s
// RUN: quant-opt %s --qnt-annotate-spaces="kind=orthogonal" | FileCheck %s --check-prefix=ROTATE
// RUN: not quant-opt %s --qnt-annotate-spaces="kind=turn" 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown kind 'turn'; use permutation, sign, scale, orthogonal_keeping_ones, orthogonal, linear or shift

// CHECK-LABEL: @relu_mlp
// CHECK-SAME: "1: 32, 3 absorb"
// ROTATE-LABEL: @relu_mlp
// ROTATE-SAME: "1: 32, 2 absorb, pinned: elementwise relu 'relu' lets permutation|scale through"
func.func @relu_mlp(%x: tensor<?x16xf32> {nn.name = "x"}) -> (tensor<?x16xf32> {nn.name = "y"}) {
  %w0 = nn.parameter "w0" at <file = "w", offset = 0, length = 2048, hash = 1> : tensor<32x16xf32>
  %b0 = nn.parameter "b0" at <file = "w", offset = 0, length = 128, hash = 1> : tensor<32xf32>
  %w1 = nn.parameter "w1" at <file = "w", offset = 0, length = 2048, hash = 1> : tensor<16x32xf32>
  %h = nn.linear %x, %w0 bias %b0 : (tensor<?x16xf32>, tensor<32x16xf32>, tensor<32xf32>) -> tensor<?x32xf32> loc("up")
  %r = nn.elementwise <relu> %h : (tensor<?x32xf32>) -> tensor<?x32xf32> loc("relu")
  %y = nn.linear %r, %w1 : (tensor<?x32xf32>, tensor<16x32xf32>) -> tensor<?x16xf32> loc("down")
  return %y : tensor<?x16xf32>
}

// The product's scale goes to the factor whose weights can take it.
// CHECK-LABEL: @gated
// CHECK-SAME: "1: 32, 1 absorb, pinned: elementwise silu 'silu' lets permutation through", "2: 32, 2 absorb"
// CHECK: nn.elementwise <mul> {{.*}}["axis 1: #2 32"]
// CHECK: nn.linear {{.*}}["axis 1: #3 16"]
func.func @gated(%x: tensor<?x16xf32> {nn.name = "x"}) -> (tensor<?x16xf32> {nn.name = "y"}) {
  %w0 = nn.parameter "w0" at <file = "w", offset = 0, length = 2048, hash = 1> : tensor<32x16xf32>
  %w1 = nn.parameter "w1" at <file = "w", offset = 0, length = 2048, hash = 1> : tensor<16x32xf32>
  %gate = nn.linear %x, %w0 : (tensor<?x16xf32>, tensor<32x16xf32>) -> tensor<?x32xf32> loc("gate")
  %up = nn.linear %x, %w0 : (tensor<?x16xf32>, tensor<32x16xf32>) -> tensor<?x32xf32> loc("up")
  %s = nn.elementwise <silu> %gate : (tensor<?x32xf32>) -> tensor<?x32xf32> loc("silu")
  %h = nn.elementwise <mul> %s, %up : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32> loc("product")
  %y = nn.linear %h, %w1 : (tensor<?x32xf32>, tensor<16x32xf32>) -> tensor<?x16xf32> loc("down")
  return %y : tensor<?x16xf32>
}

// Both factors' weights can: the first one carries, and the other's map would be a second one.
// CHECK-LABEL: @both
// CHECK-SAME: "1: 16, 1 absorb, pinned: graph output 0", "2: 16, 1 absorb, pinned: elementwise mul 'product' carries it by another operand"]
func.func @both(%x: tensor<?x16xf32> {nn.name = "x"}) -> tensor<?x16xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 1024, hash = 1> : tensor<16x16xf32>
  %h = nn.elementwise <silu> %x : (tensor<?x16xf32>) -> tensor<?x16xf32> loc("silu")
  %up = nn.linear %h, %w : (tensor<?x16xf32>, tensor<16x16xf32>) -> tensor<?x16xf32> loc("up")
  %n = nn.linear %h, %w : (tensor<?x16xf32>, tensor<16x16xf32>) -> tensor<?x16xf32> loc("other")
  %p = nn.elementwise <mul> %up, %n : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x16xf32> loc("product")
  return %p : tensor<?x16xf32>
}

// Weights that multiply part the scale before them from that behind; a rotation crosses once its reader has taken the gain.
// CHECK-LABEL: @gain
// CHECK-SAME: "1: 16, 2 absorb", "2: 16, 2 absorb", "3: 16, 1 absorb, pinned: graph output 'y'"]
// ROTATE-LABEL: @gain
// ROTATE-SAME: "1: 16, 2 absorb", "2: 16, 1 absorb, pinned: graph output 'y'"]
func.func @gain(%x: tensor<?x16xf32> {nn.name = "x"}) -> (tensor<?x16xf32> {nn.name = "y"}) {
  %g = nn.parameter "g" at <file = "w", offset = 0, length = 64, hash = 1> : tensor<16xf32>
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 1024, hash = 1> : tensor<16x16xf32>
  %h = nn.linear %x, %w : (tensor<?x16xf32>, tensor<16x16xf32>) -> tensor<?x16xf32> loc("first")
  %m = nn.elementwise <mul> %g, %h : (tensor<16xf32>, tensor<?x16xf32>) -> tensor<?x16xf32> loc("gain")
  %c0 = arith.constant 0 : index
  %t = tensor.dim %m, %c0 : tensor<?x16xf32>
  %e = tensor.empty(%t) : tensor<?xf32>
  %y = nn.linear %m, %w : (tensor<?x16xf32>, tensor<16x16xf32>) -> tensor<?x16xf32> loc("second")
  return %y : tensor<?x16xf32>
}
