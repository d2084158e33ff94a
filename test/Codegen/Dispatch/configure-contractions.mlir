// RUN: quant-opt %s --nibble-configure-contractions | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: quant-opt %s --nibble-configure-contractions=features=+avx2,+fma,+f16c,+avx512f,+avx512bw,+avx512vl,+avx512dq | FileCheck %s --check-prefixes=CHECK,AVX512

// Weights are packed for the best instruction of the CPU; the bias is left to
// the epilogue.
// CHECK-LABEL: func.func @linear
// CHECK-SAME: %[[X:.*]]: tensor<?x64xf32>
// CHECK-DAG: %[[W:.*]] = nn.parameter "w"
// CHECK-DAG: %[[B:.*]] = nn.parameter "b"
// CHECK: %[[G:.*]] = nn.reshape %[[W]] shape [1, 20, 64]
// AVX2: %[[P:.*]] = nn.pack_weights %[[G]] plan "a=f32 b=f32 c=f32" dot "f32-avx2" :
// AVX512: %[[P:.*]] = nn.pack_weights %[[G]] plan "a=f32 b=f32 c=f32" dot "f32-avx512" :
// CHECK: %[[C:.*]] = nn.contract %[[X]], %[[P]] plan "a=f32 b=f32 c=f32" dot "f32-{{.*}}" columns 20 :
// CHECK: nn.elementwise <add> %[[C]], %[[B]]
func.func @linear(%x: tensor<?x64xf32>) -> tensor<?x20xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 5120, hash = 1> : tensor<20x64xf32>
  %b = nn.parameter "b" at <file = "w", offset = 5120, length = 80, hash = 1> : tensor<20xf32>
  %y = nn.linear %x, %w bias %b : (tensor<?x64xf32>, tensor<20x64xf32>, tensor<20xf32>) -> tensor<?x20xf32>
  return %y : tensor<?x20xf32>
}

// CHECK-LABEL: func.func @conv
// CHECK: nn.contract %{{.*}}, %{{.*}} plan "{{.*}}" dot "f32-{{.*}}" columns 4 {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, strides = array<i64: 2, 1>} : (tensor<1x9x9x8xf32>, tensor<{{.*}}xi8>) -> tensor<1x4x7x4xf32>
func.func @conv(%x: tensor<1x9x9x8xf32>) -> tensor<1x4x7x4xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 1152, hash = 1> : tensor<4x3x3x8xf32>
  %y = nn.conv %x, %w strides [2, 1] padding [0, 0, 0, 0] dilations [1, 1] {layout = #nn.layout<channels_last>} : (tensor<1x9x9x8xf32>, tensor<4x3x3x8xf32>) -> tensor<1x4x7x4xf32>
  return %y : tensor<1x4x7x4xf32>
}

// The weights know what the input's type does not say.
// CHECK-LABEL: func.func @unknown_channels
// CHECK: %[[N:.*]] = tensor.dim
// CHECK: %[[X:.*]] = nn.reshape %{{.*}} shape [%[[N]], 64] : tensor<?x?xf32> -> tensor<?x64xf32>
// CHECK: nn.contract %[[X]],
func.func @unknown_channels(%x: tensor<?x?xf32>) -> tensor<?x20xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 5120, hash = 1> : tensor<20x64xf32>
  %y = nn.linear %x, %w : (tensor<?x?xf32>, tensor<20x64xf32>) -> tensor<?x20xf32>
  return %y : tensor<?x20xf32>
}

// Weights that a run computes cannot be packed before.
// CHECK-LABEL: func.func @computed
// CHECK: nn.linear
func.func @computed(%x: tensor<?x64xf32>, %w: tensor<20x64xf32>) -> tensor<?x20xf32> {
  %y = nn.linear %x, %w : (tensor<?x64xf32>, tensor<20x64xf32>) -> tensor<?x20xf32>
  return %y : tensor<?x20xf32>
}

// One channel a group: loops over channels.
// CHECK-LABEL: func.func @depthwise
// CHECK: nn.conv
func.func @depthwise(%x: tensor<1x9x9x8xf32>) -> tensor<1x7x7x8xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 288, hash = 1> : tensor<8x3x3x1xf32>
  %y = nn.conv %x, %w strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {layout = #nn.layout<channels_last>, groups = 8 : i64} : (tensor<1x9x9x8xf32>, tensor<8x3x3x1xf32>) -> tensor<1x7x7x8xf32>
  return %y : tensor<1x7x7x8xf32>
}

// nibble-assign-layouts comes first.
// CHECK-LABEL: func.func @padded
// CHECK: nn.conv
func.func @padded(%x: tensor<1x9x9x8xf32>) -> tensor<1x9x9x4xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 1152, hash = 1> : tensor<4x3x3x8xf32>
  %y = nn.conv %x, %w strides [1, 1] padding [1, 1, 1, 1] dilations [1, 1] {layout = #nn.layout<channels_last>} : (tensor<1x9x9x8xf32>, tensor<4x3x3x8xf32>) -> tensor<1x9x9x4xf32>
  return %y : tensor<1x9x9x4xf32>
}

// Without elements there is nothing to pack: loops that do not run.
// CHECK-LABEL: func.func @no_columns
// CHECK: nn.linear
func.func @no_columns(%x: tensor<?x64xf32>) -> tensor<?x0xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 0, hash = 1> : tensor<0x64xf32>
  %y = nn.linear %x, %w : (tensor<?x64xf32>, tensor<0x64xf32>) -> tensor<?x0xf32>
  return %y : tensor<?x0xf32>
}

// CHECK-LABEL: func.func @nothing_summed
// CHECK: nn.linear
func.func @nothing_summed(%x: tensor<?x0xf32>) -> tensor<?x20xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 0, hash = 1> : tensor<20x0xf32>
  %y = nn.linear %x, %w : (tensor<?x0xf32>, tensor<20x0xf32>) -> tensor<?x20xf32>
  return %y : tensor<?x20xf32>
}

// CHECK-LABEL: func.func @no_filters
// CHECK: nn.conv
func.func @no_filters(%x: tensor<?x9x9x8xf32>) -> tensor<?x9x9x0xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 0, hash = 1> : tensor<0x1x1x8xf32>
  %y = nn.conv %x, %w strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {layout = #nn.layout<channels_last>} : (tensor<?x9x9x8xf32>, tensor<0x1x1x8xf32>) -> tensor<?x9x9x0xf32>
  return %y : tensor<?x9x9x0xf32>
}
