//===- LowerTransforms.cpp - Changes of basis at run time -----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "HadamardKernel.h"
#include "dialects/NN/NN.h"
#include "dialects/NN/Note.h"
#include "dialects/NN/WeightDerived.h"
#include "dialects/Quant/QuantTransforms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "nibble/Numerics/Hadamard.h"
#include "llvm/ADT/TypeSwitch.h"

namespace nibble {
#define GEN_PASS_DEF_LOWERTRANSFORMS
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;
using numerics::Kind;
using numerics::Kinds;

/// A Hadamard matrix of more channels is made of two smaller ones.
static constexpr int64_t kWholeHadamard = 64;
/// The largest matrix that is multiplied with as it is.
static constexpr int64_t kLargestMatrix = 4096;

namespace {

/// Emits one change of basis.
class Emitter {
public:
  Emitter(ImplicitLocOpBuilder &b, SymbolTable &symbols,
          DenseMap<Attribute, StringAttr> &bases, StringAttr note)
      : b(b), symbols(symbols), bases(bases), note(note) {}

  /// Maps the rows of the last axis.
  FailureOr<Value> emit(qnt::TransformAttr transform, Value x);
  /// Swaps the two axes.
  Value swapAxes(Value x, int64_t first, int64_t second);

private:
  FailureOr<Value> emitProduct(qnt::TransformAttr outer,
                               qnt::TransformAttr inner, Value x);
  FailureOr<Value> emitBlocks(qnt::BlocksAttr blocks, Value x);
  FailureOr<Value> emitHadamard(qnt::HadamardAttr hadamard, Value x);
  FailureOr<Value> emitSum(qnt::DirectSumAttr sum, Value x);
  Value emitChannelwise(qnt::TransformAttr transform, Value x);
  FailureOr<Value> emitMatrix(qnt::TransformAttr transform, Value x);

  /// `numbers` in the basis, along `axis`: a weight program, or what a kernel
  /// does by butterflies.
  qnt::TransformOp transformed(qnt::TransformAttr transform, Value numbers,
                               int64_t axis = 0);
  Value constant(ArrayRef<int64_t> shape, float number) {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(RankedTensorType::get(shape, b.getF32Type()),
                                  number));
  }
  Value identity(int64_t size);
  /// The last axes of `x`, as many as `drop`, become `extents`.
  Value reshape(Value x, int64_t drop, ArrayRef<int64_t> extents);
  Value elementwise(nn::ElementwiseKind kind, Value x, Value y) {
    return nn::ElementwiseOp::create(b, x.getType(), kind, ValueRange{x, y});
  }

  ImplicitLocOpBuilder &b;
  SymbolTable &symbols;
  DenseMap<Attribute, StringAttr> &bases;
  StringAttr note;
};

} // namespace

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

Value Emitter::reshape(Value x, int64_t drop, ArrayRef<int64_t> extents) {
  RankedTensorType type = typeOf(x);
  SmallVector<int64_t> shape(type.getShape().drop_back(drop));
  SmallVector<Value> dims;
  for (int64_t axis = 0; axis < int64_t(shape.size()); ++axis)
    if (type.isDynamicDim(axis))
      dims.push_back(tensor::DimOp::create(b, x, axis));
  shape.append(extents.begin(), extents.end());
  return nn::ReshapeOp::create(b, type.clone(shape), x, dims, shape);
}

Value Emitter::swapAxes(Value x, int64_t first, int64_t second) {
  if (first == second)
    return x;
  RankedTensorType type = typeOf(x);
  SmallVector<int64_t> shape(type.getShape());
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  std::swap(shape[first], shape[second]);
  std::swap(order[first], order[second]);
  return nn::TransposeOp::create(b, type.clone(shape), x, order);
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

/// Ones before rows of zeros: in rows that are one shorter the ones go down the
/// diagonal. As a weight program, no matrix stands in the IR.
Value Emitter::identity(int64_t size) {
  auto typed = [&](ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, b.getF32Type());
  };
  Value rows = nn::ConcatOp::create(
      b, typed({size, size + 1}),
      ValueRange{constant({size, 1}, 1), constant({size, size}, 0)},
      /*axis=*/1);
  int64_t all = size * (size + 1), count = size * size;
  Value flat = nn::ReshapeOp::create(b, typed({all}), rows, ValueRange(),
                                     ArrayRef<int64_t>{all});
  Value cut = nn::SliceOp::create(
      b, typed({count}), flat, ValueRange(), ValueRange(), ArrayRef<int64_t>{0},
      ArrayRef<int64_t>{count}, ArrayRef<int64_t>{1});
  return nn::ReshapeOp::create(b, typed({size, size}), cut, ValueRange(),
                               ArrayRef<int64_t>{size, size});
}

qnt::TransformOp Emitter::transformed(qnt::TransformAttr transform,
                                      Value numbers, int64_t axis) {
  StringAttr &name = bases[transform];
  if (!name) {
    OpBuilder detached(b.getContext());
    auto basis = qnt::BasisOp::create(
        detached, b.getLoc(), b.getStringAttr("online"),
        b.getStringAttr("private"), b.getI64IntegerAttr(transform.getSize()),
        transform);
    // Behind the other bases.
    Block &body = *cast<ModuleOp>(symbols.getOp()).getBody();
    name = symbols.insert(basis,
                          llvm::find_if_not(body, llvm::IsaPred<qnt::BasisOp>));
  }
  return qnt::TransformOp::create(b, numbers, /*inverted=*/false,
                                  /*dual=*/false, name.getValue(), axis);
}

/// Signs, scales and shifts.
Value Emitter::emitChannelwise(qnt::TransformAttr transform, Value x) {
  int64_t size = transform.getSize();
  bool shifts = transform.getKinds().contains(Kind::Shift);
  Value numbers = transformed(transform, constant({size}, shifts ? 0 : 1));
  return elementwise(
      shifts ? nn::ElementwiseKind::Add : nn::ElementwiseKind::Mul, x, numbers);
}

/// x T + s by nn.linear, whose weight is Tᵀ: the identity, each column of which
/// goes to a row of T.
FailureOr<Value> Emitter::emitMatrix(qnt::TransformAttr transform, Value x) {
  int64_t size = transform.getSize();
  if (size > kLargestMatrix)
    return mlir::emitError(b.getLoc())
           << "a change of basis at run time by a matrix of " << size
           << " channels, over " << kLargestMatrix
           << ", has no kernel; use one of blocks";
  Value weight = transformed(transform, identity(size));
  Value bias;
  if (transform.getKinds().contains(Kind::Shift)) {
    bias = transformed(transform, constant({size}, 0));
    Value column = nn::ReshapeOp::create(
        b, RankedTensorType::get({size, 1}, b.getF32Type()), bias, ValueRange(),
        ArrayRef<int64_t>{size, 1});
    weight = elementwise(nn::ElementwiseKind::Sub, weight, column);
  }
  auto product = nn::LinearOp::create(b, x.getType(), x, weight, bias);
  std::string text = note ? note.str() + "; " : "";
  text += "a product with a matrix of " + std::to_string(size) +
          " channels: only blocks of a Hadamard matrix of 2 to 64, a power of "
          "two, are butterflies";
  product->setAttr(nn::kNoteAttr, b.getStringAttr(text));
  return product.getResult();
}

//===----------------------------------------------------------------------===//
// Maps
//===----------------------------------------------------------------------===//

FailureOr<Value> Emitter::emitProduct(qnt::TransformAttr outer,
                                      qnt::TransformAttr inner, Value x) {
  int64_t m = outer.getSize(), n = inner.getSize();
  FailureOr<Value> rows = emit(inner, reshape(x, 1, {m, n}));
  if (failed(rows))
    return failure();
  int64_t rank = typeOf(*rows).getRank();
  FailureOr<Value> columns = emit(outer, swapAxes(*rows, rank - 2, rank - 1));
  if (failed(columns))
    return failure();
  return reshape(swapAxes(*columns, rank - 2, rank - 1), 2, {m * n});
}

FailureOr<Value> Emitter::emitBlocks(qnt::BlocksAttr blocks, Value x) {
  int64_t size = blocks.getBlock().getSize(), count = blocks.getCount();
  FailureOr<Value> result =
      emit(blocks.getBlock(), reshape(x, 1, {count, size}));
  if (failed(result))
    return failure();
  return reshape(*result, 2, {count * size});
}

/// H(base * power) = H(base * outer) ⊗ H(inner), where outer * inner = power.
FailureOr<Value> Emitter::emitHadamard(qnt::HadamardAttr hadamard, Value x) {
  int64_t size = hadamard.getChannels();
  auto order = numerics::hadamardOrder(size);
  if (size <= kWholeHadamard || !order || order->power == 1)
    return emitMatrix(hadamard, x);
  int64_t inner = 1;
  while (inner < order->power && inner * inner < size)
    inner *= 2;
  MLIRContext *context = b.getContext();
  if (inner == size)
    return emitMatrix(hadamard, x);
  return emitProduct(qnt::HadamardAttr::get(context, size / inner),
                     qnt::HadamardAttr::get(context, inner), x);
}

FailureOr<Value> Emitter::emitSum(qnt::DirectSumAttr sum, Value x) {
  RankedTensorType type = typeOf(x);
  int64_t axis = type.getRank() - 1;
  SmallVector<Value> dims, parts;
  for (int64_t d = 0; d < axis; ++d)
    if (type.isDynamicDim(d))
      dims.push_back(tensor::DimOp::create(b, x, d));
  SmallVector<int64_t> offsets(axis + 1, 0), strides(axis + 1, 1);
  for (qnt::TransformAttr part : sum.getParts()) {
    SmallVector<int64_t> shape(type.getShape());
    shape.back() = part.getSize();
    Value slice = nn::SliceOp::create(b, type.clone(shape), x, ValueRange(),
                                      dims, offsets, shape, strides);
    FailureOr<Value> mapped = emit(part, slice);
    if (failed(mapped))
      return failure();
    parts.push_back(*mapped);
    offsets.back() += part.getSize();
  }
  return Value(nn::ConcatOp::create(b, type, parts, axis));
}

FailureOr<Value> Emitter::emit(qnt::TransformAttr transform, Value x) {
  Kinds kinds = transform.getKinds();
  if (kinds.isNone())
    return x;
  if (getButterflyOrder(transform)) {
    auto blocks = transformed(transform, x, typeOf(x).getRank() - 1);
    if (note)
      blocks->setAttr(nn::kNoteAttr, note);
    return blocks.getResult();
  }
  if ((Kinds(Kind::Sign) | Kind::PositiveScale).contains(kinds) ||
      Kinds(Kind::Shift).contains(kinds))
    return emitChannelwise(transform, x);
  return llvm::TypeSwitch<Attribute, FailureOr<Value>>(transform)
      .Case(
          [&](qnt::HadamardAttr hadamard) { return emitHadamard(hadamard, x); })
      .Case([&](qnt::BlocksAttr blocks) { return emitBlocks(blocks, x); })
      .Case([&](qnt::KronAttr kron) {
        return emitProduct(kron.getOuter(), kron.getInner(), x);
      })
      .Case([&](qnt::DirectSumAttr sum) { return emitSum(sum, x); })
      .Case([&](qnt::ComposeAttr compose) {
        FailureOr<Value> result = x;
        for (qnt::TransformAttr step : compose.getSteps())
          if (succeeded(result))
            result = emit(step, *result);
        return result;
      })
      .Default([&](Attribute) { return emitMatrix(transform, x); });
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

/// Rows as f32: narrow floats are rounded once, at the end.
static Value castTo(ImplicitLocOpBuilder &b, Value x, Type element) {
  RankedTensorType type = typeOf(x);
  if (type.getElementType() == element)
    return x;
  return nn::CastOp::create(b, type.clone(element), x);
}

namespace {
struct LowerTransforms final
    : nibble::impl::LowerTransformsBase<LowerTransforms> {
  LogicalResult lower(qnt::TransformOp op) {
    qnt::TransformAttr transform = op.getChannelTransform();
    assert(transform && "the verifier finds the basis");
    if (getButterflyOrder(op))
      return success();
    ImplicitLocOpBuilder b(op.getLoc(), op);
    Emitter emitter(b, *symbols, bases,
                    op->getAttrOfType<StringAttr>(nn::kNoteAttr));
    int64_t axis = op.getAxis(), last = typeOf(op.getInput()).getRank() - 1;
    Value rows = castTo(b, op.getInput(), b.getF32Type());
    FailureOr<Value> mapped = emitter.emit(qnt::simplifyTransform(transform),
                                           emitter.swapAxes(rows, axis, last));
    if (failed(mapped))
      return failure();
    op.replaceAllUsesWith(castTo(b, emitter.swapAxes(*mapped, axis, last),
                                 typeOf(op.getInput()).getElementType()));
    op.erase();
    return success();
  }

  void runOnOperation() override {
    SymbolTable table(getOperation());
    symbols = &table;
    bases.clear();
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main)
      return;
    WeightDerived weights;
    SmallVector<qnt::TransformOp> ops;
    main.walk([&](qnt::TransformOp op) {
      if (!weights.contains(op.getResult()))
        ops.push_back(op);
    });
    for (qnt::TransformOp op : ops)
      if (failed(lower(op)))
        return signalPassFailure();
  }

  SymbolTable *symbols = nullptr;
  DenseMap<Attribute, StringAttr> bases;
};
} // namespace
