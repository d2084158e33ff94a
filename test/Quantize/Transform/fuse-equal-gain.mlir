// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: quant-opt same.mlir --pass-pipeline='builtin.module(qnt-insert-transforms{block=8},qnt-fuse-transforms,qnt-verify-equivalence{against=same.mlir bound=1e-5 extents=t=7 integers=ids=3})' --mlir-print-op-on-diagnostic=false 2> same.txt | FileCheck %s --check-prefix=SAME
// RUN: quant-opt forms.mlir --pass-pipeline='builtin.module(qnt-insert-transforms{block=8},qnt-fuse-transforms,qnt-verify-equivalence{against=forms.mlir bound=1e-5 extents=t=7 integers=ids=3})' --mlir-print-op-on-diagnostic=false 2> forms.txt | FileCheck %s --check-prefix=FORMS
// RUN: quant-opt other.mlir --pass-pipeline='builtin.module(qnt-insert-transforms{block=8},qnt-fuse-transforms,qnt-verify-equivalence{against=other.mlir bound=1e-5 extents=t=7 integers=ids=3})' --mlir-print-op-on-diagnostic=false 2> other.txt | FileCheck %s --check-prefix=OTHER
// RUN: quant-opt folded.mlir --pass-pipeline='builtin.module(qnt-insert-transforms{block=8},qnt-fuse-transforms,qnt-verify-equivalence{against=folded.mlir bound=1e-5 extents=t=7 integers=ids=3})' --mlir-print-op-on-diagnostic=false 2> folded.txt | FileCheck %s --check-prefix=FOLDED
// RUN: quant-opt parts.mlir --pass-pipeline='builtin.module(qnt-fuse-transforms,qnt-verify-equivalence{against=parts.mlir})' --mlir-print-op-on-diagnostic=false 2> parts.txt | FileCheck %s --check-prefix=PARTS
// RUN: FileCheck %s --check-prefix=WHOLE < parts.txt
// RUN: FileCheck %s --check-prefix=FUSED < same.txt
// RUN: FileCheck %s --check-prefix=FUSED < forms.txt
// RUN: FileCheck %s --check-prefix=STOPPED < other.txt

// A gain of one number for all channels lets a rotation cross, though a residual reads it.
// FUSED: remark: {{.*}}up{{.*}}: its input is rotated by a Hadamard matrix of 8 channels, fused into 4 weights
// SAME: %[[TABLE:.*]] = qnt.transform %{{.*}} to @[[BASIS:.*]] axis = 1 : tensor<3x8xf32>
// SAME: %[[X:.*]] = nn.embedding %[[TABLE]]
// SAME: %[[S:.*]] = nn.elementwise <mul> %[[X]], %{{.*}} : (tensor<?x8xf32>, tensor<8xf32>)
// SAME-NOT: qnt.transform {{.*}} : tensor<?x8xf32>
// SAME: %[[U:.*]] = nn.linear %[[S]],
// SAME: nn.elementwise <add> %[[S]], %[[U]]

// Also as the first operand, with axes of extent 1, and as an exporter may derive it.
// FORMS: %[[X:.*]] = nn.embedding
// FORMS: %[[A:.*]] = nn.elementwise <mul> %{{.*}}, %[[X]]
// FORMS: %[[B:.*]] = nn.elementwise <mul> %[[A]],
// FORMS-NOT: qnt.transform {{.*}} : tensor<?x8xf32>
// FORMS: nn.linear %[[B]],

// One other number stops it.
// STOPPED: remark: {{.*}}up{{.*}}: its input is rotated at run time by blocks of 8: elementwise mul 'gain' lets permutation|sign|scale through; elementwise add 'residual' cannot take its gain
// OTHER: %[[S:.*]] = nn.elementwise <mul>
// OTHER: %[[R:.*]] = qnt.transform %[[S]] to @{{.*}} : tensor<?x8xf32>
// OTHER: nn.linear %[[R]],

// Where the readers' weights take it, it does not run with the model, whatever its numbers are.
// FOLDED: %[[X:.*]] = nn.embedding
// FOLDED: %[[G:.*]] = nn.elementwise <mul> %{{.*}}, %{{.*}} : (tensor<2x8xf32>, tensor<1x8xf32>) -> tensor<2x8xf32>
// FOLDED: %[[W:.*]] = qnt.transform %[[G]] to @{{.*}} axis = 1 : tensor<2x8xf32>
// FOLDED: nn.linear %[[X]], %[[W]]

// It covers both parts of its channels, so that the reader's weights cannot take it with either: then it is as a scalar. fuse-parts.mlir has other numbers.
// WHOLE-COUNT-2: remark: {{.*}}reader{{.*}}: its input is rotated by a Hadamard matrix of 8 channels, fused into 2 weights
// WHOLE: remark: output 0
// WHOLE-NOT: remark
// PARTS: %[[C:.*]] = nn.concat
// PARTS: %[[S:.*]] = nn.elementwise <mul> %[[C]],
// PARTS-NOT: qnt.transform {{.*}} : tensor<?x
// PARTS: nn.linear %[[S]],

//--- same.mlir
module attributes {nn.symbols = ["t"]} {
  func.func @main(%ids: tensor<?xi64> {nn.name = "ids", nn.shape = affine_map<()[s0] -> (s0)>}) -> (tensor<?x2xf32> {nn.name = "z"}) {
    %table = arith.constant dense<[[1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 1.5, 1.0], [0.5, -1.0, 2.0, 1.0, -0.5, 1.0, 2.5, -3.0], [2.0, 1.0, 1.0, -1.0, 0.0, 4.0, -1.0, 0.5]]> : tensor<3x8xf32>
    %up = arith.constant dense<[[1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 1.5, 1.0], [0.5, -1.0, 2.0, 1.0, -0.5, 1.0, 2.5, -3.0], [2.0, 1.0, 1.0, -1.0, 0.0, 4.0, -1.0, 0.5], [-1.0, 0.5, 0.0, 2.0, 1.0, 1.0, -2.0, 1.0], [0.5, 1.0, 2.0, -0.5, 1.0, 2.0, -1.5, 3.0], [1.5, 1.0, -2.0, 1.0, 0.5, -1.0, 0.5, 1.0], [1.0, -1.0, 2.0, 1.0, 2.0, 1.0, 1.0, -0.5], [2.0, 0.5, 1.0, -2.0, 1.0, 3.0, 2.0, 1.0]]> : tensor<8x8xf32>
    %down = arith.constant dense<[[0.5, 1.0, 2.0, -0.5, 1.0, 2.0, -1.5, 3.0], [1.5, 1.0, -2.0, 1.0, 0.5, -1.0, 0.5, 1.0]]> : tensor<2x8xf32>
    %g = arith.constant dense<2.0> : tensor<8xf32>
    %x = nn.embedding %table, %ids : (tensor<3x8xf32>, tensor<?xi64>) -> tensor<?x8xf32>
    %s = nn.elementwise <mul> %x, %g : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> loc("gain")
    %u = nn.linear %s, %up : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32> loc("up")
    %y = nn.elementwise <add> %s, %u : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32> loc("residual")
    %z = nn.linear %y, %down : (tensor<?x8xf32>, tensor<2x8xf32>) -> tensor<?x2xf32> loc("down")
    return %z : tensor<?x2xf32>
  }
}

//--- forms.mlir
module attributes {nn.symbols = ["t"]} {
  func.func @main(%ids: tensor<?xi64> {nn.name = "ids", nn.shape = affine_map<()[s0] -> (s0)>}) -> (tensor<?x2xf32> {nn.name = "z"}) {
    %table = arith.constant dense<[[1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 1.5, 1.0], [0.5, -1.0, 2.0, 1.0, -0.5, 1.0, 2.5, -3.0], [2.0, 1.0, 1.0, -1.0, 0.0, 4.0, -1.0, 0.5]]> : tensor<3x8xf32>
    %up = arith.constant dense<[[1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 1.5, 1.0], [0.5, -1.0, 2.0, 1.0, -0.5, 1.0, 2.5, -3.0], [2.0, 1.0, 1.0, -1.0, 0.0, 4.0, -1.0, 0.5], [-1.0, 0.5, 0.0, 2.0, 1.0, 1.0, -2.0, 1.0], [0.5, 1.0, 2.0, -0.5, 1.0, 2.0, -1.5, 3.0], [1.5, 1.0, -2.0, 1.0, 0.5, -1.0, 0.5, 1.0], [1.0, -1.0, 2.0, 1.0, 2.0, 1.0, 1.0, -0.5], [2.0, 0.5, 1.0, -2.0, 1.0, 3.0, 2.0, 1.0]]> : tensor<8x8xf32>
    %down = arith.constant dense<[[0.5, 1.0, 2.0, -0.5, 1.0, 2.0, -1.5, 3.0], [1.5, 1.0, -2.0, 1.0, 0.5, -1.0, 0.5, 1.0]]> : tensor<2x8xf32>
    %c = arith.constant dense<-2.0> : tensor<1x8xf16>
    %g = nn.cast %c : (tensor<1x8xf16>) -> tensor<1x8xf32>
    %n = arith.constant dense<0.5> : tensor<1xf32>
    %h = nn.expand %n shape [8] : tensor<1xf32> -> tensor<8xf32>
    %x = nn.embedding %table, %ids : (tensor<3x8xf32>, tensor<?xi64>) -> tensor<?x8xf32>
    %a = nn.elementwise <mul> %g, %x : (tensor<1x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
    %s = nn.elementwise <mul> %a, %h : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
    %u = nn.linear %s, %up : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32> loc("up")
    %y = nn.elementwise <add> %s, %u : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32> loc("residual")
    %z = nn.linear %y, %down : (tensor<?x8xf32>, tensor<2x8xf32>) -> tensor<?x2xf32> loc("down")
    return %z : tensor<?x2xf32>
  }
}

//--- other.mlir
module attributes {nn.symbols = ["t"]} {
  func.func @main(%ids: tensor<?xi64> {nn.name = "ids", nn.shape = affine_map<()[s0] -> (s0)>}) -> (tensor<?x2xf32> {nn.name = "z"}) {
    %table = arith.constant dense<[[1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 1.5, 1.0], [0.5, -1.0, 2.0, 1.0, -0.5, 1.0, 2.5, -3.0], [2.0, 1.0, 1.0, -1.0, 0.0, 4.0, -1.0, 0.5]]> : tensor<3x8xf32>
    %up = arith.constant dense<[[1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 1.5, 1.0], [0.5, -1.0, 2.0, 1.0, -0.5, 1.0, 2.5, -3.0], [2.0, 1.0, 1.0, -1.0, 0.0, 4.0, -1.0, 0.5], [-1.0, 0.5, 0.0, 2.0, 1.0, 1.0, -2.0, 1.0], [0.5, 1.0, 2.0, -0.5, 1.0, 2.0, -1.5, 3.0], [1.5, 1.0, -2.0, 1.0, 0.5, -1.0, 0.5, 1.0], [1.0, -1.0, 2.0, 1.0, 2.0, 1.0, 1.0, -0.5], [2.0, 0.5, 1.0, -2.0, 1.0, 3.0, 2.0, 1.0]]> : tensor<8x8xf32>
    %down = arith.constant dense<[[0.5, 1.0, 2.0, -0.5, 1.0, 2.0, -1.5, 3.0], [1.5, 1.0, -2.0, 1.0, 0.5, -1.0, 0.5, 1.0]]> : tensor<2x8xf32>
    %g = arith.constant dense<[2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0]> : tensor<8xf32>
    %x = nn.embedding %table, %ids : (tensor<3x8xf32>, tensor<?xi64>) -> tensor<?x8xf32>
    %s = nn.elementwise <mul> %x, %g : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> loc("gain")
    %u = nn.linear %s, %up : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32> loc("up")
    %y = nn.elementwise <add> %s, %u : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32> loc("residual")
    %z = nn.linear %y, %down : (tensor<?x8xf32>, tensor<2x8xf32>) -> tensor<?x2xf32> loc("down")
    return %z : tensor<?x2xf32>
  }
}

//--- folded.mlir
module attributes {nn.symbols = ["t"]} {
  func.func @main(%ids: tensor<?xi64> {nn.name = "ids", nn.shape = affine_map<()[s0] -> (s0)>}) -> (tensor<?x2xf32> {nn.name = "z"}) {
    %table = arith.constant dense<[[1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 1.5, 1.0], [0.5, -1.0, 2.0, 1.0, -0.5, 1.0, 2.5, -3.0], [2.0, 1.0, 1.0, -1.0, 0.0, 4.0, -1.0, 0.5]]> : tensor<3x8xf32>
    %down = arith.constant dense<[[0.5, 1.0, 2.0, -0.5, 1.0, 2.0, -1.5, 3.0], [1.5, 1.0, -2.0, 1.0, 0.5, -1.0, 0.5, 1.0]]> : tensor<2x8xf32>
    %g = arith.constant dense<2.0> : tensor<8xf32>
    %x = nn.embedding %table, %ids : (tensor<3x8xf32>, tensor<?xi64>) -> tensor<?x8xf32>
    %s = nn.elementwise <mul> %x, %g : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> loc("gain")
    %z = nn.linear %s, %down : (tensor<?x8xf32>, tensor<2x8xf32>) -> tensor<?x2xf32> loc("down")
    return %z : tensor<?x2xf32>
  }
}

//--- parts.mlir
qnt.basis @b : 16 = #qnt.hadamard<8>
func.func @main(%x: tensor<?x8xf32>) -> tensor<?x2xf32> {
  %a = arith.constant dense<[[-2.5, -1.5, 2.75, -2.5, -3.75, 1.25, -1.0, 2.25], [1.75, -1.0, -3.5, 3.0, -2.75, -0.75, -1.25, -3.5],
                             [2.0, 3.0, 1.75, 3.75, -3.75, 0.5, -0.75, 1.0], [2.75, 3.25, 1.75, 2.5, 2.25, 2.5, -3.75, 2.75],
                             [-3.5, 2.5, -3.0, 2.25, -3.0, -2.75, 1.25, -0.5], [3.5, 0.5, 3.25, -1.75, -0.25, 1.75, 3.5, -0.25],
                             [-1.75, 2.25, 2.25, -0.25, 0.25, -0.5, -1.0, 1.25], [0.75, -3.5, 1.5, 0.75, 1.75, 3.5, 2.75, -2.5]]> : tensor<8x8xf32>
  %g = arith.constant dense<0.5> : tensor<16xf32>
  %w = arith.constant dense<[[1.75, -3.75, 1.75, 2.25, 2.25, 0.25, 2.5, 0.25, 2.5, -0.25, 2.0, 2.75, 2.5, 3.0, 0.25, -2.75],
                             [-1.5, 2.75, 1.25, 0.75, 0.75, 3.25, 3.5, 1.25, 0.5, -2.5, -1.25, -2.75, 1.0, 0.75, 2.75, -0.5]]> : tensor<2x16xf32>
  %0 = nn.linear %x, %a : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %1 = nn.linear %x, %a : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %2 = nn.concat %0, %1 axis 1 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x16xf32>
  %3 = nn.elementwise <mul> %2, %g : (tensor<?x16xf32>, tensor<16xf32>) -> tensor<?x16xf32>
  %4 = qnt.transform %3 to @b axis = 1 : tensor<?x16xf32>
  %v = qnt.transform %w to dual @b axis = 1 : tensor<2x16xf32>
  %5 = nn.linear %4, %v : (tensor<?x16xf32>, tensor<2x16xf32>) -> tensor<?x2xf32> loc("reader")
  return %5 : tensor<?x2xf32>
}
