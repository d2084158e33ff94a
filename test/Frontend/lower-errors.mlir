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
