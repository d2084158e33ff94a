// RUN: quant-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics

func.func @main(%x0: tensor<f32>, %x1: tensor<f32>, %x2: tensor<f32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Range) counts in 'f32'; only integers are supported}}
  %y = onnx.node "Range"(%x0, %x1, %x2) domain "" version 13 : (tensor<f32>, tensor<f32>, tensor<f32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main() -> !onnx.value {
  %c0 = onnx.constant dense<0> : tensor<i64>
  %c1 = onnx.constant dense<4> : tensor<i64>
  %c2 = onnx.constant dense<0> : tensor<i64>
  // expected-error @unknown {{node 'n' (Range) needs a constant step other than 0}}
  %y = onnx.node "Range"(%c0, %c1, %c2) domain "" version 13 : (tensor<i64>, tensor<i64>, tensor<i64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main() -> !onnx.value {
  %c0 = onnx.constant dense<0> : tensor<i64>
  %c1 = onnx.constant dense<4> : tensor<2xi64>
  %c2 = onnx.constant dense<1> : tensor<i64>
  // expected-error @unknown {{node 'n' (Range) needs limits and a step of one element}}
  %y = onnx.node "Range"(%c0, %c1, %c2) domain "" version 13 : (tensor<i64>, tensor<2xi64>, tensor<i64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<8xf32>) -> (!onnx.value, !onnx.value) {
  // expected-error @unknown {{node 'n' (Split) has 2 outputs but num_outputs 0}}
  %y:2 = onnx.node "Split"(%x0) domain "" version 18 {num_outputs = 0 : i64} : (tensor<8xf32>) -> (!onnx.value, !onnx.value) loc("n")
  return %y#0, %y#1 : !onnx.value, !onnx.value
}

// -----

func.func @main(%x0: tensor<2x2xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<[0, 1]> : tensor<2xi64>
  // expected-error @unknown {{node 'n' (CumSum) needs one axis}}
  %y = onnx.node "CumSum"(%x0, %c1) domain "" version 13 : (tensor<2x2xf32>, tensor<2xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<[0, 281474976710656]> : tensor<2xi64>
  // expected-error @unknown {{node 'n' (Pad) gives an output of extents [281474976710660], more than any memory holds}}
  %y = onnx.node "Pad"(%x0, %c1) domain "" version 13 : (tensor<4xf32>, tensor<2xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main() -> !onnx.value {
  %c0 = onnx.constant dense<4> : tensor<1xi64>
  // expected-error @unknown {{node 'n' (ConstantOfShape) needs a value of one element}}
  %y = onnx.node "ConstantOfShape"(%c0) domain "" version 13 {value = dense<[1, 2]> : tensor<2xi64>} : (tensor<1xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main() -> !onnx.value {
  // expected-error @unknown {{node 'n' (Constant) has no value of numbers}}
  %y = onnx.node "Constant"() domain "" version 13 {value_string = "x"} : () -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Reshape) needs a shape}}
  %y = onnx.node "Reshape"(%x0) domain "" version 13 : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<[6, 1, 0]> : tensor<3xi64>
  // expected-error @unknown {{node 'n' (Reshape) keeps extent 2 of an input with 2 dimensions}}
  %y = onnx.node "Reshape"(%x0, %c1) domain "" version 13 : (tensor<2x3xf32>, tensor<3xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<-1> : tensor<2xi64>
  // expected-error @unknown {{node 'n' (Reshape) has two extents -1}}
  %y = onnx.node "Reshape"(%x0, %c1) domain "" version 13 : (tensor<2x3xf32>, tensor<2xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<[4, 2]> : tensor<2xi64>
  // expected-error @unknown {{node 'n' (Reshape) needs the numbers of elements before and after to be equal, but they are 6 and 8}}
  %y = onnx.node "Reshape"(%x0, %c1) domain "" version 13 : (tensor<2x3xf32>, tensor<2xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Flatten) has axis 3 of a tensor with 2 dimensions}}
  %y = onnx.node "Flatten"(%x0) domain "" version 13 {axis = 3 : i64} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<1> : tensor<1xi64>
  // expected-error @unknown {{node 'n' (Squeeze) needs a squeezed extent and 1 to be equal, but they are 3 and 1}}
  %y = onnx.node "Squeeze"(%x0, %c1) domain "" version 13 : (tensor<2x3xf32>, tensor<1xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Unsqueeze) needs axes}}
  %y = onnx.node "Unsqueeze"(%x0) domain "" version 13 : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Transpose) permutes 1 axes of a tensor with 2 dimensions}}
  %y = onnx.node "Transpose"(%x0) domain "" version 13 {perm = array<i64: 0>} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Transpose) names axis 0 twice}}
  %y = onnx.node "Transpose"(%x0) domain "" version 13 {perm = array<i64: 0, 0>} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<8xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Slice) needs starts and ends}}
  %y = onnx.node "Slice"(%x0) domain "" version 13 : (tensor<8xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<8xf32>, %x1: tensor<1xi64>, %x2: tensor<1xi64>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Slice) has starts that are computed from data; only constants and arithmetic on extents are supported there}}
  %y = onnx.node "Slice"(%x0, %x1, %x2) domain "" version 13 : (tensor<8xf32>, tensor<1xi64>, tensor<1xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<8xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<[1, 2]> : tensor<2xi64>
  %c3 = onnx.constant dense<0> : tensor<1xi64>
  // expected-error @unknown {{node 'n' (Slice) has starts, ends, axes and steps of different length}}
  %y = onnx.node "Slice"(%x0, %c1, %c2, %c3) domain "" version 13
    : (tensor<8xf32>, tensor<1xi64>, tensor<2xi64>, tensor<1xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<8xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<4> : tensor<1xi64>
  %c3 = onnx.constant dense<0> : tensor<1xi64>
  %c4 = onnx.constant dense<0> : tensor<1xi64>
  // expected-error @unknown {{node 'n' (Slice) has a step of 0}}
  %y = onnx.node "Slice"(%x0, %c1, %c2, %c3, %c4) domain "" version 13
    : (tensor<8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Concat) needs the attribute 'axis'}}
  %y = onnx.node "Concat"(%x0) domain "" version 13 : (tensor<2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2xf32>, %x1: tensor<2xi64>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Concat) joins tensors of different types or dimensions}}
  %y = onnx.node "Concat"(%x0, %x1) domain "" version 13 {axis = 0 : i64} : (tensor<2xf32>, tensor<2xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3xf32>, %x1: tensor<2x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Concat) needs the extents of its inputs to be equal, but they are 3 and 4}}
  %y = onnx.node "Concat"(%x0, %x1) domain "" version 13 {axis = 0 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<8xf32>) -> (!onnx.value, !onnx.value) {
  %c1 = onnx.constant dense<8> : tensor<1xi64>
  // expected-error @unknown {{node 'n' (Split) has 2 outputs but 1 sizes}}
  %y:2 = onnx.node "Split"(%x0, %c1) domain "" version 13 : (tensor<8xf32>, tensor<1xi64>) -> (!onnx.value, !onnx.value) loc("n")
  return %y#0, %y#1 : !onnx.value, !onnx.value
}

// -----

func.func @main(%x0: tensor<8xf32>) -> (!onnx.value, !onnx.value) {
  %c1 = onnx.constant dense<[4, 5]> : tensor<2xi64>
  // expected-error @unknown {{node 'n' (Split) needs the sum of the parts and the extent to be equal, but they are 9 and 8}}
  %y:2 = onnx.node "Split"(%x0, %c1) domain "" version 13 : (tensor<8xf32>, tensor<2xi64>) -> (!onnx.value, !onnx.value) loc("n")
  return %y#0, %y#1 : !onnx.value, !onnx.value
}

// -----

func.func @main(%x0: tensor<4x4xf32>, %x1: tensor<2x1xi64>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (GatherND) has batch_dims 2 for indices with 2 dimensions}}
  %y = onnx.node "GatherND"(%x0, %x1) domain "" version 13 {batch_dims = 2 : i64} : (tensor<4x4xf32>, tensor<2x1xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4x4xf32>, %x1: tensor<2x3xi64>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (GatherND) needs indices whose last extent is constant and at most the number of dimensions}}
  %y = onnx.node "GatherND"(%x0, %x1) domain "" version 13 : (tensor<4x4xf32>, tensor<2x3xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4x4xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<2> : tensor<1xi64>
  // expected-error @unknown {{node 'n' (Tile) needs one repeat for each dimension}}
  %y = onnx.node "Tile"(%x0, %c1) domain "" version 13 : (tensor<4x4xf32>, tensor<1xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Pad) needs pads}}
  %y = onnx.node "Pad"(%x0) domain "" version 13 : (tensor<4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<1> : tensor<3xi64>
  // expected-error @unknown {{node 'n' (Pad) has 3 pads for 1 axes}}
  %y = onnx.node "Pad"(%x0, %c1) domain "" version 13 : (tensor<4xf32>, tensor<3xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x4x2xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (DepthToSpace) needs four dimensions and a blocksize of at least 1}}
  %y = onnx.node "DepthToSpace"(%x0) domain "" version 13 {blocksize = 2 : i64} : (tensor<1x4x2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x5x2x2xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (DepthToSpace) has 5 channels, which 4 does not divide}}
  %y = onnx.node "DepthToSpace"(%x0) domain "" version 13 {blocksize = 2 : i64} : (tensor<1x5x2x2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x4x2x2xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (SpaceToDepth) has the mode CRD; only DCR is supported}}
  %y = onnx.node "SpaceToDepth"(%x0) domain "" version 13 {blocksize = 2 : i64, mode = "CRD"} : (tensor<1x4x2x2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x4x2x2xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (SpaceToDepth) needs four dimensions and a blocksize of at least 1}}
  %y = onnx.node "SpaceToDepth"(%x0) domain "" version 13 {blocksize = 0 : i64} : (tensor<1x4x2x2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x4x3x2xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (SpaceToDepth) has an extent 3, which 2 does not divide}}
  %y = onnx.node "SpaceToDepth"(%x0) domain "" version 13 {blocksize = 2 : i64} : (tensor<1x4x3x2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<-3> : tensor<2xi64>
  // expected-error @unknown {{node 'n' (Pad) gives an output of extents [-2]}}
  %y = onnx.node "Pad"(%x0, %c1) domain "" version 13 : (tensor<4xf32>, tensor<2xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<0.5> : tensor<f32>
  %c2 = onnx.constant dense<true> : tensor<i1>
  // expected-error @unknown {{node 'n' (Dropout) is in training mode; only inference is supported}}
  %y = onnx.node "Dropout"(%x0, %c1, %c2) domain "" version 13 : (tensor<4xf32>, tensor<f32>, tensor<i1>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xf32>) -> !onnx.value {
  %none = onnx.absent : none
  // expected-error @unknown {{node 'n' (Sum) leaves out input 1}}
  %y = onnx.node "Sum"(%x0, %none) domain "" version 13 : (tensor<4xf32>, none) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Cast) converts to data type 8, which is not supported}}
  %y = onnx.node "Cast"(%x0) domain "" version 13 {to = 8 : i64} : (tensor<4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}) -> !onnx.value {
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %four = onnx.constant dense<4> : tensor<1xi64>
  %step = onnx.constant dense<1> : tensor<1xi64>
  %n = onnx.node "Shape"(%x) domain "" version 13 : (tensor<?xf32>) -> !onnx.value
  %limit = onnx.node "Sub"(%n, %four) domain "" version 13 : (!onnx.value, tensor<1xi64>) -> !onnx.value
  // expected-error @unknown {{node 'n' (Slice) has a limit n + -4 of which the sign is not known}}
  %y = onnx.node "Slice"(%x, %zero, %limit, %zero, %step) domain "" version 13
    : (tensor<?xf32>, tensor<1xi64>, !onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}) -> !onnx.value {
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %four = onnx.constant dense<4> : tensor<1xi64>
  %step = onnx.constant dense<-1> : tensor<1xi64>
  %n = onnx.node "Shape"(%x) domain "" version 13 : (tensor<?xf32>) -> !onnx.value
  %limit = onnx.node "Sub"(%n, %four) domain "" version 13 : (!onnx.value, tensor<1xi64>) -> !onnx.value
  // expected-error @unknown {{node 'back' (Slice) has a limit n + -4 of which the sign is not known}}
  %y = onnx.node "Slice"(%x, %zero, %limit, %zero, %step) domain "" version 13
    : (tensor<?xf32>, tensor<1xi64>, !onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value loc("back")
  return %y : !onnx.value
}

// -----

// expected-error @below {{input 0 'x' has more elements than any memory holds}}
func.func @main(%x: tensor<2147483648x2147483648xf32> {onnx.name = "x"}) -> !onnx.value {
  %y = onnx.node "Relu"(%x) domain "" version 13 : (tensor<2147483648x2147483648xf32>) -> !onnx.value
  return %y : !onnx.value
}

// -----

func.func @main(%c: tensor<i1>, %x: tensor<2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'i' (If) needs a condition, a then_branch and an else_branch}}
  %y = onnx.node "If"(%c) domain "" version 16 : (tensor<i1>) -> !onnx.value
    subgraphs(then_branch = {
      onnx.yield %x : tensor<2x3xf32>
    }) loc("i")
  return %y : !onnx.value
}

// -----

func.func @main(%c: tensor<i1>, %x: tensor<2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'i' (If) has a branch with another number of outputs}}
  %y = onnx.node "If"(%c) domain "" version 16 : (tensor<i1>) -> !onnx.value
    subgraphs(then_branch = {
      onnx.yield %x, %x : tensor<2x3xf32>, tensor<2x3xf32>
    }, else_branch = {
      onnx.yield %x : tensor<2x3xf32>
    }) loc("i")
  return %y : !onnx.value
}

// -----

func.func @main(%c: tensor<i1>, %x: tensor<2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'i' (If) has a branch with inputs of its own}}
  %y = onnx.node "If"(%c) domain "" version 16 : (tensor<i1>) -> !onnx.value
    subgraphs(then_branch = {
    ^bb0(%own: tensor<2x3xf32>):
      onnx.yield %own : tensor<2x3xf32>
    }, else_branch = {
      onnx.yield %x : tensor<2x3xf32>
    }) loc("i")
  return %y : !onnx.value
}

// -----

func.func @main(%c: tensor<3xi1>, %x: tensor<2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'i' (If) has a condition of type 'tensor<3xi1>'; it must be one bool}}
  %y = onnx.node "If"(%c) domain "" version 16 : (tensor<3xi1>) -> !onnx.value
    subgraphs(then_branch = {
      onnx.yield %x : tensor<2x3xf32>
    }, else_branch = {
      onnx.yield %x : tensor<2x3xf32>
    }) loc("i")
  return %y : !onnx.value
}

// -----

func.func @main(%x: tensor<2xf32>) -> !onnx.value {
  %c = onnx.constant dense<[true, false]> : tensor<2xi1>
  %a = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = onnx.constant dense<[1, 2]> : tensor<2xi64>
  // expected-error @unknown {{node 'n' (Where) has operands of types 'f32' and 'i64'}}
  %y = onnx.node "Where"(%c, %a, %b) domain "" version 13 : (tensor<2xi1>, tensor<2xf32>, tensor<2xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%c: tensor<2xf32>, %x: tensor<2xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Where) has a condition of type 'f32'}}
  %y = onnx.node "Where"(%c, %x, %x) domain "" version 13 : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// The smallest number over -1 is no number: what follows does not know it.
func.func @main(%x: tensor<2xf32>) -> !onnx.value {
  %a = onnx.constant dense<-9223372036854775808> : tensor<1xi64>
  %b = onnx.constant dense<-1> : tensor<1xi64>
  %s = onnx.node "Div"(%a, %b) domain "" version 13 : (tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  // expected-error @unknown {{node 'n' (Reshape) has extents that are computed from data}}
  %y = onnx.node "Reshape"(%x, %s) domain "" version 13 : (tensor<2xf32>, !onnx.value) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// Each product reads the last one twice: ten of them have a thousand factors.
func.func @main(%x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}) -> !onnx.value {
  %s = onnx.node "Shape"(%x) domain "" version 13 : (tensor<?xf32>) -> !onnx.value
  %1 = onnx.node "Mul"(%s, %s) domain "" version 13 : (!onnx.value, !onnx.value) -> !onnx.value
  %2 = onnx.node "Mul"(%1, %1) domain "" version 13 : (!onnx.value, !onnx.value) -> !onnx.value
  %3 = onnx.node "Mul"(%2, %2) domain "" version 13 : (!onnx.value, !onnx.value) -> !onnx.value
  %4 = onnx.node "Mul"(%3, %3) domain "" version 13 : (!onnx.value, !onnx.value) -> !onnx.value
  %5 = onnx.node "Mul"(%4, %4) domain "" version 13 : (!onnx.value, !onnx.value) -> !onnx.value
  %6 = onnx.node "Mul"(%5, %5) domain "" version 13 : (!onnx.value, !onnx.value) -> !onnx.value
  %7 = onnx.node "Mul"(%6, %6) domain "" version 13 : (!onnx.value, !onnx.value) -> !onnx.value
  %8 = onnx.node "Mul"(%7, %7) domain "" version 13 : (!onnx.value, !onnx.value) -> !onnx.value
  %9 = onnx.node "Mul"(%8, %8) domain "" version 13 : (!onnx.value, !onnx.value) -> !onnx.value
  %10 = onnx.node "Mul"(%9, %9) domain "" version 13 : (!onnx.value, !onnx.value) -> !onnx.value
  // expected-error @unknown {{node 'n' (ConstantOfShape) has extents that are computed from data}}
  %y = onnx.node "ConstantOfShape"(%10) domain "" version 13 : (!onnx.value) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x: tensor<3xf32>) -> !onnx.value {
  %i = onnx.constant dense<10> : tensor<i64>
  // expected-error @unknown {{node 'n' (Gather) needs an axis of at least 11 elements, but it has 3}}
  %y = onnx.node "Gather"(%x, %i) domain "" version 13 : (tensor<3xf32>, tensor<i64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x: tensor<0xf32>, %i: tensor<2x1xi64>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (GatherND) needs an axis of at least 1 elements, but it has 0}}
  %y = onnx.node "GatherND"(%x, %i) domain "" version 13 : (tensor<0xf32>, tensor<2x1xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x: tensor<1x1x0x4xf32>) -> !onnx.value {
  %none = onnx.absent : none
  %s = onnx.constant dense<[1, 1, 3, 4]> : tensor<4xi64>
  // expected-error @unknown {{node 'n' (Resize) resizes an axis without elements}}
  %y = onnx.node "Resize"(%x, %none, %none, %s) domain "" version 13 : (tensor<1x1x0x4xf32>, none, none, tensor<4xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// expected-error @below {{input 0 'x' has elements of type 'f8E4M3FN', which is not supported; floats have at least 16 bits}}
func.func @main(%x: tensor<2xf8E4M3FN> {onnx.name = "x"}) -> !onnx.value {
  %y = onnx.node "Relu"(%x) domain "" version 13 : (tensor<2xf8E4M3FN>) -> !onnx.value
  return %y : !onnx.value
}
