// RUN: quant-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics

func.func @main(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'sum' (Add) has operands of extents [2, 3] and [2, 4] that do not broadcast}}
  %z = onnx.node "Add"(%x, %y) domain "" version 13 : (tensor<2x3xf32>, tensor<2x4xf32>) -> !onnx.value loc("sum")
  return %z : !onnx.value
}

// -----

// expected-error @below {{the model has 2 nodes of operators that are not supported}}
func.func @main(%x: tensor<2x3xf32>) -> !onnx.value {
  // expected-note @unknown {{operator 'Einsum' of domain 'ai.onnx', version 13, node 'e'}}
  %a = onnx.node "Einsum"(%x) domain "" version 13 {equation = "ij->ji"} : (tensor<2x3xf32>) -> !onnx.value loc("e")
  %b = onnx.node "Relu"(%a) domain "" version 13 : (!onnx.value) -> !onnx.value
  // expected-note @unknown {{operator 'Foo' of domain 'com.example', version 1, node 'f'}}
  %c = onnx.node "Foo"(%b) domain "com.example" version 1 : (!onnx.value) -> !onnx.value loc("f")
  return %c : !onnx.value
}

// -----

func.func @main(%x: tensor<2x3xf32>, %s: tensor<2xi64>) -> !onnx.value {
  // expected-error @unknown {{node 'r' (Reshape) has extents that are computed from data; only constants and arithmetic on extents are supported there}}
  %y = onnx.node "Reshape"(%x, %s) domain "" version 13 : (tensor<2x3xf32>, tensor<2xi64>) -> !onnx.value loc("r")
  return %y : !onnx.value
}

// -----

func.func @main(%x: tensor<2x3xf32>) -> !onnx.value {
  %s = onnx.constant dense<[4, -1]> : tensor<2xi64>
  // expected-error @unknown {{node 'r' (Reshape) does not fit [2, 3] into the shape [4, -1]}}
  %y = onnx.node "Reshape"(%x, %s) domain "" version 13 : (tensor<2x3xf32>, tensor<2xi64>) -> !onnx.value loc("r")
  return %y : !onnx.value
}

// -----

// expected-error @below {{input 0 'x' needs a tensor type with a known number of dimensions, but the file says '!onnx.value'}}
func.func @main(%x: !onnx.value {onnx.name = "x"}) -> !onnx.value {
  return %x : !onnx.value
}

// -----

func.func @main(%x: tensor<2x3xf32>, %w: tensor<4x5xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'm' (MatMul) needs the summed extents to be equal, but they are 3 and 4}}
  %y = onnx.node "MatMul"(%x, %w) domain "" version 13 : (tensor<2x3xf32>, tensor<4x5xf32>) -> !onnx.value loc("m")
  return %y : !onnx.value
}

// -----

func.func @main(%x: tensor<1x3x8x8xf32>, %w: tensor<4x2x3x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'c' (Conv) needs the channels of input and filter to be equal, but they are 3 and 2}}
  %y = onnx.node "Conv"(%x, %w) domain "" version 13 : (tensor<1x3x8x8xf32>, tensor<4x2x3x3xf32>) -> !onnx.value loc("c")
  return %y : !onnx.value
}

// -----

func.func @main(%x: tensor<2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 't' (Softmax) has axis 2 of a tensor with 2 dimensions}}
  %y = onnx.node "Softmax"(%x) domain "" version 13 {axis = 2 : i64} : (tensor<2x3xf32>) -> !onnx.value loc("t")
  return %y : !onnx.value
}

// -----

func.func @main(%x: tensor<2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'a' (Add) needs input 1, but the node has 1 inputs}}
  %y = onnx.node "Add"(%x) domain "" version 13 : (tensor<2x3xf32>) -> !onnx.value loc("a")
  return %y : !onnx.value
}

// -----

func.func @main(%c: tensor<i1>, %x: tensor<2x3xf32>) -> !onnx.value {
  %axes = onnx.constant dense<0> : tensor<1xi64>
  // expected-error @unknown {{node 'i' (If) gives output 0 as 'tensor<1x2x3xf32>' or as 'tensor<2x3xf32>'; a number of dimensions that depends on data is not supported}}
  %y = onnx.node "If"(%c) domain "" version 16 : (tensor<i1>) -> !onnx.value
    subgraphs(then_branch = {
      %a = onnx.node "Unsqueeze"(%x, %axes) domain "" version 16 : (tensor<2x3xf32>, tensor<1xi64>) -> !onnx.value
      onnx.yield %a : !onnx.value
    }, else_branch = {
      onnx.yield %x : tensor<2x3xf32>
    }) loc("i")
  return %y : !onnx.value
}

// -----

// expected-error @below {{has no function @main to infer shapes of}}
module {
}

// -----

// expected-error @below {{the model uses opset 99 of ai.onnx; the latest that is known is 28: convert the model with onnx.version_converter}}
module attributes {onnx.opset = {ai.onnx = 99 : i64}} {
  func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
    return %x : tensor<2xf32>
  }
}

// -----

func.func @main(%a: tensor<2xui8>) -> !onnx.value {
  %s = onnx.constant dense<0.5> : tensor<f32>
  // expected-error @unknown {{node 'q' (QLinearConcat) has 6 inputs; each part needs a tensor, a scale and a zero point}}
  %y = onnx.node "QLinearConcat"(%s, %a, %a, %s, %a, %a) domain "com.microsoft" version 1 {axis = 0 : i64}
    : (tensor<f32>, tensor<2xui8>, tensor<2xui8>, tensor<f32>, tensor<2xui8>, tensor<2xui8>) -> !onnx.value loc("q")
  return %y : !onnx.value
}

// -----

func.func @main(%x: tensor<1x1x?x?xf32> {onnx.dims = ["", "", "h", "w"]}, %w: tensor<1x1x2x2xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'c' (Conv) has auto_pad SAME_UPPER and a window smaller than its stride, for an extent that is not constant}}
  %y = onnx.node "Conv"(%x, %w) domain "" version 11 {auto_pad = "SAME_UPPER", strides = array<i64: 3, 3>}
    : (tensor<1x1x?x?xf32>, tensor<1x1x2x2xf32>) -> !onnx.value loc("c")
  return %y : !onnx.value
}

// -----

func.func @main(%x: tensor<1x1x5xf32>, %w: tensor<1x1x8xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'c' (Conv) has a window of 8 over an extent of 5 with padding 1}}
  %y = onnx.node "Conv"(%x, %w) domain "" version 11 {pads = array<i64: 0, 1>} : (tensor<1x1x5xf32>, tensor<1x1x8xf32>) -> !onnx.value loc("c")
  return %y : !onnx.value
}

// -----

// An attribute of the wrong kind is the only thing that is said of a node.
func.func @main(%x: tensor<2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{"Cast": attribute 'to' must be an int, but is "f"}}
  %y = onnx.node "Cast"(%x) domain "" version 13 {to = "f"} : (tensor<2x3xf32>) -> !onnx.value loc("cast")
  return %y : !onnx.value
}

// -----

func.func @main(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{"Concat": attribute 'axis' must be an int, but is "a"}}
  %z = onnx.node "Concat"(%x, %y) domain "" version 13 {axis = "a"} : (tensor<2x3xf32>, tensor<2x3xf32>) -> !onnx.value loc("join")
  return %z : !onnx.value
}

// -----

func.func @main(%x: tensor<1x2x8x8xf32>) -> !onnx.value {
  // expected-error @unknown {{"MaxPool": attribute 'kernel_shape' must be ints, but is 2 : i64}}
  %y = onnx.node "MaxPool"(%x) domain "" version 13 {kernel_shape = 2 : i64} : (tensor<1x2x8x8xf32>) -> !onnx.value loc("pool")
  return %y : !onnx.value
}

// -----

// A graph is no number either.
func.func @main(%x: tensor<2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{"Softmax": attribute 'axis' must be an int, but is a graph}}
  %y = onnx.node "Softmax"(%x) domain "" version 13 : (tensor<2x3xf32>) -> !onnx.value subgraphs(axis = {
    onnx.yield
  }) loc("softmax")
  return %y : !onnx.value
}

// -----

// A second output that the operator does not have.
func.func @main(%x: tensor<4xf32>) -> !onnx.value {
  %a:2 = onnx.node "Relu"(%x) domain "" version 13 : (tensor<4xf32>) -> (!onnx.value, !onnx.value)
  // expected-error @unknown {{node 'b' (Neg) has an input whose shape is not known}}
  %b = onnx.node "Neg"(%a#1) domain "" version 13 : (!onnx.value) -> !onnx.value loc("b")
  return %b : !onnx.value
}

// -----

// expected-error @below {{the shape of output 'y' is not known}}
func.func @main(%x: tensor<4xf32>) -> (!onnx.value {onnx.name = "y"}) {
  %a:2 = onnx.node "Relu"(%x) domain "" version 13 : (tensor<4xf32>) -> (!onnx.value, !onnx.value)
  return %a#1 : !onnx.value
}

// -----

func.func @main(%x: tensor<4xf32>) -> !onnx.value {
  %a:2 = onnx.node "Relu"(%x) domain "" version 13 : (tensor<4xf32>) -> (!onnx.value, !onnx.value)
  // expected-error @unknown {{node 'i' (If) has a condition whose shape is not known}}
  %y = onnx.node "If"(%a#1) domain "" version 16 : (!onnx.value) -> !onnx.value
    subgraphs(then_branch = {
      onnx.yield %x : tensor<4xf32>
    }, else_branch = {
      onnx.yield %x : tensor<4xf32>
    }) loc("i")
  return %y : !onnx.value
}

// -----

func.func @main(%c: tensor<i1>, %x: tensor<4xf32>, %z: tensor<3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'i' (If) needs an extent of both branches to be equal, but they are 3 and 4}}
  %y = onnx.node "If"(%c) domain "" version 16 : (tensor<i1>) -> !onnx.value
    subgraphs(then_branch = {
      onnx.yield %x : tensor<4xf32>
    }, else_branch = {
      onnx.yield %z : tensor<3xf32>
    }) loc("i")
  return %y : !onnx.value
}

// -----

func.func @main(%x: tensor<?x3xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> !onnx.value {
  %s = onnx.node "Shape"(%x) domain "" version 16 {end = 1 : i64} : (tensor<?x3xf32>) -> !onnx.value
  // expected-error @unknown {{node 'u' (Unsqueeze) has axes [n] that depend on the inputs' extents; only constants are supported there}}
  %y = onnx.node "Unsqueeze"(%x, %s) domain "" version 13 : (tensor<?x3xf32>, !onnx.value) -> !onnx.value loc("u")
  return %y : !onnx.value
}

// -----

// Each pair of nodes doubles the terms.
func.func @main(%x: tensor<1x1x?xf32> {onnx.name = "x", onnx.dims = ["", "", "n"]}) -> !onnx.value {
  %p0 = onnx.node "MaxPool"(%x) domain "" version 12 {kernel_shape = array<i64: 1>, strides = array<i64: 2>} : (tensor<1x1x?xf32>) -> !onnx.value
  %c0 = onnx.node "Concat"(%x, %p0) domain "" version 13 {axis = 2 : i64} : (tensor<1x1x?xf32>, !onnx.value) -> !onnx.value
  %p1 = onnx.node "MaxPool"(%c0) domain "" version 12 {kernel_shape = array<i64: 1>, strides = array<i64: 2>} : (!onnx.value) -> !onnx.value
  %c1 = onnx.node "Concat"(%c0, %p1) domain "" version 13 {axis = 2 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %p2 = onnx.node "MaxPool"(%c1) domain "" version 12 {kernel_shape = array<i64: 1>, strides = array<i64: 2>} : (!onnx.value) -> !onnx.value
  %c2 = onnx.node "Concat"(%c1, %p2) domain "" version 13 {axis = 2 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %p3 = onnx.node "MaxPool"(%c2) domain "" version 12 {kernel_shape = array<i64: 1>, strides = array<i64: 2>} : (!onnx.value) -> !onnx.value
  %c3 = onnx.node "Concat"(%c2, %p3) domain "" version 13 {axis = 2 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %p4 = onnx.node "MaxPool"(%c3) domain "" version 12 {kernel_shape = array<i64: 1>, strides = array<i64: 2>} : (!onnx.value) -> !onnx.value
  %c4 = onnx.node "Concat"(%c3, %p4) domain "" version 13 {axis = 2 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %p5 = onnx.node "MaxPool"(%c4) domain "" version 12 {kernel_shape = array<i64: 1>, strides = array<i64: 2>} : (!onnx.value) -> !onnx.value
  %c5 = onnx.node "Concat"(%c4, %p5) domain "" version 13 {axis = 2 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %p6 = onnx.node "MaxPool"(%c5) domain "" version 12 {kernel_shape = array<i64: 1>, strides = array<i64: 2>} : (!onnx.value) -> !onnx.value
  // expected-error @unknown {{node 'long' (Concat) gives an output with an extent of more than 512 sums and products of extents}}
  %c6 = onnx.node "Concat"(%c5, %p6) domain "" version 13 {axis = 2 : i64} : (!onnx.value, !onnx.value) -> !onnx.value loc("long")
  return %c6 : !onnx.value
}
