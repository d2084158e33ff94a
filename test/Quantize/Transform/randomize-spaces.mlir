// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: quant-opt mlp.mlir --pass-pipeline='builtin.module(qnt-randomize-spaces{kind=permutation numbers=p.bin},qnt-verify-equivalence{against=mlp.mlir})' --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefixes=ANY,PERMUTATION
// RUN: quant-opt mlp.mlir --pass-pipeline='builtin.module(qnt-randomize-spaces{kind=scale numbers=s.bin},qnt-verify-equivalence{against=mlp.mlir})' --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefixes=ANY,SCALE
// RUN: quant-opt mlp.mlir --pass-pipeline='builtin.module(qnt-randomize-spaces{kind=sign numbers=g.bin},qnt-verify-equivalence{against=mlp.mlir})' --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefixes=ANY,SIGN
// RUN: quant-opt mlp.mlir --pass-pipeline='builtin.module(qnt-randomize-spaces{kind=orthogonal numbers=o.bin},qnt-verify-equivalence{against=mlp.mlir})' --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefixes=ANY,MATRIX
// RUN: quant-opt mlp.mlir --pass-pipeline='builtin.module(qnt-randomize-spaces{kind=orthogonal_keeping_ones numbers=k.bin},qnt-verify-equivalence{against=mlp.mlir})' --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefixes=ANY,MATRIX
// RUN: quant-opt mlp.mlir --pass-pipeline='builtin.module(qnt-randomize-spaces{kind=linear numbers=l.bin},qnt-verify-equivalence{against=mlp.mlir evaluate-weights=true})' --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefixes=ANY,MATRIX
// RUN: not quant-opt mlp.mlir --pass-pipeline='builtin.module(qnt-randomize-spaces{kind=linear numbers=l.bin},qnt-verify-equivalence{against=mlp.mlir})' --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefix=INVERSE
// Seeds are other maps, and the same one is the same.
// RUN: quant-opt mlp.mlir --qnt-randomize-spaces="kind=scale numbers=s1.bin seed=1" -o /dev/null && cmp s.bin s1.bin
// RUN: quant-opt mlp.mlir --qnt-randomize-spaces="kind=scale numbers=s2.bin seed=2" -o /dev/null && not cmp s.bin s2.bin
// What is rewritten wrongly is found: the dual of one weight taken away.
// RUN: quant-opt mlp.mlir --qnt-randomize-spaces="kind=scale numbers=s.bin" | sed 's/ to dual / to /' > wrong.mlir
// RUN: not quant-opt wrong.mlir --qnt-verify-equivalence="against=mlp.mlir" 2>&1 | FileCheck %s --check-prefix=WRONG
// RUN: quant-opt gain.mlir --qnt-randomize-spaces="kind=orthogonal numbers=none.bin" --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefix=GAIN
// RUN: quant-opt tied.mlir --qnt-randomize-spaces="kind=linear numbers=t.bin" --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefix=TIED
// RUN: quant-opt depthwise.mlir --qnt-randomize-spaces="kind=permutation numbers=d.bin" --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefix=DEPTHWISE
// Weights that a map and the gain of a norm, then a rotation, go into.
// RUN: quant-opt norm.mlir --pass-pipeline='builtin.module(qnt-randomize-spaces{kind=linear numbers=n.bin},nibble-transform{block=4},qnt-verify-equivalence{against=norm.mlir evaluate-weights=true})' --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefix=NORM
// RUN: not ls none.bin
// RUN: not quant-opt mlp.mlir --qnt-randomize-spaces="kind=shift numbers=none.bin" 2>&1 | FileCheck %s --check-prefix=KIND
// RUN: not quant-opt mlp.mlir --qnt-randomize-spaces="kind=scale" 2>&1 | FileCheck %s --check-prefix=NUMBERS
// RUN: not quant-opt mlp.mlir --qnt-randomize-spaces="kind=scale numbers=nowhere/none.bin" 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: not quant-opt nothing.mlir --qnt-randomize-spaces="kind=scale numbers=none.bin" 2>&1 | FileCheck %s --check-prefix=MAIN

// Nothing but weights sees what is between the first two maps; relu lets the next channels change places and size only; the graph's input stays.
// ANY-DAG: remark: {{.*}}a{{.*}}: its input stays as it is: graph input 'x'
// PERMUTATION-DAG: remark: {{.*}}b{{.*}}: its input has a random permutation of 8 x 1 channels, fused into 3 weights
// PERMUTATION-DAG: remark: {{.*}}c{{.*}}: its input has a random permutation of 6 x 1 channels, fused into 2 weights
// SCALE-DAG: remark: {{.*}}b{{.*}}: its input has a random scale of 8 x 1 channels, fused into 3 weights
// SCALE-DAG: remark: {{.*}}c{{.*}}: its input has a random scale of 6 x 1 channels, fused into 2 weights
// SIGN-DAG: remark: {{.*}}b{{.*}}: its input has a random sign of 8 x 1 channels, fused into 3 weights
// SIGN-DAG: remark: {{.*}}c{{.*}}: its input stays as it is: elementwise relu {{.*}}lets permutation|scale through
// MATRIX-DAG: remark: {{.*}}b{{.*}}: its input has a random {{orthogonal|orthogonal_keeping_ones|linear}} of 8 x 1 channels, fused into 3 weights
// MATRIX-DAG: remark: {{.*}}c{{.*}}: its input stays as it is: elementwise relu {{.*}}lets permutation|scale through
// ANY: remark: output 0: largest relative difference
// INVERSE: error: cannot make the reference of the model: {{.*}}'qnt.transform' op has no decomposition into linalg
// WRONG: error: output 0 differs
// GAIN: remark: its input stays as it is: graph input 0
// GAIN: remark: its input stays as it is: the gain of elementwise mul 'gain' is not folded yet
// TIED: remark: {{.*}}r{{[qk]}}{{.*}}: its input stays as it is: its readers would need a matrix and its inverse
// DEPTHWISE: remark: {{.*}}depth{{.*}}: its input stays as it is: it is depthwise: a filter for each channel
// NORM: remark: {{.*}}c{{.*}}: its input has a random linear of 4 x 1 channels, fused into 2 weights
// NORM: remark: output 0: largest relative difference {{[1-9].*}}e-0{{[678]}}
// KIND: error: unknown kind 'shift': expected permutation, sign, scale, orthogonal_keeping_ones, orthogonal or linear
// NUMBERS: error: numbers must name the file that gets the numbers of the bases
// FILE: error: cannot write the numbers of the bases to 'nowhere/none.bin'
// MAIN: error: needs a function @main

//--- mlp.mlir
func.func @main(%x: tensor<5x4xf32> {nn.name = "x"}) -> tensor<5x3xf32> {
  %wa = arith.constant dense<[[1.0, 0.5, -2.0, 3.0], [0.25, 1.5, 2.0, -1.0], [3.0, 2.0, 1.0, 0.5], [-1.0, 1.0, 0.75, 2.0],
                              [0.5, -0.5, 1.0, 1.0], [2.0, -3.0, 0.5, 1.0], [1.0, 1.0, -1.0, 4.0], [0.125, 2.0, 2.0, -0.5]]> : tensor<8x4xf32>
  %ba = arith.constant dense<[1.0, -2.0, 0.5, 0.25, 3.0, -1.0, 0.75, 2.0]> : tensor<8xf32>
  %wb = arith.constant dense<[[1.0, 2.0, -1.0, 0.5, 0.25, 3.0, -2.0, 1.0], [0.5, 1.0, 2.0, -3.0, 1.0, 0.25, 1.5, -1.0], [2.0, -1.0, 0.5, 1.0, 3.0, 0.5, -0.25, 1.0],
                              [-1.0, 0.5, 1.0, 2.0, -0.5, 1.0, 1.0, 0.25], [1.5, 1.0, -2.0, 0.5, 1.0, -1.0, 2.0, 3.0], [0.25, -3.0, 1.0, 1.0, 2.0, 0.5, -1.0, 2.0]]> : tensor<6x8xf32>
  %wc = arith.constant dense<[[1.0, -1.0, 2.0, 0.5, 0.25, 3.0], [0.5, 2.0, 1.0, -3.0, 1.0, 1.0], [2.0, 0.25, -0.5, 1.0, 1.0, -2.0]]> : tensor<3x6xf32>
  %a = nn.linear %x, %wa bias %ba : (tensor<5x4xf32>, tensor<8x4xf32>, tensor<8xf32>) -> tensor<5x8xf32> loc("a")
  %b = nn.linear %a, %wb : (tensor<5x8xf32>, tensor<6x8xf32>) -> tensor<5x6xf32> loc("b")
  %r = nn.elementwise <relu> %b : (tensor<5x6xf32>) -> tensor<5x6xf32> loc("r")
  %c = nn.linear %r, %wc : (tensor<5x6xf32>, tensor<3x6xf32>) -> tensor<5x3xf32> loc("c")
  return %c : tensor<5x3xf32>
}

//--- gain.mlir
func.func @main(%x: tensor<5x2xf32>) -> tensor<5x2xf32> {
  %wa = arith.constant dense<[[1.0, 0.5], [0.25, 1.5], [3.0, 2.0], [-1.0, 1.0]]> : tensor<4x2xf32>
  %g = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %wb = arith.constant dense<[[1.0, 2.0, -1.0, 0.5], [0.5, 1.0, 2.0, -3.0]]> : tensor<2x4xf32>
  %a = nn.linear %x, %wa : (tensor<5x2xf32>, tensor<4x2xf32>) -> tensor<5x4xf32>
  %m = nn.elementwise <mul> %a, %g : (tensor<5x4xf32>, tensor<4xf32>) -> tensor<5x4xf32> loc("gain")
  %b = nn.linear %m, %wb : (tensor<5x4xf32>, tensor<2x4xf32>) -> tensor<5x2xf32>
  return %b : tensor<5x2xf32>
}

//--- tied.mlir
func.func @main(%x: tensor<5x4xf32>, %i: tensor<5x4xf32>) -> tensor<5x2xf32> {
  %w1 = arith.constant dense<[[1.0, 0.5, -2.0, 3.0], [0.25, 1.5, 2.0, -1.0], [3.0, 2.0, 1.0, 0.5], [-1.0, 1.0, 0.75, 2.0]]> : tensor<4x4xf32>
  %w2 = arith.constant dense<[[1.0, 2.0, -1.0, 0.5], [0.5, 1.0, 2.0, -3.0]]> : tensor<2x4xf32>
  %q = nn.linear %x, %w1 : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32> loc("q")
  %k = nn.linear %i, %w1 : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32> loc("k")
  %s = nn.linear %q, %k : (tensor<5x4xf32>, tensor<5x4xf32>) -> tensor<5x5xf32> loc("scores")
  %a = nn.linear %q, %w2 : (tensor<5x4xf32>, tensor<2x4xf32>) -> tensor<5x2xf32> loc("rq")
  %b = nn.linear %k, %w2 : (tensor<5x4xf32>, tensor<2x4xf32>) -> tensor<5x2xf32> loc("rk")
  %c = nn.elementwise <add> %a, %b : (tensor<5x2xf32>, tensor<5x2xf32>) -> tensor<5x2xf32>
  return %c : tensor<5x2xf32>
}

//--- depthwise.mlir
func.func @main(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x6x6xf32> {
  %f = arith.constant dense<2.0> : tensor<4x1x3x3xf32>
  %w = arith.constant dense<2.0> : tensor<4x4x1x1xf32>
  %0 = nn.conv %x, %w strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x4x8x8xf32>, tensor<4x4x1x1xf32>) -> tensor<1x4x8x8xf32> loc("one")
  %c = nn.conv %0, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {groups = 4 : i64} : (tensor<1x4x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x6x6xf32> loc("depth")
  return %c : tensor<1x4x6x6xf32>
}

//--- norm.mlir
func.func @main(%x: tensor<5x4xf32> {nn.name = "x"}) -> tensor<5x3xf32> {
  %wa = arith.constant dense<[[1.0, 0.5, -2.0, 3.0], [0.25, 1.5, 2.0, -1.0], [3.0, 2.0, 1.0, 0.5], [-1.0, 1.0, 0.75, 2.0]]> : tensor<4x4xf32>
  %g = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %wb = arith.constant dense<[[1.0, 2.0, -1.0, 0.5], [0.5, 1.0, 2.0, -3.0], [2.0, -1.0, 0.5, 1.0], [1.0, 1.0, 0.25, 3.0]]> : tensor<4x4xf32>
  %wc = arith.constant dense<[[1.0, 2.0, -1.0, 0.5], [0.5, 1.0, 2.0, -3.0], [2.0, -1.0, 0.5, 1.0]]> : tensor<3x4xf32>
  %a = nn.linear %x, %wa : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32> loc("a")
  %n = nn.rms_norm %a axis 1 epsilon 1.0e-5 : (tensor<5x4xf32>) -> tensor<5x4xf32> loc("norm")
  %m = nn.elementwise <mul> %n, %g : (tensor<5x4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %b = nn.linear %m, %wb : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32> loc("b")
  %c = nn.linear %b, %wc : (tensor<5x4xf32>, tensor<3x4xf32>) -> tensor<5x3xf32> loc("c")
  return %c : tensor<5x3xf32>
}

//--- nothing.mlir
func.func @other() {
  return
}
