// RUN: quant-opt %s --nibble-emit-contraction='contraction="a=s8 a_scale=row b=int8 scale=f32 c=f32" features=znver5' --nibble-lower-to-llvm \
// RUN:   | mlir-translate --mlir-to-llvmir | opt -O3 -mcpu=znver5 -mtriple=x86_64-linux-gnu \
// RUN:   | llc -O3 -mcpu=znver5 | FileCheck %s --check-prefix=VNNI
// RUN: quant-opt %s --nibble-emit-contraction='contraction="a=s8 a_scale=row b=int8 scale=f32 c=f32" features=alderlake' --nibble-lower-to-llvm \
// RUN:   | mlir-translate --mlir-to-llvmir | opt -O3 -mcpu=alderlake -mtriple=x86_64-linux-gnu \
// RUN:   | llc -O3 -mcpu=alderlake | FileCheck %s --check-prefix=AVXVNNI
// RUN: quant-opt %s --nibble-emit-contraction='contraction="a=s8 a_scale=row b=int8 scale=f32 c=f32" features=x86-64-v3' --nibble-lower-to-llvm \
// RUN:   | mlir-translate --mlir-to-llvmir | opt -O3 -mcpu=x86-64-v3 -mtriple=x86_64-linux-gnu \
// RUN:   | llc -O3 -mcpu=x86-64-v3 | FileCheck %s --check-prefix=AVX2
// RUN: quant-opt %s --nibble-emit-contraction='contraction="a=s8 a_scale=row b=int4 group=32 scale=f16 c=f32" features=x86-64-v3' --nibble-lower-to-llvm \
// RUN:   | mlir-translate --mlir-to-llvmir | opt -O3 -mcpu=x86-64-v3 -mtriple=x86_64-linux-gnu \
// RUN:   | llc -O3 -mcpu=x86-64-v3 | FileCheck %s --check-prefix=INT4

// VNNI-LABEL:    contraction:
// VNNI-NOT:      64-byte Spill
// VNNI-COUNT-24: vpdpbusd {{.*}}%zmm
// VNNI-NOT:      64-byte Spill

// AVXVNNI-LABEL:    contraction:
// AVXVNNI-NOT:      32-byte Spill
// AVXVNNI-COUNT-12: vpdpbusd {{.*}}%ymm
// AVXVNNI-NOT:      32-byte Spill

// AVX2-LABEL:    contraction:
// AVX2-NOT:      32-byte Spill
// AVX2:          vpmovsxbw
// AVX2-COUNT-12: vpmaddwd {{.*}}%ymm
// AVX2-NOT:      32-byte Spill

// INT4-LABEL:    contraction:
// INT4:          vpmaddubsw {{.*}}%ymm
// INT4:          vpaddw
// INT4:          vcvtph2ps

module {}
