// RUN: quant-opt %s --convert-onnx-to-nn --split-input-file --verify-diagnostics

// expected-error @below {{has an input or output of unknown type; run onnx-infer-shapes first}}
func.func @main(%x: tensor<4xf32>) -> !onnx.value {
  %a = onnx.node "Relu"(%x) domain "" version 13 : (tensor<4xf32>) -> !onnx.value
  return %a : !onnx.value
}

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @unknown {{node 'a' (Relu) has an input or output of unknown type; run onnx-infer-shapes first}}
  %a = onnx.node "Relu"(%x) domain "" version 13 : (tensor<4xf32>) -> !onnx.value loc("a")
  %b = onnx.node "Relu"(%a) domain "" version 13 : (!onnx.value) -> tensor<4xf32>
  return %b : tensor<4xf32>
}

// -----

func.func @main(%c: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @unknown {{node 'i' (If) has an output that is no tensor}}
  %a:2 = onnx.node "If"(%c) domain "" version 16 : (tensor<i1>) -> (tensor<4xf32>, !onnx.value)
    subgraphs(then_branch = {
      onnx.yield %x, %x : tensor<4xf32>, tensor<4xf32>
    }, else_branch = {
      onnx.yield %x, %x : tensor<4xf32>, tensor<4xf32>
    }) loc("i")
  return %a#0 : tensor<4xf32>
}

// -----

// expected-error @below {{has no function @main to convert}}
module {
}
