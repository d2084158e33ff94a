//===- ScaleRotations.cpp - Scales and shifts before rotations ------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A rotated block of codes has one step, so that its error is that of the sum
// of its channels' squares: with scales s between x / s and w s it is
// Σ(w s)² Σ(x / s)², which is least, (Σ w x)², where s² is x / w
// (Cauchy-Schwarz). Where the rotation stays at run time no other reader of the
// value sees such a scale, and its kernel takes it.
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/Passes.h"

#include "../Candidates.h"
#include "../Notes.h"
#include "BasisNumbers.h"
#include "Rotations.h"
#include "dialects/NN/WeightDerived.h"
#include "dialects/Quant/QuantTransforms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/RegionUtils.h"
#include "nibble/Quantize/Calibration/Statistics.h"
#include "nibble/Quantize/Transform/OnlineRotations.h"

#include <cmath>

namespace nibble {
#define GEN_PASS_DEF_SCALEROTATIONS
#include "nibble/Quantize/Transform/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

/// The least square of a channel's size, as a part of the mean over all
/// channels: smaller channels are scaled as if they had it. A thousandth of the
/// others' size is nothing.
static constexpr double kLeastSquare = 1e-6;

//===----------------------------------------------------------------------===//
// Weight programs
//===----------------------------------------------------------------------===//

static Value createConstant(ImplicitLocOpBuilder &b, ArrayRef<int64_t> shape,
                            float value) {
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(RankedTensorType::get(shape, b.getF32Type()),
                                value));
}

static Value createElementwise(ImplicitLocOpBuilder &b,
                               nn::ElementwiseKind kind, ValueRange inputs) {
  return nn::ElementwiseOp::create(b, inputs.front().getType(), kind, inputs);
}

/// The sums along an axis of a tensor of rank 1 or 2.
static Value createSum(ImplicitLocOpBuilder &b, Value value, int64_t axis) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  bool isVector = shape.size() == 1;
  if (isVector)
    shape[0] = 1;
  else
    shape.erase(shape.begin() + axis);
  return nn::ReduceOp::create(b, type.clone(shape), nn::ReduceKind::Sum, value,
                              ArrayRef<int64_t>{axis},
                              /*keep_dims=*/isVector);
}

/// Copies the ops that compute `value` from parameters to where `b` is.
static Value copyProgram(ImplicitLocOpBuilder &b, Value value) {
  IRMapping mapping;
  for (Operation *op : findWeightProgram(value))
    b.clone(*op, mapping);
  return mapping.lookup(value);
}

//===----------------------------------------------------------------------===//
// The rewrite
//===----------------------------------------------------------------------===//

namespace {
class RotationScaler {
public:
  RotationScaler(ModuleOp module, const Statistics &statistics,
                 StringRef numbers, bool shift)
      : module(module), statistics(statistics), shift(shift), bases(module),
        numbers(module, numbers) {}

  LogicalResult run(ArrayRef<RotatedInput> inputs,
                    ArrayRef<Candidate> candidates);
  llvm::Error write() const { return numbers.write("scales"); }

private:
  void rewrite(const RotatedInput &input, const ChannelStatistics &rows);
  StringRef makeScale(const RotatedInput &input, ArrayRef<double> squares);
  StringRef makeShift(ArrayRef<float> means);
  FlatSymbolRefAttr
  addProgram(StringRef name, ArrayRef<float> elements,
             function_ref<Value(OpBuilder &, Value)> build = nullptr);
  Value scaleWeight(const RotatedReader &reader, StringRef scale);
  void addShifted(const RotatedReader &reader, Value offset);
  void report(const RotatedInput &input, const llvm::Twine &text);

  ModuleOp module;
  const Statistics &statistics;
  bool shift;
  BasisTable bases;
  BasisNumbers numbers;
};
} // namespace

/// The squares of each channel's weights, added up over all readers and their
/// outputs.
static Value sumSquares(ImplicitLocOpBuilder &b,
                        ArrayRef<RotatedReader> readers) {
  Value sum;
  for (const RotatedReader &reader : readers) {
    qnt::TransformOp dual = reader.dual;
    Value weight = copyProgram(b, dual.getInput());
    Value own = createSum(
        b, createElementwise(b, nn::ElementwiseKind::Mul, {weight, weight}),
        /*axis=*/0);
    sum =
        sum ? createElementwise(b, nn::ElementwiseKind::Add, {sum, own}) : own;
  }
  return sum;
}

/// `inverse` times the fourth root of `squares`, of which none counts as less
/// than kLeastSquare of their mean.
static Value multiplyByRoot(ImplicitLocOpBuilder &b, Value inverse,
                            Value squares) {
  double channels = double(cast<ShapedType>(squares.getType()).getDimSize(0));
  Value least = createElementwise(
      b, nn::ElementwiseKind::Mul,
      {createSum(b, squares, /*axis=*/0),
       createConstant(b, {1}, float(kLeastSquare / channels))});
  // Weights that are all zero can have any scale.
  least = createElementwise(
      b, nn::ElementwiseKind::Max,
      {least, createConstant(b, {1}, std::numeric_limits<float>::min())});
  Value root = createElementwise(b, nn::ElementwiseKind::Add, {squares, least});
  for (int i = 0; i < 2; ++i)
    root = createElementwise(b, nn::ElementwiseKind::Sqrt, root);
  return createElementwise(b, nn::ElementwiseKind::Mul, {inverse, root});
}

/// x -> x (w / x)^0.5, of the root mean squares x of a channel and w of its
/// weights in all readers: a function of the weights.
StringRef RotationScaler::makeScale(const RotatedInput &input,
                                    ArrayRef<double> squares) {
  double mean = 0;
  for (double square : squares)
    mean += square / double(squares.size());
  std::vector<float> roots;
  for (double square : squares)
    roots.push_back(
        float(std::pow(std::max(square + kLeastSquare * mean,
                                double(std::numeric_limits<float>::min())),
                       -0.25)));
  FlatSymbolRefAttr program =
      addProgram("scale", roots, [&](OpBuilder &builder, Value inverse) {
        qnt::TransformOp rotation = input.rotation;
        ImplicitLocOpBuilder b(rotation.getLoc(), builder);
        return multiplyByRoot(b, inverse, sumSquares(b, input.readers));
      });
  int64_t channels = int64_t(squares.size());
  return bases.get(
      qnt::DiagonalAttr::get(module.getContext(), channels, program), channels);
}

/// x -> x - mean.
StringRef RotationScaler::makeShift(ArrayRef<float> means) {
  std::vector<float> offsets;
  for (float mean : means)
    offsets.push_back(-mean);
  int64_t channels = int64_t(means.size());
  return bases.get(qnt::ShiftAttr::get(module.getContext(), channels,
                                       addProgram("shift", offsets)),
                   channels);
}

FlatSymbolRefAttr
RotationScaler::addProgram(StringRef name, ArrayRef<float> elements,
                           function_ref<Value(OpBuilder &, Value)> build) {
  auto type = RankedTensorType::get({int64_t(elements.size())},
                                    Float32Type::get(module.getContext()));
  return numbers.makeProgram(name, numbers.add<float>(elements), type, build);
}

/// The reader's weight with the dual of the scale before the dual of the
/// rotation.
Value RotationScaler::scaleWeight(const RotatedReader &reader,
                                  StringRef scale) {
  OpBuilder builder(reader.op);
  qnt::TransformOp dual = reader.dual;
  Value weight = qnt::TransformOp::create(builder, dual.getLoc(),
                                          dual.getInput(), /*inverted=*/false,
                                          /*dual=*/true, scale, /*axis=*/1);
  auto follow = [&](qnt::TransformOp op) {
    IRMapping mapping;
    mapping.map(op.getInput(), weight);
    weight = builder.clone(*op, mapping)->getResult(0);
  };
  follow(dual);
  llvm::for_each(llvm::reverse(reader.outputs), follow);
  return weight;
}

/// Makes the reader's bias: bias - weight · offset, which takes back the offset
/// of its input.
void RotationScaler::addShifted(const RotatedReader &reader, Value offset) {
  nn::LinearOp op = reader.op;
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Value products =
      createElementwise(b, nn::ElementwiseKind::Mul, {op.getWeight(), offset});
  Value sum = createSum(b, products, /*axis=*/1);
  Value own = op.getBias();
  if (!own)
    own =
        createConstant(b, cast<RankedTensorType>(sum.getType()).getShape(), 0);
  op.getBiasMutable().assign(
      createElementwise(b, nn::ElementwiseKind::Sub, {own, sum}));
}

void RotationScaler::report(const RotatedInput &input,
                            const llvm::Twine &text) {
  std::string line = text.str();
  nn::LinearOp first = input.readers.front().op;
  first->emitRemark("its ")
      << line << "; " << input.readers.size() << " readers share it";
  for (const RotatedReader &reader : input.readers)
    appendNote(reader.op, line);
}

void RotationScaler::rewrite(const RotatedInput &input,
                             const ChannelStatistics &rows) {
  qnt::TransformOp rotation = input.rotation;
  std::vector<double> squares = rows.meanSquare;
  if (shift)
    for (auto [square, mean] : llvm::zip_equal(squares, rows.mean))
      square = std::max(square - double(mean) * mean, 0.0);
  StringRef scale = makeScale(input, squares);
  OpBuilder builder(rotation);
  Location loc = rotation.getLoc();
  auto transform = [&](Value value, StringRef basis, int64_t axis) -> Value {
    return qnt::TransformOp::create(builder, loc, value, /*inverted=*/false,
                                    /*dual=*/false, basis, axis);
  };
  int64_t axis = rotation.getAxis();
  Value value = rotation.getInput(), offset;
  if (shift) {
    StringRef basis = makeShift(rows.mean);
    value = transform(value, basis, axis);
    ImplicitLocOpBuilder b(loc, builder);
    offset = createConstant(b, {int64_t(squares.size())}, 0);
    for (StringRef next : {basis, scale, rotation.getBasis()})
      offset = transform(offset, next, /*axis=*/0);
  }
  rotation.getInputMutable().set(transform(value, scale, axis));
  for (const RotatedReader &reader : input.readers) {
    nn::LinearOp op = reader.op;
    op.getWeightMutable().set(scaleWeight(reader, scale));
    if (shift)
      addShifted(reader, offset);
  }
  report(input, llvm::Twine("input is ") +
                    (shift ? "shifted by its means and " : "") +
                    "scaled by (weights / rms)^0.5 before its rotation");
}

LogicalResult RotationScaler::run(ArrayRef<RotatedInput> inputs,
                                  ArrayRef<Candidate> candidates) {
  llvm::MapVector<Value, std::string> names = nameInputs(candidates);
  for (const RotatedInput &input : inputs) {
    qnt::TransformOp rotation = input.rotation;
    auto name = names.find(rotation.getResult());
    if (name == names.end())
      continue;
    auto rows = statistics.rows.find(name->second);
    int64_t channels =
        cast<RankedTensorType>(rotation.getType()).getShape().back();
    if (rows == statistics.rows.end() ||
        int64_t(rows->second.meanSquare.size()) != channels) {
      report(input, llvm::Twine("input is ") +
                        (shift ? "neither shifted nor scaled" : "not scaled") +
                        ": there are no statistics of its channels");
      continue;
    }
    if (shift && rows->second.mean.empty())
      return rotation.emitError(
          "the statistics have no means of its channels; calibrate again");
    rewrite(input, rows->second);
  }
  return success();
}

/// Who asks for shifts learns of each map that gets none why.
static void explainUnshifted(ArrayRef<Candidate> candidates) {
  for (const Candidate &candidate : candidates) {
    if (!candidate.note.empty())
      continue;
    std::string fault = candidate.isConv
                            ? "inputs of convolutions are not rotated"
                            : findNormRotationFault(candidate.input->get());
    if (fault.empty())
      continue;
    std::string text = "input is not shifted: " + fault;
    candidate.op->emitRemark("its ") << text;
    appendNote(candidate.op, text);
  }
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {
struct ScaleRotations final : nibble::impl::ScaleRotationsBase<ScaleRotations> {
  using ScaleRotationsBase::ScaleRotationsBase;

  LogicalResult fail(llvm::Error error) {
    return getOperation().emitError(llvm::toString(std::move(error)));
  }

  LogicalResult run() {
    ModuleOp module = getOperation();
    if (numbers.empty())
      return module.emitError(
          "numbers must name the file that gets the scales");
    std::vector<std::string> texts(keep.begin(), keep.end());
    auto patterns = parsePatterns(texts);
    if (!patterns)
      return fail(patterns.takeError());
    auto read = readStatistics(module, statistics);
    if (!read)
      return fail(read.takeError());
    std::vector<RotatedInput> inputs = findNormRotations(module);
    if (!*read && !inputs.empty())
      return module.emitError("statistics must name a file of statistics of "
                              "what the rotations read");
    std::vector<Candidate> candidates = findCandidates(module, *patterns);
    if (shift)
      explainUnshifted(candidates);
    Statistics seen = std::move(*read).value_or(Statistics());
    RotationScaler scaler(module, seen, numbers, shift);
    if (failed(scaler.run(inputs, candidates)))
      return failure();
    if (llvm::Error error = scaler.write())
      return fail(std::move(error));
    // The weights as they were before.
    IRRewriter rewriter(&getContext());
    for (auto function : module.getOps<func::FuncOp>())
      (void)runRegionDCE(rewriter, function->getRegions());
    return success();
  }

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }
};
} // namespace
