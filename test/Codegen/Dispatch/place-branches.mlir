// RUN: quant-opt %s --nibble-dispatch --split-input-file --mlir-print-local-scope | FileCheck %s
// RUN: quant-opt %s --nibble-dispatch --nibble-kernels --split-input-file | FileCheck %s --check-prefix=LLVM

// The flag is read at run time; each region's last kernel writes the output
// itself, and nothing is copied.
// CHECK: nn.manifest = {buffers = {{\[}}[0, 1]]
// Either region writes the output.
// CHECK-SAME: output_buffers = {{\[}}[1, 2]]
// CHECK-LABEL: func.func @nib_run
// CHECK: %[[FLAG:.*]] = nn.storage <input> 0 : memref<i1>
// CHECK: %[[TAKEN:.*]] = memref.load %[[FLAG]][] : memref<i1>
// CHECK: scf.if %[[TAKEN]] {
// CHECK:   nn.launch @reduce dispatch 0
// CHECK:   nn.launch @[[EXP:.*]] dispatch 1 {{.*}}(%[[IN:.*]], %[[OUT:.*]]) : memref<?xf32>, memref<?xf32>
// CHECK: } else {
// CHECK:   nn.launch @{{.*}} dispatch 2
// CHECK-NOT: copy
// CHECK: return
// LLVM-LABEL: llvm.func @nib_run
// LLVM: %[[BYTE:.*]] = llvm.load %{{.*}} : !llvm.ptr -> i8
// LLVM: %[[BIT:.*]] = llvm.icmp "ne" %[[BYTE]], %{{.*}} : i8
// LLVM: llvm.cond_br %[[BIT]]
module attributes {nn.symbols = ["n"]} {
  func.func @main(%c: tensor<i1> {nn.name = "c"}, %x: tensor<?x4xf32> {nn.name = "x", nn.dims = ["n", ""]}) -> (tensor<?xf32> {nn.name = "y"}) {
    %flag = tensor.extract %c[] : tensor<i1>
    %y = scf.if %flag -> tensor<?xf32> {
      %0 = nn.reduce <max> %x axes [1] : (tensor<?x4xf32>) -> tensor<?xf32>
      %1 = nn.elementwise <exp> %0 : (tensor<?xf32>) -> tensor<?xf32>
      scf.yield %1 : tensor<?xf32>
    } else {
      %0 = nn.reduce <sum> %x axes [1] : (tensor<?x4xf32>) -> tensor<?xf32>
      scf.yield %0 : tensor<?xf32>
    }
    return %y : tensor<?xf32>
  }
}

// -----

// A result that is used: both regions fill one buffer, a view of an argument by
// a copy. The buffer's lifetime spans both.
// CHECK: buffers = {{\[}}[0, 2]]
// CHECK-LABEL: func.func @nib_run
// CHECK: scf.if %{{.*}} {
// CHECK:   %[[MADE:.*]] = nn.storage <planned> 0 dims(%{{.*}}) : memref<?xf32>
// CHECK:   nn.launch @exp dispatch 0 {{.*}}(%{{.*}}, %[[MADE]])
// CHECK: } else {
// CHECK:   nn.launch @copy_d_f32 dispatch 1
// CHECK: }
// CHECK: nn.launch @sqrt dispatch 2
module attributes {nn.symbols = ["n"]} {
  func.func @main(%c: tensor<1xi1> {nn.name = "c"}, %x: tensor<?xf32> {nn.name = "x", nn.dims = ["n"]}) -> (tensor<?xf32> {nn.name = "y"}) {
    %c0 = arith.constant 0 : index
    %flag = tensor.extract %c[%c0] : tensor<1xi1>
    %y = scf.if %flag -> tensor<?xf32> {
      %1 = nn.elementwise <exp> %x : (tensor<?xf32>) -> tensor<?xf32>
      scf.yield %1 : tensor<?xf32>
    } else {
      scf.yield %x : tensor<?xf32>
    }
    %z = nn.elementwise <sqrt> %y : (tensor<?xf32>) -> tensor<?xf32>
    return %z : tensor<?xf32>
  }
}
