// RUN: quant-opt %s --split-input-file --qnt-insert-transforms --qnt-fuse-transforms --mlir-print-op-on-diagnostic=false 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t

// A pre-norm block whose gains are split off. The stream takes one rotation of all its channels: the table, what writes to it (with its bias), and what
// reads it, which takes the gain first. An activation function lets none through: there it stays, by blocks.
// REMARK: remark: {{.*}}up/MatMul{{.*}}: its input is rotated by a Hadamard matrix of 64 channels, fused into 5 weights; 7 values share the basis
// REMARK: remark: {{.*}}down/MatMul{{.*}}: its input is rotated at run time by blocks of 32: elementwise gelu 'act/Gelu' lets permutation through
// CHECK-LABEL: module
// CHECK-NOT: qnt.basis {{.*}} : 64 = #qnt.hadamard<32>
// CHECK-DAG: qnt.basis "private" @[[STREAM:.*]] : 64 = #qnt.hadamard<64>
// CHECK-DAG: qnt.basis "private" @[[INNER:.*]] : 128 = #qnt.hadamard<32>
// CHECK: func.func @main
// CHECK-DAG: %[[TABLE:.*]] = nn.parameter "table"
// CHECK-DAG: %[[G1:.*]] = nn.parameter "g1"
// CHECK-DAG: %[[UP:.*]] = nn.parameter "up"
// CHECK-DAG: %[[DOWN:.*]] = nn.parameter "down"
// CHECK-DAG: %[[B:.*]] = nn.parameter "b"
// CHECK: %[[ROTATED:.*]] = qnt.transform %[[TABLE]] to @[[STREAM]] axis = 1
// CHECK: %[[X:.*]] = nn.embedding %[[ROTATED]]
// CHECK: %[[N:.*]] = nn.rms_norm %[[X]]
// CHECK: %[[ROW:.*]] = nn.reshape %[[G1]] shape [1, 64]
// CHECK: %[[GAINED:.*]] = nn.elementwise <mul> %[[UP]], %[[ROW]]
// CHECK: %[[UPT:.*]] = qnt.transform %[[GAINED]] to @[[STREAM]] axis = 1
// CHECK: %[[U:.*]] = nn.linear %[[N]], %[[UPT]] {nn.note = "input rotated by a Hadamard matrix of 64 channels, fused into 5 weights"}
// CHECK: %[[A:.*]] = nn.elementwise <gelu> %[[U]]
// CHECK: %[[ONLINE:.*]] = qnt.transform %[[A]] to @[[INNER]] axis = 1 {nn.note = "rotated at run time by blocks of 32: elementwise gelu 'act/Gelu' lets permutation through"}
// CHECK: %[[OUT:.*]] = qnt.transform %[[DOWN]] to @[[STREAM]] axis = 0
// CHECK: %[[BT:.*]] = qnt.transform %[[B]] to @[[STREAM]] axis = 0 : tensor<64xf32>
// CHECK: %[[BOTH:.*]] = qnt.transform %[[OUT]] to @[[INNER]] axis = 1
// CHECK: nn.linear %[[ONLINE]], %[[BOTH]] bias %[[BT]]
// CHECK-NOT: <mul> %{{.*}}, %[[G1]]
func.func @main(%ids: tensor<?xi64>) -> tensor<?x8xf32> {
  %table = nn.parameter "table" at <file = "w.bin", offset = 0, length = 25600, hash = 1> : tensor<100x64xf32>
  %g1 = nn.parameter "g1" at <file = "w.bin", offset = 25600, length = 256, hash = 2> : tensor<64xf32>
  %up = nn.parameter "up" at <file = "w.bin", offset = 25856, length = 32768, hash = 3> : tensor<128x64xf32>
  %down = nn.parameter "down" at <file = "w.bin", offset = 58624, length = 32768, hash = 4> : tensor<64x128xf32>
  %b = nn.parameter "b" at <file = "w.bin", offset = 91392, length = 256, hash = 5> : tensor<64xf32>
  %g2 = nn.parameter "g2" at <file = "w.bin", offset = 91648, length = 256, hash = 6> : tensor<64xf32>
  %head = nn.parameter "head" at <file = "w.bin", offset = 91904, length = 2048, hash = 7> : tensor<8x64xf32>
  %x = nn.embedding %table, %ids : (tensor<100x64xf32>, tensor<?xi64>) -> tensor<?x64xf32>
  %n1 = nn.rms_norm %x axis 1 epsilon 1.0e-6 : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %s1 = nn.elementwise <mul> %n1, %g1 : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %u = nn.linear %s1, %up : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32> loc("up/MatMul")
  %a = nn.elementwise <gelu> %u : (tensor<?x128xf32>) -> tensor<?x128xf32> loc("act/Gelu")
  %d = nn.linear %a, %down bias %b : (tensor<?x128xf32>, tensor<64x128xf32>, tensor<64xf32>) -> tensor<?x64xf32> loc("down/MatMul")
  %y = nn.elementwise <add> %x, %d : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %n2 = nn.rms_norm %y axis 1 epsilon 1.0e-6 : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %s2 = nn.elementwise <mul> %n2, %g2 : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %z = nn.linear %s2, %head : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32> loc("head/MatMul")
  return %z : tensor<?x8xf32>
}

// -----

// What a graph gets is pinned: one rotation at run time for both readers.
// REMARK: remark: {{.*}}q/MatMul{{.*}}: its input is rotated at run time by blocks of 32: graph input 'x'
// CHECK-LABEL: module
// CHECK: %[[R:.*]] = qnt.transform %arg0 to @[[BASIS:.*]] axis = 1
// CHECK-NOT: qnt.transform %arg0
// CHECK: %[[W:.*]] = qnt.transform %{{.*}} to @[[BASIS]] axis = 1 : tensor<32x64xf32>
// CHECK: nn.linear %[[R]], %[[W]]
// CHECK: nn.linear %[[R]], %
func.func @main(%x: tensor<?x64xf32> {nn.name = "x"}) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 8192, hash = 1> : tensor<32x64xf32>
  %v = nn.parameter "v" at <file = "w.bin", offset = 8192, length = 8192, hash = 2> : tensor<32x64xf32>
  %y = nn.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32> loc("q/MatMul")
  %z = nn.linear %x, %v : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32> loc("k/MatMul")
  return %y, %z : tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

// What a graph gives is seen: its reader rotates at run time, though weights write it.
// REMARK: remark: {{.*}}o/MatMul{{.*}}: its input is rotated at run time by blocks of 32: graph output 'present' would be rotated, too
// CHECK-LABEL: module
// CHECK: %[[V:.*]] = nn.linear
// CHECK: %[[R:.*]] = qnt.transform %[[V]] to
// CHECK: %[[Y:.*]] = nn.linear %[[R]],
// CHECK: return %[[Y]], %[[V]]
func.func @main(%ids: tensor<?xi64>) -> (tensor<?x8xf32>, tensor<?x64xf32> {nn.name = "present"}) {
  %table = nn.parameter "table" at <file = "w.bin", offset = 0, length = 32768, hash = 1> : tensor<128x64xf32>
  %w = nn.parameter "w" at <file = "w.bin", offset = 32768, length = 16384, hash = 2> : tensor<64x64xf32>
  %o = nn.parameter "o" at <file = "w.bin", offset = 49152, length = 2048, hash = 3> : tensor<8x64xf32>
  %x = nn.embedding %table, %ids : (tensor<128x64xf32>, tensor<?xi64>) -> tensor<?x64xf32>
  %v = nn.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32> loc("v/MatMul")
  %y = nn.linear %v, %o : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32> loc("o/MatMul")
  return %y, %v : tensor<?x8xf32>, tensor<?x64xf32>
}

// -----

// A gain that a residual reads stays where it is, and no rotation passes it: the readers rotate.
// REMARK: remark: {{.*}}up/MatMul{{.*}}: its input is rotated at run time by blocks of 32: elementwise mul 'gain/Mul' lets permutation|sign|scale through; {{.*}} cannot take its gain
// CHECK-LABEL: module
// CHECK: %[[S:.*]] = nn.elementwise <mul> %{{.*}}, %{{.*}} : (tensor<?x64xf32>, tensor<64xf32>)
// CHECK: %[[R:.*]] = qnt.transform %[[S]] to
// CHECK: %[[U:.*]] = nn.linear %[[R]],
// CHECK: nn.elementwise <add> %[[S]], %[[U]]
func.func @main(%ids: tensor<?xi64>) -> tensor<?x64xf32> {
  %table = nn.parameter "table" at <file = "w.bin", offset = 0, length = 25600, hash = 1> : tensor<100x64xf32>
  %g = nn.parameter "g" at <file = "w.bin", offset = 25600, length = 256, hash = 2> : tensor<64xf32>
  %up = nn.parameter "up" at <file = "w.bin", offset = 25856, length = 16384, hash = 3> : tensor<64x64xf32>
  %x = nn.embedding %table, %ids : (tensor<100x64xf32>, tensor<?xi64>) -> tensor<?x64xf32>
  %n = nn.rms_norm %x axis 1 epsilon 1.0e-6 : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %s = nn.elementwise <mul> %n, %g : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32> loc("gain/Mul")
  %u = nn.linear %s, %up : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32> loc("up/MatMul")
  %y = nn.elementwise <add> %s, %u : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// What is between two linear maps over heads: a rotation of each head's channels. Of heads of eight channels less than half of the block that
// is asked for would be left of it: then the reader rotates.
// REMARK: remark: {{.*}}wide/MatMul{{.*}}: its input is rotated by a Hadamard matrix of 32 channels, fused into 2 weights
// REMARK: remark: {{.*}}narrow/MatMul{{.*}}: its input is rotated at run time by blocks of 32: what it could share a rotation with lets only smaller ones through
// CHECK-LABEL: module
// CHECK-DAG: qnt.basis "private" @[[HEADS:.*]] : 128 = #qnt.hadamard<32>
// CHECK-DAG: qnt.basis "private" @[[INPUT:.*]] : 16 = #qnt.hadamard<16>
// CHECK: func.func @main
// CHECK: %[[X:.*]] = qnt.transform %arg0 to @[[INPUT]] axis = 2
// CHECK: %[[VX:.*]] = qnt.transform %{{.*}} to @[[INPUT]] axis = 1 : tensor<128x16xf32>
// CHECK: %[[V:.*]] = qnt.transform %[[VX]] to @[[HEADS]] axis = 0 : tensor<128x16xf32>
// CHECK: nn.linear %[[X]], %[[V]]
// CHECK: nn.attention {{.*}} tensor<?x4x?x32xf32>
// CHECK: %[[O:.*]] = qnt.transform %{{.*}} to @[[HEADS]] axis = 1 : tensor<16x128xf32>
// CHECK: nn.linear %{{.*}}, %[[O]] {nn.note = "input rotated by
// CHECK: nn.attention {{.*}} tensor<?x8x?x8xf32>
// CHECK: %[[R:.*]] = qnt.transform %{{.*}} to @{{.*}} axis = 2 {{.*}} : tensor<?x?x64xf32>
// CHECK: nn.linear %[[R]], %{{.*}} {nn.note = "input rotated at run time
func.func @main(%x: tensor<?x?x16xf32>, %q: tensor<?x4x?x32xf32>, %k: tensor<?x4x?x32xf32>, %q2: tensor<?x8x?x8xf32>, %k2: tensor<?x8x?x8xf32>)
    -> (tensor<?x?x16xf32>, tensor<?x?x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x16xf32>
  %s = tensor.dim %x, %c1 : tensor<?x?x16xf32>
  %wv = nn.parameter "wv" at <file = "w.bin", offset = 0, length = 8192, hash = 1> : tensor<128x16xf32>
  %wo = nn.parameter "wo" at <file = "w.bin", offset = 8192, length = 8192, hash = 2> : tensor<16x128xf32>
  %wv2 = nn.parameter "wv2" at <file = "w.bin", offset = 16384, length = 4096, hash = 3> : tensor<64x16xf32>
  %wo2 = nn.parameter "wo2" at <file = "w.bin", offset = 20480, length = 4096, hash = 4> : tensor<16x64xf32>
  %v = nn.linear %x, %wv : (tensor<?x?x16xf32>, tensor<128x16xf32>) -> tensor<?x?x128xf32> loc("v/MatMul")
  %vh = nn.reshape %v shape [%b, %s, 4, 32] : tensor<?x?x128xf32> -> tensor<?x?x4x32xf32>
  %vt = nn.transpose %vh permutation [0, 2, 1, 3] : tensor<?x?x4x32xf32> -> tensor<?x4x?x32xf32>
  %a = nn.attention %q, %k, %vt scale 1.0 : (tensor<?x4x?x32xf32>, tensor<?x4x?x32xf32>, tensor<?x4x?x32xf32>) -> tensor<?x4x?x32xf32>
  %at = nn.transpose %a permutation [0, 2, 1, 3] : tensor<?x4x?x32xf32> -> tensor<?x?x4x32xf32>
  %ar = nn.reshape %at shape [%b, %s, 128] : tensor<?x?x4x32xf32> -> tensor<?x?x128xf32>
  %o = nn.linear %ar, %wo : (tensor<?x?x128xf32>, tensor<16x128xf32>) -> tensor<?x?x16xf32> loc("wide/MatMul")
  %v2 = nn.linear %o, %wv2 : (tensor<?x?x16xf32>, tensor<64x16xf32>) -> tensor<?x?x64xf32> loc("v2/MatMul")
  %vh2 = nn.reshape %v2 shape [%b, %s, 8, 8] : tensor<?x?x64xf32> -> tensor<?x?x8x8xf32>
  %vt2 = nn.transpose %vh2 permutation [0, 2, 1, 3] : tensor<?x?x8x8xf32> -> tensor<?x8x?x8xf32>
  %a2 = nn.attention %q2, %k2, %vt2 scale 1.0 : (tensor<?x8x?x8xf32>, tensor<?x8x?x8xf32>, tensor<?x8x?x8xf32>) -> tensor<?x8x?x8xf32>
  %at2 = nn.transpose %a2 permutation [0, 2, 1, 3] : tensor<?x8x?x8xf32> -> tensor<?x?x8x8xf32>
  %ar2 = nn.reshape %at2 shape [%b, %s, 64] : tensor<?x?x8x8xf32> -> tensor<?x?x64xf32>
  %o2 = nn.linear %ar2, %wo2 : (tensor<?x?x64xf32>, tensor<16x64xf32>) -> tensor<?x?x16xf32> loc("narrow/MatMul")
  return %o, %o2 : tensor<?x?x16xf32>, tensor<?x?x16xf32>
}

// -----

// Not a request: the weights do not have the dual.
// CHECK-LABEL: module
// CHECK: qnt.transform %arg0 to @mine axis = 1
// CHECK-NOT: qnt.transform
qnt.basis @mine : 8 = #qnt.hadamard<8>
func.func @main(%x: tensor<2x8xf32>, %w: tensor<4x8xf32>) -> tensor<2x4xf32> {
  %r = qnt.transform %x to @mine axis = 1 : tensor<2x8xf32>
  %y = nn.linear %r, %w : (tensor<2x8xf32>, tensor<4x8xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// Nor are weights that a run brings.
// CHECK-LABEL: module
// CHECK: qnt.transform %arg0 to @mine axis = 1
// CHECK: qnt.transform %arg1 to dual @mine axis = 1
qnt.basis @mine : 8 = #qnt.hadamard<8>
func.func @main(%x: tensor<2x8xf32>, %w: tensor<4x8xf32>) -> tensor<2x4xf32> {
  %r = qnt.transform %x to @mine axis = 1 : tensor<2x8xf32>
  %v = qnt.transform %w to dual @mine axis = 1 : tensor<4x8xf32>
  %y = nn.linear %r, %v : (tensor<2x8xf32>, tensor<4x8xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// Two maps share a weight, and what the second one makes is seen. To rotate what the first one makes, in that weight, would need a copy of it.
// REMARK: remark: {{.*}}down/MatMul{{.*}}: its input is rotated at run time by blocks of 32: the weight of linear 'first/MatMul' has other readers: a copy of 8192 bytes would cost more
// CHECK-LABEL: module
// CHECK: %[[W:.*]] = qnt.transform %{{.*}} axis = 1 : tensor<64x32xf32>
// CHECK-NOT: axis = 0
// CHECK: %[[A:.*]] = nn.linear %{{.*}}, %[[W]] {
// CHECK: %[[R:.*]] = qnt.transform %[[A]] to
// CHECK: nn.linear %[[R]],
// CHECK: %[[W2:.*]] = qnt.transform %{{.*}} axis = 1 : tensor<64x32xf32>
// CHECK: nn.linear %{{.*}}, %[[W2]] {
func.func @main(%x: tensor<?x32xf32>, %y: tensor<?x32xf32>) -> (tensor<?x8xf32>, tensor<?x64xf32> {nn.name = "seen"}) {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 8192, hash = 1> : tensor<64x32xf32>
  %down = nn.parameter "down" at <file = "w.bin", offset = 8192, length = 2048, hash = 2> : tensor<8x64xf32>
  %a = nn.linear %x, %w : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32> loc("first/MatMul")
  %d = nn.linear %a, %down : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32> loc("down/MatMul")
  %b = nn.linear %y, %w : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32> loc("second/MatMul")
  return %d, %b : tensor<?x8xf32>, tensor<?x64xf32>
}

// -----

// A copy of one channel's weight costs less than that.
// REMARK: remark: {{.*}}down/MatMul{{.*}}: its input is rotated by a Hadamard matrix of 64 channels, fused into 2 weights
// REMARK: remark: {{.*}}first/MatMul{{.*}}: its weight, of which others read another basis, is stored once more, 256 bytes: a rotation at run time would cost more
// CHECK-LABEL: module
// CHECK: %[[PLAIN:.*]] = nn.parameter "w"
// CHECK: %[[W:.*]] = qnt.transform %[[PLAIN]] to @{{.*}} axis = 0 : tensor<64x1xf32>
// CHECK: %[[A:.*]] = nn.linear %{{.*}}, %[[W]] {
// CHECK: nn.linear %[[A]],
// CHECK: nn.linear %{{.*}}, %[[PLAIN]]
func.func @main(%x: tensor<?x1xf32>, %y: tensor<?x1xf32>) -> (tensor<?x8xf32>, tensor<?x64xf32> {nn.name = "seen"}) {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 256, hash = 1> : tensor<64x1xf32>
  %down = nn.parameter "down" at <file = "w.bin", offset = 8192, length = 2048, hash = 2> : tensor<8x64xf32>
  %a = nn.linear %x, %w : (tensor<?x1xf32>, tensor<64x1xf32>) -> tensor<?x64xf32> loc("first/MatMul")
  %d = nn.linear %a, %down : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32> loc("down/MatMul")
  %b = nn.linear %y, %w : (tensor<?x1xf32>, tensor<64x1xf32>) -> tensor<?x64xf32> loc("second/MatMul")
  return %d, %b : tensor<?x8xf32>, tensor<?x64xf32>
}

// -----

// A table and the head that is tied to it: the table in the stream's basis, the head's codes of the same numbers with the gain. They are stored apart anyhow.
// REMARK: remark: {{.*}}head/MatMul{{.*}}: its input is rotated by a Hadamard matrix of 64 channels, fused into 2 weights; 3 values share the basis
// REMARK-NOT: stored once more
// CHECK-LABEL: module
// CHECK: %[[T:.*]] = qnt.transform %{{.*}} to @[[B:.*]] axis = 1 : tensor<100x64xf32>
// CHECK: nn.embedding %[[T]]
// CHECK: %[[G:.*]] = nn.elementwise <mul> {{.*}} tensor<100x64xf32>
// CHECK: %[[H:.*]] = qnt.transform %[[G]] to @[[B]] axis = 1 : tensor<100x64xf32>
// CHECK: nn.linear %{{.*}}, %[[H]]
func.func @main(%ids: tensor<?xi64>) -> tensor<?x100xf32> {
  %table = nn.parameter "table" at <file = "w.bin", offset = 0, length = 25600, hash = 1> : tensor<100x64xf32>
  %g = nn.parameter "g" at <file = "w.bin", offset = 25600, length = 256, hash = 2> : tensor<64xf32>
  %x = nn.embedding %table, %ids : (tensor<100x64xf32>, tensor<?xi64>) -> tensor<?x64xf32>
  %n = nn.rms_norm %x axis 1 epsilon 1.0e-6 : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %s = nn.elementwise <mul> %n, %g : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %z = nn.linear %s, %table : (tensor<?x64xf32>, tensor<100x64xf32>) -> tensor<?x100xf32> loc("head/MatMul")
  return %z : tensor<?x100xf32>
}

// -----

// Values that a graph's cache holds are pinned. One token's output, though of twice as many heads, is less to rotate than all that is cached.
// REMARK: remark: {{.*}}o/MatMul{{.*}}: its input is rotated at run time by blocks of 32: graph output 'present' would be rotated, too
// CHECK-LABEL: module
// CHECK: %[[ALL:.*]] = nn.cache_update
// CHECK-NOT: qnt.transform {{.*}} tensor<?x1x?x32xf32>
// CHECK: %[[A:.*]] = nn.attention %{{.*}}, %{{.*}}, %[[ALL]]
// CHECK: %[[R:.*]] = qnt.transform %{{.*}} {nn.note = "rotated at run time
// CHECK: nn.linear %{{.*}}, %{{.*}} {nn.note = "input rotated
func.func @main(%x: tensor<?x?x16xf32>, %q: tensor<?x2x?x32xf32>, %k: tensor<?x1x?x32xf32>, %past: tensor<?x1x?x32xf32> {nn.name = "past"})
    -> (tensor<?x?x16xf32>, tensor<?x1x?x32xf32> {nn.name = "present"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x16xf32>
  %s = tensor.dim %x, %c1 : tensor<?x?x16xf32>
  %wv = nn.parameter "wv" at <file = "w.bin", offset = 0, length = 2048, hash = 1> : tensor<32x16xf32>
  %wo = nn.parameter "wo" at <file = "w.bin", offset = 2048, length = 4096, hash = 2> : tensor<16x64xf32>
  %v = nn.linear %x, %wv : (tensor<?x?x16xf32>, tensor<32x16xf32>) -> tensor<?x?x32xf32> loc("v/MatMul")
  %vh = nn.reshape %v shape [%b, %s, 1, 32] : tensor<?x?x32xf32> -> tensor<?x?x1x32xf32>
  %vt = nn.transpose %vh permutation [0, 2, 1, 3] : tensor<?x?x1x32xf32> -> tensor<?x1x?x32xf32>
  %all = nn.cache_update %past, %vt axis 2 : (tensor<?x1x?x32xf32>, tensor<?x1x?x32xf32>) -> tensor<?x1x?x32xf32>
  %a = nn.attention %q, %k, %all scale 1.0 : (tensor<?x2x?x32xf32>, tensor<?x1x?x32xf32>, tensor<?x1x?x32xf32>) -> tensor<?x2x?x32xf32>
  %at = nn.transpose %a permutation [0, 2, 1, 3] : tensor<?x2x?x32xf32> -> tensor<?x?x2x32xf32>
  %ar = nn.reshape %at shape [%b, %s, 64] : tensor<?x?x2x32xf32> -> tensor<?x?x64xf32>
  %o = nn.linear %ar, %wo : (tensor<?x?x64xf32>, tensor<16x64xf32>) -> tensor<?x?x16xf32> loc("o/MatMul")
  return %o, %all : tensor<?x?x16xf32>, tensor<?x1x?x32xf32>
}

// -----

// A norm between what writes and the stream, as in Gemma: no rotation of the whole stream. The table and both readers share one as far as what is added to it is rotated.
// REMARK: remark: {{.*}}residual/Add{{.*}}: its input is rotated at run time by blocks of 32: elementwise mul 'post/Mul' lets permutation|sign|scale through; rms_norm 'post/Norm' stands between what writes and elementwise add 'residual/Add', which cannot take its gain
// CHECK-LABEL: module
// CHECK-NOT: #qnt.hadamard<64>
// CHECK: %[[TABLE:.*]] = qnt.transform %{{.*}} to @[[B:.*]] axis = 1 : tensor<100x64xf32>
// CHECK: %[[X:.*]] = nn.embedding %[[TABLE]]
// CHECK: %[[POST:.*]] = nn.elementwise <mul> %{{.*}}, %{{.*}} : (tensor<?x64xf32>, tensor<64xf32>)
// CHECK: %[[R:.*]] = qnt.transform %[[POST]] to @[[B]] axis = 1
// CHECK: nn.elementwise <add> %[[X]], %[[R]]
// CHECK-NOT: qnt.transform {{.*}} : tensor<?x64xf32>
func.func @main(%ids: tensor<?xi64>) -> tensor<?x8xf32> {
  %table = nn.parameter "table" at <file = "w.bin", offset = 0, length = 25600, hash = 1> : tensor<100x64xf32>
  %g0 = nn.parameter "g0" at <file = "w.bin", offset = 25600, length = 256, hash = 2> : tensor<64xf32>
  %g1 = nn.parameter "g1" at <file = "w.bin", offset = 25856, length = 256, hash = 3> : tensor<64xf32>
  %g2 = nn.parameter "g2" at <file = "w.bin", offset = 26112, length = 256, hash = 4> : tensor<64xf32>
  %w = nn.parameter "w" at <file = "w.bin", offset = 26368, length = 16384, hash = 5> : tensor<64x64xf32>
  %head = nn.parameter "head" at <file = "w.bin", offset = 42752, length = 2048, hash = 6> : tensor<8x64xf32>
  %x = nn.embedding %table, %ids : (tensor<100x64xf32>, tensor<?xi64>) -> tensor<?x64xf32>
  %n0 = nn.rms_norm %x axis 1 epsilon 1.0e-6 : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %s0 = nn.elementwise <mul> %n0, %g0 : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %o = nn.linear %s0, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32> loc("block/MatMul")
  %n1 = nn.rms_norm %o axis 1 epsilon 1.0e-6 : (tensor<?x64xf32>) -> tensor<?x64xf32> loc("post/Norm")
  %s1 = nn.elementwise <mul> %n1, %g1 : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32> loc("post/Mul")
  %y = nn.elementwise <add> %x, %s1 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32> loc("residual/Add")
  %n2 = nn.rms_norm %y axis 1 epsilon 1.0e-6 : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %s2 = nn.elementwise <mul> %n2, %g2 : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %z = nn.linear %s2, %head : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32> loc("head/MatMul")
  return %z : tensor<?x8xf32>
}
