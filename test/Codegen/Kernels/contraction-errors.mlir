// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=f64"' 2>&1 | FileCheck %s --check-prefix=READ
// READ: error: contraction: cannot read 'a=f64'

// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=s8 b=f32 c=f32"' 2>&1 | FileCheck %s --check-prefix=MIXED
// MIXED: integer activations need integer weights: dequantize them first

// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 c=f32" features=x86-64-v2' 2>&1 | FileCheck %s --check-prefix=FEATURES
// FEATURES: no kernel for a CPU with {{.*}}; x86-64-v3 is the least that is supported

// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 c=f32" features=i486' 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: unknown x86-64 CPU 'i486'

module {}
