// RUN: quant-opt %s --split-input-file --verify-diagnostics --nibble-emulate-x86-intrinsics | FileCheck %s

// CHECK-LABEL: func.func @dots
// CHECK-NOT:     llvm.call_intrinsic
// CHECK-COUNT-4: arith.muli {{.*}} : vector<16xi32>
// CHECK-COUNT-2: arith.muli {{.*}} : vector<8xi32>
// CHECK-COUNT-2: arith.muli {{.*}} : vector<16xi32>
// CHECK:         arith.minsi
// CHECK:         arith.maxsi
// CHECK:         arith.trunci {{.*}} : vector<16xi32> to vector<16xi16>
func.func @dots(%s: vector<16xi32>, %u: vector<64xi8>, %v: vector<64xi8>,
                %w: vector<16xi16>, %b: vector<32xi8>)
    -> (vector<16xi32>, vector<8xi32>, vector<16xi16>) {
  %0 = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%s, %u, %v)
      : (vector<16xi32>, vector<64xi8>, vector<64xi8>) -> vector<16xi32>
  %1 = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%w, %w)
      : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
  %2 = llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"(%b, %b)
      : (vector<32xi8>, vector<32xi8>) -> vector<16xi16>
  return %0, %1, %2 : vector<16xi32>, vector<8xi32>, vector<16xi16>
}

// Each half of a register is narrowed on its own.
// CHECK-LABEL: func.func @codes
// CHECK-NOT:   llvm.call_intrinsic
// CHECK:       math.roundeven
// CHECK:       arith.fptosi
// CHECK:       vector.shuffle {{.*}} [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15]
// CHECK:       vector.shuffle {{.*}} [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23, 8,
func.func @codes(%x: vector<8xf32>, %w: vector<16xi16>) -> (vector<16xi16>, vector<32xi8>, vector<32xi8>) {
  %0 = llvm.call_intrinsic "llvm.x86.avx.cvt.ps2dq.256"(%x) : (vector<8xf32>) -> vector<8xi32>
  %1 = llvm.call_intrinsic "llvm.x86.avx2.packssdw"(%0, %0) : (vector<8xi32>, vector<8xi32>) -> vector<16xi16>
  %2 = llvm.call_intrinsic "llvm.x86.avx2.packuswb"(%1, %w) : (vector<16xi16>, vector<16xi16>) -> vector<32xi8>
  %3 = llvm.call_intrinsic "llvm.x86.avx2.packsswb"(%1, %w) : (vector<16xi16>, vector<16xi16>) -> vector<32xi8>
  return %1, %2, %3 : vector<16xi16>, vector<32xi8>, vector<32xi8>
}

// -----

func.func @unknown(%a: vector<8xf32>) -> vector<8xf32> {
  // expected-error @below {{has no emulation}}
  %0 = llvm.call_intrinsic "llvm.x86.avx.rcp.ps.256"(%a) : (vector<8xf32>) -> vector<8xf32>
  return %0 : vector<8xf32>
}
