// RUN: split-file %s %t
// RUN: quant-opt %t/same.mlir -qnt-verify-equivalence="against=%t/original.mlir extents=tokens=9 integers=ids=2" 2>&1 | FileCheck %s --check-prefix=SAME
// RUN: not quant-opt %t/other.mlir -qnt-verify-equivalence="against=%t/original.mlir bound=1e-3" 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: quant-opt %t/other.mlir -qnt-verify-equivalence="against=%t/original.mlir bound=0.5" 2>&1 | FileCheck %s --check-prefix=LOOSE
// RUN: not quant-opt %t/same.mlir -qnt-verify-equivalence="against=%t/nothing.mlir" 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: not quant-opt %t/same.mlir -qnt-verify-equivalence="against=%t/original.mlir function=f" 2>&1 | FileCheck %s --check-prefix=FUNCTION
// RUN: not quant-opt %t/types.mlir -qnt-verify-equivalence="against=%t/original.mlir" 2>&1 | FileCheck %s --check-prefix=TYPES
// RUN: not quant-opt %t/same.mlir -qnt-verify-equivalence="against=%t/original.mlir extents=tokens" 2>&1 | FileCheck %s --check-prefix=OPTION
// RUN: not quant-opt %t/same.mlir -qnt-verify-equivalence="against=%t/original.mlir extents=token=9" 2>&1 | FileCheck %s --check-prefix=EXTENT
// RUN: not quant-opt %t/same.mlir -qnt-verify-equivalence="against=%t/original.mlir integers=id=2" 2>&1 | FileCheck %s --check-prefix=INPUT
// RUN: not quant-opt %t/same.mlir -qnt-verify-equivalence="against=%t/original.mlir integer-max=-1" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not quant-opt %t/same.mlir -qnt-verify-equivalence="against=%t/original.mlir deviation=0" 2>&1 | FileCheck %s --check-prefix=DEVIATION
// RUN: not quant-opt %t/same.mlir -qnt-verify-equivalence="against=%t/original.mlir deviation=1e-60" 2>&1 | FileCheck %s --check-prefix=DEVIATION
// RUN: not quant-opt %t/same.mlir -qnt-verify-equivalence 2>&1 | FileCheck %s --check-prefix=AGAINST
// RUN: quant-opt %t/plus.mlir -qnt-verify-equivalence="against=%t/nothing-added.mlir deviation=1000000" 2>&1 | FileCheck %s --check-prefix=LARGE
// RUN: quant-opt %t/chain.mlir -qnt-verify-equivalence="against=%t/unchained.mlir evaluate-weights=true" 2>&1 | FileCheck %s --check-prefix=CHAIN
// RUN: not quant-opt %t/plus.mlir -qnt-verify-equivalence="against=%t/nothing-added.mlir" 2>&1 | FileCheck %s --check-prefix=SMALL
// RUN: not quant-opt %t/same.mlir -qnt-verify-equivalence="against=%t/original.mlir extents=tokens=6" 2>&1 | FileCheck %s --check-prefix=BREAKS
// RUN: not quant-opt %t/nan.mlir -qnt-verify-equivalence="against=%t/nan.mlir" 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not quant-opt %t/zero.mlir -qnt-verify-equivalence="against=%t/zero.mlir" 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not quant-opt %t/index.mlir -qnt-verify-equivalence="against=%t/index.mlir" 2>&1 | FileCheck %s --check-prefix=INDEX
// RUN: not quant-opt %t/weight.mlir -qnt-verify-equivalence="against=%t/weight.mlir" 2>&1 | FileCheck %s --check-prefix=WEIGHT
// RUN: not quant-opt %t/inverse.mlir -qnt-verify-equivalence="against=%t/inverse.mlir" 2>&1 | FileCheck %s --check-prefix=INVERSE
// RUN: not quant-opt %t/unsolved.mlir -qnt-verify-equivalence="against=%t/unsolved.mlir" 2>&1 | FileCheck %s --check-prefix=UNSOLVED
// RUN: quant-opt %t/unsolved.mlir -qnt-verify-equivalence="against=%t/unsolved.mlir extents=a=100000,b=100001" 2>&1 | FileCheck %s --check-prefix=GIVEN
// RUN: quant-opt %t/sums.mlir -qnt-verify-equivalence="against=%t/states.mlir extents=t=2,past=0" 2>&1 | FileCheck %s --check-prefix=STATES
// RUN: not quant-opt %t/half.mlir -qnt-verify-equivalence="against=%t/states.mlir extents=t=2,past=0" 2>&1 | FileCheck %s --check-prefix=KEPT
// RUN: not quant-opt %t/sums.mlir -qnt-verify-equivalence="against=%t/states.mlir extents=t=2,past=1" 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: sed 's/nn.dims = ."past", ..., //' %t/states.mlir > %t/unnamed.mlir
// RUN: not quant-opt %t/unnamed.mlir -qnt-verify-equivalence="against=%t/unnamed.mlir extents=t=2,past=0" 2>&1 | FileCheck %s --check-prefix=UNNAMED

// SAME: remark: output 0 'rows': largest relative difference {{.*}}e-0
// SAME: remark: output 1: largest relative difference 0.00e+00
// OTHER: remark: output 0 'rows': largest relative difference {{.*}}e-01
// OTHER: error: output 0 'rows' differs from the original's by more than 1.00e-03 of its range
// LOOSE: remark: output 0 'rows': largest relative difference {{.*}}e-01
// FILE: error: cannot read the original model from '{{.*}}nothing.mlir'
// INDEX: error: input 0 is not a tensor of numbers
// WEIGHT: error: cannot read parameters from nowhere.bin: No such file or directory
// INVERSE: error: cannot make the reference of the model: {{.*}}'qnt.transform' op has no decomposition into linalg
// FUNCTION: error: the original model has no function @f
// TYPES: error: @main takes and returns other tensors than the original's
// OPTION: error: 'tokens' of extents must be name=number
// EXTENT: error: 'token' of extents is unknown; the model has: tokens
// INPUT: error: 'id' of integers is unknown; the model has: ids
// NEGATIVE: error: integer-max must not be negative
// DEVIATION: error: deviation must be positive and finite in f32
// LARGE: remark: output 0
// A transform that a map and another transform read; folding halves is exact.
// CHAIN: remark: output 0: largest relative difference 0.00e+00
// CHAIN: remark: output 1: largest relative difference 0.00e+00
// SMALL: error: output 0 differs
// AGAINST: error: against must name the file of the original model
// BREAKS: error: the extents that are given do not fulfil the model's constraints
// NAN: error: output 0 is not finite in the original for these inputs: choose others by seed, extents or integers
// ZERO: error: output 0 is zero in the original for these inputs, so that nothing is compared: choose others by seed, extents or integers
// UNSOLVED: error: no small extents fulfil the model's constraints; give some by extents: a, b
// GIVEN: remark: output 0: largest relative difference 0.00e+00

// What a state holds is the model's own; what is read of it later counts.
// STATES-NOT: output 1
// STATES: remark: output 0 'y' of the first run: largest relative difference {{.*}}e-0{{[789]}}
// STATES-NOT: output 1
// STATES: remark: output 0 'y' of the second run: largest relative difference {{.*}}e-0{{[789]}}
// STATES-NOT: output 1
// KEPT: remark: output 0 'y' of the first run: largest relative difference 0.00e+00
// KEPT: remark: output 0 'y' of the second run: largest relative difference {{.*}}e-01
// KEPT: error: output 0 'y' of the second run differs from the original's by more than 1.00e-05 of its range
// EMPTY: error: argument 1 is a state, which begins empty: give the extent that grows the value 0 by extents
// UNNAMED: error: axis 0 of argument 1, a state that grows, has no name

//--- states.mlir
// y = (x, all x of earlier runs) summed over rows; the state: these.
module attributes {nn.symbols = ["t", "past"]} {
  func.func @main(%x: tensor<?x4xf32> {nn.shape = affine_map<()[s0, s1] -> (s0, 4)>}, %past: tensor<?x4xf32> {nn.dims = ["past", ""], nn.shape = affine_map<()[s0, s1] -> (s1, 4)>, nn.state = 1 : i64}) -> (tensor<4xf32> {nn.name = "y"}, tensor<?x4xf32>) {
    %all = nn.cache_update %past, %x axis 0 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    %y = nn.reduce <sum> %all axes [0] : (tensor<?x4xf32>) -> tensor<4xf32>
    return %y, %all : tensor<4xf32>, tensor<?x4xf32>
  }
}

//--- sums.mlir
// The state holds thirds.
module attributes {nn.symbols = ["t", "past"]} {
  func.func @main(%x: tensor<?x4xf32>, %past: tensor<?x4xf32> {nn.state = 1 : i64}) -> (tensor<4xf32> {nn.name = "y"}, tensor<?x4xf32>) {
    %third = arith.constant dense<0.33333334> : tensor<f32>
    %three = arith.constant dense<3.0> : tensor<f32>
    %part = nn.elementwise <mul> %x, %third : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
    %all = nn.cache_update %past, %part axis 0 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    %sum = nn.reduce <sum> %all axes [0] : (tensor<?x4xf32>) -> tensor<4xf32>
    %y = nn.elementwise <mul> %sum, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
    return %y, %all : tensor<4xf32>, tensor<?x4xf32>
  }
}

//--- half.mlir
// Forgets half of what there was.
module attributes {nn.symbols = ["t", "past"]} {
  func.func @main(%x: tensor<?x4xf32>, %past: tensor<?x4xf32> {nn.state = 1 : i64}) -> (tensor<4xf32> {nn.name = "y"}, tensor<?x4xf32>) {
    %half = arith.constant dense<0.5> : tensor<f32>
    %left = nn.elementwise <mul> %past, %half : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
    %all = nn.cache_update %left, %x axis 0 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    %y = nn.reduce <sum> %all axes [0] : (tensor<?x4xf32>) -> tensor<4xf32>
    return %y, %all : tensor<4xf32>, tensor<?x4xf32>
  }
}

//--- original.mlir
module attributes {nn.symbols = ["tokens"], nn.constraints = affine_set<()[s0] : (s0 - 7 >= 0)>} {
  func.func @main(%ids: tensor<?xi64> {nn.name = "ids", nn.shape = affine_map<()[s0] -> (s0)>}, %x: tensor<?x4xf32> {nn.shape = affine_map<()[s0] -> (s0, 4)>}) -> (tensor<?x4xf32> {nn.name = "rows"}, tensor<?xi64>) {
    %table = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0]]> : tensor<3x4xf32>
    %0 = nn.embedding %table, %ids : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
    %1 = nn.elementwise <add> %0, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    %2 = nn.elementwise <mul> %1, %1 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    return %2, %ids : tensor<?x4xf32>, tensor<?xi64>
  }
}

//--- same.mlir
// (a + b)² as a² + 2ab + b².
module attributes {nn.symbols = ["tokens"]} {
  func.func @main(%ids: tensor<?xi64> {nn.name = "ids"}, %x: tensor<?x4xf32>) -> (tensor<?x4xf32> {nn.name = "rows"}, tensor<?xi64>) {
    %table = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0]]> : tensor<3x4xf32>
    %two = arith.constant dense<2.0> : tensor<f32>
    %0 = nn.embedding %table, %ids : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
    %1 = nn.elementwise <mul> %0, %0 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    %2 = nn.elementwise <mul> %0, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    %3 = nn.elementwise <mul> %2, %two : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
    %4 = nn.elementwise <mul> %x, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    %5 = nn.elementwise <add> %1, %3 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    %6 = nn.elementwise <add> %5, %4 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    return %6, %ids : tensor<?x4xf32>, tensor<?xi64>
  }
}

//--- other.mlir
module attributes {nn.symbols = ["tokens"]} {
  func.func @main(%ids: tensor<?xi64>, %x: tensor<?x4xf32>) -> (tensor<?x4xf32> {nn.name = "rows"}, tensor<?xi64>) {
    %table = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.5], [9.0, 10.0, 11.0, 12.0]]> : tensor<3x4xf32>
    %0 = nn.embedding %table, %ids : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
    %1 = nn.elementwise <add> %0, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    %2 = nn.elementwise <mul> %1, %1 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    return %2, %ids : tensor<?x4xf32>, tensor<?xi64>
  }
}

//--- types.mlir
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}

//--- nan.mlir
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = nn.elementwise <sqrt> %x : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

//--- index.mlir
func.func @main(%x: index) -> index {
  return %x : index
}

//--- weight.mlir
func.func @main() -> tensor<4xf32> {
  %w = nn.parameter "w" at <file = "nowhere.bin", offset = 0, length = 16, hash = 1> : tensor<4xf32>
  %y = nn.elementwise <neg> %w : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

//--- inverse.mlir
func.func private @m() -> tensor<144xf32>
qnt.basis @b : 12 = #qnt.linear<12, data = @m>
func.func @main(%x: tensor<3x12xf32>) -> tensor<3x12xf32> {
  %0 = qnt.transform %x from @b axis = 1 : tensor<3x12xf32>
  return %0 : tensor<3x12xf32>
}

//--- unsolved.mlir
module attributes {nn.symbols = ["a", "b"], nn.constraints = affine_set<()[s0, s1] : (s0 - 100000 >= 0, s1 - s0 - 1 == 0)>} {
  func.func @main(%x: tensor<?xf32> {nn.shape = affine_map<()[s0, s1] -> (s1 - s0)>}) -> tensor<?xf32> {
    return %x : tensor<?xf32>
  }
}

//--- zero.mlir
func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
  %zero = arith.constant dense<0.0> : tensor<3xf32>
  %0 = nn.elementwise <mul> %x, %zero : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

//--- nothing-added.mlir
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  return %x : tensor<8xf32>
}

//--- plus.mlir
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %one = arith.constant dense<1.0> : tensor<1xf32>
  %0 = nn.elementwise <add> %x, %one : (tensor<8xf32>, tensor<1xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

//--- unchained.mlir
qnt.basis @h : 4 = #qnt.hadamard<4>
func.func @main(%x: tensor<3x4xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %w = arith.constant dense<[[1.1, 2.3, 3.7, 4.9], [-5.3, 6.1, 7.9, -8.3]]> : tensor<2x4xf32>
  %t = qnt.transform %w to @h axis = 1 : tensor<2x4xf32>
  %0 = nn.linear %x, %w : (tensor<3x4xf32>, tensor<2x4xf32>) -> tensor<3x2xf32>
  %1 = nn.linear %x, %t : (tensor<3x4xf32>, tensor<2x4xf32>) -> tensor<3x2xf32>
  return %0, %1 : tensor<3x2xf32>, tensor<3x2xf32>
}

//--- chain.mlir
qnt.basis @h : 4 = #qnt.hadamard<4>
func.func @main(%x: tensor<3x4xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %w = arith.constant dense<[[1.1, 2.3, 3.7, 4.9], [-5.3, 6.1, 7.9, -8.3]]> : tensor<2x4xf32>
  %t = qnt.transform %w to @h axis = 1 : tensor<2x4xf32>
  %u = qnt.transform %t to @h axis = 1 : tensor<2x4xf32>
  %0 = nn.linear %x, %u : (tensor<3x4xf32>, tensor<2x4xf32>) -> tensor<3x2xf32>
  %1 = nn.linear %x, %t : (tensor<3x4xf32>, tensor<2x4xf32>) -> tensor<3x2xf32>
  return %0, %1 : tensor<3x2xf32>, tensor<3x2xf32>
}
