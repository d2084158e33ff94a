//===- NNDialect.cpp - The nn dialect -------------------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NN.h"
#include "dialects/NN/NNDecomposeQuant.h"
#include "dialects/NN/NNDecomposeTransform.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace nibble::nn;

#include "dialects/NN/NNDialect.cpp.inc"
#include "dialects/NN/NNEnums.cpp.inc"
#include "dialects/NN/NNInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/NN/NNAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/NN/NNOps.cpp.inc"

void NNDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/NN/NNAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/NN/NNOps.cpp.inc"
      >();
  attachQuantModels(getContext());
  attachTransformModel(getContext());
}

LogicalResult ParameterOp::verify() {
  auto type = cast<RankedTensorType>(getType());
  if (!type.getElementType().isIntOrFloat())
    return emitOpError() << "cannot hold elements of type "
                         << type.getElementType();
  int64_t bits = type.getNumElements() * type.getElementTypeBitWidth();
  if (type.getElementType().isInteger(1))
    bits = type.getNumElements() * 8;
  if (getPlace().getLength() != int64_t(llvm::divideCeil(bits, 8)))
    return emitOpError() << "a " << type << " takes "
                         << llvm::divideCeil(bits, 8)
                         << " bytes, but the place has "
                         << getPlace().getLength();
  if (getPlace().getOffset() < 0)
    return emitOpError("the place's offset is negative");
  return success();
}
