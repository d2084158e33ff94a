// RUN: quant-opt %s --split-input-file --qnt-fuse-transforms --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s

// Why a given matrix stays at run time: two streams side by side, channels that cross heads, another matrix in the same stream.
// CHECK: remark: {{.*}}parts{{.*}}: its input is multiplied with a matrix of 4 channels at run time: parts of its channels are in bases of their own
// CHECK: remark: {{.*}}heads{{.*}}: its input is multiplied with a matrix of 8 channels at run time: what makes it lets no map of 8 neighbouring channels through
// CHECK: remark: {{.*}}one{{.*}}: its input is in the basis of a matrix of 8 channels, fused into 3 weights; 1 values share the basis
// CHECK: remark: {{.*}}other{{.*}}: its input is multiplied with a matrix of 8 channels at run time: what shares its basis has another matrix
// CHECK: remark: {{.*}}gram{{.*}}: its input is multiplied with a matrix of 8 channels at run time: no map but the identity fits all that shares its basis

func.func private @m() -> tensor<4x4xf32> {
  %0 = arith.constant dense<[[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]> : tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}
qnt.basis @b : 8 = #qnt.orthogonal<4, data = @m>
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %a = arith.constant dense<0.5> : tensor<4x4xf32>
  %w = arith.constant dense<0.5> : tensor<2x8xf32>
  %0 = nn.linear %x, %a : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %1 = nn.linear %x, %a : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %2 = nn.concat %0, %1 axis 1 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
  %3 = qnt.transform %2 to @b axis = 1 : tensor<?x8xf32>
  %v = qnt.transform %w to dual @b axis = 1 : tensor<2x8xf32>
  %4 = nn.linear %3, %v : (tensor<?x8xf32>, tensor<2x8xf32>) -> tensor<?x2xf32> loc("parts")
  return %4 : tensor<?x2xf32>
}
// -----
func.func private @m() -> tensor<8x8xf32> {
  %0 = arith.constant dense<0.5> : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
qnt.basis @b : 8 = #qnt.orthogonal<8, data = @m>
func.func @main(%x: tensor<?x8xf32>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %t = tensor.dim %x, %c0 : tensor<?x8xf32>
  %a = arith.constant dense<0.5> : tensor<8x8xf32>
  %w = arith.constant dense<0.5> : tensor<2x8xf32>
  %0 = nn.linear %x, %a : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %1 = nn.reshape %0 shape [%t, 2, 4] : tensor<?x8xf32> -> tensor<?x2x4xf32>
  %2 = nn.cumsum %1 axis 1 : (tensor<?x2x4xf32>) -> tensor<?x2x4xf32>
  %3 = nn.reshape %2 shape [%t, 8] : tensor<?x2x4xf32> -> tensor<?x8xf32>
  %4 = qnt.transform %3 to @b axis = 1 : tensor<?x8xf32>
  %v = qnt.transform %w to dual @b axis = 1 : tensor<2x8xf32>
  %5 = nn.linear %4, %v : (tensor<?x8xf32>, tensor<2x8xf32>) -> tensor<?x2xf32> loc("heads")
  return %5 : tensor<?x2xf32>
}
// -----
func.func private @m() -> tensor<8x8xf32> {
  %0 = arith.constant dense<0.5> : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
func.func private @n() -> tensor<8x8xf32> {
  %0 = arith.constant dense<0.25> : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
qnt.basis @b : 8 = #qnt.orthogonal<8, data = @m>
qnt.basis @c : 8 = #qnt.orthogonal<8, data = @n>
func.func @main(%x: tensor<?x8xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %a = arith.constant dense<0.5> : tensor<8x8xf32>
  %w = arith.constant dense<0.5> : tensor<2x8xf32>
  %0 = nn.linear %x, %a : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %1 = qnt.transform %0 to @b axis = 1 : tensor<?x8xf32>
  %v = qnt.transform %w to dual @b axis = 1 : tensor<2x8xf32>
  %2 = nn.linear %1, %v : (tensor<?x8xf32>, tensor<2x8xf32>) -> tensor<?x2xf32> loc("one")
  %3 = qnt.transform %0 to @c axis = 1 : tensor<?x8xf32>
  %u = qnt.transform %w to dual @c axis = 1 : tensor<2x8xf32>
  %4 = nn.linear %3, %u : (tensor<?x8xf32>, tensor<2x8xf32>) -> tensor<?x2xf32> loc("other")
  return %2, %4 : tensor<?x2xf32>, tensor<?x2xf32>
}
// -----
// A product of a value with itself, negated, would need the matrix and its dual at once.
func.func private @m() -> tensor<8x8xf32> {
  %0 = arith.constant dense<0.25> : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
qnt.basis @b : 8 = #qnt.linear<8, data = @m>
func.func @main(%x: tensor<1x3x8xf32>) -> (tensor<1x3x3xf32>, tensor<1x3x2xf32>) {
  %a = arith.constant dense<0.5> : tensor<8x8xf32>
  %w = arith.constant dense<0.5> : tensor<2x8xf32>
  %0 = nn.linear %x, %a : (tensor<1x3x8xf32>, tensor<8x8xf32>) -> tensor<1x3x8xf32>
  %n = nn.elementwise <neg> %0 : (tensor<1x3x8xf32>) -> tensor<1x3x8xf32>
  %1 = nn.matmul %0, %n {transpose_rhs} : (tensor<1x3x8xf32>, tensor<1x3x8xf32>) -> tensor<1x3x3xf32>
  %2 = qnt.transform %0 to @b axis = 2 : tensor<1x3x8xf32>
  %v = qnt.transform %w to dual @b axis = 1 : tensor<2x8xf32>
  %3 = nn.linear %2, %v : (tensor<1x3x8xf32>, tensor<2x8xf32>) -> tensor<1x3x2xf32> loc("gram")
  return %1, %3 : tensor<1x3x3xf32>, tensor<1x3x2xf32>
}
