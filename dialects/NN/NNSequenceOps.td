//===- NNSequenceOps.td - Attention, caches, recurrences -----------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNSEQUENCEOPS
#define NIBBLE_DIALECTS_NN_NNSEQUENCEOPS

include "dialects/NN/NNBase.td"

def NN_AttentionOp : NN_Op<"attention", "", [AttrSizedOperandSegments]> {
  let summary = "softmax(scale q k^T + mask) v, per head";
  let description = [{
    `query` [B, H, T, D], `key` [B, G, S, D], `value` [B, G, S, E] give [B, H, T, E]; H is a multiple
    of G, query head h reads key head h / (H / G). `mask` broadcasts to [B, H, T, S]: added in f32, or
    i1 with true where a key counts. `causal`: query t sees keys s <= t + (S - T), or with `lengths` [B]
    (i32 or i64: valid keys of each sequence; those after are not seen) s <= t + lengths[b] - T.
    `window` > 0: only the last `window` of these keys. `softcap` > 0: logits c tanh(x / c) before the mask.
    A row that sees no key gives zeros.
  }];
  let arguments = (ins NN_Tensor:$query, NN_Tensor:$key, NN_Tensor:$value,
    Optional<AnyRankedTensor>:$mask, Optional<NN_Indices>:$lengths, F32Attr:$scale, UnitAttr:$causal,
    DefaultValuedAttr<I64Attr, "0">:$window, DefaultValuedAttr<F32Attr, "0.0f">:$softcap);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`mask` $mask^)? (`lengths` $lengths^)? `scale` $scale attr-dict `:`
    functional-type(operands, results)
  }];
}

def NN_RopeOp : NN_Op<"rope", ""> {
  let summary = "rotary position embedding";
  let description = [{
    `input` [B, H, T, D]; `cosine`, `sine` [B or 1, T, R/2] with R <= D the rotated leading part of D.
    The pair i is (x[i], x[i + R/2]), or (x[2i], x[2i + 1]) where `interleaved` is set; it becomes
    (a cos - b sin, a sin + b cos).
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$cosine, AnyRankedTensor:$sine,
    UnitAttr:$interleaved);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `,` $cosine `,` $sine attr-dict `:` functional-type(operands, results)";
}

def NN_CacheUpdateOp : NN_Op<"cache_update", ""> {
  let summary = "a cache with new entries at its end";
  let description = [{
    `cache` [.., S, ..] and `update` [.., T, ..] along `axis` give [.., S + T, ..]. Pure in the IR; where
    the cache is a state of the model, argument and result are one buffer with spare capacity, and only
    the new entries are written.
  }];
  let arguments = (ins NN_Tensor:$cache, NN_Tensor:$update, I64Attr:$axis);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$cache `,` $update `axis` $axis attr-dict `:` functional-type(operands, results)";
}

def NN_LSTMOp : NN_Op<"lstm",
    "([t, b, i], [r, 4 h, i], [r, 4 h, h], [r, 8 h], [b], [r, b, h], [r, b, h], [r, 3 h]) -> "
    "([t, r, b, h], [r, b, h], [r, b, h]) {i: same(0) dual(1) linear; "
    "h: same(1, 2, 3?, 5?, 6?, 7?, 8, 9, 10) permutation per r}",
    [AttrSizedOperandSegments]> {
  let summary = "ONNX LSTM with its default activations";
  let description = [{
    `input` [T, B, I], `weights` [R, 4H, I], `recurrence` [R, 4H, H], `bias` [R, 8H] (gates i o f c; input
    then recurrent), `initial_h`, `initial_c` [R, B, H], `lengths` [B] i32, `peepholes` [R, 3H] (i o f); R = 2 when bidirectional.
    Results: all hidden states [T, R, B, H], the last hidden and the last cell state [R, B, H].
  }];
  let arguments = (ins AnyRankedTensor:$input, NN_Tensor:$weights, NN_Tensor:$recurrence,
    Optional<AnyRankedTensor>:$bias, Optional<AnyRankedTensor>:$lengths, Optional<AnyRankedTensor>:$initial_h,
    Optional<AnyRankedTensor>:$initial_c, Optional<AnyRankedTensor>:$peepholes,
    DefaultValuedAttr<NN_Direction, "::nibble::nn::Direction::Forward">:$direction);
  let results = (outs AnyRankedTensor:$output, AnyRankedTensor:$last_h, AnyRankedTensor:$last_c);
  let assemblyFormat = [{
    $input `,` $weights `,` $recurrence (`bias` $bias^)? (`lengths` $lengths^)? (`initial_h` $initial_h^)?
    (`initial_c` $initial_c^)? (`peepholes` $peepholes^)? attr-dict `:` functional-type(operands, results)
  }];
}

def NN_GRUOp : NN_Op<"gru",
    "([t, b, i], [r, 3 h, i], [r, 3 h, h], [r, 6 h], [b], [r, b, h]) -> ([t, r, b, h], [r, b, h]) {"
    "i: same(0) dual(1) linear; h: same(1, 2, 3?, 5?, 6, 7) permutation per r}",
    [AttrSizedOperandSegments]> {
  let summary = "ONNX GRU with its default activations";
  let description = [{
    As nn.lstm with gates z r h: `weights` [R, 3H, I], `recurrence` [R, 3H, H], `bias` [R, 6H].
    `linear_before_reset`: the recurrent bias and product of h are taken before the reset gate.
  }];
  let arguments = (ins AnyRankedTensor:$input, NN_Tensor:$weights, NN_Tensor:$recurrence,
    Optional<AnyRankedTensor>:$bias, Optional<AnyRankedTensor>:$lengths, Optional<AnyRankedTensor>:$initial_h,
    DefaultValuedAttr<NN_Direction, "::nibble::nn::Direction::Forward">:$direction,
    UnitAttr:$linear_before_reset);
  let results = (outs AnyRankedTensor:$output, AnyRankedTensor:$last_h);
  let assemblyFormat = [{
    $input `,` $weights `,` $recurrence (`bias` $bias^)? (`lengths` $lengths^)? (`initial_h` $initial_h^)?
    attr-dict `:` functional-type(operands, results)
  }];
}

def NN_SelectiveScanOp : NN_Op<"selective_scan",
    "([b, t, c], [b, t, c], [c, n], [b, t, n], [b, t, n], [c], [b, c, n]) -> ([b, t, c], [b, c, n]) {"
    "c: same(0, 1, 2, 5, 6, 7, 8) permutation; c: same(0, 6, 7, 8) sign|scale; "
    "n: same(2, 3, 4, 6, 8) permutation; n: same(3, 6, 8) dual(4) sign|scale}"> {
  let summary = "Mamba's selective state-space recurrence";
  let description = [{
    h[t] = exp(delta[t] a) h[t-1] + delta[t] b[t] u[t]; y[t] = c[t] h[t] + d u[t], with `u`, `delta` [B, T, C],
    `a` [C, N], `b`, `c` [B, T, N], `d` [C], state [B, C, N] (Gu and Dao, Mamba, 2023, algorithm 2).
  }];
  let arguments = (ins AnyRankedTensor:$u, AnyRankedTensor:$delta, AnyRankedTensor:$a, AnyRankedTensor:$b,
    AnyRankedTensor:$c, AnyRankedTensor:$d, AnyRankedTensor:$initial_state);
  let results = (outs AnyRankedTensor:$result, AnyRankedTensor:$last_state);
  let assemblyFormat = [{
    $u `,` $delta `,` $a `,` $b `,` $c `,` $d `,` $initial_state attr-dict `:` functional-type(operands, results)
  }];
}

#endif // NIBBLE_DIALECTS_NN_NNSEQUENCEOPS
