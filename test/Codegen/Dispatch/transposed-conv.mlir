// RUN: quant-opt %s --nibble-assign-layouts --canonicalize --split-input-file | FileCheck %s

// Windows that do not overlap: a product and a transpose.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<1x?x?x24xf32>
// CHECK-DAG: %[[F:.*]] = nn.parameter "f"
// CHECK-DAG: %[[B:.*]] = nn.parameter "b"
// CHECK: %[[ROWS:.*]] = nn.reshape %[[F]] shape [24, 12]
// CHECK: %[[W:.*]] = nn.transpose %[[ROWS]] permutation [1, 0]
// CHECK: %[[ALL:.*]] = nn.expand %[[B]] shape [4, 3]
// CHECK: %[[BIAS:.*]] = nn.reshape %[[ALL]] shape [12]
// CHECK: %[[Y:.*]] = nn.linear %[[X]], %[[W]] bias %[[BIAS]]
// CHECK-SAME: -> tensor<1x?x?x12xf32>
// CHECK: %[[SPLIT:.*]] = nn.reshape %[[Y]] shape [1, %{{.*}}, %{{.*}}, 2, 2, 3]
// CHECK: %[[PLACED:.*]] = nn.transpose %[[SPLIT]] permutation [0, 1, 3, 2, 4, 5]
// CHECK: nn.reshape %[[PLACED]] shape [1, %{{.*}}, %{{.*}}, 3]
func.func @main(%x: tensor<1x?x?x24xf32>) -> tensor<1x?x?x3xf32> {
  %f = nn.parameter "f" at <file = "w", offset = 0, length = 1152, hash = 1> : tensor<24x2x2x3xf32>
  %b = nn.parameter "b" at <file = "w", offset = 1152, length = 12, hash = 1> : tensor<3xf32>
  %y = nn.conv_transpose %x, %f bias %b strides [2, 2] padding [0, 0, 0, 0] dilations [1, 1] output_padding [0, 0] {layout = #nn.layout<channels_last>} : (tensor<1x?x?x24xf32>, tensor<24x2x2x3xf32>, tensor<3xf32>) -> tensor<1x?x?x3xf32>
  return %y : tensor<1x?x?x3xf32>
}

// -----

// Windows that overlap stay.
// CHECK-LABEL: func.func @main
// CHECK: nn.conv_transpose
// CHECK-NOT: nn.linear
func.func @main(%x: tensor<1x5x5x24xf32>) -> tensor<1x11x11x3xf32> {
  %f = nn.parameter "f" at <file = "w", offset = 0, length = 2592, hash = 1> : tensor<24x3x3x3xf32>
  %y = nn.conv_transpose %x, %f strides [2, 2] padding [0, 0, 0, 0] dilations [1, 1] output_padding [0, 0] {layout = #nn.layout<channels_last>} : (tensor<1x5x5x24xf32>, tensor<24x3x3x3xf32>) -> tensor<1x11x11x3xf32>
  return %y : tensor<1x11x11x3xf32>
}
