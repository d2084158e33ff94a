// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=f64"' 2>&1 | FileCheck %s --check-prefix=READ
// READ: error: contraction: cannot read 'a=f64'

// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=s8 b=f32 c=f32"' 2>&1 | FileCheck %s --check-prefix=MIXED
// MIXED: integer activations need integer weights: dequantize them first

// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 c=f32" features=x86-64-v2' 2>&1 | FileCheck %s --check-prefix=FEATURES
// FEATURES: no kernel for a CPU with {{.*}}; x86-64-v3 is the least that is supported

// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 c=f32" features=i486' 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: unknown x86-64 CPU 'i486'

// What no contraction is.
// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 c=f32 words"' 2>&1 | FileCheck %s --check-prefix=WORDS
// WORDS: contraction 'a=f32 b=f32 c=f32 words': words are of integer activations
// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 c=i32"' 2>&1 | FileCheck %s --check-prefix=I32
// I32: an i32 result needs integer activations
// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=s8 b=int8 group=32 scale=f32 c=i32"' 2>&1 | FileCheck %s --check-prefix=RAW
// RAW: an i32 result has no scales and no weight groups
// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=s8 b=int8 c=f32"' 2>&1 | FileCheck %s --check-prefix=SCALES
// SCALES: integer weights need scales unless the result is i32
// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 c=f32 out_scale"' 2>&1 | FileCheck %s --check-prefix=OUT-SCALE
// OUT-SCALE: only s8 and u8 results have an output scale
// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=f32 a_scale=row b=f32 c=f32"' 2>&1 | FileCheck %s --check-prefix=A-SCALE
// A-SCALE: f32 activations have no scale or zero point
// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 c=f32 rows=4"' 2>&1 | FileCheck %s --check-prefix=ROWS
// ROWS: rows have 1 to 3 dimensions
// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 c=f32 segments=3"' 2>&1 | FileCheck %s --check-prefix=SEGMENTS
// SEGMENTS: segments have at most 2 dimensions
// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 c=f32 groups=4"' 2>&1 | FileCheck %s --check-prefix=GROUPS
// GROUPS: groups have at most 3 dimensions
// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=f32 b=f32 group=32 c=f32"' 2>&1 | FileCheck %s --check-prefix=F32
// F32: f32 weights have no group, bounded pairs, scale or zero point
// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=s8 b=int9 c=i32"' 2>&1 | FileCheck %s --check-prefix=BITS
// BITS: integer weights have 2 to 8 bits
// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=s8 b=int4 pairs c=i32"' 2>&1 | FileCheck %s --check-prefix=PAIRS
// PAIRS: bounded pairs are of int8 codes without zero point
// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=s8 b=int8 group=6 scale=f32 c=f32"' 2>&1 | FileCheck %s --check-prefix=GROUP
// GROUP: a group must be a multiple of 4 values
// RUN: not quant-opt %s --nibble-emit-contraction='contraction="a=s8 b=int8 run_time c=i32"' 2>&1 | FileCheck %s --check-prefix=RUN-TIME
// RUN-TIME: only an f32 right operand can be packed at run time

module {}
