// REQUIRES: python-venv
// RUN: quant-opt %s --nibble-insert-observers -o %t.observed.mlir
// RUN: sed -n 's/.*qnt.statistics_key = "\([0-9a-f]*\)".*/\1/p' %t.observed.mlir > %t.key
// RUN: %python %S/Inputs/statistics.py %t.key %t.json 8 zeros
// RUN: quant-opt %s --nibble-quantize="weights=int8 activations=int8 statistics=%t.json" 2>&1 | FileCheck %s

// No scale follows from zeros; a linear map takes scales that are found at run
// time.
// CHECK: remark: scales of the input are found at run time: calibration saw only zeros in it
// CHECK: %[[X:.*]] = qnt.quantize %arg0 : {{.*}}block = [1, -1]
// CHECK: nn.linear %[[X]], %
func.func @main(%x: tensor<2x8xf32>) -> tensor<2x4xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 128, hash = 1> : tensor<4x8xf32>
  %y = nn.linear %x, %w : (tensor<2x8xf32>, tensor<4x8xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}
