// RUN: quant-opt %s --nibble-insert-observers | FileCheck %s
// RUN: quant-opt %s --nibble-insert-observers --nibble-expose-observed | FileCheck %s --check-prefix=EXPOSED

// CHECK: module attributes {qnt.statistics_key = "{{[0-9a-f]+}}"}
// CHECK: %[[X:.*]] = qnt.observe %arg0 "value" : tensor<?x64xf32>
// CHECK: nn.linear %[[X]],
// CHECK: nn.linear %[[X]],
// CHECK-NOT: qnt.observe
// EXPOSED: func.func @main(%[[X:.*]]: tensor<?x64xf32>) -> (tensor<?x8xf32> {nn.name = "y"}, tensor<?x64xf32> {nn.name = "observed/value"})
// EXPOSED-NOT: qnt.observe
// EXPOSED: return %{{.*}}, %[[X]]
func.func @main(%x: tensor<?x64xf32>) -> (tensor<?x8xf32> {nn.name = "y"}) {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 2048, hash = 1> : tensor<8x64xf32>
  %a = nn.linear %x, %w : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32>
  %b = nn.linear %x, %w : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32>
  %y = nn.elementwise #nn.kind<add> %a, %b : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
