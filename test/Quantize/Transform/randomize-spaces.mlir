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
// GAIN: remark: its input stays as it is: the gain of nn.elementwise is not folded yet
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
  %m = nn.elementwise <mul> %a, %g : (tensor<5x4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %b = nn.linear %m, %wb : (tensor<5x4xf32>, tensor<2x4xf32>) -> tensor<5x2xf32>
  return %b : tensor<5x2xf32>
}

//--- nothing.mlir
func.func @other() {
  return
}
