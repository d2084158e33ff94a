//===- Quant.h - The qnt dialect --------------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_QUANT_QUANT_H
#define NIBBLE_DIALECTS_QUANT_QUANT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "nibble/Formats/Format.h"

namespace nibble::formats {
llvm::hash_code hash_value(const Format &format);
} // namespace nibble::formats

#include "dialects/Quant/QuantDialect.h.inc"
#include "dialects/Quant/QuantEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Quant/QuantAttrs.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/Quant/QuantTypes.h.inc"
#define GET_OP_CLASSES
#include "dialects/Quant/QuantOps.h.inc"

#endif // NIBBLE_DIALECTS_QUANT_QUANT_H
