// RUN: quant-opt %s --nibble-dispatch | FileCheck %s

// A grid point is a sequence in a direction.
// CHECK: op = "linear"
// CHECK: op = "lstm"
// CHECK: func.func private @recurrence{{.*}}attributes {nn.kernel, nn.recurrence = array<i64: 0, 2, 0>}
// CHECK: math.fma
// CHECK: func.func @nib_run
// CHECK: nn.launch @contract_add dispatch 0
// CHECK: %[[SEQUENCES:.*]] = arith.muli %{{.*}}, %c2 : index
// CHECK: %[[GRID:.*]] = arith.select %{{.*}}, %c0, %[[SEQUENCES]] : index
// CHECK: nn.launch @recurrence dispatch 1 grid %[[GRID]]
module attributes {nn.symbols = ["t", "b"]} {
  func.func @main(%x: tensor<?x?x3xf32> {nn.name = "x", nn.dims = ["t", "b", ""]}, %l: tensor<?xi32> {nn.name = "l", nn.dims = ["b"]})
      -> (tensor<?x2x?x10xf32> {nn.name = "y", nn.dims = ["t", "", "b", ""]}) {
    %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 960, hash = 1> : tensor<2x40x3xf32>
    %r = nn.parameter "r" at <file = "w.bin", offset = 960, length = 3200, hash = 2> : tensor<2x40x10xf32>
    %b = nn.parameter "b" at <file = "w.bin", offset = 4160, length = 640, hash = 3> : tensor<2x80xf32>
    %p = nn.parameter "p" at <file = "w.bin", offset = 4800, length = 240, hash = 4> : tensor<2x30xf32>
    %y, %h, %c = nn.lstm %x, %w, %r bias %b lengths %l peepholes %p {direction = #nn.direction<bidirectional>}
      : (tensor<?x?x3xf32>, tensor<2x40x3xf32>, tensor<2x40x10xf32>, tensor<2x80xf32>, tensor<?xi32>, tensor<2x30xf32>)
      -> (tensor<?x2x?x10xf32>, tensor<2x?x10xf32>, tensor<2x?x10xf32>)
    return %y : tensor<?x2x?x10xf32>
  }
}
