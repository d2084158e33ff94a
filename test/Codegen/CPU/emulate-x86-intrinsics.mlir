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

// -----

func.func @unknown(%a: vector<8xf32>) -> vector<8xf32> {
  // expected-error @below {{has no emulation}}
  %0 = llvm.call_intrinsic "llvm.x86.avx.rcp.ps.256"(%a) : (vector<8xf32>) -> vector<8xf32>
  return %0 : vector<8xf32>
}
