// RUN: quant-opt %s --nibble-configure-recurrences | FileCheck %s --check-prefixes=CHECK,LANES8
// RUN: quant-opt %s --nibble-configure-recurrences=features=+avx512f | FileCheck %s --check-prefixes=CHECK,LANES16
// RUN: not quant-opt %s --nibble-configure-recurrences=features=avx2 2>&1 | FileCheck %s --check-prefix=FEATURES
// FEATURES: error: {{.*}}avx2

// Both directions' sums over all steps at once, with the input's half of the bias; 10 units are two panels of 8.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?x?x3xf32>
// CHECK-DAG: %[[W:.*]] = nn.parameter "w"
// CHECK-DAG: %[[R:.*]] = nn.parameter "r"
// CHECK-DAG: %[[B:.*]] = nn.parameter "b"
// CHECK: %[[WFLAT:.*]] = nn.reshape %[[W]] shape [80, 3]
// CHECK: %[[IN:.*]] = nn.slice %[[B]] offsets [0, 0] sizes [2, 40] strides [1, 1]
// CHECK: %[[INFLAT:.*]] = nn.reshape %[[IN]] shape [80]
// CHECK: %[[SUMS:.*]] = nn.linear %[[X]], %[[WFLAT]] bias %[[INFLAT]] : (tensor<?x?x3xf32>, tensor<80x3xf32>, tensor<80xf32>) -> tensor<?x?x80xf32>
// CHECK: nn.reshape %[[R]] shape [2, 4, 10, 10]
// CHECK: nn.concat {{.*}} axis 2
// LANES8: nn.reshape %{{.*}} shape [2, 4, 2, 8, 10]
// LANES16: nn.reshape %{{.*}} shape [2, 4, 1, 16, 10]
// CHECK: %[[PACKED:.*]] = nn.transpose %{{.*}} permutation [0, 2, 4, 1, 3]
// CHECK: %[[RECUR:.*]] = nn.slice %[[B]] offsets [0, 40] sizes [2, 40] strides [1, 1]
// CHECK: nn.recurrence <lstm> %[[SUMS]], %[[PACKED]] bias %[[RECUR]] lengths %{{.*}} peepholes %{{.*}} {direction = #nn.direction<bidirectional>}
func.func @main(%x: tensor<?x?x3xf32>, %l: tensor<?xi32>) -> tensor<?x2x?x10xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 960, hash = 1> : tensor<2x40x3xf32>
  %r = nn.parameter "r" at <file = "w.bin", offset = 960, length = 3200, hash = 2> : tensor<2x40x10xf32>
  %b = nn.parameter "b" at <file = "w.bin", offset = 4160, length = 640, hash = 3> : tensor<2x80xf32>
  %p = nn.parameter "p" at <file = "w.bin", offset = 4800, length = 240, hash = 4> : tensor<2x30xf32>
  %y, %h, %c = nn.lstm %x, %w, %r bias %b lengths %l peepholes %p {direction = #nn.direction<bidirectional>}
    : (tensor<?x?x3xf32>, tensor<2x40x3xf32>, tensor<2x40x10xf32>, tensor<2x80xf32>, tensor<?xi32>, tensor<2x30xf32>)
    -> (tensor<?x2x?x10xf32>, tensor<2x?x10xf32>, tensor<2x?x10xf32>)
  return %y : tensor<?x2x?x10xf32>
}

// f16 is computed in f32; a note stays with the steps.
// CHECK-LABEL: func.func @gru
// CHECK-COUNT-3: nn.cast
// CHECK: nn.recurrence <gru> {{.*}}nn.note = "why"
// CHECK-COUNT-2: nn.cast {{.*}} -> tensor<{{.*}}xf16>
func.func @gru(%x: tensor<5x2x3xf16>, %w: tensor<1x24x3xf16>, %r: tensor<1x24x8xf16>) -> (tensor<5x1x2x8xf16>, tensor<1x2x8xf16>) {
  %0:2 = nn.gru %x, %w, %r {nn.note = "why"} : (tensor<5x2x3xf16>, tensor<1x24x3xf16>, tensor<1x24x8xf16>) -> (tensor<5x1x2x8xf16>, tensor<1x2x8xf16>)
  return %0#0, %0#1 : tensor<5x1x2x8xf16>, tensor<1x2x8xf16>
}

// CHECK-LABEL: func.func @linear_before_reset
// CHECK: nn.recurrence <gru_linear_before_reset>
func.func @linear_before_reset(%x: tensor<5x2x3xf32>, %w: tensor<1x24x3xf32>, %r: tensor<1x24x8xf32>) -> tensor<1x2x8xf32> {
  %0:2 = nn.gru %x, %w, %r {linear_before_reset} : (tensor<5x2x3xf32>, tensor<1x24x3xf32>, tensor<1x24x8xf32>) -> (tensor<5x1x2x8xf32>, tensor<1x2x8xf32>)
  return %0#1 : tensor<1x2x8xf32>
}
