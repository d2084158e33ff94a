// RUN: quant-opt %s --onnx-infer-shapes --convert-onnx-to-nn --split-input-file --verify-diagnostics

func.func @main(%x: tensor<1x1x4x4xf32>) -> !onnx.value {
  %none = onnx.absent : none
  %scales = onnx.constant dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32>
  // expected-error @unknown {{node 'r' (Resize) has a mode, coordinate_transformation_mode or nearest_mode that is not supported}}
  %a = onnx.node "Resize"(%x, %none, %scales) domain "" version 13 {coordinate_transformation_mode = "tf_crop_and_resize"} : (tensor<1x1x4x4xf32>, none, tensor<4xf32>) -> !onnx.value loc("r")
  return %a : !onnx.value
}

// -----

// All errors, not only the first.
func.func @main(%x: tensor<1x1x4x4xf32>, %y: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) -> (!onnx.value, !onnx.value) {
  // expected-error @unknown {{node 'p' (Pad) has mode 'mirror', which is not supported}}
  %pads = onnx.constant dense<0> : tensor<8xi64>
  %a = onnx.node "Pad"(%x, %pads) domain "" version 13 {mode = "mirror"} : (tensor<1x1x4x4xf32>, tensor<8xi64>) -> !onnx.value loc("p")
  // expected-error @unknown {{node 'l' (LSTM) has activation Relu; only the default ones are supported}}
  %b = onnx.node "LSTM"(%y, %w, %r) domain "" version 14 {activations = ["Sigmoid", "Relu", "Tanh"]} : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> !onnx.value loc("l")
  return %a, %b : !onnx.value, !onnx.value
}

// -----

func.func @main(%x: tensor<4xf32>) -> (!onnx.value, !onnx.value) {
  // expected-error @unknown {{node 'd' (Dropout) gives its mask; only the values are supported}}
  %a:2 = onnx.node "Dropout"(%x) domain "" version 13 : (tensor<4xf32>) -> (!onnx.value, !onnx.value) loc("d")
  return %a#0, %a#1 : !onnx.value, !onnx.value
}

// -----

// Attributes of another kind than the operator's.
func.func @main(%x: tensor<4xf32>) -> !onnx.value {
  // expected-error @unknown {{'onnx.node' op "Elu": attribute 'alpha' must be a float, but is 1 : i64}}
  %a = onnx.node "Elu"(%x) domain "" version 13 {alpha = 1 : i64} : (tensor<4xf32>) -> !onnx.value loc("e")
  return %a : !onnx.value
}

// -----

func.func @main(%x: tensor<4xf32>) -> !onnx.value {
  // expected-error @unknown {{'onnx.node' op "Gelu": attribute 'approximate' must be a string, but is 1 : i64}}
  %a = onnx.node "Gelu"(%x) domain "" version 20 {approximate = 1 : i64} : (tensor<4xf32>) -> !onnx.value loc("g")
  return %a : !onnx.value
}

// -----

func.func @main(%y: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) -> !onnx.value {
  // expected-error @unknown {{'onnx.node' op "LSTM": attribute 'activations' must be strings, but is 1 : i64}}
  %b = onnx.node "LSTM"(%y, %w, %r) domain "" version 14 {activations = 1 : i64} : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> !onnx.value loc("l")
  return %b : !onnx.value
}

// -----

func.func @main(%y: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) -> !onnx.value {
  // expected-error @unknown {{'onnx.node' op "LSTM": attribute 'activations' must be strings, but is [f32]}}
  %b = onnx.node "LSTM"(%y, %w, %r) domain "" version 14 {activations = [f32]} : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> !onnx.value loc("l")
  return %b : !onnx.value
}

// -----

func.func @main(%x: tensor<1x1x4x4xf32>) -> !onnx.value {
  // expected-error @unknown {{'onnx.node' op "Upsample": attribute 'scales' must be floats, but is 1 : i64}}
  %a = onnx.node "Upsample"(%x) domain "" version 7 {scales = 1 : i64} : (tensor<1x1x4x4xf32>) -> !onnx.value loc("u")
  return %a : !onnx.value
}

// -----

func.func @main(%x: tensor<2x1xf32>) -> !onnx.value {
  // expected-error @unknown {{'onnx.node' op "Slice": attribute 'starts' must be ints, but is "0"}}
  %a = onnx.node "Slice"(%x) domain "" version 9 {starts = "0", ends = array<i64: 1>} : (tensor<2x1xf32>) -> !onnx.value loc("s")
  return %a : !onnx.value
}

// -----

func.func @main() -> !onnx.value {
  %shape = onnx.constant dense<[2]> : tensor<1xi64>
  // expected-error @unknown {{'onnx.node' op "ConstantOfShape": attribute 'value' must be a tensor, but is 1 : i64}}
  %a = onnx.node "ConstantOfShape"(%shape) domain "" version 9 {value = 1 : i64} : (tensor<1xi64>) -> !onnx.value loc("c")
  return %a : !onnx.value
}

// -----

// Numbers of f64 that f32 would make infinite: each tensor once, whatever reads
// it.
func.func @main(%x: tensor<2xf64>, %if: tensor<i1>) -> (!onnx.value, !onnx.value, tensor<2xf64>) {
  // expected-error @unknown {{tensor 'w' holds -1.000000e+300, beyond the range of f32, in which f64 is computed; write an infinity if that is meant}}
  %w = onnx.constant dense<[1.0, -1.0e300]> : tensor<2xf64> loc("w")
  %y = onnx.node "Add"(%x, %w) domain "" version 13 : (tensor<2xf64>, tensor<2xf64>) -> !onnx.value loc("n")
  %z = onnx.node "If"(%if) domain "" version 16 : (tensor<i1>) -> !onnx.value
    subgraphs(then_branch = {
      // The first number that f32 rounds up to infinity.
      // expected-error @unknown {{tensor 'inner' holds 3.402824e+38, beyond}}
      %inner = onnx.constant dense<0x47EFFFFFF0000000> : tensor<2xf64> loc("inner")
      onnx.yield %inner : tensor<2xf64>
    }, else_branch = {
      onnx.yield %w : tensor<2xf64>
    })
  // expected-error @unknown {{tensor 'out' holds 1.000000e+300, beyond}}
  %out = onnx.constant dense<[1.0, 1.0e300]> : tensor<2xf64> loc("out")
  return %y, %z, %out : !onnx.value, !onnx.value, tensor<2xf64>
}

// -----

func.func @main(%x: tensor<?xf32>) -> !onnx.value {
  %shape = onnx.node "Shape"(%x) domain "" version 13 : (tensor<?xf32>) -> !onnx.value
  // expected-error @unknown {{node 'c' (ConstantOfShape) fills with 1.000000e+300, beyond the range of f32, in which f64 is computed; write an infinity if that is meant}}
  %a = onnx.node "ConstantOfShape"(%shape) domain "" version 9 {value = dense<1.0e300> : tensor<1xf64>} : (!onnx.value) -> !onnx.value loc("c")
  return %a : !onnx.value
}

// -----

// A cast to f64 leaves the number as it is, folded or not.
func.func @main() -> (!onnx.value, !onnx.value) {
  // expected-error @unknown {{tensor 'w' holds 1.000000e+300, beyond}}
  %w = onnx.constant dense<1.0e300> : tensor<9000xf64> loc("w")
  %a = onnx.node "Cast"(%w) domain "" version 13 {to = 11 : i64} : (tensor<9000xf64>) -> !onnx.value loc("a")
  %v = onnx.constant dense<1.0e300> : tensor<2xf64> loc("v")
  // expected-error @unknown {{tensor 'b' holds 1.000000e+300, beyond}}
  %b = onnx.node "Cast"(%v) domain "" version 13 {to = 11 : i64} : (tensor<2xf64>) -> !onnx.value loc("b")
  return %a, %b : !onnx.value, !onnx.value
}
