//===- InferContrib.cpp - Operators of the domain com.microsoft -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shapes/InferFunctions.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace nibble::frontend;

// Skip connection, bias and norm: outputs 0 (normalised) and 3 (the sum).
LogicalResult nibble::frontend::inferSkipNorm(NodeInference &n) {
  for (unsigned i : {1, 2})
    if (Value output = n.node.getOutput(i)) {
      if (!output.use_empty())
        return n.error() << "gives output " << i
                         << ", which is for training; only outputs 0 and 3 "
                            "are supported";
      if (failed(n.set(i, n.type(0), {})))
        return failure();
    }
  FailureOr<Exprs> dims = n.broadcast(n.dims(0), n.dims(1));
  if (failed(dims))
    return failure();
  if (failed(n.set(3, n.type(0), *dims)))
    return failure();
  return n.set(0, n.type(0), *dims);
}

LogicalResult nibble::frontend::inferEmbedLayerNorm(NodeInference &n) {
  if (!n.has(2) || !n.has(3) || !n.has(5) || !n.has(6) || n.rank(0) != 2 ||
      n.rank(2) != 2)
    return n.error() << "needs input_ids and word_embedding with two "
                        "dimensions, position_embedding, gamma and beta";
  Exprs dims(n.dims(0));
  dims.push_back(n.dims(2)[1]);
  Type type = n.type(2);
  AffineExpr batch = n.dims(0)[0];
  // Segments and positions.
  if (failed(n.hasExtents(1, n.dims(0))) || failed(n.hasExtents(8, n.dims(0))))
    return failure();
  if (failed(n.set(1, IntegerType::get(n.symbols.getContext(), 32), {batch})) ||
      failed(n.set(2, type, dims)))
    return failure();
  return n.set(0, type, dims);
}

LogicalResult nibble::frontend::inferAttention(NodeInference &n) {
  int64_t heads = n.node.getInt("num_heads", 0);
  auto weights = getStaticShape(n.dims(1));
  if (n.rank(0) != 3 || !weights || weights->size() != 2 || heads < 1 ||
      n.node.getInts("qkv_hidden_sizes") || (*weights)[1] % (3 * heads))
    return n.error() << "needs an input with three dimensions, constant "
                        "weights [K, 3 H D] and num_heads that divides them";
  if (n.has(5) || n.has(6))
    return n.error() << "has an attention_bias or a shared past; these are not "
                        "supported";
  int64_t hidden = (*weights)[1] / 3;
  if (failed(n.equal(n.dims(0)[2], n.constant((*weights)[0]),
                     "the extents of input and weights")))
    return failure();
  AffineExpr batch = n.dims(0)[0], length = n.dims(0)[1], total = length;
  if (n.has(4)) {
    if (n.rank(4) != 5)
      return n.error() << "needs a past with five dimensions";
    total = n.dims(4)[3] + length;
  }
  if (failed(n.hasExtents(4, {n.constant(2), batch, n.constant(heads),
                              total - length, n.constant(hidden / heads)})) ||
      (n.has(3) && n.rank(3) == 2 && failed(n.hasExtents(3, {batch, total}))))
    return failure();
  Type type = n.type(0);
  if (failed(n.set(1, type,
                   {n.constant(2), batch, n.constant(heads), total,
                    n.constant(hidden / heads)})))
    return failure();
  return n.set(0, type, {batch, length, n.constant(hidden)});
}

LogicalResult nibble::frontend::inferGroupQueryAttention(NodeInference &n) {
  int64_t heads = n.node.getInt("num_heads", 0);
  int64_t groups = n.node.getInt("kv_num_heads", 0);
  if (heads < 1 || groups < 1 || heads % groups)
    return n.error() << "needs num_heads that is a multiple of kv_num_heads";
  for (unsigned i : {0, 1, 2})
    if (!n.has(i) || n.rank(i) != 3)
      return n.error() << "needs query, key and value with three dimensions; "
                          "packed ones are not supported";
  AffineExpr batch = n.dims(0)[0], length = n.dims(0)[1], total = length;
  AffineExpr size =
      n.symbols.divideProducts({n.dims(1)[2]}, {n.constant(groups)});
  if (!size || failed(n.equal(n.dims(0)[2], size * heads,
                              "the head sizes of query and key")))
    return failure();
  for (unsigned i : {3, 4}) {
    if (!n.has(i))
      continue;
    if (n.rank(i) != 4)
      return n.error() << "needs a past with four dimensions";
    total = n.dims(i)[2] + length;
  }
  Exprs entries = {batch, length, n.dims(1)[2]};
  Exprs past = {batch, n.constant(groups), total - length, size};
  if (failed(n.hasExtents(1, entries)) || failed(n.hasExtents(2, entries)) ||
      failed(n.hasExtents(3, past)) || failed(n.hasExtents(4, past)))
    return failure();
  // The cache grows by the new entries. A buffer that both share with spare
  // room would need another length here.
  if (n.has(6)) {
    FailureOr<Exprs> given = n.contents(6, "total lengths");
    if (failed(given))
      return failure();
    if (given->size() != 1)
      return n.error() << "needs one total_sequence_length";
    if (failed(n.equal(given->front(), total,
                       "total_sequence_length and past plus new entries")))
      return failure();
  }
  Type type = n.type(0);
  Exprs output(n.dims(0));
  Exprs present = {batch, n.constant(groups), total, size};
  if (failed(n.set(1, type, present)) || failed(n.set(2, type, present)))
    return failure();
  return n.set(0, type, output);
}
