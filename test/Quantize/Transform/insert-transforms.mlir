// RUN: quant-opt %s --split-input-file --qnt-insert-transforms="keep=head/*" --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s
// RUN: quant-opt %s --split-input-file --qnt-insert-transforms="block=64" 2>/dev/null | FileCheck %s --check-prefix=BLOCK
// RUN: not quant-opt %s --split-input-file --qnt-insert-transforms="block=0" 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not quant-opt %s --split-input-file --qnt-insert-transforms="keep=[a" 2>&1 | FileCheck %s --check-prefix=PATTERN

// ZERO: error: the block of a rotation must be positive
// PATTERN: error: pattern '[a' of keep:

// One request for the readers of a value, the dual for the weights of each; what stays in f32 asks for none. The block is the largest divisor.
// CHECK-DAG: remark: {{.*}}odd/MatMul{{.*}}: is not rotated: no divisor from 8 to 32 of its channels is the order of a Hadamard matrix that is known
// CHECK-DAG: remark: {{.*}}pixels{{.*}}: is not rotated: a rotation of a convolution's input would run at every pixel, since functions between convolutions let none through
// CHECK: qnt.basis "private" @[[BASIS:.*]] : 96 = #qnt.hadamard<32>
// CHECK: %[[X:.*]] = qnt.transform %arg0 to @[[BASIS]] axis = 1 : tensor<?x96xf32>
// CHECK-NOT: qnt.transform %arg0
// CHECK: %[[V:.*]] = qnt.transform %{{.*}} to dual @[[BASIS]] axis = 1 : tensor<25x96xf32>
// CHECK: %[[Q:.*]] = nn.linear %[[X]], %[[V]]
// CHECK: %[[W:.*]] = qnt.transform %{{.*}} to dual @[[BASIS]] axis = 1 : tensor<4x96xf32>
// CHECK: nn.linear %[[X]], %[[W]]
// CHECK: nn.linear %arg0, %
// CHECK: nn.linear %[[Q]], %{{.*}} {nn.note = "is not rotated: no divisor

// BLOCK: qnt.basis "private" @{{.*}} : 96 = #qnt.hadamard<48>
func.func @main(%x: tensor<?x96xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %v = nn.parameter "v" at <file = "w.bin", offset = 0, length = 9600, hash = 1> : tensor<25x96xf32>
  %w = nn.parameter "w" at <file = "w.bin", offset = 9600, length = 1536, hash = 2> : tensor<4x96xf32>
  %u = nn.parameter "u" at <file = "w.bin", offset = 11136, length = 400, hash = 3> : tensor<4x25xf32>
  %q = nn.linear %x, %v : (tensor<?x96xf32>, tensor<25x96xf32>) -> tensor<?x25xf32> loc("q/MatMul")
  %k = nn.linear %x, %w : (tensor<?x96xf32>, tensor<4x96xf32>) -> tensor<?x4xf32> loc("k/MatMul")
  %h = nn.linear %x, %w : (tensor<?x96xf32>, tensor<4x96xf32>) -> tensor<?x4xf32> loc("head/MatMul")
  %o = nn.linear %q, %u : (tensor<?x25xf32>, tensor<4x25xf32>) -> tensor<?x4xf32> loc("odd/MatMul")
  return %k, %h, %o : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

func.func @main(%x: tensor<1x32x8x8xf32>) -> tensor<1x8x8x8xf32> {
  %f = nn.parameter "f" at <file = "w.bin", offset = 0, length = 1024, hash = 1> : tensor<8x32x1x1xf32>
  %y = nn.conv %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x32x8x8xf32>, tensor<8x32x1x1xf32>) -> tensor<1x8x8x8xf32> loc("pixels")
  return %y : tensor<1x8x8x8xf32>
}
