// RUN: quant-opt %s --onnx-infer-shapes=input-value=sr=16000 --mlir-print-local-scope | FileCheck %s
// RUN: not quant-opt %s --onnx-infer-shapes=input-value=rate=16000 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not quant-opt %s --onnx-infer-shapes=input-value=sr=fast 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not quant-opt %s --onnx-infer-shapes=input-value=x=1 2>&1 | FileCheck %s --check-prefix=TENSOR
// RUN: not quant-opt %s --onnx-infer-shapes=input-value=sr=9223372036854775808 2>&1 | FileCheck %s --check-prefix=WIDE
// RUN: sed -e 's/tensor<i64>/tensor<ui8>/g; s/dense<16000>/dense<16>/' %s > %t.ui8.mlir
// RUN: not quant-opt %t.ui8.mlir --onnx-infer-shapes=input-value=sr=300 2>&1 | FileCheck %s --check-prefix=BYTE
// RUN: not quant-opt %t.ui8.mlir --onnx-infer-shapes=input-value=sr=-1 2>&1 | FileCheck %s --check-prefix=BYTE
// RUN: sed -e 's/tensor<i64>/tensor<i1>/g; s/dense<16000>/dense<true>/' %s > %t.i1.mlir
// RUN: not quant-opt %t.i1.mlir --onnx-infer-shapes=input-value=sr=2 2>&1 | FileCheck %s --check-prefix=BOOL
// RUN: sed -e 's/tensor<i64>/tensor<f32>/g; s/dense<16000>/dense<16.0>/' %s > %t.f32.mlir
// RUN: not quant-opt %t.f32.mlir --onnx-infer-shapes=input-value=sr=1e39 2>&1 | FileCheck %s --check-prefix=FLOAT

// WIDE: error: input 'sr' of type 'tensor<i64>' cannot be '9223372036854775808' in every run
// BYTE: error: input 'sr' of type 'tensor<ui8>' cannot be '{{300|-1}}' in every run
// BOOL: error: input 'sr' of type 'tensor<i1>' cannot be '2' in every run
// FLOAT: error: input 'sr' of type 'tensor<f32>' cannot be '1e39' in every run
// NAME: error: has no input 'rate' for input-value
// NUMBER: error: input 'sr' of type 'tensor<i64>' cannot be 'fast' in every run; only inputs of one number can
// TENSOR: error: input 'x' of type 'tensor<?xf32>' cannot be '1' in every run

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<?xf32> {{{.*}}onnx.name = "x"}) ->
// CHECK-NEXT: %[[Y:.*]] = onnx.node "Relu"(%[[X]])
// CHECK-NEXT: return %[[Y]]
func.func @main(%sr: tensor<i64> {onnx.name = "sr"}, %x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}) -> !onnx.value {
  %k = onnx.constant dense<16000> : tensor<i64>
  %c = onnx.node "Equal"(%sr, %k) domain "" version 16 : (tensor<i64>, tensor<i64>) -> !onnx.value
  %y = onnx.node "If"(%c) domain "" version 16 : (!onnx.value) -> !onnx.value
    subgraphs(then_branch = {
      %a = onnx.node "Relu"(%x) domain "" version 16 : (tensor<?xf32>) -> !onnx.value
      onnx.yield %a : !onnx.value
    }, else_branch = {
      %b = onnx.node "Neg"(%x) domain "" version 16 : (tensor<?xf32>) -> !onnx.value
      onnx.yield %b : !onnx.value
    })
  return %y : !onnx.value
}
