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
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace nibble::qnt {

enum class ElementKind : uint8_t {
  None,
  Int,
  UInt,
  Float,
  Ternary,
  Table,
  PowerOfTwo,
  Planes
};

/// Which codes of a minifloat are not finite numbers. Ocp: none (MX E2M1).
enum class FloatConvention : uint8_t { Ocp, Ieee, Fn, Fnuz };

/// One element's code. `bits` is its width in memory; `exponentBits` and
/// `mantissaBits` are a minifloat's; `table` names a table's values.
struct ElementCode {
  ElementKind kind = ElementKind::None;
  uint8_t bits = 0;
  uint8_t exponentBits = 0;
  uint8_t mantissaBits = 0;
  FloatConvention convention = FloatConvention::Ocp;
  mlir::StringAttr table;

  bool operator==(const ElementCode &o) const {
    return kind == o.kind && bits == o.bits && exponentBits == o.exponentBits &&
           mantissaBits == o.mantissaBits && convention == o.convention &&
           table == o.table;
  }
};
llvm::hash_code hash_value(const ElementCode &code);

enum class ScaleKind : uint8_t { None, F32, F16, BF16, E8M0, E4M3, UE5M3, Int };

/// A scale's type; `bits` counts for Int only.
struct ScaleCode {
  ScaleKind kind = ScaleKind::None;
  uint8_t bits = 0;

  unsigned getWidth() const;
  bool operator==(const ScaleCode &o) const {
    return kind == o.kind && bits == o.bits;
  }
};
llvm::hash_code hash_value(const ScaleCode &code);

} // namespace nibble::qnt

#include "dialects/Quant/QuantDialect.h.inc"
#include "dialects/Quant/QuantEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Quant/QuantAttrs.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/Quant/QuantTypes.h.inc"
#define GET_OP_CLASSES
#include "dialects/Quant/QuantOps.h.inc"

#endif // NIBBLE_DIALECTS_QUANT_QUANT_H
