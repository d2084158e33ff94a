//===- QuantTransforms.h - Bases and changes of basis -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Apart from Quant.h: only what changes bases includes lib/Numerics.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_QUANT_QUANTTRANSFORMS_H
#define NIBBLE_DIALECTS_QUANT_QUANTTRANSFORMS_H

#include "dialects/Quant/Quant.h"
#include "mlir/IR/SymbolTable.h"
#include "nibble/Numerics/Transform.h"

namespace nibble::qnt {

class TransformAttr;

using TransformResult = numerics::Result<numerics::Transform>;

/// Numbers that a transform is made of: `count` of them, which the function
/// `symbol` returns.
struct TransformDataUse {
  mlir::FlatSymbolRefAttr symbol;
  int64_t count;
};
using TransformDataUses = llvm::SmallVector<TransformDataUse>;

/// Reads the numbers that a function returns, row after row.
using TransformData = llvm::function_ref<numerics::Result<std::vector<double>>(
    mlir::FlatSymbolRefAttr)>;

/// The inverse and the transpose of a transform that has no form of its own for
/// them. The transpose of an orthogonal one is its inverse.
TransformAttr makeInverse(mlir::Attribute transform);
TransformAttr makeTranspose(mlir::Attribute transform);

/// Composition of maps of one size, the first one applied first, without what
/// cancels. At least one.
TransformAttr composeTransforms(llvm::ArrayRef<TransformAttr> steps);

/// `block` on each of `count` segments; `block` itself for one.
TransformAttr makeBlocks(TransformAttr block, int64_t count);

/// The same map with its compositions flat, nothing in them that cancels, and
/// inverses at the leaves.
TransformAttr simplifyTransform(TransformAttr transform);

/// The map itself. Fails where the numbers are not what the attribute states.
TransformResult buildTransform(TransformAttr transform, TransformData data);

} // namespace nibble::qnt

#include "dialects/Quant/QuantTransformInterface.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Quant/QuantTransformAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/Quant/QuantTransformOps.h.inc"

#endif // NIBBLE_DIALECTS_QUANT_QUANTTRANSFORMS_H
