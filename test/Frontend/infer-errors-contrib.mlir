// RUN: quant-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics

func.func @main(%x0: tensor<1x2x4xf32>, %x1: tensor<1x2x4xf32>, %x2: tensor<4xf32>) -> (!onnx.value, !onnx.value) {
  // expected-error @unknown {{node 'n' (SkipLayerNormalization) gives output 1, which is for training; only outputs 0 and 3 are supported}}
  %y:2 = onnx.node "SkipLayerNormalization"(%x0, %x1, %x2) domain "com.microsoft" version 1
    : (tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<4xf32>) -> (!onnx.value, !onnx.value) loc("n")
  return %y#0, %y#1 : !onnx.value, !onnx.value
}

// -----

func.func @main(%x0: tensor<1x4xi32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (EmbedLayerNormalization) needs input_ids and word_embedding with two dimensions, position_embedding, gamma and beta}}
  %y = onnx.node "EmbedLayerNormalization"(%x0) domain "com.microsoft" version 1 : (tensor<1x4xi32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<8x25xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Attention) needs an input with three dimensions, constant weights [K, 3 H D] and num_heads that divides them}}
  %y = onnx.node "Attention"(%x0, %x1) domain "com.microsoft" version 1 {num_heads = 2 : i64}
    : (tensor<1x2x8xf32>, tensor<8x25xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<8x24xf32>, %x5: tensor<1x2x2x2xf32>) -> !onnx.value {
  %none = onnx.absent : none
  // expected-error @unknown {{node 'n' (Attention) has an attention_bias or a shared past; these are not supported}}
  %y = onnx.node "Attention"(%x0, %x1, %none, %none, %none, %x5) domain "com.microsoft" version 1 {num_heads = 2 : i64}
    : (tensor<1x2x8xf32>, tensor<8x24xf32>, none, none, none, tensor<1x2x2x2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<7x24xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Attention) needs the extents of input and weights to be equal, but they are 8 and 7}}
  %y = onnx.node "Attention"(%x0, %x1) domain "com.microsoft" version 1 {num_heads = 2 : i64}
    : (tensor<1x2x8xf32>, tensor<7x24xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<8x24xf32>, %x4: tensor<2x1x2x3xf32>) -> !onnx.value {
  %none = onnx.absent : none
  // expected-error @unknown {{node 'n' (Attention) needs a past with five dimensions}}
  %y:2 = onnx.node "Attention"(%x0, %x1, %none, %none, %x4) domain "com.microsoft" version 1 {num_heads = 2 : i64}
    : (tensor<1x2x8xf32>, tensor<8x24xf32>, none, none, tensor<2x1x2x3xf32>) -> (!onnx.value, !onnx.value) loc("n")
  return %y#0 : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<1x2x4xf32>, %x2: tensor<1x2x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (GroupQueryAttention) needs num_heads that is a multiple of kv_num_heads}}
  %y = onnx.node "GroupQueryAttention"(%x0, %x1, %x2) domain "com.microsoft" version 1 {num_heads = 3 : i64, kv_num_heads = 2 : i64}
    : (tensor<1x2x8xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x16xf32>) -> !onnx.value {
  %none = onnx.absent : none
  // expected-error @unknown {{node 'n' (GroupQueryAttention) needs input 1, but the node has 3 inputs}}
  %y = onnx.node "GroupQueryAttention"(%x0, %none, %none) domain "com.microsoft" version 1 {num_heads = 2 : i64, kv_num_heads = 1 : i64}
    : (tensor<1x2x16xf32>, none, none) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x8xf32>, %x1: tensor<2x4xf32>, %x2: tensor<2x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (GroupQueryAttention) needs query, key and value with three dimensions; packed ones are not supported}}
  %y = onnx.node "GroupQueryAttention"(%x0, %x1, %x2) domain "com.microsoft" version 1 {num_heads = 2 : i64, kv_num_heads = 1 : i64}
    : (tensor<2x8xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<1x2x3xf32>, %x2: tensor<1x2x3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (GroupQueryAttention) needs the head sizes of query and key to be equal, but they are 8 and 6}}
  %y = onnx.node "GroupQueryAttention"(%x0, %x1, %x2) domain "com.microsoft" version 1 {num_heads = 2 : i64, kv_num_heads = 1 : i64}
    : (tensor<1x2x8xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<1x2x4xf32>, %x2: tensor<1x2x4xf32>, %x3: tensor<1x3x4xf32>, %x4: tensor<1x3x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (GroupQueryAttention) needs a past with four dimensions}}
  %y = onnx.node "GroupQueryAttention"(%x0, %x1, %x2, %x3, %x4) domain "com.microsoft" version 1 {num_heads = 2 : i64, kv_num_heads = 1 : i64}
    : (tensor<1x2x8xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<1x2x4xf32>, %x2: tensor<1x2x4xf32>, %x3: tensor<1x1x3x4xf32>, %x4: tensor<1x1x3x4xf32>, %x5: tensor<1xi32>, %x6: tensor<i32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (GroupQueryAttention) has total lengths that are computed from data; only constants and arithmetic on extents are supported there}}
  %y:3 = onnx.node "GroupQueryAttention"(%x0, %x1, %x2, %x3, %x4, %x5, %x6) domain "com.microsoft" version 1 {num_heads = 2 : i64, kv_num_heads = 1 : i64}
    : (tensor<1x2x8xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32>, tensor<1xi32>, tensor<i32>) -> (!onnx.value, !onnx.value, !onnx.value) loc("n")
  return %y#0 : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<1x2x4xf32>, %x2: tensor<1x2x4xf32>, %x3: tensor<1x1x3x4xf32>, %x4: tensor<1x1x3x4xf32>, %x5: tensor<1xi32>) -> !onnx.value {
  %c6 = onnx.constant dense<6> : tensor<i32>
  // expected-error @unknown {{node 'n' (GroupQueryAttention) needs total_sequence_length and past plus new entries to be equal, but they are 6 and 5}}
  %y:3 = onnx.node "GroupQueryAttention"(%x0, %x1, %x2, %x3, %x4, %x5, %c6) domain "com.microsoft" version 1 {num_heads = 2 : i64, kv_num_heads = 1 : i64}
    : (tensor<1x2x8xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32>, tensor<1xi32>, tensor<i32>) -> (!onnx.value, !onnx.value, !onnx.value) loc("n")
  return %y#0 : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<1x2x4xf32>, %x2: tensor<1x2x4xf32>, %x3: tensor<1x1x3x4xf32>, %x4: tensor<1x1x3x4xf32>, %x5: tensor<1xi32>) -> !onnx.value {
  %c6 = onnx.constant dense<5> : tensor<2xi32>
  // expected-error @unknown {{node 'n' (GroupQueryAttention) needs one total_sequence_length}}
  %y:3 = onnx.node "GroupQueryAttention"(%x0, %x1, %x2, %x3, %x4, %x5, %c6) domain "com.microsoft" version 1 {num_heads = 2 : i64, kv_num_heads = 1 : i64}
    : (tensor<1x2x8xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32>, tensor<1xi32>, tensor<2xi32>) -> (!onnx.value, !onnx.value, !onnx.value) loc("n")
  return %y#0 : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<0.5> : tensor<f32>
  // expected-error @unknown {{node 'n' (QuantizeLinear) quantizes to data type 8, which is not supported}}
  %y = onnx.node "QuantizeLinear"(%x0, %c1) domain "" version 21 {output_dtype = 8 : i64} : (tensor<4xf32>, tensor<f32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<0.5> : tensor<f32>
  // expected-error @unknown {{node 'n' (QuantizeLinear) quantizes to 'f16'; only integers are supported}}
  %y = onnx.node "QuantizeLinear"(%x0, %c1) domain "" version 21 {output_dtype = 10 : i64} : (tensor<4xf32>, tensor<f32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xf16>) -> !onnx.value {
  %c1 = onnx.constant dense<0.5> : tensor<f32>
  // expected-error @unknown {{node 'n' (DequantizeLinear) dequantizes 'f16'; only integers are supported}}
  %y = onnx.node "DequantizeLinear"(%x0, %c1) domain "" version 21 : (tensor<4xf16>, tensor<f32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x3xi8>, %x1: tensor<4x3xi8>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (ConvInteger) needs a filter of constant extents with as many dimensions as the input, at least three}}
  %y = onnx.node "ConvInteger"(%x0, %x1) domain "" version 10 : (tensor<1x3xi8>, tensor<4x3xi8>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xui8>) -> !onnx.value {
  %c1 = onnx.constant dense<0.5> : tensor<f32>
  // expected-error @unknown {{node 'n' (QLinearAdd) leaves out input 3}}
  %y = onnx.node "QLinearAdd"(%x0, %c1) domain "com.microsoft" version 1 : (tensor<4xui8>, tensor<f32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xui8>) -> !onnx.value {
  %c1 = onnx.constant dense<0.5> : tensor<f32>
  // expected-error @unknown {{node 'n' (QLinearSigmoid) leaves out input 3}}
  %y = onnx.node "QLinearSigmoid"(%x0, %c1) domain "com.microsoft" version 1 : (tensor<4xui8>, tensor<f32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x4xui8>) -> !onnx.value {
  %c1 = onnx.constant dense<0.5> : tensor<f32>
  %none = onnx.absent : none
  %c3 = onnx.constant dense<0.5> : tensor<f32>
  // expected-error @unknown {{node 'n' (QLinearGlobalAveragePool) needs a batch, a channel and a spatial axis}}
  %y = onnx.node "QLinearGlobalAveragePool"(%x0, %c1, %none, %c3) domain "com.microsoft" version 1
    : (tensor<1x4xui8>, tensor<f32>, none, tensor<f32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x2: tensor<2xui8>, %x5: tensor<2x2xui8>) -> !onnx.value {
  %c0 = onnx.constant dense<0.5> : tensor<f32>
  %c1 = onnx.constant dense<1> : tensor<ui8>
  %c3 = onnx.constant dense<0.5> : tensor<f32>
  %c4 = onnx.constant dense<1> : tensor<ui8>
  %c6 = onnx.constant dense<0.5> : tensor<f32>
  %c7 = onnx.constant dense<1> : tensor<ui8>
  // expected-error @unknown {{node 'n' (QLinearConcat) joins tensors with other numbers of dimensions}}
  %y = onnx.node "QLinearConcat"(%c0, %c1, %x2, %c3, %c4, %x5, %c6, %c7) domain "com.microsoft" version 1 {axis = 0 : i64}
    : (tensor<f32>, tensor<ui8>, tensor<2xui8>, tensor<f32>, tensor<ui8>, tensor<2x2xui8>, tensor<f32>, tensor<ui8>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x32xf32>, %x1: tensor<8x1x16xui8>, %x2: tensor<8xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MatMulNBits) needs N, K and a block_size that is a power of two, at least 16}}
  %y = onnx.node "MatMulNBits"(%x0, %x1, %x2) domain "com.microsoft" version 1 {N = 8 : i64, K = 32 : i64, block_size = 24 : i64}
    : (tensor<2x32xf32>, tensor<8x1x16xui8>, tensor<8xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x32xf32>, %x1: tensor<8x1x16xui8>, %x2: tensor<8xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MatMulNBits) has weights of 5 bits; 2, 4 and 8 are supported}}
  %y = onnx.node "MatMulNBits"(%x0, %x1, %x2) domain "com.microsoft" version 1 {N = 8 : i64, K = 32 : i64, block_size = 32 : i64, bits = 5 : i64}
    : (tensor<2x32xf32>, tensor<8x1x16xui8>, tensor<8xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x32xf32>, %x1: tensor<8x1x8xui8>, %x2: tensor<8xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MatMulNBits) has weights of extents [8, 1, 8], but N, K, bits and block_size ask for [8, 1, 16]}}
  %y = onnx.node "MatMulNBits"(%x0, %x1, %x2) domain "com.microsoft" version 1 {N = 8 : i64, K = 32 : i64, block_size = 32 : i64, bits = 4 : i64}
    : (tensor<2x32xf32>, tensor<8x1x8xui8>, tensor<8xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<f32>, %x1: tensor<8x1x16xui8>, %x2: tensor<8xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MatMulNBits) multiplies a number or a vector, not a matrix}}
  %y = onnx.node "MatMulNBits"(%x0, %x1, %x2) domain "com.microsoft" version 1 {N = 8 : i64, K = 32 : i64, block_size = 32 : i64, bits = 4 : i64}
    : (tensor<f32>, tensor<8x1x16xui8>, tensor<8xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x31xf32>, %x1: tensor<8x1x16xui8>, %x2: tensor<8xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MatMulNBits) needs the last extent of A and K to be equal, but they are 31 and 32}}
  %y = onnx.node "MatMulNBits"(%x0, %x1, %x2) domain "com.microsoft" version 1 {N = 8 : i64, K = 32 : i64, block_size = 32 : i64, bits = 4 : i64}
    : (tensor<2x31xf32>, tensor<8x1x16xui8>, tensor<8xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// 2^61 codes of 8 bits would be 0 bytes.
func.func @main(%x0: tensor<2x4xf32>, %x1: tensor<2x1x0xui8>, %x2: tensor<2xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MatMulNBits) has a block_size of 2305843009213693952; at most 2^30 is supported}}
  %y = onnx.node "MatMulNBits"(%x0, %x1, %x2) domain "com.microsoft" version 1 {N = 2 : i64, K = 4 : i64, block_size = 2305843009213693952 : i64, bits = 8 : i64}
    : (tensor<2x4xf32>, tensor<2x1x0xui8>, tensor<2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<32xf32>, %x1: tensor<8x1x16xui8>, %x2: tensor<8xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'vector' (MatMulNBits) multiplies a number or a vector, not a matrix}}
  %y = onnx.node "MatMulNBits"(%x0, %x1, %x2) domain "com.microsoft" version 1 {N = 8 : i64, K = 32 : i64, block_size = 32 : i64, bits = 4 : i64}
    : (tensor<32xf32>, tensor<8x1x16xui8>, tensor<8xf32>) -> !onnx.value loc("vector")
  return %y : !onnx.value
}

// -----

func.func @main(%a: tensor<2x3xui8>, %b: tensor<2x4xui8>, %z: tensor<ui8>) -> !onnx.value {
  %s = onnx.constant dense<0.5> : tensor<f32>
  // expected-error @unknown {{node 'n' (QLinearConcat) needs the extents of its inputs to be equal, but they are 3 and 4}}
  %y = onnx.node "QLinearConcat"(%s, %z, %a, %s, %z, %b, %s, %z) domain "com.microsoft" version 1 {axis = 0 : i64}
    : (tensor<f32>, tensor<ui8>, tensor<2x3xui8>, tensor<f32>, tensor<ui8>, tensor<2x4xui8>, tensor<f32>, tensor<ui8>) -> !onnx.value loc("n")
  return %y : !onnx.value
}
