// RUN: quant-opt %s --nibble-lower-loop-nests --split-input-file --verify-diagnostics

// expected-error @below {{must end its arguments with begin: index, end: index, scratch: memref<?xi8>}}
func.func private @signature(%y: memref<4xf32>, %v: f32)
    attributes {nn.kernel} {
  linalg.fill ins(%v : f32) outs(%y : memref<4xf32>)
  return
}

// -----

// expected-error @below {{must not return values; write to memref arguments instead}}
func.func private @result(%y: memref<4xf32>, %v: f32, %begin: index,
    %end: index, %scratch: memref<?xi8>) -> f32 attributes {nn.kernel} {
  linalg.fill ins(%v : f32) outs(%y : memref<4xf32>)
  return %v : f32
}

// -----

// expected-error @below {{must not use its begin, end and scratch arguments itself}}
func.func private @range(%y: memref<?xf32>, %v: f32, %begin: index,
    %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  %t = memref.alloca(%end) : memref<?xf32>
  linalg.fill ins(%v : f32) outs(%t : memref<?xf32>)
  return
}

// -----

func.func private @effects(%y: memref<4xf32>, %v: f32, %begin: index,
    %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  %c0 = arith.constant 0 : index
  linalg.fill ins(%v : f32) outs(%y : memref<4xf32>)
  // expected-error @below {{'memref.store' op may not stand in a loop-nest kernel}}
  memref.store %v, %y[%c0] : memref<4xf32>
  return
}

// -----

func.func private @body(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index,
    %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>],
                  iterator_types = ["parallel"]} outs(%y : memref<4xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    // expected-error @below {{may write memory inside a linalg body}}
    memref.store %o, %x[%i] : memref<4xf32>
    linalg.yield %o : f32
  }
  return
}

// -----

func.func private @layout(%y: memref<4xf32, affine_map<(i) -> (i floordiv 2)>>,
    %v: f32, %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {nn.kernel} {
  // expected-error @below {{needs ranked memrefs with a strided layout}}
  linalg.fill ins(%v : f32)
      outs(%y : memref<4xf32, affine_map<(i) -> (i floordiv 2)>>)
  return
}

// -----

func.func private @tensor(%x: tensor<4xf32>, %y: memref<4xf32>, %begin: index,
    %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  %0 = tensor.empty() : tensor<4xf32>
  // expected-error @below {{must work on memrefs only}}
  %1 = linalg.copy ins(%x : tensor<4xf32>) outs(%0 : tensor<4xf32>)
      -> tensor<4xf32>
  return
}

// -----

func.func private @origin(%y: memref<4xf32>, %z: memref<4xf32>, %c: i1,
    %v: f32, %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {nn.kernel} {
  %m = arith.select %c, %y, %z : memref<4xf32>
  // expected-error @below {{one comes from arith.select}}
  linalg.fill ins(%v : f32) outs(%m : memref<4xf32>)
  return
}

// -----

// expected-error @below {{is a loop-nest kernel and must have exactly one block}}
func.func private @blocks(%y: memref<4xf32>, %v: f32, %begin: index,
    %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  cf.br ^bb1
^bb1:
  linalg.fill ins(%v : f32) outs(%y : memref<4xf32>)
  return
}

// -----

func.func private @temporary(%y: memref<4xf32>, %v: f32, %begin: index,
    %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  // expected-error @below {{in a loop-nest kernel needs the identity layout}}
  %t = memref.alloca() : memref<4xf32, strided<[2]>>
  linalg.fill ins(%v : f32) outs(%t : memref<4xf32, strided<[2]>>)
  return
}
