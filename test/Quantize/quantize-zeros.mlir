// REQUIRES: python-venv
// RUN: quant-opt %s --nibble-insert-observers -o %t.observed.mlir
// RUN: sed -n 's/.*qnt.statistics_key = "\([0-9a-f]*\)".*/\1/p' %t.observed.mlir > %t.key
// RUN: %python %S/Inputs/statistics.py %t.key %t.json 16 zeros
// RUN: quant-opt %s --nibble-quantize="weights=int8 activations=int8 statistics=%t.json" 2>&1 | FileCheck %s

// A linear map of which calibration saw only zeros finds its scales at run time.
// CHECK: remark: scales of the input are found at run time: calibration saw only zeros in it
// CHECK: %[[X:.*]] = qnt.quantize %arg0 : tensor<?x16xf32>
// CHECK: nn.linear %[[X]],
func.func @main(%x: tensor<?x16xf32>) -> tensor<?x8xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 512, hash = 1> : tensor<8x16xf32>
  %y = nn.linear %x, %w : (tensor<?x16xf32>, tensor<8x16xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
