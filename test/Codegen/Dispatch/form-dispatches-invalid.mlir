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

// -----

func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %z = nn.elementwise <relu> %x : (tensor<?xf32>) -> tensor<?xf32>
  %d = tensor.dim %z, %c0 : tensor<?xf32>
  // expected-error @below {{extent along an axis that is not constant}}
  %e = tensor.dim %z, %d : tensor<?xf32>
  %y = nn.expand %x shape [%e] : tensor<?xf32> -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

func.func private @f(tensor<?xf32>) -> tensor<?xf32>
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error @below {{the extents of its result do not follow from the extents of its operands}}
  %z = func.call @f(%x) : (tensor<?xf32>) -> tensor<?xf32>
  %y = nn.elementwise <relu> %z : (tensor<?xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}
