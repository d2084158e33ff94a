//===- LowerContrib.cpp - Operators of the domain com.microsoft -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lower/LowerFunctions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nn::ElementwiseKind;

// GELU of x + bias: FastGelu is the tanh form, BiasGelu and Gelu the erf form.
LogicalResult nibble::frontend::lowerFastGelu(NodeLowering &n) {
  Value x = n.in(0);
  if (n.has(1))
    x = n.add(x, n.in(1), n.resultType());
  return n.set(0, n.elementwise(n.node.getOpType() == "FastGelu"
                                    ? ElementwiseKind::GeluTanh
                                    : ElementwiseKind::Gelu,
                                x, n.resultType()));
}

static Value makeNorm(NodeLowering &n, bool isRMS, Value x, Value scale,
                      Value bias, float epsilon) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t axis = type.getRank() - 1;
  APFloat attr(epsilon);
  if (isRMS)
    return nn::RMSNormOp::create(n.b, n.loc, type, x, scale, axis, attr);
  return nn::LayerNormOp::create(n.b, n.loc, type, x, scale, bias, axis, attr);
}

// (Skip)(Simplified)LayerNormalization: norm of input + skip + bias.
LogicalResult nibble::frontend::lowerSkipNorm(NodeLowering &n) {
  bool isRMS = n.node.getOpType() == "SkipSimplifiedLayerNormalization";
  RankedTensorType type = n.resultType();
  // The order in which the runtime adds.
  Value sum = n.add(n.in(0), n.in(1), type);
  unsigned biasInput = isRMS ? 3 : 4;
  if (n.has(biasInput))
    sum = n.add(sum, n.in(biasInput), type);
  Value bias = isRMS ? Value() : n.in(3);
  if (failed(n.set(3, sum)))
    return failure();
  return n.set(0, makeNorm(n, isRMS, sum, n.in(2), bias,
                           n.node.getFloat("epsilon", 1e-12f)));
}

LogicalResult nibble::frontend::lowerEmbedLayerNorm(NodeLowering &n) {
  if (Value mask = n.node.getOutput(1); mask && !mask.use_empty())
    return n.error() << "gives mask_index, which is not supported";
  if (n.has(7))
    return n.error() << "takes a mask, which is not supported";
  RankedTensorType type = n.resultType();
  auto embed = [&](unsigned table, Value indices) -> Value {
    return nn::EmbeddingOp::create(n.b, n.loc, type, n.in(table), indices);
  };
  Value sum = embed(2, n.in(0));
  Exprs ids = n.dims(0);
  Type index = n.type(0).getElementType();
  if (n.has(8)) {
    sum = n.add(sum, embed(3, n.in(8)), type);
  } else {
    // Positions count from 0 in every row.
    auto vector = n.getType({ids[1]}, index);
    Value size = vector.isDynamicDim(0) ? n.lowering.getIndex(ids[1]) : Value();
    Value positions = nn::IotaOp::create(
        n.b, n.loc, vector, size, n.scalar(0, index), n.scalar(1, index));
    auto rows = n.getType({ids[1], n.outDims().back()}, type.getElementType());
    Value row = nn::EmbeddingOp::create(n.b, n.loc, rows, n.in(3), positions);
    sum = n.add(sum, row, type);
  }
  if (n.has(1) && n.has(4))
    sum = n.add(sum, embed(4, n.in(1)), type);
  if (failed(n.set(2, sum)))
    return failure();
  return n.set(0, makeNorm(n, /*isRMS=*/false, sum, n.in(5), n.in(6),
                           n.node.getFloat("epsilon", 1e-12f)));
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

// [B, T, H D] to [B, H, T, D].
static Value splitHeads(NodeLowering &n, Value x, ArrayRef<AffineExpr> dims,
                        int64_t heads, AffineExpr size) {
  x = n.reshape(x, {dims[0], dims[1], n.constant(heads), size});
  return n.transpose(x, {0, 2, 1, 3});
}

static Value mergeHeads(NodeLowering &n, Value x, ArrayRef<AffineExpr> dims) {
  return n.reshape(n.transpose(x, {0, 2, 1, 3}), dims);
}

static Value makeAttention(NodeLowering &n, Value query, Value key, Value value,
                           Value mask, Value lengths, float scale, bool causal,
                           int64_t window, float softcap) {
  return nn::AttentionOp::create(n.b, n.loc, query.getType(), query, key, value,
                                 mask, lengths, APFloat(scale), causal, window,
                                 APFloat(softcap));
}

// A 2-D mask [B, S] counts keys that are not 0; [B, 1, 1, S] as i1.
static FailureOr<Value> getKeyMask(NodeLowering &n, unsigned input) {
  if (!n.has(input))
    return Value();
  if (n.rank(input) != 2)
    return n.error() << "has a mask with " << n.rank(input)
                     << " dimensions; only [batch, keys] is supported";
  Value mask = n.convert(n.in(input), n.b.getI1Type());
  Exprs dims = n.dims(input);
  return n.reshape(mask, {dims[0], n.constant(1), n.constant(1), dims[1]});
}

LogicalResult nibble::frontend::lowerAttention(NodeLowering &n) {
  int64_t heads = n.node.getInt("num_heads", 1);
  Exprs dims = n.dims(0), out = n.outDims();
  int64_t hidden = n.type(1).getDimSize(1) / 3;
  AffineExpr size = n.constant(hidden / heads);
  FailureOr<Value> mask = getKeyMask(n, 3);
  if (failed(mask))
    return failure();
  if (n.node.getInt("do_rotary", 0))
    return n.error() << "rotates query and key, which is not supported";
  // Query, key and value weights are columns of one matrix.
  Value parts[3];
  Exprs weightDims = n.dims(1);
  for (int64_t i = 0; i < 3; ++i) {
    Value weight = n.slice(n.in(1), weightDims, 1, n.constant(i * hidden),
                           n.constant(hidden));
    weight = n.transpose(weight, {1, 0});
    Value bias;
    if (n.has(2))
      bias = n.slice(n.in(2), n.dims(2), 0, n.constant(i * hidden),
                     n.constant(hidden));
    parts[i] =
        nn::LinearOp::create(n.b, n.loc, n.resultType(), n.in(0), weight, bias);
    parts[i] = splitHeads(n, parts[i], dims, heads, size);
  }
  bool keepPresent = n.node.getOutput(1) != nullptr;
  AffineExpr total = dims[1];
  if (n.has(4)) {
    Exprs past = n.dims(4);
    total = past[3] + dims[1];
    Type element = n.resultType().getElementType();
    for (int64_t i = 0; i < 2; ++i) {
      Value cache = n.slice(n.in(4), past, 0, n.constant(i), n.constant(1));
      cache = n.reshape(cache, ArrayRef(past).drop_front());
      parts[i + 1] = nn::CacheUpdateOp::create(
          n.b, n.loc, n.getType({past[1], past[2], total, past[4]}, element),
          cache, parts[i + 1], 2);
    }
  }
  if (keepPresent) {
    Exprs present = n.outDims(1);
    present[0] = n.constant(1);
    Value halves[2];
    for (int64_t i = 0; i < 2; ++i)
      halves[i] = n.reshape(parts[i + 1], present);
    if (failed(n.set(1, nn::ConcatOp::create(n.b, n.loc, n.resultType(1),
                                             ValueRange(halves), 0))))
      return failure();
  }
  float scale = n.node.getFloat("scale", 0.0f);
  if (scale == 0.0f)
    scale = 1.0f / std::sqrt(static_cast<float>(hidden / heads));
  Value result =
      makeAttention(n, parts[0], parts[1], parts[2], *mask, Value(), scale,
                    n.node.getInt("unidirectional", 0) != 0, 0, 0.0f);
  return n.set(0, mergeHeads(n, result, out));
}

// The rows of the rotation table for the new entries: row b has seqlens_k[b] +
// 1 valid keys, of which the new ones are the last.
static Value getPositions(NodeLowering &n, Value lengths, AffineExpr length) {
  Type index = n.type(5).getElementType();
  auto vector = n.getType({length}, index);
  Value size = vector.isDynamicDim(0) ? n.lowering.getIndex(length) : Value();
  Value count = nn::IotaOp::create(n.b, n.loc, vector, size, n.scalar(0, index),
                                   n.scalar(1, index));
  Exprs batch = n.dims(5);
  Value last = n.reshape(lengths, {batch[0], n.constant(1)});
  Value newCount =
      nn::FromIndexOp::create(n.b, n.loc, RankedTensorType::get({}, index),
                              ValueRange(n.lowering.getIndex(length)));
  Value first = n.elementwise(ElementwiseKind::Sub, {last, newCount},
                              cast<RankedTensorType>(last.getType()));
  return n.add(first, count, n.getType({batch[0], length}, index));
}

LogicalResult nibble::frontend::lowerGroupQueryAttention(NodeLowering &n) {
  int64_t heads = n.node.getInt("num_heads", 1);
  int64_t groups = n.node.getInt("kv_num_heads", 1);
  for (unsigned i = 9; i < n.node.getInputs().size(); ++i)
    if (n.has(i))
      return n.error() << "has input " << i
                       << " (position_ids, attention_bias or head_sink), "
                          "which is not supported";
  if (n.node.getInt("smooth_softmax", 0))
    return n.error() << "has a smooth softmax, which is not supported";
  if (!n.node.getOutput(1) || !n.node.getOutput(2) || !n.has(5))
    return n.error() << "needs seqlens_k, present_key and present_value";
  Exprs dims = n.dims(0), present = n.outDims(1);
  AffineExpr size = present[3];
  Value query = splitHeads(n, n.in(0), dims, heads, size);
  Value key = splitHeads(n, n.in(1), dims, groups, size);
  Value value = splitHeads(n, n.in(2), dims, groups, size);
  // seqlens_k counts from 0.
  auto lengthsType = cast<RankedTensorType>(n.in(5).getType());
  Value lengths =
      n.add(n.in(5), n.scalar(1, lengthsType.getElementType()), lengthsType);
  if (n.node.getInt("do_rotary", 0)) {
    if (!n.has(7) || !n.has(8))
      return n.error() << "rotates, but has no cos_cache and sin_cache";
    Value positions = getPositions(n, lengths, dims[1]);
    Value tables[2];
    for (unsigned i : {0, 1})
      tables[i] =
          nn::EmbeddingOp::create(n.b, n.loc,
                                  n.getType({dims[0], dims[1], n.dims(7)[1]},
                                            n.resultType().getElementType()),
                                  n.in(7 + i), positions);
    bool interleaved = n.node.getInt("rotary_interleaved", 0);
    for (Value *x : {&query, &key})
      *x = nn::RopeOp::create(n.b, n.loc, x->getType(), *x, tables[0],
                              tables[1], interleaved);
  }
  if (n.has(3) && n.has(4)) {
    key =
        nn::CacheUpdateOp::create(n.b, n.loc, n.resultType(1), n.in(3), key, 2);
    value = nn::CacheUpdateOp::create(n.b, n.loc, n.resultType(2), n.in(4),
                                      value, 2);
  }
  if (failed(n.set(1, key)) || failed(n.set(2, value)))
    return failure();
  std::optional<int64_t> headSize = getConstant(size);
  float scale = n.node.getFloat("scale", 0.0f);
  if (scale == 0.0f) {
    if (!headSize)
      return n.error() << "needs a constant head size or a scale";
    scale = 1.0f / std::sqrt(static_cast<float>(*headSize));
  }
  int64_t window = n.node.getInt("local_window_size", -1);
  Value result = makeAttention(n, query, key, value, Value(), lengths, scale,
                               /*causal=*/true, std::max<int64_t>(window, 0),
                               n.node.getFloat("softcap", 0.0f));
  return n.set(0, mergeHeads(n, result, n.outDims()));
}
