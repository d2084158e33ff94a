// RUN: quant-opt %s --nibble-form-dispatches --split-input-file --verify-diagnostics --mlir-print-op-on-diagnostic=false

// expected-error @below {{needs a function @main with one block}}
module {
  func.func @other() {
    return
  }
}

// -----

// An extent that a run computes from numbers.
func.func @main(%x: tensor<8xf32>, %n: tensor<1xi64>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  // expected-error @below {{an extent depends on data, which is not supported; only extents that follow from the extents of the inputs are}}
  %e = tensor.extract %n[%c0] : tensor<1xi64>
  %i = arith.index_cast %e : i64 to index
  %y = nn.expand %x shape [%i] : tensor<8xf32> -> tensor<?xf32>
  return %y : tensor<?xf32>
}
