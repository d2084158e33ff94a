// RUN: quant-opt %s --nibble-assign-layouts | FileCheck %s

// A convolution runs with channels last; its padding is an op of its own, and
// filters and slopes are transposed once, when the artifact is written.
// CHECK-LABEL: func.func @conv
// CHECK-SAME: %[[X:.*]]: tensor<1x8x9x9xf32>
// CHECK-DAG: %[[W:.*]] = nn.parameter "w"
// CHECK-DAG: %[[S:.*]] = nn.parameter "s"
// CHECK-DAG: %[[WT:.*]] = nn.transpose %[[W]] permutation [0, 2, 3, 1]
// CHECK-DAG: %[[P:.*]] = nn.pad <constant> %[[X]] low [0, 0, 1, 2] high [0, 0, 3, 4] : (tensor<1x8x9x9xf32>) -> tensor<1x8x13x15xf32>
// CHECK-DAG: %[[PT:.*]] = nn.transpose %[[P]] permutation [0, 2, 3, 1]
// CHECK: %[[Y:.*]] = nn.conv %[[PT]], %[[WT]] strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {layout = #nn.layout<channels_last>}
// CHECK: %[[Z:.*]] = nn.elementwise <prelu> %[[Y]], %{{.*}} : (tensor<1x11x13x4xf32>, tensor<1x1x1x4xf32>)
// CHECK: %[[R:.*]] = nn.transpose %[[Z]] permutation [0, 3, 1, 2]
// CHECK: return %[[R]]
func.func @conv(%x: tensor<1x8x9x9xf32>) -> tensor<1x4x11x13xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 1152, hash = 1> : tensor<4x8x3x3xf32>
  %s = nn.parameter "s" at <file = "w", offset = 1152, length = 16, hash = 2> : tensor<4x1x1xf32>
  %y = nn.conv %x, %w strides [1, 1] padding [1, 3, 2, 4] dilations [1, 1] : (tensor<1x8x9x9xf32>, tensor<4x8x3x3xf32>) -> tensor<1x4x11x13xf32>
  %z = nn.elementwise <prelu> %y, %s : (tensor<1x4x11x13xf32>, tensor<4x1x1xf32>) -> tensor<1x4x11x13xf32>
  return %z : tensor<1x4x11x13xf32>
}

// Transposes sink until nothing is left of them: two inputs are moved, a
// result of one pixel is a reshape.
// CHECK-LABEL: func.func @chain
// CHECK-COUNT-2: nn.transpose
// CHECK-NOT: nn.transpose
// CHECK: %[[C:.*]] = nn.concat %{{.*}}, %{{.*}} axis 3 :
// CHECK: %[[P:.*]] = nn.pad <reflect> %[[C]] low [0, 1, 0, 0] high [0, 0, 1, 0]
// CHECK: %[[S:.*]] = nn.slice %[[P]] offsets [0, 0, 0, 2] sizes [1, 9, 9, 4] strides [1, 1, 1, 1]
// CHECK: %[[R:.*]] = nn.reduce <mean> %[[S]] axes [1, 2] {keep_dims} :
// CHECK: nn.reshape %[[R]] shape [1, 4, 1, 1]
// CHECK-NOT: nn.transpose
func.func @chain(%x: tensor<1x4x8x8xf32>, %y: tensor<1x2x8x8xf32>) -> tensor<1x4x1x1xf32> {
  %a = nn.pool <max> %x window [3, 3] strides [1, 1] padding [1, 1, 1, 1] dilations [1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %b = nn.pool <average> %y window [3, 3] strides [1, 1] padding [1, 1, 1, 1] dilations [1, 1] : (tensor<1x2x8x8xf32>) -> tensor<1x2x8x8xf32>
  %c = nn.concat %a, %b axis 1 : (tensor<1x4x8x8xf32>, tensor<1x2x8x8xf32>) -> tensor<1x6x8x8xf32>
  %p = nn.pad <reflect> %c low [0, 0, 1, 0] high [0, 0, 0, 1] : (tensor<1x6x8x8xf32>) -> tensor<1x6x9x9xf32>
  %s = nn.slice %p offsets [0, 2, 0, 0] sizes [1, 4, 9, 9] strides [1, 1, 1, 1] : tensor<1x6x9x9xf32> -> tensor<1x4x9x9xf32>
  %r = nn.reduce <mean> %s axes [2, 3] {keep_dims} : (tensor<1x4x9x9xf32>) -> tensor<1x4x1x1xf32>
  return %r : tensor<1x4x1x1xf32>
}

// Dynamic extents, and an image that is resized.
// CHECK-LABEL: func.func @resize
// CHECK: nn.transpose %{{.*}} permutation [0, 2, 3, 1] : tensor<?x3x?x?xf32> -> tensor<?x?x?x3xf32>
// CHECK: nn.resize <nearest> <asymmetric> %{{.*}} {layout = #nn.layout<channels_last>, scales = array<f32: 2.000000e+00, 2.000000e+00>} : (tensor<?x?x?x3xf32>)
func.func @resize(%x: tensor<?x3x?x?xf32>) -> tensor<?x3x?x?xf32> {
  %y = nn.resize <nearest> <asymmetric> %x {scales = array<f32: 2.0, 2.0>} : (tensor<?x3x?x?xf32>) -> tensor<?x3x?x?xf32>
  return %y : tensor<?x3x?x?xf32>
}

// Two residuals meet only if both are transposed alike.
// CHECK-LABEL: func.func @differ
// CHECK: %[[Y:.*]] = nn.pool
// CHECK: %[[T:.*]] = nn.transpose %[[Y]] permutation [0, 3, 1, 2]
// CHECK: nn.elementwise <add> %[[T]], %{{.*}}
func.func @differ(%x: tensor<1x4x8x8xf32>, %y: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %a = nn.pool <max> %x window [3, 3] strides [1, 1] padding [1, 1, 1, 1] dilations [1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %s = nn.elementwise <add> %a, %y : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  return %s : tensor<1x4x8x8xf32>
}

// What has its channels last already stays.
// CHECK-LABEL: func.func @last
// CHECK-NOT: nn.transpose
// CHECK: return
func.func @last(%x: tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32> {
  %a = nn.pool <max> %x window [3, 3] strides [1, 1] padding [1, 1, 1, 1] dilations [1, 1] {layout = #nn.layout<channels_last>} : (tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  return %a : tensor<1x8x8x4xf32>
}

// One channel lies the same in both orders; axes that are neighbours in both
// can be merged. No element of the heads of a detector moves but into the result.
// CHECK-LABEL: func.func @heads
// CHECK: %[[ONE:.*]] = nn.reshape %arg1 shape [1, 4, 6, 1]
// CHECK: %[[C:.*]] = nn.concat %arg0, %[[ONE]] axis 3 : (tensor<1x4x6x5xf32>, tensor<1x4x6x1xf32>) -> tensor<1x4x6x6xf32>
// CHECK: %[[R:.*]] = nn.reshape %[[C]] shape [1, 24, 6]
// CHECK: return %[[R]]
func.func @heads(%x: tensor<1x4x6x5xf32>, %y: tensor<1x1x4x6xf32>) -> tensor<1x24x6xf32> {
  %a = nn.transpose %x permutation [0, 3, 1, 2] : tensor<1x4x6x5xf32> -> tensor<1x5x4x6xf32>
  %c = nn.concat %a, %y axis 1 : (tensor<1x5x4x6xf32>, tensor<1x1x4x6xf32>) -> tensor<1x6x4x6xf32>
  %r = nn.reshape %c shape [1, 6, 24] : tensor<1x6x4x6xf32> -> tensor<1x6x24xf32>
  %t = nn.transpose %r permutation [0, 2, 1] : tensor<1x6x24xf32> -> tensor<1x24x6xf32>
  return %t : tensor<1x24x6xf32>
}

// Merged axes that were apart move.
// CHECK-LABEL: func.func @apart
// CHECK: nn.transpose %arg0 permutation [0, 2, 1, 3]
// CHECK: nn.reshape
func.func @apart(%x: tensor<2x4x6x5xf32>) -> tensor<2x6x20xf32> {
  %a = nn.transpose %x permutation [0, 2, 1, 3] : tensor<2x4x6x5xf32> -> tensor<2x6x4x5xf32>
  %r = nn.reshape %a shape [2, 6, 20] : tensor<2x6x4x5xf32> -> tensor<2x6x20xf32>
  return %r : tensor<2x6x20xf32>
}
