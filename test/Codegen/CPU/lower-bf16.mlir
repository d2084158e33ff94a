// Rounding to bf16 is integer code: as an instruction of LLVM's it would be a call of __truncsfbf2, which no library has that we link.
// RUN: quant-opt %s --nibble-lower-to-llvm | FileCheck %s

// CHECK-LABEL: llvm.func @vectors
// CHECK-NOT: llvm.fptrunc
// CHECK: llvm.bitcast %{{.*}} : vector<8xi16> to vector<8xbf16>
func.func @vectors(%x: vector<8xf32>) -> vector<8xbf16> {
  %0 = arith.truncf %x : vector<8xf32> to vector<8xbf16>
  return %0 : vector<8xbf16>
}

// CHECK-LABEL: llvm.func @scalar
// CHECK-NOT: llvm.fptrunc
// CHECK: llvm.bitcast %{{.*}} : i16 to bf16
func.func @scalar(%x: f32) -> bf16 {
  %0 = arith.truncf %x : f32 to bf16
  return %0 : bf16
}

// CHECK-LABEL: llvm.func @integer
// CHECK: llvm.sitofp %{{.*}} : i64 to f32
// CHECK: llvm.bitcast %{{.*}} : i16 to bf16
func.func @integer(%x: i64) -> bf16 {
  %0 = arith.sitofp %x : i64 to bf16
  return %0 : bf16
}

// CHECK-LABEL: llvm.func @sum
// CHECK: llvm.fadd %{{.*}} : vector<8xf32>
// CHECK: llvm.bitcast %{{.*}} : vector<8xi16> to vector<8xbf16>
func.func @sum(%x: vector<8xbf16>) -> vector<8xbf16> {
  %0 = arith.addf %x, %x : vector<8xbf16>
  return %0 : vector<8xbf16>
}

// Other types have instructions.
// CHECK-LABEL: llvm.func @half
// CHECK: llvm.fptrunc %{{.*}} : vector<8xf32> to vector<8xf16>
func.func @half(%x: vector<8xf32>) -> vector<8xf16> {
  %0 = arith.truncf %x : vector<8xf32> to vector<8xf16>
  return %0 : vector<8xf16>
}
