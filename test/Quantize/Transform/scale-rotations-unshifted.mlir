// RUN: quant-opt %s --qnt-scale-rotations="shift numbers=%t.bin keep=kept" --mlir-print-op-on-diagnostic=false 2> %t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --implicit-check-not='kept{{.*}}shifted' < %t.remarks
// RUN: quant-opt %s --qnt-scale-rotations="numbers=%t.bin" 2>&1 | FileCheck %s --check-prefix=UNASKED --implicit-check-not=shifted

// Who asks for shifts learns of each map that is quantized why it has none. Without a norm's rotation no statistics are needed.
// REMARK: remark: {{.*}}conv{{.*}}: its input is not shifted: inputs of convolutions are not rotated{{$}}
// REMARK: remark: {{.*}}plain{{.*}}: its input is not shifted: it is not the result of a rotation at run time{{$}}
// REMARK: remark: {{.*}}argument{{.*}}: its input is not shifted: what is rotated is not a norm's result{{$}}
// REMARK: remark: {{.*}}shared{{.*}}: its input is not shifted: elementwise add 'sum' reads it, too, and is no linear map over weights{{$}}
// REMARK: remark: {{.*}}product{{.*}}: its input is not shifted: linear 'dynamic' reads it, too, and is no linear map over weights{{$}}
// REMARK: remark: {{.*}}own{{.*}}: its input is not shifted: the weight of linear 'composed' is not in the basis of that rotation alone{{$}}
// REMARK: remark: {{.*}}composed{{.*}}: its input is not shifted: the weight of linear 'composed' is not in the basis of that rotation alone{{$}}
// REMARK: remark: {{.*}}back{{.*}}: its input is not shifted: the change of basis before it is inverted, dual, along another axis, or not of f32{{$}}

// CHECK: nn.conv {{.*}}nn.note = "input is not shifted: inputs of convolutions are not rotated"
// CHECK: nn.linear {{.*}}{nn.note = "is not rotated: it loses; input is not shifted: it is not the result of a rotation at run time"}
// CHECK: nn.linear %{{[0-9]+}}, %{{[a-z0-9_]+}} : (
// CHECK: nn.linear {{.*}}{nn.note = "input is not shifted: what is rotated is not a norm's result"}
// CHECK: nn.linear {{.*}}{nn.note = "input is not shifted: elementwise add 'sum' reads it, too, and is no linear map over weights"}
// CHECK: nn.linear {{.*}}{nn.note = "input is not shifted: linear 'dynamic' reads it, too, and is no linear map over weights"}
// CHECK: nn.linear %{{[0-9]+}}, %arg0 : (
// CHECK-COUNT-2: nn.linear {{.*}}{nn.note = "input is not shifted: the weight of linear 'composed' is not in the basis of that rotation alone"}
// CHECK: nn.linear {{.*}}{nn.note = "input is not shifted: the change of basis before it is inverted, dual, along another axis, or not of f32"}

// UNASKED: nn.linear
qnt.basis @rotation : 8 = #qnt.hadamard<8>
qnt.basis @dealt : 8 = #qnt.compose<#qnt.sign<8, seed = 1>, #qnt.hadamard<8>>
func.func @main(%x: tensor<8x8xf32>, %i: tensor<1x8x4x4xf32>)
    -> (tensor<1x8x4x4xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) {
  %f = arith.constant dense<2.0> : tensor<8x8x1x1xf32>
  %w = arith.constant dense<3.0> : tensor<8x8xf32>
  %wr = qnt.transform %w to @rotation axis = 1 : tensor<8x8xf32>
  %wd = qnt.transform %w to @dealt axis = 1 : tensor<8x8xf32>
  %n = nn.rms_norm %x axis 1 epsilon 1.0e-5 : (tensor<8x8xf32>) -> tensor<8x8xf32> loc("norm")
  %0 = nn.conv %i, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x8x4x4xf32>, tensor<8x8x1x1xf32>) -> tensor<1x8x4x4xf32> loc("conv")
  %1 = nn.linear %n, %w {nn.note = "is not rotated: it loses"} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc("plain")
  %2 = nn.linear %n, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc("kept")
  %r3 = qnt.transform %x to @rotation axis = 1 : tensor<8x8xf32>
  %3 = nn.linear %r3, %wr : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc("argument")
  // A gain and a bias leave it a norm's result.
  %b = arith.constant dense<0.5> : tensor<8xf32>
  %g = nn.elementwise <mul> %n, %b : (tensor<8x8xf32>, tensor<8xf32>) -> tensor<8x8xf32> loc("gain")
  %r4 = qnt.transform %g to @rotation axis = 1 : tensor<8x8xf32>
  %4 = nn.linear %r4, %wr : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc("shared")
  %5 = nn.elementwise <add> %r4, %x : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc("sum")
  %r6 = qnt.transform %n to @rotation axis = 1 : tensor<8x8xf32>
  %6 = nn.linear %r6, %wr : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc("product")
  %7 = nn.linear %r6, %x : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc("dynamic")
  %r8 = qnt.transform %n to @rotation axis = 1 : tensor<8x8xf32>
  %8 = nn.linear %r8, %wr : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc("own")
  %9 = nn.linear %r8, %wd : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc("composed")
  %r10 = qnt.transform %n from @rotation axis = 1 : tensor<8x8xf32>
  %10 = nn.linear %r10, %wr : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc("back")
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10 : tensor<1x8x4x4xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>
}
