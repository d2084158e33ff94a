// RUN: quant-opt %s --split-input-file --verify-diagnostics

func.func @inputs(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'nn.dispatch' op body arguments and inputs differ in type}}
  %0 = nn.dispatch(%x) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%v: tensor<5xf32>):
    %r = nn.slice %v offsets [0] sizes [4] strides [1] : tensor<5xf32> -> tensor<4xf32>
    nn.yield %r : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

func.func @terminator(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'nn.dispatch' op body must end with nn.yield}}
  %0 = nn.dispatch(%x) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%v: tensor<4xf32>):
    llvm.unreachable
  }
  return %0 : tensor<4xf32>
}

// -----

func.func @results(%x: tensor<4xf32>) -> tensor<5xf32> {
  // expected-error @below {{'nn.dispatch' op nn.yield and results differ in type}}
  %0 = nn.dispatch(%x) : (tensor<4xf32>) -> tensor<5xf32> {
  ^bb0(%v: tensor<4xf32>):
    nn.yield %v : tensor<4xf32>
  }
  return %0 : tensor<5xf32>
}

// -----

func.func @extents(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error @below {{'nn.dispatch' op results have 1 dynamic extents, but dims lists 0}}
  %0 = nn.dispatch(%x) : (tensor<?xf32>) -> tensor<?xf32> {
  ^bb0(%v: tensor<?xf32>):
    nn.yield %v : tensor<?xf32>
  }
  return %0 : tensor<?xf32>
}

// -----

func.func @layout() {
  // expected-error @below {{'nn.storage' op a storage has the identity layout}}
  %0 = nn.storage <planned> 0 : memref<4xf32, strided<[2]>>
  return
}

// -----

func.func @storage() {
  // expected-error @below {{'nn.storage' op type has 1 dynamic extents, but dims lists 0}}
  %0 = nn.storage <planned> 0 : memref<?xf32>
  return
}

// -----

func.func @offset() {
  // expected-error @below {{'nn.storage' op only parameters have an offset}}
  %0 = nn.storage <planned> 0 {offset = 64 : i64} : memref<4xf32>
  return
}

// -----

func.func @noKernel(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'nn.invoke' op kernel @k does not exist}}
  %0 = nn.invoke @k(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @invoke(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'nn.invoke' op has 2 inputs and results, but the kernel takes 1}}
  %0 = nn.invoke @k(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @k(%x: memref<4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  return
}

// -----

func.func @noLaunch(%n: index) {
  // expected-error @below {{'nn.launch' op kernel @k does not exist}}
  nn.launch @k dispatch 0 grid %n traffic %n (%n) : index
  return
}

// -----

func.func @launch(%n: index, %x: memref<4xf32>) {
  // expected-error @below {{'nn.launch' op passes 2 arguments, but the kernel takes 1}}
  nn.launch @k dispatch 0 grid %n traffic %n (%x, %x) : memref<4xf32>, memref<4xf32>
  return
}
func.func private @k(%x: memref<4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  return
}

// -----

func.func @types(%n: index, %x: memref<5xf32>) {
  // expected-error @below {{'nn.launch' op passes 'memref<5xf32>' where the kernel takes 'memref<4xf32>'}}
  nn.launch @k dispatch 0 grid %n traffic %n (%x) : memref<5xf32>
  return
}
func.func private @k(%x: memref<4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  return
}

// -----

func.func @pack_rank(%w: tensor<64xf32>) {
  // expected-error @below {{'nn.pack_weights' op weights must be [N, K] or [groups, N, K]}}
  %p = nn.pack_weights %w plan "a=f32 b=f32 c=f32" dot "f32-avx2" : (tensor<64xf32>) -> tensor<64xi8>
  return
}

// -----

func.func @pack_scales(%w: tensor<20x64xi8>, %s: tensor<2x1xf32>) {
  // expected-error @below {{'nn.pack_weights' op scales and zeros must have a row for each row of the weights}}
  %p = nn.pack_weights %w scales %s plan "x" dot "y" : (tensor<20x64xi8>, tensor<2x1xf32>) -> tensor<64xi8>
  return
}

// -----

func.func @contract_scalar(%x: tensor<f32>, %w: tensor<64xi8>) {
  // expected-error @below {{'nn.contract' op lhs must have a known extent along its last axis}}
  %y = nn.contract %x, %w plan "x" dot "y" columns 1 : (tensor<f32>, tensor<64xi8>) -> tensor<f32>
  return
}

// -----

func.func @contract_rank(%x: tensor<4x8xf32>, %w: tensor<64xi8>) {
  // expected-error @below {{'nn.contract' op result must have as many axes as lhs}}
  %y = nn.contract %x, %w plan "x" dot "y" columns 8 : (tensor<4x8xf32>, tensor<64xi8>) -> tensor<8xf32>
  return
}

// -----

func.func @contract_groups(%x: tensor<4x8xf32>, %w: tensor<64xi8>) {
  // expected-error @below {{'nn.contract' op groups must divide the columns and the last axis of lhs}}
  %y = nn.contract %x, %w plan "x" dot "y" columns 8 {groups = 0 : i64} : (tensor<4x8xf32>, tensor<64xi8>) -> tensor<4x8xf32>
  return
}

// -----

func.func @contract_columns(%x: tensor<4x8xf32>, %w: tensor<64xi8>) {
  // expected-error @below {{'nn.contract' op result must have 6 elements along its last axis, but has 8}}
  %y = nn.contract %x, %w plan "x" dot "y" columns 6 : (tensor<4x8xf32>, tensor<64xi8>) -> tensor<4x8xf32>
  return
}

// -----

func.func @contract_window(%x: tensor<1x4x4x8xf32>, %w: tensor<64xi8>) {
  // expected-error @below {{'nn.contract' op kernel, strides and dilations need a positive number for each of 2 spatial axes}}
  %y = nn.contract %x, %w plan "x" dot "y" columns 8 {kernel = array<i64: 3, 3>} : (tensor<1x4x4x8xf32>, tensor<64xi8>) -> tensor<1x2x2x8xf32>
  return
}

// -----

func.func @contract_no_window(%x: tensor<4x8xf32>, %w: tensor<64xi8>) {
  // expected-error @below {{'nn.contract' op only a convolution has groups: give a kernel}}
  %y = nn.contract %x, %w plan "x" dot "y" columns 8 {groups = 2 : i64} : (tensor<4x8xf32>, tensor<64xi8>) -> tensor<4x8xf32>
  return
}

// -----

func.func @contract_stride(%x: tensor<1x4x4x8xf32>, %w: tensor<64xi8>) {
  // expected-error @below {{'nn.contract' op kernel, strides and dilations need a positive number for each of 2 spatial axes}}
  %y = nn.contract %x, %w plan "x" dot "y" columns 8 {kernel = array<i64: 3, 3>, strides = array<i64: 1, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x8xf32>, tensor<64xi8>) -> tensor<1x2x2x8xf32>
  return
}

// -----

func.func @yield(%x: tensor<4xf32>) {
  // expected-error @below {{'nn.yield' op expects parent op 'nn.dispatch'}}
  nn.yield %x : tensor<4xf32>
}

// -----

func.func @storage_kind() {
  // expected-error @below {{expected ::nibble::nn::StorageKind to be one of: input, output, state, parameter, planned}}
  // expected-error @below {{failed to parse NN_StorageKind parameter 'value' which is to be a `::nibble::nn::StorageKind`}}
  %0 = nn.storage <heap> 0 : memref<4xf32>
  return
}

// -----

func.func @parameter_length() {
  // expected-error @below {{'nn.parameter' op a 'tensor<2x3xf32>' takes 24 bytes, but the place has 20}}
  %0 = nn.parameter "w" at <file = "w.bin", offset = 0, length = 20, hash = 0> : tensor<2x3xf32>
  return
}

// -----

func.func @parameter_offset() {
  // expected-error @below {{'nn.parameter' op the place's offset is negative}}
  %0 = nn.parameter "w" at <file = "w.bin", offset = -1, length = 24, hash = 0> : tensor<2x3xf32>
  return
}

// -----

func.func @parameter_of_any_size() {
  // expected-error @below {{'nn.parameter' op a 'tensor<4611686018427387904x4xf32>' takes more than 2^63 bits}}
  %0 = nn.parameter "w" at <file = "w.bin", offset = 0, length = 0, hash = 0> : tensor<4611686018427387904x4xf32>
  return
}

// -----

func.func @parameter_elements() {
  // expected-error @below {{'nn.parameter' op cannot hold elements of type 'index'}}
  %0 = nn.parameter "w" at <file = "w.bin", offset = 0, length = 24, hash = 0> : tensor<2x3xindex>
  return
}

// -----

func.func @require_dims() {
  // expected-error @below {{'nn.require' op constraints are over symbols, not over dimensions}}
  nn.require affine_set<(d0)[s0] : (d0 - s0 == 0)>
  return
}
