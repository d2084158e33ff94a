// RUN: not quant-opt %s --nibble-quantize="weights=int99" 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not quant-opt %s --nibble-quantize="group=32" 2>&1 | FileCheck %s --check-prefix=GROUP
// RUN: not quant-opt %s --nibble-quantize="weights=int8 group=-1" 2>&1 | FileCheck %s --check-prefix=MINUS
// RUN: not quant-opt %s --nibble-quantize="weights='#qnt.format<int<4>>' group=32" 2>&1 | FileCheck %s --check-prefix=WHOLE
// RUN: not quant-opt %s --nibble-quantize="weights=int8 activations=int9" 2>&1 | FileCheck %s --check-prefix=ACT
// RUN: not quant-opt %s --nibble-quantize="weights=int8 activations=int1" 2>&1 | FileCheck %s --check-prefix=ONE
// RUN: not quant-opt %s --nibble-quantize="weights=int8 activation-group=32" 2>&1 | FileCheck %s --check-prefix=ACTGROUP
// RUN: not quant-opt %s --nibble-quantize="weights=int8 activations=int8 activation-group=-1" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not quant-opt %s --nibble-quantize="weights=int8 activations=int4 statistics=%t.none" 2>&1 | FileCheck %s --check-prefix=STATIC
// RUN: not quant-opt %s --nibble-quantize="weights=int8 activations=int8 activation-group=32 statistics=%t.none" 2>&1 | FileCheck %s --check-prefix=STATIC
// RUN: not quant-opt %s --nibble-quantize="activations=int8" 2>&1 | FileCheck %s --check-prefix=ALONE
// RUN: not quant-opt %s --nibble-quantize="weights=int8 activations=uint8" 2>&1 | FileCheck %s --check-prefix=DYNAMIC
// RUN: not quant-opt %s --nibble-quantize="weights=int8 keep=a[" 2>&1 | FileCheck %s --check-prefix=KEEP
// RUN: not quant-opt %s --nibble-quantize="weights=int8 activations=int8 statistics=%t.none" 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: echo '{"format":"nibble-statistics-1","of":"0","values":{}}' > %t.other
// RUN: not quant-opt %s --nibble-quantize="weights=int8 activations=int8 statistics=%t.other" 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: echo '{"format":"nibble-statistics-1","of":"0","values":{"x":{"min":1}}}' > %t.bad
// RUN: not quant-opt %s --nibble-quantize="weights=int8 activations=int8 statistics=%t.bad" 2>&1 | FileCheck %s --check-prefix=BAD
// RUN: echo '{"format":"nibble-statistics-1","of":"0","values":{"x":{"min":0,"max":1,"limit":1,"zeros":0,"positive":[],"negative":[],"channels":[1,-1]}}}' > %t.channels
// RUN: not quant-opt %s --nibble-quantize="weights=int8 activations=int8 statistics=%t.channels" 2>&1 | FileCheck %s --check-prefix=CHANNELS
// RUN: echo '{"format":"nibble-statistics-0"}' > %t.old
// RUN: not quant-opt %s --nibble-quantize="weights=int8 activations=int8 statistics=%t.old" 2>&1 | FileCheck %s --check-prefix=OLD
// RUN: echo '{"format":"nibble-statistics-1","of":"0"}' > %t.part
// RUN: not quant-opt %s --nibble-quantize="weights=int8 activations=int8 statistics=%t.part" 2>&1 | FileCheck %s --check-prefix=PART
// RUN: /usr/bin/python3 -c "print('[' * 200000)" > %t.deep
// RUN: not quant-opt %s --nibble-quantize="weights=int8 activations=int8 statistics=%t.deep" 2>&1 | FileCheck %s --check-prefix=DEEP
// RUN: not quant-opt %s --nibble-quantize="weights=q4_k group=48" 2>&1 | FileCheck %s --check-prefix=BLOCK

// NAME: error: unknown format 'int99' of weights; known are f32, int8, int4 and other names of formats, or a whole #qnt.format<…>
// GROUP: error: group is given, but weights stay f32; give weights a format
// MINUS: error: group must not be negative
// WHOLE: error: group is given beside a whole format; write it as the format's block
// ACT: error: activations cannot be 'int9'; known are f32, int2 to int8 and uint8
// ONE: error: activations cannot be 'int1'; known are f32, int2 to int8 and uint8
// ACTGROUP: error: activation group is given, but activations stay f32; give activations a format
// NEGATIVE: error: activation group must not be negative
// STATIC: error: calibration finds scales of activations in int8 and uint8, one for all; without it those of 'int{{[48]}}' are found at run time, by groups, too
// ALONE: error: activations are quantized only where weights are; give weights a format
// DYNAMIC: error: activations in uint8 need calibration: scales that are found at run time are those of signed integers
// KEEP: error: pattern 'a[' of keep:
// FILE: error: cannot read the statistics {{.*}}.none: No such file or directory
// OTHER: error: the statistics {{.*}} are of another model; calibrate again
// BAD: is no file of statistics: the histogram of 'x' is damaged
// CHANNELS: is no file of statistics: the channels of 'x' are damaged
// OLD: {{.*}}.old is no file of statistics: format is not nibble-statistics-1
// PART: {{.*}}.part is no file of statistics: of or values are missing
// DEEP: {{.*}}.deep is no file of statistics: it is nested more than 100 deep
// BLOCK: format 'q4_k' cannot have groups of 48
func.func @main(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  return %x : tensor<2x8xf32>
}
