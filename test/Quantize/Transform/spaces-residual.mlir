// RUN: quant-opt %s --qnt-annotate-spaces="kind=orthogonal" | FileCheck %s
// RUN: quant-opt %s --qnt-annotate-spaces="kind=permutation" | FileCheck %s --check-prefix=PERMUTE
// RUN: quant-opt %s --qnt-annotate-spaces="kind=orthogonal_keeping_ones" | FileCheck %s --check-prefix=ONES

// Each reader of a product with a gain is a linear map that can take it: the
// whole stream is one space, from the table to the head.
// CHECK-LABEL: @pre_norm
// CHECK-SAME: "0: 64, 5 absorb"
// CHECK-SAME: "1: 96, 1 absorb, pinned: elementwise mul 'product' lets permutation|sign|scale through"
// CHECK-SAME: "2: 96, 1 absorb, pinned: elementwise silu 'silu' lets permutation through"
// CHECK-SAME: "3: 96, 1 absorb, pinned: elementwise mul 'product' lets permutation|sign|scale through"
// CHECK-SAME: "4: 256, 1 absorb, pinned: graph output 'logits'"]
// CHECK: nn.embedding {{.*}}["axis 1: #0 64"]
// CHECK: nn.elementwise <mul> {{.*}}["axis 1: #0 64"]
// CHECK: nn.rms_norm {{.*}}["axis 1: #0 64"]
// A permutation needs no folding of the gain, which takes it, too; the hidden channels go together.
// PERMUTE-LABEL: @pre_norm
// PERMUTE-SAME: ["0: 64, 6 absorb", "1: 96, 3 absorb", "2: 256, 1 absorb, pinned: graph output 'logits'"]
func.func @pre_norm(%ids: tensor<?xi64> {nn.name = "ids"}) -> (tensor<?x256xf32> {nn.name = "logits"}) {
  %table = nn.parameter "table" at <file = "w", offset = 0, length = 65536, hash = 1> : tensor<256x64xf32>
  %g = nn.parameter "gain" at <file = "w", offset = 0, length = 256, hash = 1> : tensor<64xf32>
  %w0 = nn.parameter "up" at <file = "w", offset = 0, length = 24576, hash = 1> : tensor<96x64xf32>
  %w1 = nn.parameter "gate" at <file = "w", offset = 0, length = 24576, hash = 1> : tensor<96x64xf32>
  %w2 = nn.parameter "down" at <file = "w", offset = 0, length = 24576, hash = 1> : tensor<64x96xf32>
  %x = nn.embedding %table, %ids : (tensor<256x64xf32>, tensor<?xi64>) -> tensor<?x64xf32> loc("embed")
  %n = nn.rms_norm %x axis 1 epsilon 1.000000e-05 : (tensor<?x64xf32>) -> tensor<?x64xf32> loc("norm")
  %m = nn.elementwise <mul> %n, %g : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32> loc("gain")
  %up = nn.linear %m, %w0 : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32> loc("up")
  %gate = nn.linear %m, %w1 : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32> loc("gate")
  %act = nn.elementwise <silu> %gate : (tensor<?x96xf32>) -> tensor<?x96xf32> loc("silu")
  %h = nn.elementwise <mul> %act, %up : (tensor<?x96xf32>, tensor<?x96xf32>) -> tensor<?x96xf32> loc("product")
  %down = nn.linear %h, %w2 : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32> loc("down")
  %y = nn.elementwise <add> %x, %down : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32> loc("residual")
  %f = nn.rms_norm %y axis 1 epsilon 1.000000e-05 : (tensor<?x64xf32>) -> tensor<?x64xf32> loc("final_norm")
  %logits = nn.linear %f, %table : (tensor<?x64xf32>, tensor<256x64xf32>) -> tensor<?x256xf32> loc("head")
  return %logits : tensor<?x256xf32>
}

// A norm with its gain lets no rotation through.
// CHECK-LABEL: @norm_with_gain
// CHECK-SAME: ["0: 64, 1 absorb, pinned: rms_norm 'norm' lets permutation|sign through",
// CHECK-SAME: "1: 64, 1 absorb, pinned: rms_norm 'norm' lets permutation|sign|scale through"]
func.func @norm_with_gain(%ids: tensor<?xi64> {nn.name = "ids"}) -> tensor<?xf32> {
  %table = nn.parameter "table" at <file = "w", offset = 0, length = 65536, hash = 1> : tensor<256x64xf32>
  %g = nn.parameter "gain" at <file = "w", offset = 0, length = 256, hash = 1> : tensor<64xf32>
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 256, hash = 1> : tensor<1x64xf32>
  %c0 = arith.constant 0 : index
  %t = tensor.dim %ids, %c0 : tensor<?xi64>
  %x = nn.embedding %table, %ids : (tensor<256x64xf32>, tensor<?xi64>) -> tensor<?x64xf32> loc("embed")
  %n = nn.rms_norm %x scale %g axis 1 epsilon 1.000000e-05 : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32> loc("norm")
  %y = nn.linear %n, %w : (tensor<?x64xf32>, tensor<1x64xf32>) -> tensor<?x1xf32> loc("head")
  %z = nn.reshape %y shape [%t] : tensor<?x1xf32> -> tensor<?xf32>
  return %z : tensor<?xf32>
}

// A layer norm lets those through that keep the mean.
// CHECK-LABEL: @layer_norm
// CHECK-SAME: ["0: 64, 1 absorb, pinned: layer_norm 'norm' lets orthogonal_keeping_ones through",
// ONES-LABEL: @layer_norm
// ONES-SAME: ["0: 64, 2 absorb", "1: 8, 1 absorb, pinned: graph output 0"]
func.func @layer_norm(%ids: tensor<?xi64>) -> tensor<?x8xf32> {
  %table = nn.parameter "table" at <file = "w", offset = 0, length = 65536, hash = 1> : tensor<256x64xf32>
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 2048, hash = 1> : tensor<8x64xf32>
  %x = nn.embedding %table, %ids : (tensor<256x64xf32>, tensor<?xi64>) -> tensor<?x64xf32> loc("embed")
  %n = nn.layer_norm %x axis 1 epsilon 1.000000e-05 : (tensor<?x64xf32>) -> tensor<?x64xf32> loc("norm")
  %y = nn.linear %n, %w : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32> loc("head")
  return %y : tensor<?x8xf32>
}

// A norm stands between the writer and the stream.
// CHECK-LABEL: @sandwich
// CHECK-SAME: "0: 64, 3 absorb, pinned: elementwise mul 'post_gain' lets permutation|sign|scale through; rms_norm 'post_norm' stands between what writes and elementwise add 'residual', which cannot take its gain"
// CHECK-SAME: "1: 64, 1 absorb, pinned: elementwise mul 'post_gain' lets permutation|sign|scale through; rms_norm 'post_norm' stands between what writes and elementwise add 'residual', which cannot take its gain"
// CHECK-SAME: "2: 64, 1 absorb, pinned: graph output 'y'"]
// PERMUTE-LABEL: @sandwich
// PERMUTE-SAME: ["0: 64, 5 absorb", "1: 64, 1 absorb, pinned: graph output 'y'"]
func.func @sandwich(%ids: tensor<?xi64> {nn.name = "ids"}) -> (tensor<?x64xf32> {nn.name = "y"}) {
  %table = nn.parameter "table" at <file = "w", offset = 0, length = 65536, hash = 1> : tensor<256x64xf32>
  %g = nn.parameter "gain" at <file = "w", offset = 0, length = 256, hash = 1> : tensor<64xf32>
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 16384, hash = 1> : tensor<64x64xf32>
  %x = nn.embedding %table, %ids : (tensor<256x64xf32>, tensor<?xi64>) -> tensor<?x64xf32> loc("embed")
  %n = nn.rms_norm %x axis 1 epsilon 1.000000e-05 : (tensor<?x64xf32>) -> tensor<?x64xf32> loc("pre_norm")
  %o = nn.linear %n, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32> loc("out")
  %p = nn.rms_norm %o axis 1 epsilon 1.000000e-05 : (tensor<?x64xf32>) -> tensor<?x64xf32> loc("post_norm")
  %m = nn.elementwise <mul> %p, %g : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32> loc("post_gain")
  %y = nn.elementwise <add> %x, %m : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32> loc("residual")
  %r = nn.linear %y, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32> loc("last")
  return %r : tensor<?x64xf32>
}
