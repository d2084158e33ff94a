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

// -----

module attributes {nn.symbols = ["n"]} {
  // expected-error @below {{input 0 is a state, but nn.cache_update does not extend it}}
  func.func @main(%c: tensor<2x?xf32> {nn.dims = ["", "n"], nn.name = "c", nn.state = 0 : i64}) -> tensor<2x?xf32> {
    return %c : tensor<2x?xf32>
  }
}

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = arith.constant true
  // expected-error @below {{the condition must be an element of a tensor}}
  %y = scf.if %c -> tensor<4xf32> {
    scf.yield %x : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}

// -----

module attributes {nn.symbols = ["n"]} {
  func.func @main(%c: tensor<2x?xf32> {nn.dims = ["", "n"], nn.name = "c", nn.state = 0 : i64}, %x: tensor<2x1xf32>, %n: tensor<2x?xf32> {nn.dims = ["", "n"]}) -> (tensor<2x?xf32>, tensor<?xf32>) {
    %c1 = arith.constant 1 : index
    %k = tensor.dim %n, %c1 : tensor<2x?xf32>
    %0 = nn.cache_update %c, %x axis 1 : (tensor<2x?xf32>, tensor<2x1xf32>) -> tensor<2x?xf32>
    // expected-error @below {{cannot read a state under another shape; compile the cache as input and output}}
    %1 = nn.reshape %c shape [%k] : tensor<2x?xf32> -> tensor<?xf32>
    return %0, %1 : tensor<2x?xf32>, tensor<?xf32>
  }
}

// -----

module attributes {nn.symbols = ["n"]} {
  func.func @main(%x: tensor<?xf32> {nn.dims = ["n"]}) -> tensor<?xf32> {
    %c0 = arith.constant 0 : index
    %n = tensor.dim %x, %c0 : tensor<?xf32>
    // expected-error @below {{the extent is not known here: only those along a constant axis of an input or of a kernel's result are}}
    %m = tensor.dim %x, %n : tensor<?xf32>
    return %x : tensor<?xf32>
  }
}
