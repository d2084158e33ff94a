// REQUIRES: venv
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %python -c "open('same', 'wb').write(bytes([0, 0, 0, 64]) * 2048); open('other', 'wb').write(bytes([0, 0, 0, 64]) * 2047 + bytes(4))"
// RUN: quant-opt %s --onnx-infer-shapes --convert-onnx-to-nn --mlir-print-local-scope | FileCheck %s

// A vector of one number becomes a constant, which later passes read. What has one other number stays, and so do a matrix,
// bytes that the file does not have, and pairs of numbers that are alike.
// CHECK-LABEL: func.func @main
// CHECK-DAG: arith.constant dense<2.000000e+00> : tensor<1x2048xf32>
// CHECK-DAG: nn.parameter "halves" at <file = "same", offset = 0, length = 8192, {{.*}} : tensor<2x1024xf32>
// CHECK-DAG: nn.parameter "other" at <file = "other",
// CHECK-DAG: nn.parameter "short" at <file = "same", offset = 4096,
// CHECK-DAG: nn.parameter "none" at <file = "nothing",
// CHECK-DAG: nn.parameter "pairs" at <file = "same", offset = 0, length = 8192, {{.*}} : tensor<4096xf16>
module attributes {onnx.opset = {ai.onnx = 17 : i64}} {
  func.func @main(%x: tensor<2x2048xf32> {onnx.name = "x"}, %y: tensor<2x1024xf32> {onnx.name = "y"}, %z: tensor<2x4096xf16> {onnx.name = "z"}) -> (!onnx.value {onnx.name = "a"}, !onnx.value {onnx.name = "b"}, !onnx.value {onnx.name = "c"}) {
    %same = onnx.parameter "same" at <file = "same", offset = 0, length = 8192, hash = 0x1> : tensor<1x2048xf32>
    %other = onnx.parameter "other" at <file = "other", offset = 0, length = 8192, hash = 0x1> : tensor<2048xf32>
    %short = onnx.parameter "short" at <file = "same", offset = 4096, length = 8192, hash = 0x1> : tensor<2048xf32>
    %none = onnx.parameter "none" at <file = "nothing", offset = 0, length = 8192, hash = 0x1> : tensor<2048xf32>
    %halves = onnx.parameter "halves" at <file = "same", offset = 0, length = 8192, hash = 0x1> : tensor<2x1024xf32>
    %pairs = onnx.parameter "pairs" at <file = "same", offset = 0, length = 8192, hash = 0x1> : tensor<4096xf16>
    %0 = onnx.node "Mul"(%x, %same) domain "" version 14 : (tensor<2x2048xf32>, tensor<1x2048xf32>) -> !onnx.value
    %1 = onnx.node "Mul"(%0, %other) domain "" version 14 : (!onnx.value, tensor<2048xf32>) -> !onnx.value
    %2 = onnx.node "Mul"(%1, %short) domain "" version 14 : (!onnx.value, tensor<2048xf32>) -> !onnx.value
    %3 = onnx.node "Mul"(%2, %none) domain "" version 14 : (!onnx.value, tensor<2048xf32>) -> !onnx.value
    %4 = onnx.node "Mul"(%y, %halves) domain "" version 14 : (tensor<2x1024xf32>, tensor<2x1024xf32>) -> !onnx.value
    %5 = onnx.node "Mul"(%z, %pairs) domain "" version 14 : (tensor<2x4096xf16>, tensor<4096xf16>) -> !onnx.value
    return %3, %4, %5 : !onnx.value, !onnx.value, !onnx.value
  }
}
