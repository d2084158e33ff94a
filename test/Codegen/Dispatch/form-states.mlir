// RUN: quant-opt %s --nibble-form-states | FileCheck %s --check-prefix=FORM
// RUN: quant-opt %s --nibble-form-states --nibble-dispatch | FileCheck %s

// FORM: func.func @main(%arg0: tensor<1x2x?x4xf32> {{{.*}}nn.name = "past_k", nn.state = 0 : i64}, %arg1: tensor<1x2x?x4xf32> {nn.dims = ["", "", "new", ""], nn.name = "x"})

// The manifest tells the state from inputs and outputs.
// CHECK: module attributes {nn.manifest = {
// CHECK-SAME: dispatches = [{bytes = 0 : i64, format = "f32", kernel = "copy_1_2_d_4_f32_to_state", nodes = [], op = "cache_update"}, {bytes = 0 : i64, format = "f32", kernel = "attention", nodes = [], op = "attention"}]
// CHECK-SAME: inputs = [{dims = [1, 2, "new", 4], name = "x", type = f32}]
// CHECK-SAME: outputs = [{dims = [1, 2, "", 4], name = "y", type = f32}]
// CHECK-SAME: states = [{axis = 2 : i64, dims = [1, 2, "past", 4], name = "past_k", output = "present_k", type = f32}]

// The kernel that reads the cache steps over the spare capacity.
// CHECK: func.func private @attention(%{{.*}}: memref<1x2x?x4xf32>, %{{.*}}: memref<1x2x?x4xf32, strided<[?, ?, 4, 1]>>,

// CHECK-LABEL: func.func @nib_run(
// CHECK: %[[STATE:.*]] = nn.storage <state> 0 dims(%{{.*}}) : memref<1x2x?x4xf32>
// Only the new entries are written, behind the old ones.
// CHECK: %[[SLOT:.*]] = memref.subview %[[STATE]][0, 0, %[[PAST:.*]], 0] [1, 2, %[[T:.*]], 4] [1, 1, 1, 1]
// CHECK: %[[NEW:.*]] = nn.storage <input> 0 dims(%[[T]]) : memref<1x2x?x4xf32>
// CHECK: nn.launch @copy_1_2_d_4_f32_to_state {{.*}}(%[[NEW]], %[[SLOT]])
// CHECK: %[[LENGTH:.*]] = arith.addi %[[PAST]], %[[T]]
// CHECK: %[[ALL:.*]] = memref.subview %[[STATE]][0, 0, 0, 0] [1, 2, %[[LENGTH]], 4] [1, 1, 1, 1]
// CHECK: nn.launch @attention {{.*}}%[[ALL]]
// CHECK-NOT: nn.launch
module attributes {nn.symbols = ["past", "new"]} {
  func.func @main(%cache: tensor<1x2x?x4xf32> {nn.dims = ["", "", "past", ""], nn.name = "past_k"},
                  %x: tensor<1x2x?x4xf32> {nn.dims = ["", "", "new", ""], nn.name = "x"})
      -> (tensor<1x2x?x4xf32> {nn.name = "present_k"}, tensor<1x2x?x4xf32> {nn.name = "y"}) {
    %0 = nn.cache_update %cache, %x axis 2 : (tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>) -> tensor<1x2x?x4xf32>
    %1 = nn.attention %x, %0, %0 scale 1.0 : (tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>) -> tensor<1x2x?x4xf32>
    return %0, %1 : tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>
  }
}
