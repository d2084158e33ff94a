// RUN: quant-opt %s --nibble-place-buffers --split-input-file --verify-diagnostics --mlir-print-op-on-diagnostic=false

// expected-error @below {{needs a function @main with one block}}
module {
  func.func @other() {
    return
  }
}

// -----

// expected-error @below {{input 0 is not a ranked tensor}}
func.func @main(%x: index) -> index {
  return %x : index
}

// -----

// expected-error @below {{axis 1 of input 0 is dynamic, but nn.dims names no symbol of nn.symbols for it}}
func.func @main(%x: tensor<4x?xf32> {nn.dims = ["", "m"]}) -> tensor<4x?xf32> {
  return %x : tensor<4x?xf32>
}

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{cannot stand in the graph: no kernel was made for it}}
  %y = nn.elementwise <relu> %x : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
