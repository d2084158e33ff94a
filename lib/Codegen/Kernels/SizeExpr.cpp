//===- SizeExpr.cpp - Sizes as polynomials over run-time values -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeExpr.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace nibble::codegen {

/// Index arithmetic wraps; signed overflow in C++ must not.
static int64_t wrappingAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}
static int64_t wrappingMul(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) *
                              static_cast<uint64_t>(b));
}

SizeExpr SizeExpr::symbol(unsigned number) {
  SizeExpr result;
  result.add({number}, 1);
  return result;
}

std::optional<int64_t> SizeExpr::constant() const {
  if (terms.empty())
    return 0;
  if (terms.size() == 1 && terms.begin()->first.empty())
    return terms.begin()->second;
  return std::nullopt;
}

void SizeExpr::add(const std::vector<unsigned> &symbols, int64_t factor) {
  if (factor == 0)
    return;
  auto [it, inserted] = terms.try_emplace(symbols, factor);
  if (inserted)
    return;
  it->second = wrappingAdd(it->second, factor);
  if (it->second == 0)
    terms.erase(it);
}

SizeExpr &SizeExpr::operator+=(const SizeExpr &other) {
  for (const auto &[symbols, factor] : other.terms)
    add(symbols, factor);
  return *this;
}

SizeExpr SizeExpr::operator+(const SizeExpr &other) const {
  SizeExpr result = *this;
  return result += other;
}

SizeExpr SizeExpr::operator*(const SizeExpr &other) const {
  SizeExpr result;
  for (const auto &[symbolsA, factorA] : terms)
    for (const auto &[symbolsB, factorB] : other.terms) {
      std::vector<unsigned> symbols = symbolsA;
      symbols.insert(symbols.end(), symbolsB.begin(), symbolsB.end());
      llvm::sort(symbols);
      result.add(symbols, wrappingMul(factorA, factorB));
    }
  return result;
}

bool hasIdentityLayout(MemRefType type) {
  return type.getLayout().isIdentity();
}

//===----------------------------------------------------------------------===//
// Symbols
//===----------------------------------------------------------------------===//

unsigned Sizes::find(unsigned symbol) {
  while (symbols[symbol].parent != symbol)
    symbol = symbols[symbol].parent = symbols[symbols[symbol].parent].parent;
  return symbol;
}

SizeExpr Sizes::make(Kind kind, Value value, unsigned dim) {
  auto [it, inserted] = numbers.try_emplace(
      {kind, value.getAsOpaquePointer(), dim}, symbols.size());
  if (inserted)
    symbols.push_back({kind, value, dim, it->second, std::nullopt, Value()});
  unsigned root = find(it->second);
  if (symbols[root].constant)
    return *symbols[root].constant;
  return SizeExpr::symbol(root);
}

SizeExpr Sizes::of(OpFoldResult size) {
  if (std::optional<int64_t> constant = getConstantIntValue(size))
    return *constant;
  return ofIndex(cast<Value>(size));
}

SizeExpr Sizes::ofIndex(Value index) {
  IntegerAttr constant;
  if (matchPattern(index, m_Constant(&constant)))
    return constant.getInt();
  if (auto dim = index.getDefiningOp<memref::DimOp>())
    if (std::optional<int64_t> number = dim.getConstantIndex())
      if (auto type = dyn_cast<MemRefType>(dim.getSource().getType()))
        if (*number >= 0 && *number < type.getRank())
          return extent(dim.getSource(), *number);
  if (auto add = index.getDefiningOp<arith::AddIOp>())
    return ofIndex(add.getLhs()) + ofIndex(add.getRhs());
  if (auto mul = index.getDefiningOp<arith::MulIOp>())
    return ofIndex(mul.getLhs()) * ofIndex(mul.getRhs());
  return make(Kind::Index, index);
}

/// The source dimension that stays as each result dimension of `subview`.
static SmallVector<unsigned> keptDims(memref::SubViewOp subview) {
  llvm::SmallBitVector dropped = subview.getDroppedDims();
  SmallVector<unsigned> kept;
  for (unsigned d = 0; d < dropped.size(); ++d)
    if (!dropped[d])
      kept.push_back(d);
  return kept;
}

SizeExpr Sizes::extent(Value memref, unsigned dim) {
  auto type = cast<MemRefType>(memref.getType());
  if (!type.isDynamicDim(dim))
    return type.getDimSize(dim);
  Operation *def = memref.getDefiningOp();
  if (isa_and_nonnull<memref::AllocOp, memref::AllocaOp>(def))
    return ofIndex(def->getOperand(type.getDynamicDimIndex(dim)));
  if (auto subview = dyn_cast_or_null<memref::SubViewOp>(def))
    return of(subview.getMixedSizes()[keptDims(subview)[dim]]);
  if (auto castOp = dyn_cast_or_null<memref::CastOp>(def))
    if (isa<MemRefType>(castOp.getSource().getType()))
      return extent(castOp.getSource(), dim);
  // Integers of another sign.
  if (auto castOp = dyn_cast_or_null<UnrealizedConversionCastOp>(def))
    if (isa<MemRefType>(castOp.getOperand(0).getType()))
      return extent(castOp.getOperand(0), dim);
  if (auto expand = dyn_cast_or_null<memref::ExpandShapeOp>(def))
    return of(expand.getMixedOutputShape()[dim]);
  if (auto collapse = dyn_cast_or_null<memref::CollapseShapeOp>(def)) {
    SizeExpr product = 1;
    // Of its own: the groups are returned by value.
    ReassociationIndices group = collapse.getReassociationIndices()[dim];
    for (int64_t source : group)
      product = product * extent(collapse.getSrc(), source);
    return product;
  }
  return make(Kind::Extent, memref, dim);
}

SizeExpr Sizes::stride(Value memref, unsigned dim) {
  auto type = cast<MemRefType>(memref.getType());
  if (hasIdentityLayout(type)) {
    SizeExpr product = 1;
    for (int64_t d = type.getRank() - 1; d > dim; --d)
      product = product * extent(memref, d);
    return product;
  }
  SmallVector<int64_t> strides;
  int64_t offset;
  if (succeeded(type.getStridesAndOffset(strides, offset)) &&
      !ShapedType::isDynamic(strides[dim]))
    return strides[dim];
  return make(Kind::Stride, memref, dim);
}

SizeExpr Sizes::offset(Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (succeeded(type.getStridesAndOffset(strides, offset)) &&
      !ShapedType::isDynamic(offset))
    return offset;
  return make(Kind::Offset, memref);
}

void Sizes::unify(const SizeExpr &a, const SizeExpr &b) {
  auto single = [&](const SizeExpr &expr) -> std::optional<unsigned> {
    const auto &products = expr.products();
    if (products.size() == 1 && products.begin()->second == 1 &&
        products.begin()->first.size() == 1)
      return find(products.begin()->first.front());
    return std::nullopt;
  };
  std::optional<unsigned> symbolA = single(a), symbolB = single(b);
  if (symbolA && symbolB && *symbolA != *symbolB) {
    // The older symbol stays: kernel arguments come before what is made of
    // them.
    unsigned keep = std::min(*symbolA, *symbolB);
    unsigned drop = std::max(*symbolA, *symbolB);
    symbols[drop].parent = keep;
    if (symbols[drop].constant)
      symbols[keep].constant = symbols[drop].constant;
  } else if (symbolA && b.constant()) {
    symbols[*symbolA].constant = b.constant();
  } else if (symbolB && a.constant()) {
    symbols[*symbolB].constant = a.constant();
  }
}

SizeExpr Sizes::canonical(const SizeExpr &expr) {
  SizeExpr result;
  for (const auto &[product, factor] : expr.products()) {
    SizeExpr term = factor;
    for (unsigned symbol : product) {
      const Symbol &root = symbols[find(symbol)];
      term = term * (root.constant ? SizeExpr(*root.constant)
                                   : SizeExpr::symbol(find(symbol)));
    }
    result += term;
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

Value cloneComputation(OpBuilder &builder, Value value, IRMapping &mapping) {
  if (Value mapped = mapping.lookupOrNull(value))
    return mapped;
  Operation *def = value.getDefiningOp();
  if (!def)
    return value;
  // The extent of an allocation is known without it.
  if (auto dim = dyn_cast<memref::DimOp>(def))
    if (Operation *alloc = dim.getSource().getDefiningOp();
        isa_and_nonnull<memref::AllocOp, memref::AllocaOp>(alloc))
      if (std::optional<int64_t> number = dim.getConstantIndex()) {
        auto type = cast<MemRefType>(dim.getSource().getType());
        if (type.isDynamicDim(*number))
          return cloneComputation(
              builder, alloc->getOperand(type.getDynamicDimIndex(*number)),
              mapping);
      }
  for (Value operand : def->getOperands())
    cloneComputation(builder, operand, mapping);
  builder.clone(*def, mapping);
  return mapping.lookup(value);
}

Value Sizes::emitSymbol(OpBuilder &builder, Location loc, unsigned number,
                        IRMapping *mapping) {
  Symbol &symbol = symbols[number];
  if (symbol.emitted)
    return symbol.emitted;
  Value source = mapping ? cloneComputation(builder, symbol.value, *mapping)
                         : symbol.value;
  switch (symbol.kind) {
  case Kind::Index:
    symbol.emitted = source;
    break;
  case Kind::Extent:
    symbol.emitted =
        isa<TensorType>(source.getType())
            ? Value(tensor::DimOp::create(builder, loc, source, symbol.dim))
            : Value(memref::DimOp::create(builder, loc, source, symbol.dim));
    break;
  case Kind::Stride:
  case Kind::Offset: {
    auto metadata =
        memref::ExtractStridedMetadataOp::create(builder, loc, source);
    symbol.emitted = symbol.kind == Kind::Offset
                         ? Value(metadata.getOffset())
                         : Value(metadata.getStrides()[symbol.dim]);
    break;
  }
  }
  return symbol.emitted;
}

Value Sizes::materialize(OpBuilder &builder, Location loc, const SizeExpr &expr,
                         IRMapping *mapping) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  Value sum;
  SizeExpr present = canonical(expr);
  for (const auto &[product, factor] : present.products()) {
    Value term;
    for (unsigned number : product) {
      Value value = emitSymbol(builder, loc, number, mapping);
      term = term ? arith::MulIOp::create(builder, loc, term, value) : value;
    }
    if (!term)
      term = constant(factor);
    else if (factor != 1)
      term = arith::MulIOp::create(builder, loc, term, constant(factor));
    sum = sum ? arith::AddIOp::create(builder, loc, sum, term) : term;
  }
  return sum ? sum : constant(0);
}

} // namespace nibble::codegen
