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
#include "llvm/Support/CheckedArithmetic.h"

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
  std::optional<int64_t> bits =
      type.getElementType().isInteger(1) ? 8 : type.getElementTypeBitWidth();
  for (int64_t extent : type.getShape())
    bits = bits ? llvm::checkedMul(*bits, extent) : bits;
  if (llvm::is_contained(type.getShape(), 0))
    bits = 0;
  if (!bits)
    return emitOpError() << "a " << type << " takes more than 2^63 bits";
  int64_t bytes = llvm::divideCeil(uint64_t(*bits), 8);
  if (getPlace().getLength() != bytes)
    return emitOpError() << "a " << type << " takes " << bytes
                         << " bytes, but the place has "
                         << getPlace().getLength();
  if (getPlace().getOffset() < 0)
    return emitOpError("the place's offset is negative");
  return success();
}
