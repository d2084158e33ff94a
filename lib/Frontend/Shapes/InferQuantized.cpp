//===- InferQuantized.cpp - Quantization operators --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shapes/InferFunctions.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;
using namespace nibble::frontend;

static Type getF32(NodeInference &n) {
  return Float32Type::get(n.symbols.getContext());
}
static Type getI32(NodeInference &n) {
  return IntegerType::get(n.symbols.getContext(), 32);
}
static Type getU8(NodeInference &n) {
  return IntegerType::get(n.symbols.getContext(), 8, IntegerType::Unsigned);
}

LogicalResult nibble::frontend::inferQuantizeLinear(NodeInference &n) {
  Type type = getU8(n);
  if (n.has(2)) {
    type = n.type(2);
  } else if (int64_t code = n.node.getInt("output_dtype", 0)) {
    type = getElementType(code, n.symbols.getContext());
    if (!type)
      return n.error() << "quantizes to data type " << code
                       << ", which is not supported";
  }
  if (!isa<IntegerType>(type))
    return n.error() << "quantizes to " << type
                     << "; only integers are supported";
  return n.set(0, type, Exprs(n.dims(0)));
}

LogicalResult nibble::frontend::inferDequantizeLinear(NodeInference &n) {
  if (!isa<IntegerType>(n.type(0)))
    return n.error() << "dequantizes " << n.type(0)
                     << "; only integers are supported";
  return n.set(0, n.type(1), Exprs(n.dims(0)));
}

LogicalResult nibble::frontend::inferDynamicQuantizeLinear(NodeInference &n) {
  if (failed(n.set(0, getU8(n), Exprs(n.dims(0)))) ||
      failed(n.set(1, getF32(n), {})))
    return failure();
  return n.set(2, getU8(n), {});
}

LogicalResult nibble::frontend::inferMatMulInteger(NodeInference &n) {
  FailureOr<Exprs> dims = getMatMulDims(n, n.dims(0), n.dims(1));
  if (failed(dims))
    return failure();
  return n.set(0, getI32(n), *dims);
}

LogicalResult nibble::frontend::inferQLinearMatMul(NodeInference &n) {
  FailureOr<Exprs> dims = getMatMulDims(n, n.dims(0), n.dims(3));
  if (failed(dims))
    return failure();
  return n.set(0, n.type(7), *dims);
}

// [B, O, spatial...] of a convolution whose filter is input `filterInput`.
static FailureOr<Exprs> getConvDims(NodeInference &n, unsigned filterInput) {
  auto filter = getStaticShape(n.dims(filterInput));
  if (!filter || filter->size() < 3 ||
      static_cast<int64_t>(filter->size()) != n.rank(0)) {
    n.error() << "needs a filter of constant extents with as many dimensions "
                 "as the input, at least three";
    return failure();
  }
  auto windows =
      getWindows(n, n.dims(0).drop_front(2), ArrayRef(*filter).drop_front(2));
  if (failed(windows) ||
      failed(n.equal(n.dims(0)[1],
                     n.constant((*filter)[1] * n.node.getInt("group", 1)),
                     "the channels of input and filter")))
    return failure();
  Exprs dims = {n.dims(0)[0], n.constant((*filter)[0])};
  llvm::append_range(dims, windows->outputs);
  return dims;
}

LogicalResult nibble::frontend::inferConvInteger(NodeInference &n) {
  FailureOr<Exprs> dims = getConvDims(n, 1);
  if (failed(dims))
    return failure();
  return n.set(0, getI32(n), *dims);
}

LogicalResult nibble::frontend::inferQLinearConv(NodeInference &n) {
  FailureOr<Exprs> dims = getConvDims(n, 3);
  if (failed(dims))
    return failure();
  return n.set(0, n.type(7), *dims);
}

// Zero points may be left out, these inputs may not.
static LogicalResult needInputs(NodeInference &n, ArrayRef<unsigned> inputs) {
  for (unsigned i : inputs)
    if (!n.has(i))
      return n.error() << "leaves out input " << i;
  return success();
}

LogicalResult nibble::frontend::inferQLinearBinary(NodeInference &n) {
  if (failed(needInputs(n, {3, 4, 6})))
    return failure();
  FailureOr<Exprs> dims = n.broadcast(n.dims(0), n.dims(3));
  if (failed(dims))
    return failure();
  return n.set(0, n.type(0), *dims);
}

LogicalResult nibble::frontend::inferQLinearUnary(NodeInference &n) {
  if (failed(needInputs(n, 3)))
    return failure();
  Exprs dims(n.dims(0));
  if (n.node.getOpType() == "QLinearGlobalAveragePool") {
    if (n.rank(0) < 3)
      return n.error() << "needs a batch, a channel and a spatial axis";
    size_t first = n.node.getInt("channels_last", 0) ? 1 : 2;
    for (size_t i = first; i < first + dims.size() - 2; ++i)
      dims[i] = n.constant(1);
  }
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferQLinearConcat(NodeInference &n) {
  // Scale and zero point of the result, then three inputs for each part.
  unsigned count = n.node.getInputs().size();
  if (count < 5 || count % 3 != 2)
    return n.error() << "has " << count
                     << " inputs; each part needs a tensor, "
                        "a scale and a zero point";
  if (failed(needInputs(n, llvm::to_vector(llvm::seq<unsigned>(0, count)))))
    return failure();
  auto axis = n.axis(n.node.getInt("axis", 1), n.rank(2));
  if (failed(axis))
    return failure();
  Exprs dims(n.dims(2));
  for (unsigned i = 5; i < count; i += 3) {
    if (n.rank(i) != n.rank(2))
      return n.error() << "joins tensors with other numbers of dimensions";
    for (auto [j, dim] : llvm::enumerate(n.dims(i))) {
      if (static_cast<int64_t>(j) == *axis)
        dims[j] = dims[j] + dim;
      else if (failed(n.equal(dims[j], dim, "the extents of its inputs")))
        return failure();
    }
  }
  dims[*axis] = n.symbols.simplify(dims[*axis]);
  return n.set(0, n.type(1), dims);
}

LogicalResult nibble::frontend::inferMatMulNBits(NodeInference &n) {
  int64_t rows = n.node.getInt("N", 0), columns = n.node.getInt("K", 0);
  int64_t bits = n.node.getInt("bits", 4),
          size = n.node.getInt("block_size", 0);
  if (rows < 1 || columns < 1 || size < 16 || !llvm::isPowerOf2_64(size))
    return n.error() << "needs N, K and a block_size that is a power of two, "
                        "at least 16";
  // Such that the codes of a block are counted in 64 bits.
  if (size > std::numeric_limits<int32_t>::max())
    return n.error() << "has a block_size of " << size
                     << "; at most 2^30 is supported";
  if (bits != 2 && bits != 4 && bits != 8)
    return n.error() << "has weights of " << bits
                     << " bits; 2, 4 and 8 are supported";
  int64_t blocks = llvm::divideCeil(columns, size);
  AffineExpr blob = n.constant(size * bits / 8);
  ArrayRef<AffineExpr> codes = n.dims(1);
  if (codes.size() != 3 || codes[0] != n.constant(rows) ||
      codes[1] != n.constant(blocks) || codes[2] != blob)
    return n.error() << "has weights of extents " << n.symbols.toString(codes)
                     << ", but N, K, bits and block_size ask for [" << rows
                     << ", " << blocks << ", " << size * bits / 8 << "]";
  if (n.rank(0) < 2)
    return n.error() << "multiplies a number or a vector, not a matrix";
  if (failed(n.equal(n.dims(0).back(), n.constant(columns),
                     "the last extent of A and K")))
    return failure();
  Exprs dims(n.dims(0));
  dims.back() = n.constant(rows);
  return n.set(0, n.type(0), dims);
}
