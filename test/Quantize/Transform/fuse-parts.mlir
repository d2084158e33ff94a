// RUN: quant-opt %s --qnt-fuse-transforms --mlir-print-op-on-diagnostic=false 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t

// The gain covers both parts of its channels, so that neither part alone can put it into the reader's weights: both are rotated behind it. Each says so,
// and the reader once.
// REMARK-COUNT-2: remark: {{.*}}reader{{.*}}: its input is rotated at run time by blocks of 8: its readers' weights do not take the gain as it is
// REMARK-NOT: remark
// CHECK: %[[S:.*]] = nn.elementwise <mul>
// CHECK: %[[A:.*]] = qnt.transform %[[S]] to @{{.*}} axis = 1 {nn.note = "rotated at run time by blocks of 8: its readers' weights do not take the gain as it is"}
// CHECK: %[[B:.*]] = qnt.transform %[[A]] to @{{.*}} axis = 1 {nn.note = "rotated at run time by blocks of 8: its readers' weights do not take the gain as it is"}
// CHECK: nn.linear %[[B]], %{{.*}} {nn.note = "input rotated at run time by blocks of 8: its readers' weights do not take the gain as it is"}
qnt.basis @b : 16 = #qnt.hadamard<8>
func.func @main(%x: tensor<?x8xf32>) -> tensor<?x2xf32> {
  %a = arith.constant dense<0.5> : tensor<8x8xf32>
  %g = arith.constant dense<[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0]> : tensor<16xf32>
  %w = arith.constant dense<0.5> : tensor<2x16xf32>
  %0 = nn.linear %x, %a : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %1 = nn.linear %x, %a : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %2 = nn.concat %0, %1 axis 1 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x16xf32>
  %3 = nn.elementwise <mul> %2, %g : (tensor<?x16xf32>, tensor<16xf32>) -> tensor<?x16xf32>
  %4 = qnt.transform %3 to @b axis = 1 : tensor<?x16xf32>
  %v = qnt.transform %w to dual @b axis = 1 : tensor<2x16xf32>
  %5 = nn.linear %4, %v : (tensor<?x16xf32>, tensor<2x16xf32>) -> tensor<?x2xf32> loc("reader")
  return %5 : tensor<?x2xf32>
}
