// RUN: quant-opt %s --onnx-infer-shapes --convert-onnx-to-nn --split-input-file --verify-diagnostics

func.func @main(%x0: tensor<2x3x8x8xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MaxPool) counts columns first (storage_order), which is not supported}}
  %y = onnx.node "MaxPool"(%x0) domain "" version 13 {kernel_shape = array<i64: 2, 2>, storage_order = 1 : i64}
    : (tensor<2x3x8x8xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x1x?x4xf32> {onnx.dims = ["", "", "h", ""]}) -> !onnx.value {
  // expected-error @unknown {{node 'n' (AveragePool) averages what is inside of an extent that is not constant; with auto_pad only count_include_pad is supported there}}
  %y = onnx.node "AveragePool"(%x0) domain "" version 13 {kernel_shape = array<i64: 2, 2>, auto_pad = "SAME_UPPER", strides = array<i64: 2, 2>}
    : (tensor<1x1x?x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3x8x8xf32>) -> !onnx.value {
  %none = onnx.absent : none
  %c2 = onnx.constant dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32>
  // expected-error @unknown {{node 'n' (Resize) asks for antialias, which is not supported}}
  %y = onnx.node "Resize"(%x0, %none, %c2) domain "" version 18 {antialias = 1 : i64}
    : (tensor<2x3x8x8xf32>, none, tensor<4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3x8x8xf32>) -> !onnx.value {
  %none = onnx.absent : none
  %c2 = onnx.constant dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32>
  // expected-error @unknown {{node 'n' (Resize) asks for exclude_outside, which is not supported}}
  %y = onnx.node "Resize"(%x0, %none, %c2) domain "" version 18 {exclude_outside = 1 : i64}
    : (tensor<2x3x8x8xf32>, none, tensor<4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3x8x8xf32>) -> !onnx.value {
  %none = onnx.absent : none
  %c2 = onnx.constant dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32>
  // expected-error @unknown {{node 'n' (Resize) keeps the aspect ratio, which is not supported}}
  %y = onnx.node "Resize"(%x0, %none, %c2) domain "" version 18 {keep_aspect_ratio_policy = "not_larger"}
    : (tensor<2x3x8x8xf32>, none, tensor<4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3x8x8xf32>) -> !onnx.value {
  %none = onnx.absent : none
  %c2 = onnx.constant dense<[1.0, 2.0, 2.0, 2.0]> : tensor<4xf32>
  // expected-error @unknown {{node 'n' (Resize) resizes the batch or channel axis, which is not supported}}
  %y = onnx.node "Resize"(%x0, %none, %c2) domain "" version 13 : (tensor<2x3x8x8xf32>, none, tensor<4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<5x2x3xf32>, %x1: tensor<1x16x3xf32>, %x2: tensor<1x16x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (LSTM) clips its gates, which is not supported}}
  %y = onnx.node "LSTM"(%x0, %x1, %x2) domain "" version 14 {clip = 1.0 : f32}
    : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<5x2x3xf32>, %x1: tensor<1x16x3xf32>, %x2: tensor<1x16x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (LSTM) couples input and forget gate, which is not supported}}
  %y = onnx.node "LSTM"(%x0, %x1, %x2) domain "" version 14 {input_forget = 1 : i64}
    : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<5x2x3xf32>, %x1: tensor<1x16x3xf32>, %x2: tensor<1x16x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (LSTM) has an unknown direction}}
  %y = onnx.node "LSTM"(%x0, %x1, %x2) domain "" version 14 {direction = "sideways"}
    : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x4xi32>, %x2: tensor<9x8xf32>, %x3: tensor<4x8xf32>, %x5: tensor<8xf32>, %x6: tensor<8xf32>) -> (!onnx.value, !onnx.value) {
  %none = onnx.absent : none
  // expected-error @unknown {{node 'n' (EmbedLayerNormalization) gives mask_index, which is not supported}}
  %y:2 = onnx.node "EmbedLayerNormalization"(%x0, %none, %x2, %x3, %none, %x5, %x6) domain "com.microsoft" version 1
    : (tensor<1x4xi32>, none, tensor<9x8xf32>, tensor<4x8xf32>, none, tensor<8xf32>, tensor<8xf32>) -> (!onnx.value, !onnx.value) loc("n")
  return %y#0, %y#1 : !onnx.value, !onnx.value
}

// -----

func.func @main(%x0: tensor<1x4xi32>, %x2: tensor<9x8xf32>, %x3: tensor<4x8xf32>, %x5: tensor<8xf32>, %x6: tensor<8xf32>, %x7: tensor<1x4xi32>) -> !onnx.value {
  %none = onnx.absent : none
  // expected-error @unknown {{node 'n' (EmbedLayerNormalization) takes a mask, which is not supported}}
  %y = onnx.node "EmbedLayerNormalization"(%x0, %none, %x2, %x3, %none, %x5, %x6, %x7) domain "com.microsoft" version 1
    : (tensor<1x4xi32>, none, tensor<9x8xf32>, tensor<4x8xf32>, none, tensor<8xf32>, tensor<8xf32>, tensor<1x4xi32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<8x24xf32>, %x3: tensor<1x2x2xi32>) -> !onnx.value {
  %none = onnx.absent : none
  // expected-error @unknown {{node 'n' (Attention) has a mask with 3 dimensions; only [batch, keys] is supported}}
  %y = onnx.node "Attention"(%x0, %x1, %none, %x3) domain "com.microsoft" version 1 {num_heads = 2 : i64}
    : (tensor<1x2x8xf32>, tensor<8x24xf32>, none, tensor<1x2x2xi32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<8x24xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Attention) rotates query and key, which is not supported}}
  %y = onnx.node "Attention"(%x0, %x1) domain "com.microsoft" version 1 {num_heads = 2 : i64, do_rotary = 1 : i64}
    : (tensor<1x2x8xf32>, tensor<8x24xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<1x2x4xf32>, %x2: tensor<1x2x4xf32>, %x3: tensor<1x1x3x4xf32>, %x4: tensor<1x1x3x4xf32>, %x5: tensor<1xi32>, %x9: tensor<1x2xi64>) -> !onnx.value {
  %c6 = onnx.constant dense<5> : tensor<i32>
  %none = onnx.absent : none
  // expected-error @unknown {{node 'n' (GroupQueryAttention) has input 9 (position_ids, attention_bias or head_sink), which is not supported}}
  %y:3 = onnx.node "GroupQueryAttention"(%x0, %x1, %x2, %x3, %x4, %x5, %c6, %none, %none, %x9) domain "com.microsoft" version 1 {num_heads = 2 : i64, kv_num_heads = 1 : i64}
    : (tensor<1x2x8xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32>, tensor<1xi32>, tensor<i32>, none, none, tensor<1x2xi64>) -> (!onnx.value, !onnx.value, !onnx.value) loc("n")
  return %y#0 : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<1x2x4xf32>, %x2: tensor<1x2x4xf32>, %x3: tensor<1x1x3x4xf32>, %x4: tensor<1x1x3x4xf32>, %x5: tensor<1xi32>) -> !onnx.value {
  %c6 = onnx.constant dense<5> : tensor<i32>
  // expected-error @unknown {{node 'n' (GroupQueryAttention) has a smooth softmax, which is not supported}}
  %y:3 = onnx.node "GroupQueryAttention"(%x0, %x1, %x2, %x3, %x4, %x5, %c6) domain "com.microsoft" version 1 {num_heads = 2 : i64, kv_num_heads = 1 : i64, smooth_softmax = 1 : i64}
    : (tensor<1x2x8xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32>, tensor<1xi32>, tensor<i32>) -> (!onnx.value, !onnx.value, !onnx.value) loc("n")
  return %y#0 : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<1x2x4xf32>, %x2: tensor<1x2x4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (GroupQueryAttention) needs seqlens_k, present_key and present_value}}
  %y = onnx.node "GroupQueryAttention"(%x0, %x1, %x2) domain "com.microsoft" version 1 {num_heads = 2 : i64, kv_num_heads = 1 : i64}
    : (tensor<1x2x8xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x8xf32>, %x1: tensor<1x2x4xf32>, %x2: tensor<1x2x4xf32>, %x3: tensor<1x1x3x4xf32>, %x4: tensor<1x1x3x4xf32>, %x5: tensor<1xi32>) -> !onnx.value {
  %c6 = onnx.constant dense<5> : tensor<i32>
  // expected-error @unknown {{node 'n' (GroupQueryAttention) rotates, but has no cos_cache and sin_cache}}
  %y:3 = onnx.node "GroupQueryAttention"(%x0, %x1, %x2, %x3, %x4, %x5, %c6) domain "com.microsoft" version 1 {num_heads = 2 : i64, kv_num_heads = 1 : i64, do_rotary = 1 : i64}
    : (tensor<1x2x8xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32>, tensor<1xi32>, tensor<i32>) -> (!onnx.value, !onnx.value, !onnx.value) loc("n")
  return %y#0 : !onnx.value
}

// -----

func.func @main(%x0: tensor<1x2x?xf32> {onnx.dims = ["", "", "n"]}, %x1: tensor<1x2x?xf32> {onnx.dims = ["", "", "m"]}, %x2: tensor<1x2x?xf32> {onnx.dims = ["", "", "m"]}, %x3: tensor<1x1x3x?xf32> {onnx.dims = ["", "", "", "m"]}, %x4: tensor<1x1x3x?xf32> {onnx.dims = ["", "", "", "m"]}, %x5: tensor<1xi32>) -> !onnx.value {
  %c6 = onnx.constant dense<5> : tensor<i32>
  // expected-error @unknown {{node 'n' (GroupQueryAttention) needs a constant head size or a scale}}
  %y:3 = onnx.node "GroupQueryAttention"(%x0, %x1, %x2, %x3, %x4, %x5, %c6) domain "com.microsoft" version 1 {num_heads = 2 : i64, kv_num_heads = 1 : i64}
    : (tensor<1x2x?xf32>, tensor<1x2x?xf32>, tensor<1x2x?xf32>, tensor<1x1x3x?xf32>, tensor<1x1x3x?xf32>, tensor<1xi32>, tensor<i32>) -> (!onnx.value, !onnx.value, !onnx.value) loc("n")
  return %y#0 : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (IsInf) looks for one sign of infinity only, which is not supported}}
  %y = onnx.node "IsInf"(%x0) domain "" version 20 {detect_negative = 0 : i64} : (tensor<4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x4xf32>, %x1: tensor<2xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (LayerNormalization) has a scale or bias that is not of the shape of the normalised axes}}
  %y = onnx.node "LayerNormalization"(%x0, %x1) domain "" version 17 : (tensor<2x4xf32>, tensor<2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x4x3xf32>, %x1: tensor<4xf32>, %x2: tensor<4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (GroupNormalization) needs a constant number of channels that its groups divide}}
  %y = onnx.node "GroupNormalization"(%x0, %x1, %x2) domain "" version 18 {num_groups = 3 : i64}
    : (tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x4x3xf32>, %x1: tensor<4xf32>, %x2: tensor<4xf32>, %x3: tensor<4xf32>, %x4: tensor<4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (BatchNormalization) is in training mode; only inference is supported}}
  %y = onnx.node "BatchNormalization"(%x0, %x1, %x2, %x3, %x4) domain "" version 15 {training_mode = 1 : i64}
    : (tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<8xf32>, %x1: tensor<4xi8>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (Gather) has indices of type 'i8'; only i32 and i64 are supported}}
  %y = onnx.node "Gather"(%x0, %x1) domain "" version 13 : (tensor<8xf32>, tensor<4xi8>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4x4xi8>, %x1: tensor<4xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (DequantizeLinear) has an axis that its tensor does not have}}
  %y = onnx.node "DequantizeLinear"(%x0, %x1) domain "" version 13 {axis = 2 : i64} : (tensor<4x4xi8>, tensor<4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4x4xi8>, %x1: tensor<4x2xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (DequantizeLinear) has scales of type 'tensor<4x2xf32>' for a tensor of type 'tensor<4x4xi8>'}}
  %y = onnx.node "DequantizeLinear"(%x0, %x1) domain "" version 21 : (tensor<4x4xi8>, tensor<4x2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xf32>, %x1: tensor<f32>, %x2: tensor<i32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (QuantizeLinear) has codes of type 'i32'; integers of up to 16 bits are supported}}
  %y = onnx.node "QuantizeLinear"(%x0, %x1, %x2) domain "" version 13 : (tensor<4xf32>, tensor<f32>, tensor<i32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4x?xf32> {onnx.dims = ["", "n"]}, %x1: tensor<?xf32> {onnx.dims = ["n"]}) -> !onnx.value {
  // expected-error @unknown {{node 'n' (QuantizeLinear) has a scale for each index of an axis whose extent is not constant}}
  %y = onnx.node "QuantizeLinear"(%x0, %x1) domain "" version 13 : (tensor<4x?xf32>, tensor<?xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4x4xi8>, %x1: tensor<3xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (DequantizeLinear) has scales or zero points of type 'tensor<3xf32>' for a tensor of type 'tensor<4x4xi8>'}}
  %y = onnx.node "DequantizeLinear"(%x0, %x1) domain "" version 13 : (tensor<4x4xi8>, tensor<3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xi8>, %x1: tensor<4x2xi8>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MatMulInteger) multiplies vectors, which is not supported}}
  %y = onnx.node "MatMulInteger"(%x0, %x1) domain "" version 10 : (tensor<4xi8>, tensor<4x2xi8>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4x4xi8>, %x1: tensor<4x2xi8>, %x2: tensor<2x2xi8>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MatMulInteger) has zero points of type 'tensor<2x2xi8>', which are not supported}}
  %y = onnx.node "MatMulInteger"(%x0, %x1, %x2) domain "" version 10 : (tensor<4x4xi8>, tensor<4x2xi8>, tensor<2x2xi8>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4x4xi8>, %x1: tensor<4x2xi8>, %x3: tensor<3xi8>) -> !onnx.value {
  %none = onnx.absent : none
  // expected-error @unknown {{node 'n' (MatMulInteger) has as many zero points as neither 1 nor the axis}}
  %y = onnx.node "MatMulInteger"(%x0, %x1, %none, %x3) domain "" version 10
    : (tensor<4x4xi8>, tensor<4x2xi8>, none, tensor<3xi8>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xi8>, %x1: tensor<f32>, %x2: tensor<i8>, %x3: tensor<4x2xi8>, %x4: tensor<f32>, %x5: tensor<i8>, %x6: tensor<f32>, %x7: tensor<i8>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (QLinearMatMul) multiplies vectors, which is not supported}}
  %y = onnx.node "QLinearMatMul"(%x0, %x1, %x2, %x3, %x4, %x5, %x6, %x7) domain "" version 10
    : (tensor<4xi8>, tensor<f32>, tensor<i8>, tensor<4x2xi8>, tensor<f32>, tensor<i8>, tensor<f32>, tensor<i8>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x32xf32>, %x1: tensor<8x1x16xui8>, %x2: tensor<8xf32>, %x3: tensor<9xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MatMulNBits) has zero points of type 'tensor<9xf32>'}}
  %y = onnx.node "MatMulNBits"(%x0, %x1, %x2, %x3) domain "com.microsoft" version 1 {N = 8 : i64, K = 32 : i64, block_size = 32 : i64, bits = 4 : i64}
    : (tensor<2x32xf32>, tensor<8x1x16xui8>, tensor<8xf32>, tensor<9xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x32xf32>, %x1: tensor<8x1x16xui8>, %x2: tensor<8xf32>, %x3: tensor<9xui8>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MatMulNBits) has zero points of type 'tensor<9xui8>', but needs 8 rows of 1 elements of ui8}}
  %y = onnx.node "MatMulNBits"(%x0, %x1, %x2, %x3) domain "com.microsoft" version 1 {N = 8 : i64, K = 32 : i64, block_size = 32 : i64, bits = 4 : i64}
    : (tensor<2x32xf32>, tensor<8x1x16xui8>, tensor<8xf32>, tensor<9xui8>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x32xf32>, %x1: tensor<8x1x16xui8>, %x2: tensor<8xf32>, %x4: tensor<32xi32>) -> !onnx.value {
  %none = onnx.absent : none
  // expected-error @unknown {{node 'n' (MatMulNBits) reorders its groups (g_idx), which is not supported}}
  %y = onnx.node "MatMulNBits"(%x0, %x1, %x2, %none, %x4) domain "com.microsoft" version 1 {N = 8 : i64, K = 32 : i64, block_size = 32 : i64, bits = 4 : i64}
    : (tensor<2x32xf32>, tensor<8x1x16xui8>, tensor<8xf32>, none, tensor<32xi32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x32xf32>, %x1: tensor<8x1x16xui8>, %x2: tensor<9xf32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MatMulNBits) has scales of type 'tensor<9xf32>', but needs 8 rows of 1}}
  %y = onnx.node "MatMulNBits"(%x0, %x1, %x2) domain "com.microsoft" version 1 {N = 8 : i64, K = 32 : i64, block_size = 32 : i64, bits = 4 : i64}
    : (tensor<2x32xf32>, tensor<8x1x16xui8>, tensor<9xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<8xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<4> : tensor<2xi64>
  // expected-error @unknown {{node 'n' (Split) leaves out output 0, so that its extent is not known}}
  %y:2 = onnx.node "Split"(%x0, %c1) domain "" version 13 : (tensor<8xf32>, tensor<2xi64>) -> (none, !onnx.value) loc("n")
  return %y#1 : !onnx.value
}

// -----

// The parts behind one that is left out are not known, also not of a constant.
func.func @main(%x0: tensor<12xf32>) -> !onnx.value {
  %c0 = onnx.constant dense<[1, 2, 3, 4, 6, 2]> : tensor<6xi64>
  %c1 = onnx.constant dense<2> : tensor<3xi64>
  // expected-error @unknown {{node 'n' (Split) leaves out output 1, so that its extent is not known}}
  %y:3 = onnx.node "Split"(%c0, %c1) domain "" version 13 : (tensor<6xi64>, tensor<3xi64>) -> (!onnx.value, none, !onnx.value) loc("n")
  return %y#2 : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x3xi32>) -> !onnx.value {
  %c1 = onnx.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  // expected-error @unknown {{node 'wide' (DequantizeLinear) has an axis that its tensor does not have}}
  %y = onnx.node "DequantizeLinear"(%x0, %c1) domain "" version 13 {axis = 5 : i64} : (tensor<2x3xi32>, tensor<3xf32>) -> !onnx.value loc("wide")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<3xf32>) -> !onnx.value {
  %c1 = onnx.constant dense<1> : tensor<2xi64>
  %c2 = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32>
  // expected-error @unknown {{node 'n' (Pad) needs a value of one element}}
  %y = onnx.node "Pad"(%x0, %c1, %c2) domain "" version 13 : (tensor<3xf32>, tensor<2xi64>, tensor<2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xi8>, %x1: tensor<f32>) -> !onnx.value {
  %c2 = onnx.constant dense<300> : tensor<i16>
  // expected-error @unknown {{node 'n' (DequantizeLinear) has zero points of type 'tensor<i16>' for codes of type 'i8'}}
  %y = onnx.node "DequantizeLinear"(%x0, %x1, %c2) domain "" version 13 : (tensor<4xi8>, tensor<f32>, tensor<i16>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<4xi8>, %x1: tensor<i32>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (DequantizeLinear) has scales of type 'tensor<i32>'; they must be floats}}
  %y = onnx.node "DequantizeLinear"(%x0, %x1) domain "" version 13 : (tensor<4xi8>, tensor<i32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<2x32xf32>, %x1: tensor<8x1x16xui8>, %x2: tensor<8xf32>, %x3: tensor<8xi8>) -> !onnx.value {
  // expected-error @unknown {{node 'n' (MatMulNBits) has zero points of type 'tensor<8xi8>', but needs 8 rows of 1 elements of ui8}}
  %y = onnx.node "MatMulNBits"(%x0, %x1, %x2, %x3) domain "com.microsoft" version 1 {N = 8 : i64, K = 32 : i64, block_size = 32 : i64, bits = 4 : i64}
    : (tensor<2x32xf32>, tensor<8x1x16xui8>, tensor<8xf32>, tensor<8xi8>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// Also an attribute that only the lowering reads.
func.func @main(%x0: tensor<4xf32>) -> !onnx.value {
  // expected-error @unknown {{"LeakyRelu": attribute 'alpha' must be a float, but is 1 : i64}}
  %y = onnx.node "LeakyRelu"(%x0) domain "" version 13 {alpha = 1 : i64} : (tensor<4xf32>) -> !onnx.value loc("leaky")
  return %y : !onnx.value
}

// -----

func.func @main(%x0: tensor<5x2x3xf32>, %x1: tensor<1x16x3xf32>, %x2: tensor<1x16x4xf32>) -> !onnx.value {
  // expected-error @unknown {{"LSTM": attribute 'activations' must be strings, but is [f32]}}
  %y = onnx.node "LSTM"(%x0, %x1, %x2) domain "" version 14 {activations = [f32]} : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> !onnx.value loc("lstm")
  return %y : !onnx.value
}
