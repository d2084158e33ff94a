//===- OnnxDialect.h - A faithful picture of an ONNX file -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_ONNX_ONNXDIALECT_H
#define NIBBLE_DIALECTS_ONNX_ONNXDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <optional>

#include "dialects/Onnx/OnnxDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/Onnx/OnnxTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Onnx/OnnxAttrs.h.inc"

#define GET_OP_CLASSES
#include "dialects/Onnx/OnnxOps.h.inc"

namespace nibble {
namespace onnx {

// Names of the dialect's discardable attributes (OnnxDialect.td says where
// each may stand).
inline constexpr llvm::StringLiteral kOpsetAttr = "onnx.opset";
inline constexpr llvm::StringLiteral kIrVersionAttr = "onnx.ir_version";
inline constexpr llvm::StringLiteral kProducerAttr = "onnx.producer";
inline constexpr llvm::StringLiteral kNameAttr = "onnx.name";
inline constexpr llvm::StringLiteral kDimsAttr = "onnx.dims";

/// Bits that ONNX's raw data spends on one element: 8 for a bool, the width of
/// the type otherwise. 0: the type has no raw data (strings, unknown types).
unsigned getRawBitWidth(mlir::Type elementType);

/// Bytes of raw data of a tensor with a static shape; nullopt when it has none
/// or the number of bytes does not fit in an int64_t.
std::optional<int64_t> getRawByteSize(mlir::ShapedType type);

} // namespace onnx
} // namespace nibble

#endif // NIBBLE_DIALECTS_ONNX_ONNXDIALECT_H
