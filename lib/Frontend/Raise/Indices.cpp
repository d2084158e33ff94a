//===- Indices.cpp - Integer tensors as functions of their indices --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Raise/Indices.h"

#include "Raise/Match.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nn::ElementwiseKind;

static constexpr unsigned kMaxDepth = 16;

Indices::Indices(func::FuncOp main) : main(main), numSymbols(0) {
  if (auto symbols =
          main->getParentOp()->getAttrOfType<ArrayAttr>("nn.symbols"))
    numSymbols = symbols.size();
}

//===----------------------------------------------------------------------===//
// Index values
//===----------------------------------------------------------------------===//

AffineExpr Indices::getArgumentDim(BlockArgument arg, int64_t axis) {
  if (arg.getOwner()->getParentOp() != main)
    return {};
  if (auto map =
          main.getArgAttrOfType<AffineMapAttr>(arg.getArgNumber(), "nn.shape"))
    return map.getValue().getResult(axis);
  auto found = llvm::find(unnamed, std::pair(arg, axis));
  if (found != unnamed.end())
    return getAffineSymbolExpr(numSymbols - unnamed.size() +
                                   (found - unnamed.begin()),
                               arg.getContext());
  unnamed.push_back({arg, axis});
  return getAffineSymbolExpr(numSymbols++, arg.getContext());
}

AffineExpr Indices::getIndex(Value index) {
  MLIRContext *context = index.getContext();
  if (std::optional<int64_t> number = getConstantIntValue(index))
    return getAffineConstantExpr(*number, context);
  if (auto dim = index.getDefiningOp<tensor::DimOp>()) {
    auto arg = dyn_cast<BlockArgument>(dim.getSource());
    std::optional<int64_t> axis = dim.getConstantIndex();
    return arg && axis ? getArgumentDim(arg, *axis) : AffineExpr();
  }
  auto apply = index.getDefiningOp<affine::AffineApplyOp>();
  if (!apply)
    return {};
  SmallVector<AffineExpr> operands;
  for (Value operand : apply.getMapOperands()) {
    operands.push_back(getIndex(operand));
    if (!operands.back())
      return {};
  }
  AffineMap map = apply.getAffineMap();
  auto all = ArrayRef(operands);
  return simplify(
      map.getResult(0).replaceDimsAndSymbols(all.take_front(map.getNumDims()),
                                             all.drop_front(map.getNumDims())),
      0);
}

Value Indices::materialize(AffineExpr expr, OpBuilder &b) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&main.front());
  SmallVector<OpFoldResult> values;
  SmallVector<AffineExpr> replacements;
  for (unsigned i = 0; i < numSymbols; ++i) {
    replacements.push_back(b.getAffineSymbolExpr(values.size()));
    if (!expr.isFunctionOfSymbol(i))
      continue;
    Value value;
    for (BlockArgument arg : main.getArguments()) {
      auto type = dyn_cast<RankedTensorType>(arg.getType());
      for (int64_t axis = 0; type && !value && axis < type.getRank(); ++axis)
        if (type.isDynamicDim(axis) &&
            getArgumentDim(arg, axis) == b.getAffineSymbolExpr(i))
          value = tensor::DimOp::create(b, main.getLoc(), arg, axis);
    }
    if (!value)
      return {};
    values.push_back(value);
  }
  OpFoldResult result = affine::makeComposedFoldedAffineApply(
      b, main.getLoc(),
      AffineMap::get(0, values.size(), expr.replaceSymbols(replacements)),
      values);
  return getValueOrCreateConstantIndexOp(b, main.getLoc(), result);
}

//===----------------------------------------------------------------------===//
// Extents
//===----------------------------------------------------------------------===//

// Entry `axis` of a list that is partly static.
static Value getDynamicEntry(ValueRange dynamic, ArrayRef<int64_t> fixed,
                             int64_t axis) {
  unsigned before =
      llvm::count_if(fixed.take_front(axis), ShapedType::isDynamic);
  return before < dynamic.size() ? dynamic[before] : Value();
}

AffineExpr Indices::getDim(Value tensor, int64_t axis, unsigned depth) {
  auto type = dyn_cast<ShapedType>(tensor.getType());
  if (!type || !type.hasRank() || depth == kMaxDepth)
    return {};
  if (!type.isDynamicDim(axis))
    return getAffineConstantExpr(type.getDimSize(axis), tensor.getContext());
  if (auto arg = dyn_cast<BlockArgument>(tensor))
    return getArgumentDim(arg, axis);
  auto entry = [&](ValueRange dynamic, ArrayRef<int64_t> fixed) {
    Value value = getDynamicEntry(dynamic, fixed, axis);
    return value ? getIndex(value) : AffineExpr();
  };
  auto of = [&](Value v, int64_t at) { return getDim(v, at, depth + 1); };
  return TypeSwitch<Operation *, AffineExpr>(tensor.getDefiningOp())
      .Case<nn::ReshapeOp, nn::ExpandOp>(
          [&](auto op) { return entry(op.getShape(), op.getStaticShape()); })
      .Case([&](nn::SliceOp op) {
        return entry(op.getSizes(), op.getStaticSizes());
      })
      .Case([&](nn::IotaOp op) {
        return op.getSize() ? getIndex(op.getSize()) : AffineExpr();
      })
      .Case([&](nn::TransposeOp op) {
        return of(op.getInput(), op.getPermutation()[axis]);
      })
      .Case<nn::CastOp, nn::SoftmaxOp, nn::LayerNormOp, nn::RMSNormOp,
            nn::RopeOp>([&](auto op) { return of(op.getInput(), axis); })
      .Case([&](nn::LinearOp op) { return of(op.getInput(), axis); })
      .Case([&](nn::EmbeddingOp op) { return of(op.getIndices(), axis); })
      .Case([&](nn::CacheUpdateOp op) -> AffineExpr {
        AffineExpr a = of(op.getCache(), axis);
        if (axis != static_cast<int64_t>(op.getAxis()))
          return a;
        AffineExpr b = of(op.getUpdate(), axis);
        return a && b ? simplify(a + b, 0) : AffineExpr();
      })
      .Case([&](nn::ConcatOp op) -> AffineExpr {
        AffineExpr sum = of(op.getInputs()[0], axis);
        if (axis != static_cast<int64_t>(op.getAxis()))
          return sum;
        for (Value input : op.getInputs().drop_front()) {
          AffineExpr next = of(input, axis);
          if (!sum || !next)
            return {};
          sum = simplify(sum + next, 0);
        }
        return sum;
      })
      .Case([&](nn::MatmulOp op) -> AffineExpr {
        int64_t rank = type.getRank();
        if (axis == rank - 1) {
          auto rhs = cast<ShapedType>(op.getRhs().getType());
          return of(op.getRhs(),
                    rhs.getRank() - (op.getTransposeRhs() ? 2 : 1));
        }
        auto lhs = cast<ShapedType>(op.getLhs().getType());
        int64_t at = axis - (rank - lhs.getRank());
        return at >= 0 ? of(op.getLhs(), at) : AffineExpr();
      })
      .Case([&](nn::ElementwiseOp op) -> AffineExpr {
        for (Value input : op.getInputs()) {
          auto own = cast<ShapedType>(input.getType());
          int64_t at = axis - (type.getRank() - own.getRank());
          if (at >= 0 && own.getDimSize(at) != 1)
            return of(input, at);
        }
        return {};
      })
      .Case([&](nn::GatherOp op) -> AffineExpr {
        int64_t at = op.getAxis();
        auto indices = cast<ShapedType>(op.getIndices().getType());
        if (axis < at)
          return of(op.getInput(), axis);
        if (axis < at + indices.getRank())
          return of(op.getIndices(), axis - at);
        return of(op.getInput(), axis - indices.getRank() + 1);
      })
      .Case([&](nn::GatherNDOp op) -> AffineExpr {
        auto indices = cast<ShapedType>(op.getIndices().getType());
        return axis < indices.getRank() - 1 ? of(op.getIndices(), axis)
                                            : AffineExpr();
      })
      .Default(AffineExpr());
}

std::optional<Exprs> Indices::getDims(Value tensor) {
  Exprs dims;
  for (int64_t axis = 0, e = cast<ShapedType>(tensor.getType()).getRank();
       axis < e; ++axis) {
    dims.push_back(getDim(tensor, axis, 0));
    if (!dims.back())
      return std::nullopt;
  }
  return dims;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

// The expression of an operand in the indices of what it broadcasts to.
static AffineExpr broadcast(AffineExpr expr, ShapedType from, int64_t rank) {
  SmallVector<AffineExpr> dims;
  MLIRContext *context = expr.getContext();
  for (auto [axis, extent] : llvm::enumerate(from.getShape()))
    dims.push_back(
        extent == 1 ? getAffineConstantExpr(0, context)
                    : getAffineDimExpr(rank - from.getRank() + axis, context));
  return expr.replaceDims(dims);
}

// Where only extents of 1 come and go, the other axes keep their order.
static AffineExpr reshapeIndices(AffineExpr expr, ShapedType from,
                                 ShapedType to) {
  SmallVector<int64_t> axes, extents;
  for (auto [axis, extent] : llvm::enumerate(to.getShape()))
    if (extent != 1) {
      axes.push_back(axis);
      extents.push_back(extent);
    }
  SmallVector<AffineExpr> dims;
  unsigned next = 0;
  for (int64_t extent : from.getShape()) {
    if (extent == 1) {
      dims.push_back(getAffineConstantExpr(0, expr.getContext()));
      continue;
    }
    if (next == axes.size() || extents[next] != extent)
      return {};
    dims.push_back(getAffineDimExpr(axes[next++], expr.getContext()));
  }
  return next == axes.size() ? expr.replaceDims(dims) : AffineExpr();
}

AffineExpr Indices::getElements(Value tensor, unsigned depth) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (!type || depth == kMaxDepth || !isa<IntegerType>(type.getElementType()))
    return {};
  MLIRContext *context = tensor.getContext();
  if (std::optional<double> number = matchScalar(tensor))
    return getAffineConstantExpr(static_cast<int64_t>(*number), context);
  if (!tensor.getDefiningOp())
    return {};
  int64_t rank = type.getRank();
  auto of = [&](Value v) { return getElements(v, depth + 1); };
  return TypeSwitch<Operation *, AffineExpr>(tensor.getDefiningOp())
      .Case([&](nn::FromIndexOp op) {
        return op.getValues().size() == 1 ? getIndex(op.getValues()[0])
                                          : AffineExpr();
      })
      .Case([&](nn::IotaOp op) -> AffineExpr {
        AffineExpr start = of(op.getStart()), step = of(op.getStep());
        if (!start || !step)
          return {};
        return simplify(start + getAffineDimExpr(0, context) * step, 1);
      })
      .Case([&](nn::CastOp op) -> AffineExpr {
        // An extent or index fits in 32 bits.
        return type.getElementTypeBitWidth() >= 32 ? of(op.getInput())
                                                   : AffineExpr();
      })
      .Case([&](nn::ReshapeOp op) -> AffineExpr {
        AffineExpr expr = of(op.getInput());
        return expr ? reshapeIndices(
                          expr, cast<ShapedType>(op.getInput().getType()), type)
                    : AffineExpr();
      })
      .Case([&](nn::ExpandOp op) -> AffineExpr {
        AffineExpr expr = of(op.getInput());
        return expr ? broadcast(expr, cast<ShapedType>(op.getInput().getType()),
                                rank)
                    : AffineExpr();
      })
      .Case([&](nn::TransposeOp op) -> AffineExpr {
        AffineExpr expr = of(op.getInput());
        if (!expr)
          return {};
        SmallVector<AffineExpr> dims(rank);
        for (auto [i, axis] : llvm::enumerate(op.getPermutation()))
          dims[axis] = getAffineDimExpr(i, context);
        return expr.replaceDims(dims);
      })
      .Case([&](nn::SliceOp op) -> AffineExpr {
        AffineExpr expr = of(op.getInput());
        if (!expr)
          return {};
        SmallVector<AffineExpr> dims;
        for (auto [i, offset] : llvm::enumerate(op.getStaticOffsets())) {
          AffineExpr first = getAffineConstantExpr(offset, context);
          if (ShapedType::isDynamic(offset)) {
            Value value =
                getDynamicEntry(op.getOffsets(), op.getStaticOffsets(), i);
            first = value ? getIndex(value) : AffineExpr();
          }
          if (!first)
            return {};
          dims.push_back(first +
                         getAffineDimExpr(i, context) * op.getStrides()[i]);
        }
        return simplify(expr.replaceDims(dims), rank);
      })
      .Case([&](nn::ElementwiseOp op) -> AffineExpr {
        SmallVector<AffineExpr> operands;
        for (Value input : op.getInputs()) {
          AffineExpr expr = of(input);
          if (!expr)
            return {};
          operands.push_back(
              broadcast(expr, cast<ShapedType>(input.getType()), rank));
        }
        switch (op.getKind()) {
        case ElementwiseKind::Add:
          return simplify(operands[0] + operands[1], rank);
        case ElementwiseKind::Sub:
          return simplify(operands[0] - operands[1], rank);
        case ElementwiseKind::Mul:
          return simplify(operands[0] * operands[1], rank);
        case ElementwiseKind::Neg:
          return simplify(-operands[0], rank);
        default:
          return {};
        }
      })
      .Default(AffineExpr());
}

AffineExpr Indices::getElements(Value tensor) { return getElements(tensor, 0); }

AffineExpr Indices::getPredicate(Value tensor, unsigned depth) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (!type || depth == kMaxDepth || !tensor.getDefiningOp())
    return {};
  int64_t rank = type.getRank();
  auto of = [&](Value v) { return getPredicate(v, depth + 1); };
  return TypeSwitch<Operation *, AffineExpr>(tensor.getDefiningOp())
      .Case([&](nn::ReshapeOp op) -> AffineExpr {
        AffineExpr expr = of(op.getInput());
        return expr ? reshapeIndices(
                          expr, cast<ShapedType>(op.getInput().getType()), type)
                    : AffineExpr();
      })
      .Case([&](nn::ExpandOp op) -> AffineExpr {
        AffineExpr expr = of(op.getInput());
        return expr ? broadcast(expr, cast<ShapedType>(op.getInput().getType()),
                                rank)
                    : AffineExpr();
      })
      .Case([&](nn::ElementwiseOp op) -> AffineExpr {
        if (op.getKind() == ElementwiseKind::Not) {
          AffineExpr expr = of(op.getInputs()[0]);
          return expr ? simplify(-expr - 1, rank) : AffineExpr();
        }
        if (op.getInputs().size() != 2)
          return {};
        AffineExpr sides[2];
        for (unsigned i : {0, 1}) {
          sides[i] = getElements(op.getInputs()[i], depth + 1);
          if (!sides[i])
            return {};
          sides[i] = broadcast(
              sides[i], cast<ShapedType>(op.getInputs()[i].getType()), rank);
        }
        switch (op.getKind()) {
        case ElementwiseKind::LessEqual:
          return simplify(sides[1] - sides[0], rank);
        case ElementwiseKind::Less:
          return simplify(sides[1] - sides[0] - 1, rank);
        case ElementwiseKind::GreaterEqual:
          return simplify(sides[0] - sides[1], rank);
        case ElementwiseKind::Greater:
          return simplify(sides[0] - sides[1] - 1, rank);
        default:
          return {};
        }
      })
      .Default(AffineExpr());
}

AffineExpr Indices::getPredicate(Value tensor) {
  return getPredicate(tensor, 0);
}

Value Indices::reshape(Value x, ArrayRef<AffineExpr> dims, OpBuilder &b) {
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<Value> dynamic;
  SmallVector<int64_t> shape;
  for (AffineExpr dim : dims) {
    shape.push_back(getConstant(dim).value_or(ShapedType::kDynamic));
    if (!ShapedType::isDynamic(shape.back()))
      continue;
    dynamic.push_back(materialize(dim, b));
    if (!dynamic.back())
      return {};
  }
  return nn::ReshapeOp::create(b, x.getLoc(), type.clone(shape), x, dynamic,
                               shape);
}
