// RUN: quant-opt %s --nibble-form-dispatches --split-input-file | FileCheck %s

// A contraction takes what follows elementwise as its epilogue; the softmax
// reads rows of another kernel's result. A reshape moves nothing and stays
// between dispatches.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?x64xf32>, %[[R:.*]]: tensor<?x20xf32>
// CHECK: %[[C:.*]] = nn.dispatch(%[[X]], %{{.*}}, %[[R]]) dims(%{{.*}})
// CHECK: nn.contract
// CHECK: nn.elementwise <gelu>
// CHECK: nn.elementwise <add>
// CHECK: nn.yield
// CHECK: %[[S:.*]] = nn.dispatch(%[[C]]) dims(%{{.*}})
// CHECK-NOT: nn.elementwise
// CHECK: nn.softmax
// CHECK: nn.yield
// CHECK: nn.reshape %[[S]]
func.func @main(%x: tensor<?x64xf32>, %r: tensor<?x20xf32>) -> (tensor<?x20xf32>, tensor<?x5x4xf32>) {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 8192, hash = 1> : tensor<8192xi8>
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x64xf32>
  %y = nn.contract %x, %w plan "a=f32 b=f32 c=f32" dot "f32-avx2" columns 20 : (tensor<?x64xf32>, tensor<8192xi8>) -> tensor<?x20xf32>
  %g = nn.elementwise <gelu> %y : (tensor<?x20xf32>) -> tensor<?x20xf32>
  %s = nn.elementwise <add> %g, %r : (tensor<?x20xf32>, tensor<?x20xf32>) -> tensor<?x20xf32>
  %m = nn.softmax %s axis 1 : (tensor<?x20xf32>) -> tensor<?x20xf32>
  %z = nn.reshape %m shape [%n, 5, 4] : tensor<?x20xf32> -> tensor<?x5x4xf32>
  return %s, %z : tensor<?x20xf32>, tensor<?x5x4xf32>
}

// -----

// A row op takes elementwise producers and consumers of its shape; what a
// second op reads stands alone; splat constants are rebuilt inside.
// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = nn.dispatch(%arg0)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: nn.elementwise <relu>
// CHECK-NEXT: nn.yield
// CHECK: %[[B:.*]] = nn.dispatch(%[[A]],
// CHECK: %[[HALF:.*]] = arith.constant dense<5.000000e-01>
// CHECK: nn.elementwise <mul> %{{.*}}, %[[HALF]]
// CHECK: nn.layer_norm
// CHECK: nn.elementwise <tanh>
// CHECK: nn.yield
// CHECK: return %[[A]], %[[B]]
func.func @main(%x: tensor<4x16xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>) {
  %s = nn.parameter "s" at <file = "w", offset = 0, length = 64, hash = 1> : tensor<16xf32>
  %h = arith.constant dense<0.5> : tensor<f32>
  %a = nn.elementwise <relu> %x : (tensor<4x16xf32>) -> tensor<4x16xf32>
  %m = nn.elementwise <mul> %a, %h : (tensor<4x16xf32>, tensor<f32>) -> tensor<4x16xf32>
  %n = nn.layer_norm %m scale %s axis 1 epsilon 1.0e-5 : (tensor<4x16xf32>, tensor<16xf32>) -> tensor<4x16xf32>
  %t = nn.elementwise <tanh> %n : (tensor<4x16xf32>) -> tensor<4x16xf32>
  return %a, %t : tensor<4x16xf32>, tensor<4x16xf32>
}

// -----

// What derives from parameters is no kernel: nibble-outline-weights takes it.
// CHECK-LABEL: func.func @main
// CHECK: %[[W:.*]] = nn.parameter
// CHECK-NEXT: %[[T:.*]] = nn.transpose %[[W]]
// CHECK: nn.dispatch(%arg0, %[[T]])
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 128, hash = 1> : tensor<8x4xf32>
  %t = nn.transpose %w permutation [1, 0] : tensor<8x4xf32> -> tensor<4x8xf32>
  %y = nn.elementwise <add> %x, %t : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// The codes of two readers come from the contraction's kernel; so does the
// result itself, because something else reads it, too.
// CHECK-LABEL: func.func @main
// CHECK: %[[D:.*]]:3 = nn.dispatch(%arg0,
// CHECK: %[[C:.*]] = nn.contract
// CHECK: %[[Y:.*]] = nn.elementwise <silu> %[[C]]
// CHECK: %[[A:.*]] = nn.quantize_elements %[[Y]]
// CHECK: %[[M:.*]] = nn.elementwise <mul> %[[Y]]
// CHECK: %[[B:.*]] = nn.quantize_elements %[[M]]
// CHECK: nn.yield %[[Y]], %[[A]], %[[B]]
// CHECK: return %[[D]]#0, %[[D]]#1, %[[D]]#2
func.func @main(%x: tensor<8x64xf32>, %f: tensor<20xf32>) -> (tensor<8x20xf32>, tensor<8x20xi8>, tensor<8x20xi8>) {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 8192, hash = 1> : tensor<8192xi8>
  %s = arith.constant dense<0.5> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %y = nn.contract %x, %w plan "a=f32 b=f32 c=f32" dot "f32-avx2" columns 20 : (tensor<8x64xf32>, tensor<8192xi8>) -> tensor<8x20xf32>
  %g = nn.elementwise <silu> %y : (tensor<8x20xf32>) -> tensor<8x20xf32>
  %a = nn.quantize_elements %g scale %s : (tensor<8x20xf32>, tensor<f32>) -> tensor<8x20xi8>
  %m = nn.elementwise <mul> %g, %f : (tensor<8x20xf32>, tensor<20xf32>) -> tensor<8x20xf32>
  %b = nn.quantize_elements %m scale %one {is_unsigned} : (tensor<8x20xf32>, tensor<f32>) -> tensor<8x20xi8>
  return %g, %a, %b : tensor<8x20xf32>, tensor<8x20xi8>, tensor<8x20xi8>
}

// -----

// Codes that need what is made later have a kernel of their own.
// CHECK-LABEL: func.func @main
// CHECK: %[[D:.*]]:2 = nn.dispatch(%arg0,
// CHECK: nn.contract
// CHECK: nn.yield %{{.*}}, %{{.*}} : tensor<8x20xf32>, tensor<8x20xi8>
// CHECK: %[[E:.*]] = nn.dispatch(%arg1)
// CHECK: nn.elementwise <exp>
// CHECK: nn.dispatch(%[[D]]#0, %[[E]])
// CHECK: nn.elementwise <mul>
// CHECK: nn.quantize_elements
func.func @main(%x: tensor<8x64xf32>, %f: tensor<1x20xf32>) -> (tensor<8x20xi8>, tensor<8x20xi8>, tensor<1x20xf32>) {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 8192, hash = 1> : tensor<8192xi8>
  %s = arith.constant dense<0.5> : tensor<f32>
  %y = nn.contract %x, %w plan "a=f32 b=f32 c=f32" dot "f32-avx2" columns 20 : (tensor<8x64xf32>, tensor<8192xi8>) -> tensor<8x20xf32>
  %e = nn.elementwise <exp> %f : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %a = nn.quantize_elements %y scale %s : (tensor<8x20xf32>, tensor<f32>) -> tensor<8x20xi8>
  %m = nn.elementwise <mul> %y, %e : (tensor<8x20xf32>, tensor<1x20xf32>) -> tensor<8x20xf32>
  %b = nn.quantize_elements %m scale %s : (tensor<8x20xf32>, tensor<f32>) -> tensor<8x20xi8>
  return %a, %b, %e : tensor<8x20xi8>, tensor<8x20xi8>, tensor<1x20xf32>
}

// -----

// Norm, block Hadamard and the codes of rows are one kernel; so are a product,
// block Hadamard and codes.
// CHECK-LABEL: func.func @main
// CHECK: nn.dispatch(%arg0,
// CHECK: nn.rms_norm
// CHECK-NEXT: qnt.transform
// CHECK-NEXT: nn.quantize_rows
// CHECK-NEXT: nn.yield
// CHECK: nn.dispatch(%arg0, %arg1)
// CHECK: nn.elementwise <mul>
// CHECK-NEXT: qnt.transform
// CHECK-NEXT: nn.quantize_rows
// CHECK-NEXT: nn.yield
// CHECK-NOT: nn.dispatch
qnt.basis @r : 64 = #qnt.hadamard<32>
func.func @main(%x: tensor<?x64xf32>, %y: tensor<?x64xf32>) -> (tensor<?x64xi8>, tensor<?xf32>, tensor<?x64xi8>, tensor<?xf32>) {
  %s = nn.parameter "s" at <file = "w", offset = 0, length = 256, hash = 1> : tensor<64xf32>
  %n = nn.rms_norm %x scale %s axis 1 epsilon 1.0e-5 : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %t = qnt.transform %n to @r axis = 1 : tensor<?x64xf32>
  %a, %b = nn.quantize_rows %t : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?xf32>
  %m = nn.elementwise <mul> %x, %y : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %u = qnt.transform %m to @r axis = 1 : tensor<?x64xf32>
  %c, %d = nn.quantize_rows %u : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?xf32>
  return %a, %b, %c, %d : tensor<?x64xi8>, tensor<?xf32>, tensor<?x64xi8>, tensor<?xf32>
}

// -----

// A norm that something else reads, too, is in one kernel with what rotates and
// quantizes its rows.
// CHECK-LABEL: func.func @main
// CHECK: %[[D:.*]]:3 = nn.dispatch(%arg0,
// CHECK: %[[N:.*]] = nn.layer_norm
// CHECK-NEXT: %[[T:.*]] = qnt.transform %[[N]]
// CHECK-NEXT: %[[C:.*]], %[[S:.*]] = nn.quantize_rows %[[T]]
// CHECK-NEXT: nn.yield %[[N]], %[[C]], %[[S]]
// CHECK: nn.dispatch(%[[D]]#0)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: nn.elementwise <tanh>
// CHECK: return %{{.*}}, %[[D]]#1, %[[D]]#2
qnt.basis @r : 64 = #qnt.hadamard<32>
func.func @main(%x: tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x64xi8>, tensor<?xf32>) {
  %s = nn.parameter "s" at <file = "w", offset = 0, length = 256, hash = 1> : tensor<64xf32>
  %n = nn.layer_norm %x scale %s axis 1 epsilon 1.0e-5 : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %t = qnt.transform %n to @r axis = 1 : tensor<?x64xf32>
  %a, %b = nn.quantize_rows %t : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?xf32>
  %e = nn.elementwise <tanh> %n : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return %e, %a, %b : tensor<?x64xf32>, tensor<?x64xi8>, tensor<?xf32>
}

// -----

// What loops run over, or what is copied, lies in memory, splats too.
// CHECK-LABEL: func.func @main
// CHECK: %[[W:.*]] = arith.constant dense<1.000000e+00> : tensor<20x20xf32>
// CHECK: nn.dispatch(%[[W]])
// CHECK-NEXT: ^bb0(%[[A:.*]]: tensor<20x20xf32>
// CHECK-NEXT: nn.cumsum %[[A]]
// CHECK: nn.dispatch(%arg0, %[[W]])
// CHECK-NEXT: ^bb0(%[[X:.*]]: tensor<20x20xf32>{{.*}}, %[[B:.*]]: tensor<20x20xf32>
// CHECK-NEXT: nn.concat %[[X]], %[[B]]
func.func @main(%x: tensor<20x20xf32>) -> (tensor<20x20xf32>, tensor<40x20xf32>) {
  %w = arith.constant dense<1.0> : tensor<20x20xf32>
  %s = nn.cumsum %w axis 1 : (tensor<20x20xf32>) -> tensor<20x20xf32>
  %c = nn.concat %x, %w axis 0 : (tensor<20x20xf32>, tensor<20x20xf32>) -> tensor<40x20xf32>
  return %s, %c : tensor<20x20xf32>, tensor<40x20xf32>
}
