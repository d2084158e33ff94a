// RUN: quant-opt %s --qnt-annotate-spaces="kind=orthogonal" | FileCheck %s
// RUN: quant-opt %s --qnt-annotate-spaces="kind=permutation" | FileCheck %s --check-prefix=PERMUTE

// CHECK-LABEL: @quantized
// CHECK-SAME: ["0: 32, 1 absorb, pinned: graph input 'x'", "1: 32, 1 absorb, pinned: qnt.quantize 'quantize' makes codes of it", "2: 8, 1 absorb, pinned: graph output 'y'"]
func.func @quantized(%x: tensor<?x32xf32> {nn.name = "x"}) -> (tensor<?x8xf32> {nn.name = "y"}) {
  %w0 = nn.parameter "w0" at <file = "w", offset = 0, length = 4096, hash = 1> : tensor<32x32xf32>
  %w1 = nn.parameter "w1" at <file = "w", offset = 0, length = 1024, hash = 1> : tensor<8x32xf32>
  %h = nn.linear %x, %w0 : (tensor<?x32xf32>, tensor<32x32xf32>) -> tensor<?x32xf32> loc("first")
  %q = qnt.quantize %h : tensor<?x32xf32> -> <?x32, #qnt.format<int<8>, block = [1, -1], scale = f32>> loc("quantize")
  %y = nn.linear %q, %w1 : (!qnt.tensor<?x32, #qnt.format<int<8>, block = [1, -1], scale = f32>>, tensor<8x32xf32>) -> tensor<?x8xf32> loc("second")
  return %y : tensor<?x8xf32>
}

// A value that branches read is theirs, too; what they give back is not.
// CHECK-LABEL: @branch
// CHECK-SAME: "1: 16, 3 absorb", "2: 8, 1 absorb, pinned: scf.if 'if' gives it back", "3: 8, 1 absorb, pinned: scf.if 'if' gives it back"]
func.func @branch(%c: tensor<i1>, %x: tensor<?x16xf32> {nn.name = "x"}) -> (tensor<?x8xf32> {nn.name = "y"}) {
  %w0 = nn.parameter "w0" at <file = "w", offset = 0, length = 1024, hash = 1> : tensor<16x16xf32>
  %w1 = nn.parameter "w1" at <file = "w", offset = 0, length = 512, hash = 1> : tensor<8x16xf32>
  %h = nn.linear %x, %w0 : (tensor<?x16xf32>, tensor<16x16xf32>) -> tensor<?x16xf32> loc("first")
  %i = tensor.extract %c[] : tensor<i1>
  %y = scf.if %i -> tensor<?x8xf32> {
    %a = nn.linear %h, %w1 : (tensor<?x16xf32>, tensor<8x16xf32>) -> tensor<?x8xf32> loc("then")
    scf.yield %a : tensor<?x8xf32>
  } else {
    %n = nn.elementwise <neg> %h : (tensor<?x16xf32>) -> tensor<?x16xf32> loc("neg")
    %a = nn.linear %n, %w1 : (tensor<?x16xf32>, tensor<8x16xf32>) -> tensor<?x8xf32> loc("else")
    scf.yield %a : tensor<?x8xf32>
  } loc("if")
  return %y : tensor<?x8xf32>
}
// What is read tells how many channels the input has, but its own type leaves them open: a rotation of it would be of a static axis.
// CHECK-LABEL: @open
// CHECK-SAME: ["0: 16, 1 absorb, pinned: elementwise neg 'neg' lets nothing through", "1: 16, 1 absorb, pinned: elementwise add 'add' lets nothing through", "2: 4, 1 absorb, pinned: graph output 'y'", "3: 4, 1 absorb, pinned: graph output 'z'"]
func.func @open(%x: tensor<?x?xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "y"}, tensor<?x4xf32> {nn.name = "z"}) {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 256, hash = 1> : tensor<4x16xf32>
  %n = nn.elementwise <neg> %x : (tensor<?x?xf32>) -> tensor<?x16xf32> loc("neg")
  %a = nn.elementwise <add> %x, %x : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x16xf32> loc("add")
  %y = nn.linear %n, %w : (tensor<?x16xf32>, tensor<4x16xf32>) -> tensor<?x4xf32> loc("first")
  %z = nn.linear %a, %w : (tensor<?x16xf32>, tensor<4x16xf32>) -> tensor<?x4xf32> loc("second")
  return %y, %z : tensor<?x4xf32>, tensor<?x4xf32>
}
// Nobody but the model sees a state.
// CHECK-LABEL: @state
// CHECK-SAME: %arg1: tensor<1x2x?x8xf32> {nn.name = "past", nn.state = 1 : i64, qnt.spaces = "axis 1: #1 2; axis 3: #2 8 x 2 copies along axis 1"}
// CHECK-SAME: "2: 8 x 2 copies, 2 absorb"
// Without the mark it is an input and an output.
// CHECK-LABEL: @cache
// CHECK-SAME: "2: 8 x 2 copies, 2 absorb, pinned: graph input 'past'; graph output 'present'"
func.func @state(%x: tensor<1x?x16xf32> {nn.name = "x"}, %past: tensor<1x2x?x8xf32> {nn.name = "past", nn.state = 1 : i64}, %q: tensor<1x2x?x8xf32>, %k: tensor<1x2x?x8xf32>) -> (tensor<1x?x16xf32> {nn.name = "y"}, tensor<1x2x?x8xf32> {nn.name = "present"}) {
  %c1 = arith.constant 1 : index
  %t = tensor.dim %x, %c1 : tensor<1x?x16xf32>
  %wv = nn.parameter "v" at <file = "w", offset = 0, length = 1024, hash = 1> : tensor<16x16xf32>
  %wo = nn.parameter "o" at <file = "w", offset = 0, length = 1024, hash = 1> : tensor<16x16xf32>
  %v0 = nn.linear %x, %wv : (tensor<1x?x16xf32>, tensor<16x16xf32>) -> tensor<1x?x16xf32> loc("v")
  %v1 = nn.reshape %v0 shape [1, %t, 2, 8] : tensor<1x?x16xf32> -> tensor<1x?x2x8xf32>
  %v2 = nn.transpose %v1 permutation [0, 2, 1, 3] : tensor<1x?x2x8xf32> -> tensor<1x2x?x8xf32>
  %v = nn.cache_update %past, %v2 axis 2 : (tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>) -> tensor<1x2x?x8xf32>
  %a = nn.attention %q, %k, %v scale 2.500000e-01 : (tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>) -> tensor<1x2x?x8xf32> loc("attention")
  %a1 = nn.transpose %a permutation [0, 2, 1, 3] : tensor<1x2x?x8xf32> -> tensor<1x?x2x8xf32>
  %a2 = nn.reshape %a1 shape [1, %t, 16] : tensor<1x?x2x8xf32> -> tensor<1x?x16xf32>
  %y = nn.linear %a2, %wo : (tensor<1x?x16xf32>, tensor<16x16xf32>) -> tensor<1x?x16xf32> loc("o")
  return %y, %v : tensor<1x?x16xf32>, tensor<1x2x?x8xf32>
}
func.func @cache(%x: tensor<1x?x16xf32> {nn.name = "x"}, %past: tensor<1x2x?x8xf32> {nn.name = "past"}, %q: tensor<1x2x?x8xf32>, %k: tensor<1x2x?x8xf32>) -> (tensor<1x?x16xf32> {nn.name = "y"}, tensor<1x2x?x8xf32> {nn.name = "present"}) {
  %c1 = arith.constant 1 : index
  %t = tensor.dim %x, %c1 : tensor<1x?x16xf32>
  %wv = nn.parameter "v" at <file = "w", offset = 0, length = 1024, hash = 1> : tensor<16x16xf32>
  %wo = nn.parameter "o" at <file = "w", offset = 0, length = 1024, hash = 1> : tensor<16x16xf32>
  %v0 = nn.linear %x, %wv : (tensor<1x?x16xf32>, tensor<16x16xf32>) -> tensor<1x?x16xf32> loc("v")
  %v1 = nn.reshape %v0 shape [1, %t, 2, 8] : tensor<1x?x16xf32> -> tensor<1x?x2x8xf32>
  %v2 = nn.transpose %v1 permutation [0, 2, 1, 3] : tensor<1x?x2x8xf32> -> tensor<1x2x?x8xf32>
  %v = nn.cache_update %past, %v2 axis 2 : (tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>) -> tensor<1x2x?x8xf32>
  %a = nn.attention %q, %k, %v scale 2.500000e-01 : (tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>) -> tensor<1x2x?x8xf32> loc("attention")
  %a1 = nn.transpose %a permutation [0, 2, 1, 3] : tensor<1x2x?x8xf32> -> tensor<1x?x2x8xf32>
  %a2 = nn.reshape %a1 shape [1, %t, 16] : tensor<1x?x2x8xf32> -> tensor<1x?x16xf32>
  %y = nn.linear %a2, %wo : (tensor<1x?x16xf32>, tensor<16x16xf32>) -> tensor<1x?x16xf32> loc("o")
  return %y, %v : tensor<1x?x16xf32>, tensor<1x2x?x8xf32>
}

// Only f32 changes its basis.
// PERMUTE-LABEL: @narrow
// PERMUTE-SAME: "1: 8, 1 absorb, pinned: cast 'cast' is in the way: has tensor<?x8xf16> on another side"]
func.func @narrow(%x: tensor<?x16xf32> {nn.name = "x"}) -> tensor<?x8xf16> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 512, hash = 1> : tensor<8x16xf32>
  %y = nn.linear %x, %w : (tensor<?x16xf32>, tensor<8x16xf32>) -> tensor<?x8xf32> loc("linear")
  %z = nn.cast %y : (tensor<?x8xf32>) -> tensor<?x8xf16> loc("cast")
  return %z : tensor<?x8xf16>
}

// Extents pin nothing, nor does a function without ops.
// CHECK-LABEL: @extent
// CHECK-SAME: qnt.space_ports = []
func.func @extent(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  return %x : tensor<?x8xf32>
}

// What goes round a loop.
// CHECK-LABEL: @loop
// CHECK-SAME: "2: 8, 1 absorb, pinned: scf.for 'loop' lets nothing through", "3: 8, 1 absorb, pinned: scf.for 'loop' hands it to its region", "4: 8, 1 absorb, pinned: scf.for 'loop' gives it back"
func.func @loop(%x: tensor<?x8xf32>, %n: index) -> tensor<?x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x8xf32>
  %a = arith.constant dense<0.5> : tensor<8x8xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = nn.linear %x, %a : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %1 = scf.for %i = %c0 to %n step %c1 iter_args(%s = %0) -> tensor<?x8xf32> {
    %2 = nn.linear %s, %a : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
    scf.yield %2 : tensor<?x8xf32>
  } loc("loop")
  %3 = nn.linear %1, %w : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  return %3 : tensor<?x4xf32>
}
