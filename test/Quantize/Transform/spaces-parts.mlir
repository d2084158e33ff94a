// RUN: quant-opt %s --qnt-annotate-spaces="kind=orthogonal" | FileCheck %s
// RUN: quant-opt %s --qnt-annotate-spaces="kind=scale" | FileCheck %s --check-prefix=SCALE

// Each part of the sum has a map of its own.
// CHECK-LABEL: @concat
// CHECK-SAME: "1: 24, 2 absorb"
// CHECK-SAME: "3: 40, 1 absorb, pinned: elementwise relu 'relu' lets permutation|scale through"
// CHECK: nn.concat {{.*}}["axis 1[0:24]: #1 24; axis 1[24:64]: #3 40"]
func.func @concat(%x: tensor<?x32xf32> {nn.name = "x"}) -> (tensor<?x16xf32> {nn.name = "y"}) {
  %wa = nn.parameter "a" at <file = "w", offset = 0, length = 3072, hash = 1> : tensor<24x32xf32>
  %wb = nn.parameter "b" at <file = "w", offset = 0, length = 5120, hash = 1> : tensor<40x32xf32>
  %wc = nn.parameter "c" at <file = "w", offset = 0, length = 4096, hash = 1> : tensor<16x64xf32>
  %a = nn.linear %x, %wa : (tensor<?x32xf32>, tensor<24x32xf32>) -> tensor<?x24xf32> loc("a")
  %b = nn.linear %x, %wb : (tensor<?x32xf32>, tensor<40x32xf32>) -> tensor<?x40xf32> loc("b")
  %r = nn.elementwise <relu> %b : (tensor<?x40xf32>) -> tensor<?x40xf32> loc("relu")
  %c = nn.concat %a, %r axis 1 : (tensor<?x24xf32>, tensor<?x40xf32>) -> tensor<?x64xf32> loc("concat")
  %y = nn.linear %c, %wc : (tensor<?x64xf32>, tensor<16x64xf32>) -> tensor<?x16xf32> loc("c")
  return %y : tensor<?x16xf32>
}

// The cuts of slices reach the weights, and the heads of each part.
// CHECK-LABEL: @fused_qkv
// CHECK-SAME: "1: 16 x 2 copies, 4 absorb"
// CHECK-SAME: "4: 16 x 2 copies, 3 absorb"
// CHECK: nn.linear {{.*}}["axis 1[0:32]: #1 16 x 2 copies along axis 1; axis 1[0:32]: #2 2, stride 16;
// CHECK-SAME: axis 1[32:64]: #1 16 x 2 copies along axis 1; axis 1[32:64]: #3 2, stride 16;
// CHECK-SAME: axis 1[64:96]: #4 16 x 2 copies along axis 1; axis 1[64:96]: #5 2, stride 16"]
// CHECK: nn.attention {{.*}}["axis 1: #6 2; axis 3: #4 16 x 2 copies along axis 1"]
func.func @fused_qkv(%x: tensor<?x32xf32> {nn.name = "x"}) -> (tensor<?x32xf32> {nn.name = "y"}) {
  %c0 = arith.constant 0 : index
  %t = tensor.dim %x, %c0 : tensor<?x32xf32>
  %w = nn.parameter "qkv" at <file = "w", offset = 0, length = 12288, hash = 1> : tensor<96x32xf32>
  %bias = nn.parameter "bias" at <file = "w", offset = 0, length = 384, hash = 1> : tensor<96xf32>
  %wo = nn.parameter "o" at <file = "w", offset = 0, length = 4096, hash = 1> : tensor<32x32xf32>
  %qkv = nn.linear %x, %w bias %bias : (tensor<?x32xf32>, tensor<96x32xf32>, tensor<96xf32>) -> tensor<?x96xf32> loc("qkv")
  %q0 = nn.slice %qkv offsets [0, 0] sizes [%t, 32] strides [1, 1] : tensor<?x96xf32> -> tensor<?x32xf32> loc("q")
  %k0 = nn.slice %qkv offsets [0, 32] sizes [%t, 32] strides [1, 1] : tensor<?x96xf32> -> tensor<?x32xf32> loc("k")
  %v0 = nn.slice %qkv offsets [0, 64] sizes [%t, 32] strides [1, 1] : tensor<?x96xf32> -> tensor<?x32xf32> loc("v")
  %q1 = nn.reshape %q0 shape [1, %t, 2, 16] : tensor<?x32xf32> -> tensor<1x?x2x16xf32>
  %k1 = nn.reshape %k0 shape [1, %t, 2, 16] : tensor<?x32xf32> -> tensor<1x?x2x16xf32>
  %v1 = nn.reshape %v0 shape [1, %t, 2, 16] : tensor<?x32xf32> -> tensor<1x?x2x16xf32>
  %q2 = nn.transpose %q1 permutation [0, 2, 1, 3] : tensor<1x?x2x16xf32> -> tensor<1x2x?x16xf32>
  %k2 = nn.transpose %k1 permutation [0, 2, 1, 3] : tensor<1x?x2x16xf32> -> tensor<1x2x?x16xf32>
  %v2 = nn.transpose %v1 permutation [0, 2, 1, 3] : tensor<1x?x2x16xf32> -> tensor<1x2x?x16xf32>
  %a = nn.attention %q2, %k2, %v2 scale 2.500000e-01 : (tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32>) -> tensor<1x2x?x16xf32> loc("attention")
  %a1 = nn.transpose %a permutation [0, 2, 1, 3] : tensor<1x2x?x16xf32> -> tensor<1x?x2x16xf32>
  %a2 = nn.reshape %a1 shape [%t, 32] : tensor<1x?x2x16xf32> -> tensor<?x32xf32>
  %y = nn.linear %a2, %wo : (tensor<?x32xf32>, tensor<32x32xf32>) -> tensor<?x32xf32> loc("o")
  return %y : tensor<?x32xf32>
}

// The channels of an image are 16 apart once it is flat; what pools along the other axes stops there.
// CHECK-LABEL: @flatten
// CHECK-SAME: ["0: 3, 1 absorb, pinned: graph input 'image'", "1: 12, 2 absorb",
// CHECK-SAME: "2: 4 x 12 copies, 1 absorb, pinned: pool 'pool' lets nothing through"
// CHECK: nn.reshape {{.*}}["axis 1: #3 4 x 12 copies along axis 1 / 4; axis 1: #2 4 x 12 copies along axis 1, stride 4; axis 1: #1 12, stride 16"]
func.func @flatten(%x: tensor<?x3x8x8xf32> {nn.name = "image"}) -> (tensor<?x10xf32> {nn.name = "classes"}) {
  %c0 = arith.constant 0 : index
  %b = tensor.dim %x, %c0 : tensor<?x3x8x8xf32>
  %f = nn.parameter "filter" at <file = "w", offset = 0, length = 1296, hash = 1> : tensor<12x3x3x3xf32>
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 7680, hash = 1> : tensor<10x192xf32>
  %c = nn.conv %x, %f strides [1, 1] padding [1, 1, 1, 1] dilations [1, 1] : (tensor<?x3x8x8xf32>, tensor<12x3x3x3xf32>) -> tensor<?x12x8x8xf32> loc("conv")
  %p = nn.pool <average> %c window [2, 2] strides [2, 2] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<?x12x8x8xf32>) -> tensor<?x12x4x4xf32> loc("pool")
  %r = nn.reshape %p shape [%b, 192] : tensor<?x12x4x4xf32> -> tensor<?x192xf32> loc("flatten")
  %y = nn.linear %r, %w : (tensor<?x192xf32>, tensor<10x192xf32>) -> tensor<?x10xf32> loc("classify")
  return %y : tensor<?x10xf32>
}

// Slices that cut the channels of an image across stop their map; that of the columns, which they leave whole, goes on to the convolution.
// CHECK-LABEL: @across
// CHECK-SAME: "1: 12, 1 absorb, pinned: reshape 'flatten' is in the way: its channels do not line up with those of others",
// CHECK-SAME: "2: 4, 2 absorb, pinned: conv 'conv' lets nothing through",
// CHECK-SAME: "3: 25, 1 absorb, pinned: reshape 'flatten' is in the way: its channels do not line up with those of others",
// CHECK: nn.reshape {{.*}}["axis 1[0:100]: #2 4; axis 1[0:100]: #3 25, stride 4; axis 1[100:192]: #2 4; axis 1[100:192]: #4 23, stride 4"]
// CHECK: nn.slice {{.*}}["axis 1: #2 4; axis 1: #3 25, stride 4"]
func.func @across(%x: tensor<?x3x4x4xf32> {nn.name = "image"}) -> (tensor<?x10xf32>, tensor<?x10xf32>) {
  %c0 = arith.constant 0 : index
  %b = tensor.dim %x, %c0 : tensor<?x3x4x4xf32>
  %f = nn.parameter "filter" at <file = "w", offset = 0, length = 1296, hash = 1> : tensor<12x3x3x3xf32>
  %w0 = nn.parameter "w0" at <file = "w", offset = 0, length = 4000, hash = 1> : tensor<10x100xf32>
  %w1 = nn.parameter "w1" at <file = "w", offset = 0, length = 3680, hash = 1> : tensor<10x92xf32>
  %c = nn.conv %x, %f strides [1, 1] padding [1, 1, 1, 1] dilations [1, 1] : (tensor<?x3x4x4xf32>, tensor<12x3x3x3xf32>) -> tensor<?x12x4x4xf32> loc("conv")
  %r = nn.reshape %c shape [%b, 192] : tensor<?x12x4x4xf32> -> tensor<?x192xf32> loc("flatten")
  %s0 = nn.slice %r offsets [0, 0] sizes [%b, 100] strides [1, 1] : tensor<?x192xf32> -> tensor<?x100xf32>
  %s1 = nn.slice %r offsets [0, 100] sizes [%b, 92] strides [1, 1] : tensor<?x192xf32> -> tensor<?x92xf32>
  %y0 = nn.linear %s0, %w0 : (tensor<?x100xf32>, tensor<10x100xf32>) -> tensor<?x10xf32>
  %y1 = nn.linear %s1, %w1 : (tensor<?x92xf32>, tensor<10x92xf32>) -> tensor<?x10xf32>
  return %y0, %y1 : tensor<?x10xf32>, tensor<?x10xf32>
}

// A shuffle of channels between groups: each factor keeps its map where they change places.
// SCALE-LABEL: @shuffle
// SCALE-SAME: ["0: 4, 1 absorb, pinned: graph input 'x'",
// SCALE: nn.reshape {{.*}}["axis 1: #[[TWO:[0-9]+]] 2; axis 2: #[[SIX:[0-9]+]] 6"]
// SCALE: nn.reshape {{.*}}["axis 1: #[[TWO]] 2; axis 1: #[[SIX]] 6, stride 2"]
func.func @shuffle(%x: tensor<?x4xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "y"}) {
  %c0 = arith.constant 0 : index
  %t = tensor.dim %x, %c0 : tensor<?x4xf32>
  %w0 = nn.parameter "w0" at <file = "w", offset = 0, length = 192, hash = 1> : tensor<12x4xf32>
  %w1 = nn.parameter "w1" at <file = "w", offset = 0, length = 192, hash = 1> : tensor<4x12xf32>
  %h = nn.linear %x, %w0 : (tensor<?x4xf32>, tensor<12x4xf32>) -> tensor<?x12xf32> loc("first")
  %a = nn.reshape %h shape [%t, 2, 6] : tensor<?x12xf32> -> tensor<?x2x6xf32>
  %b = nn.transpose %a permutation [0, 2, 1] : tensor<?x2x6xf32> -> tensor<?x6x2xf32>
  %c = nn.reshape %b shape [%t, 12] : tensor<?x6x2xf32> -> tensor<?x12xf32>
  %y = nn.linear %c, %w1 : (tensor<?x12xf32>, tensor<4x12xf32>) -> tensor<?x4xf32> loc("last")
  return %y : tensor<?x4xf32>
}

// Heads of 6 channels and of 4 on one axis: what comes later in the function is in the way.
// SCALE-LABEL: @conflict
// SCALE-SAME: pinned: reshape 'fours' is in the way: its channels do not line up with those of others
func.func @conflict(%x: tensor<?x4xf32> {nn.name = "x"}) -> (tensor<?x2x6xf32>, tensor<?x3x4xf32>) {
  %c0 = arith.constant 0 : index
  %t = tensor.dim %x, %c0 : tensor<?x4xf32>
  %w0 = nn.parameter "w0" at <file = "w", offset = 0, length = 192, hash = 1> : tensor<12x4xf32>
  %h = nn.linear %x, %w0 : (tensor<?x4xf32>, tensor<12x4xf32>) -> tensor<?x12xf32> loc("first")
  %a = nn.reshape %h shape [%t, 2, 6] : tensor<?x12xf32> -> tensor<?x2x6xf32> loc("sixes")
  %b = nn.reshape %h shape [%t, 3, 4] : tensor<?x12xf32> -> tensor<?x3x4xf32> loc("fours")
  return %a, %b : tensor<?x2x6xf32>, tensor<?x3x4xf32>
}
