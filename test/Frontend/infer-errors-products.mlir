// RUN: quant-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics

func.func @main(%x0: tensor<f32>, %x1: tensor<4x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MatMul) multiplies a number, not a matrix}}
  %y = onnx.node "MatMul"(%x0, %x1) domain "" version 13 : (tensor<f32>, tensor<4x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xf32>, %x1: tensor<4x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Gemm) needs matrices}}
  %y = onnx.node "Gemm"(%x0, %x1) domain "" version 13 : (tensor<4xf32>, tensor<4x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x4xf32>, %x1: tensor<4x4xf32>, %x2: tensor<3x2x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Gemm) adds a tensor with more than two dimensions}}
  %y = onnx.node "Gemm"(%x0, %x1, %x2) domain "" version 13 : (tensor<2x4xf32>, tensor<4x4xf32>, tensor<3x2x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3xf32>, %x1: tensor<4x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Conv) needs an input and a filter with as many dimensions, at least three}}
  %y = onnx.node "Conv"(%x0, %x1) domain "" version 13 : (tensor<1x3xf32>, tensor<4x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>, %x1: tensor<?x3x3x3xf32> {onnx.dims = ["n", "", "", ""]}) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Conv) needs a filter of constant extents}}
  %y = onnx.node "Conv"(%x0, %x1) domain "" version 13 : (tensor<1x3x8x8xf32>, tensor<?x3x3x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>, %x1: tensor<4x1x3x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Conv) divides 4 channels into 3 groups}}
  %y = onnx.node "Conv"(%x0, %x1) domain "" version 13 {group = 3 : i64} : (tensor<1x3x8x8xf32>, tensor<4x1x3x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>, %x1: tensor<4x3x3x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Conv) has 3 strides, but needs 2}}
  %y = onnx.node "Conv"(%x0, %x1) domain "" version 13 {strides = array<i64: 1, 1, 1>}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>, %x1: tensor<4x3x3x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Conv) needs a kernel, strides and dilations of at least 1}}
  %y = onnx.node "Conv"(%x0, %x1) domain "" version 13 {dilations = array<i64: 1, 0>}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3xf32>, %x1: tensor<3x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (ConvTranspose) needs an input and a filter with as many dimensions, at least three}}
  %y = onnx.node "ConvTranspose"(%x0, %x1) domain "" version 13 : (tensor<1x3xf32>, tensor<3x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>, %x1: tensor<3x4x?x3xf32> {onnx.dims = ["", "", "n", ""]}) -> !onnx.value {
  // expected-error @unknown {{node 'n' (ConvTranspose) needs a filter of constant extents}}
  %y = onnx.node "ConvTranspose"(%x0, %x1) domain "" version 13 : (tensor<1x3x8x8xf32>, tensor<3x4x?x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>, %x1: tensor<3x4x3x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (ConvTranspose) derives its padding from output_shape or auto_pad SAME_UPPER; only pads are supported}}
  %y = onnx.node "ConvTranspose"(%x0, %x1) domain "" version 13 {auto_pad = "SAME_UPPER"}
    : (tensor<1x3x8x8xf32>, tensor<3x4x3x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>, %x1: tensor<3x4x3x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (ConvTranspose) derives its padding from output_shape or auto_pad NOTSET; only pads are supported}}
  %y = onnx.node "ConvTranspose"(%x0, %x1) domain "" version 13 {output_shape = array<i64: 16, 16>}
    : (tensor<1x3x8x8xf32>, tensor<3x4x3x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>, %x1: tensor<2x4x3x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (ConvTranspose) needs the channels of input and filter to be equal, but they are 3 and 2}}
  %y = onnx.node "ConvTranspose"(%x0, %x1) domain "" version 13 : (tensor<1x3x8x8xf32>, tensor<2x4x3x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>, %x1: tensor<3x4x3x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (ConvTranspose) needs strides and dilations of at least 1}}
  %y = onnx.node "ConvTranspose"(%x0, %x1) domain "" version 13 {strides = array<i64: 1, 0>}
    : (tensor<1x3x8x8xf32>, tensor<3x4x3x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>, %x1: tensor<3x4x3x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (ConvTranspose) has 3 strides, but needs 2}}
  %y = onnx.node "ConvTranspose"(%x0, %x1) domain "" version 13 {strides = array<i64: 1, 1, 1>, output_padding = array<i64: 1>}
    : (tensor<1x3x8x8xf32>, tensor<3x4x3x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MaxPool) needs a kernel_shape with one extent for each spatial axis}}
  %y = onnx.node "MaxPool"(%x0) domain "" version 13 : (tensor<1x3x8x8xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>) -> (!onnx.value, !onnx.value) {
  // expected-error @unknown {{node 'n' (MaxPool) gives the places of its maxima; only the maxima are supported}}
  %y:2 = onnx.node "MaxPool"(%x0) domain "" version 13 {kernel_shape = array<i64: 2, 2>}
    : (tensor<1x3x8x8xf32>) -> (!onnx.value, !onnx.value) loc("n")
  return %y#0, %y#1 : !onnx.value, !onnx.value
}

// -----

func.func @main(%x0: tensor<3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (GlobalAveragePool) needs a batch and a channel axis}}
  %y = onnx.node "GlobalAveragePool"(%x0) domain "" version 13 : (tensor<3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>) -> !onnx.value {
  %none = onnx.absent : none
  %c3 = onnx.constant dense<[16, 16]> : tensor<2xi64>
  // expected-error @unknown {{node 'n' (Resize) needs one size for each axis}}
  %y = onnx.node "Resize"(%x0, %none, %none, %c3) domain "" version 13 : (tensor<1x3x8x8xf32>, none, none, tensor<2xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>) -> !onnx.value {
  %none = onnx.absent : none
  %c2 = onnx.constant dense<2.0> : tensor<2xf32>
  // expected-error @unknown {{node 'n' (Resize) needs constant scales of type f32, one for each dimension, or sizes}}
  %y = onnx.node "Resize"(%x0, %none, %c2) domain "" version 13 : (tensor<1x3x8x8xf32>, none, tensor<2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>) -> !onnx.value {
  %none = onnx.absent : none
  %c2 = onnx.constant dense<2> : tensor<4xi64>
  // expected-error @unknown {{node 'integers' (Resize) needs constant scales of type f32, one for each dimension, or sizes}}
  %y = onnx.node "Resize"(%x0, %none, %c2) domain "" version 13 : (tensor<1x3x8x8xf32>, none, tensor<4xi64>) -> !onnx.value loc("integers")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>) -> !onnx.value {
  %none = onnx.absent : none
  %c2 = onnx.constant dense<0x7FC00000> : tensor<4xf32>
  // expected-error @unknown {{node 'n' (Resize) scales 1 by nan, which gives no whole extent in all runs}}
  %y = onnx.node "Resize"(%x0, %none, %c2) domain "" version 13 : (tensor<1x3x8x8xf32>, none, tensor<4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>, %x1: tensor<4x3x3x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Conv) has 4611686018427387904 among its pads; at most 2^31 - 1 is supported}}
  %y = onnx.node "Conv"(%x0, %x1) domain "" version 13 {pads = array<i64: 0, 0, 4611686018427387904, 0>}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MaxPool) has 9223372036854775807 among its kernel_shape; at most 2^31 - 1 is supported}}
  %y = onnx.node "MaxPool"(%x0) domain "" version 13 {kernel_shape = array<i64: 2, 9223372036854775807>}
    : (tensor<1x3x8x8xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3x8x8xf32>, %x1: tensor<3x4x3x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (ConvTranspose) divides 3 channels into 0 groups}}
  %y = onnx.node "ConvTranspose"(%x0, %x1) domain "" version 13 {group = 0 : i64} : (tensor<1x3x8x8xf32>, tensor<3x4x3x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x1x?x4xf32> {onnx.dims = ["", "", "h", ""]}) -> !onnx.value {
  %none = onnx.absent : none
  %c2 = onnx.constant dense<[1.0, 1.0, 0.3, 1.0]> : tensor<4xf32>
  // expected-error @unknown {{node 'n' (Resize) scales h by 0.300000, which gives no whole extent in all runs}}
  %y = onnx.node "Resize"(%x0, %none, %c2) domain "" version 13 : (tensor<1x1x?x4xf32>, none, tensor<4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x4xf32>, %x1: tensor<4xf32>) -> (!onnx.value, !onnx.value) {
  // expected-error @unknown {{node 'n' (LayerNormalization) gives output 1, which is for training; only the first is supported}}
  %y:2 = onnx.node "LayerNormalization"(%x0, %x1) domain "" version 17 : (tensor<2x4xf32>, tensor<4xf32>) -> (!onnx.value, !onnx.value) loc("n")
  return %y#0, %y#1 : !onnx.value, !onnx.value
}

// -----

func.func @main(%x0: tensor<2x4xf32>, %x1: tensor<4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (SimplifiedLayerNormalization) has axis 2147483648 of a tensor with 2 dimensions}}
  %y = onnx.node "SimplifiedLayerNormalization"(%x0, %x1) domain "" version 1 {axis = 2147483648 : i64}
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xf32>, %x1: tensor<4xf32>, %x2: tensor<4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (InstanceNormalization) needs a batch and a channel axis}}
  %y = onnx.node "InstanceNormalization"(%x0, %x1, %x2) domain "" version 6 : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x4x3xf32>, %x1: tensor<1x4xf32>, %x2: tensor<1x4xf32>, %x3: tensor<1x4xf32>, %x4: tensor<1x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (BatchNormalization) needs one number for each channel}}
  %y = onnx.node "BatchNormalization"(%x0, %x1, %x2, %x3, %x4) domain "" version 15
    : (tensor<2x4x3xf32>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x4x3xf32>, %x1: tensor<3xf32>, %x2: tensor<3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (GroupNormalization) needs the numbers of parameters and channels to be equal, but they are 3 and 4}}
  %y = onnx.node "GroupNormalization"(%x0, %x1, %x2) domain "" version 18 {num_groups = 2 : i64}
    : (tensor<2x4x3xf32>, tensor<3xf32>, tensor<3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<5x3xf32>, %x1: tensor<1x16x3xf32>, %x2: tensor<1x16x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (LSTM) needs input, weights and recurrence with three dimensions}}
  %y = onnx.node "LSTM"(%x0, %x1, %x2) domain "" version 13 : (tensor<5x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<5x2x3xf32>, %x1: tensor<1x16x3xf32>, %x2: tensor<1x16x4xf32>, %x3: tensor<32xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (LSTM) needs input 3 with 2 dimensions, but it has 1}}
  %y = onnx.node "LSTM"(%x0, %x1, %x2, %x3) domain "" version 13
    : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<32xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<5x2x3xf32>, %x1: tensor<1x12x3xf32>, %x2: tensor<1x12x4xf32>, %x3: tensor<1x23xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (GRU) needs the extents of input 3 and of what goes with it to be equal, but they are 23 and 24}}
  %y = onnx.node "GRU"(%x0, %x1, %x2, %x3) domain "" version 13
    : (tensor<5x2x3xf32>, tensor<1x12x3xf32>, tensor<1x12x4xf32>, tensor<1x23xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}
