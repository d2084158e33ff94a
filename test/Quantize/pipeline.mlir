// RUN: quant-opt %s --nibble-quantize-pipeline="weights=int4 group=32" 2>/dev/null | FileCheck %s
// RUN: not quant-opt %s --nibble-quantize-pipeline="weights=int99" 2>&1 | FileCheck %s --check-prefix=FORMAT
// FORMAT: error: {{.*}}int99

// CHECK-LABEL: func.func @main
// CHECK: %[[W:.*]] = qnt.quantize %{{.*}} <8x64, #qnt.format<int<4>, block = [1, 32], scale = f16>>
// CHECK: nn.linear %arg0, %[[W]]
func.func @main(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 2048, hash = 1> : tensor<8x64xf32>
  %y = nn.linear %x, %w : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
