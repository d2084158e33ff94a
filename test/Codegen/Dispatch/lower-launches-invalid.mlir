// RUN: quant-opt %s --nibble-lower-launches --split-input-file --verify-diagnostics

func.func @nib_run(%exec: !llvm.ptr, %n: index) -> i32 {
  %c0 = arith.constant 0 : i32
  %x = memref.alloc() : memref<8xf32>
  // expected-error @below {{passes a memref that is neither a storage nor a part of one}}
  nn.launch @k dispatch 0 grid %n traffic %n (%x) : memref<8xf32>
  return %c0 : i32
}
func.func private @k(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  return
}

// -----

func.func @nib_run(%exec: !llvm.ptr, %n: index) -> i32 {
  %c0 = arith.constant 0 : i32
  %x = nn.storage <planned> 0 : memref<4xi1>
  // expected-error @below {{must read the one flag of a storage}}
  %y = memref.load %x[%n] : memref<4xi1>
  return %c0 : i32
}
