// RUN: quant-opt %s --convert-onnx-to-nn --split-input-file --verify-diagnostics

// expected-error @below {{has an input or output of unknown type; run onnx-infer-shapes first}}
func.func @main(%x: tensor<4xf32>) -> !onnx.value {
  %a = onnx.node "Relu"(%x) domain "" version 13 : (tensor<4xf32>) -> !onnx.value
  return %a : !onnx.value
}
