// The inner loops keep their sums in registers: one FMA for each accumulator,
// and no vector goes to the stack.

// RUN: quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 c=f32" features=x86-64-v3' | FileCheck %s --check-prefix=IR
// RUN: quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 c=f32" features=x86-64-v3' --nibble-lower-to-llvm \
// RUN:   | FileCheck %s --check-prefix=LLVM
// RUN: quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 c=f32" features=x86-64-v3' --nibble-lower-to-llvm \
// RUN:   | mlir-translate --mlir-to-llvmir | opt -O3 -mcpu=x86-64-v3 -mtriple=x86_64-linux-gnu \
// RUN:   | llc -O3 -mcpu=x86-64-v3 -fp-contract=off | FileCheck %s --check-prefix=AVX2
// RUN: quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 c=f32" features=znver5' --nibble-lower-to-llvm \
// RUN:   | mlir-translate --mlir-to-llvmir | opt -O3 -mcpu=znver5 -mtriple=x86_64-linux-gnu \
// RUN:   | llc -O3 -mcpu=znver5 -fp-contract=off | FileCheck %s --check-prefix=AVX512

// IR-LABEL: func.func private @contraction(
// IR-SAME:    memref<?xf32>, %{{.*}}: memref<?xi8>, %{{.*}}: memref<?xf32>, %{{.*}}: index
// IR-SAME:    attributes {nn.kernel}
// IR:         scf.index_switch
// IR:         case 1 {
// IR:           scf.for
// IR-COUNT-2:     math.fma
// IR-NEXT:        scf.yield
// IR:         default {
// IR-COUNT-12:    math.fma
// IR-NEXT:        scf.yield
// IR:         vector.maskedstore

// Fused whatever the code generator is told: llvm.fmuladd would be a product
// and a sum where fusion is off.
// LLVM-NOT:   llvm.intr.fmuladd
// LLVM:       llvm.intr.fma(
// LLVM-NOT:   llvm.intr.fmuladd

// AVX2-LABEL:     contraction:
// AVX2-NOT:       32-byte Spill
// AVX2-COUNT-12:  vfmadd231ps {{.*}}%ymm
// AVX2-NOT:       32-byte Spill

// AVX512-LABEL:    contraction:
// AVX512-NOT:      64-byte Spill
// AVX512-COUNT-24: vfmadd231ps {{.*}}%zmm
// AVX512-NOT:      64-byte Spill

module {}
