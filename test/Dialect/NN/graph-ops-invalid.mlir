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
