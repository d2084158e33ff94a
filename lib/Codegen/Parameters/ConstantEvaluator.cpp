//===- ConstantEvaluator.cpp - Numbers of a weight program ----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Parameters/ConstantEvaluator.h"

#include "EvaluateElementwise.h"
#include "EvaluateQuant.h"
#include "EvaluateReduce.h"
#include "EvaluateTransform.h"
#include "dialects/NN/NN.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "nibble/Codegen/Kernels/ContractionText.h"
#include "nibble/Support/NodeNames.h"
#include "llvm/ADT/TypeSwitch.h"

#include <unistd.h>

using namespace mlir;
using namespace nibble;

llvm::Error nibble::evaluationError(Operation *op, const Twine &reason) {
  return llvm::createStringError(
      "cannot compute a weight at '" + describePlace(op->getLoc()) +
      "': " + op->getName().getStringRef() + " " + reason);
}

llvm::Expected<Array> ParameterFiles::read(Operation *op) {
  auto parameter = cast<nn::ParameterOp>(op);
  nn::PlaceAttr place = parameter.getPlace();
  std::shared_ptr<llvm::MemoryBuffer> file;
  {
    std::lock_guard<std::mutex> lock(mutex);
    auto &slot = files[place.getFile()];
    if (!slot) {
      auto buffer = llvm::MemoryBuffer::getFile(
          place.getFile(), /*IsText=*/false, /*RequiresNullTerminator=*/false);
      if (!buffer)
        return llvm::createStringError(
            "cannot read " + place.getFile() + " for the parameter " +
            parameter.getName() + ": " + buffer.getError().message());
      slot = std::move(*buffer);
    }
    file = slot;
  }
  if (place.getOffset() < 0 ||
      uint64_t(place.getOffset()) + place.getLength() > file->getBufferSize())
    return llvm::createStringError(
        place.getFile() + " is too short for the parameter " +
        parameter.getName() + ": it ends at byte " +
        llvm::Twine(place.getOffset() + place.getLength()) +
        ", but the file has " + llvm::Twine(file->getBufferSize()));
  auto type = cast<RankedTensorType>(parameter.getType());
  auto *bytes = reinterpret_cast<uint8_t *>(
      const_cast<char *>(file->getBufferStart() + place.getOffset()));
  return Array(type.getElementType(), type.getShape(), bytes, file);
}

static Array fromElements(ElementsAttr elements) {
  auto type = cast<RankedTensorType>(elements.getType());
  Array array(type.getElementType(), type.getShape());
  int64_t width = array.getElementBytes();
  uint8_t *out = array.data();
  auto put = [&](const APInt &bits) {
    uint64_t word = bits.getZExtValue();
    std::memcpy(out, &word, width);
    out += width;
  };
  if (isa<FloatType>(type.getElementType()))
    for (const APFloat &value : elements.getValues<APFloat>())
      put(value.bitcastToAPInt());
  else
    for (const APInt &value : elements.getValues<APInt>())
      put(value);
  return array;
}

/// Copies elements: result index i along axis a reads base + i * strides[a].
static Array gatherStrided(const Array &input, ArrayRef<int64_t> shape,
                           ArrayRef<int64_t> strides, int64_t base) {
  Array result(input.getElementType(), shape);
  int64_t width = input.getElementBytes();
  SmallVector<int64_t> index(shape.size(), 0);
  int64_t inner = shape.empty() ? 1 : shape.back();
  int64_t innerStride = shape.empty() ? 0 : strides.back();
  int64_t position = base, count = result.getNumElements();
  for (int64_t done = 0; done < count; done += inner) {
    uint8_t *out = result.data() + done * width;
    const uint8_t *in = input.data() + position * width;
    if (innerStride == 1)
      std::memcpy(out, in, inner * width);
    else
      for (int64_t i = 0; i < inner; ++i)
        std::memcpy(out + i * width, in + i * innerStride * width, width);
    for (int64_t axis = int64_t(shape.size()) - 2; axis >= 0; --axis) {
      position += strides[axis];
      if (++index[axis] < shape[axis])
        break;
      position -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

static SmallVector<int64_t> rowMajorStrides(ArrayRef<int64_t> shape) {
  return computeStrides(shape);
}

namespace {
class Evaluator {
public:
  /// `caller` evaluates a program that needs this one's result, or is null.
  explicit Evaluator(ParameterFiles &files, const Evaluator *caller = nullptr)
      : files(files), caller(caller) {}
  llvm::Expected<Array> run(func::FuncOp program);

private:
  llvm::Expected<Array> evaluate(Operation *op);
  llvm::Expected<Array> transpose(nn::TransposeOp op);
  llvm::Expected<Array> slice(nn::SliceOp op);
  llvm::Expected<Array> concat(nn::ConcatOp op);
  llvm::Expected<Array> expand(nn::ExpandOp op);
  llvm::Expected<Array> gather(nn::GatherOp op);
  llvm::Expected<Array> pack(nn::PackWeightsOp op);
  llvm::Expected<Array> transform(qnt::TransformOp op);
  llvm::Expected<QuantArray> evaluateQuantized(Operation *op);
  const Array &in(Value value) { return values.find(value)->second; }
  /// Null for an operand that is not there.
  const Array *optional(Value value) { return value ? &in(value) : nullptr; }
  const QuantArray &quantIn(Value value) {
    return quantized.find(value)->second;
  }

  ParameterFiles &files;
  const Evaluator *caller;
  func::FuncOp running;
  DenseMap<Value, Array> values;
  DenseMap<Value, QuantArray> quantized;
};
} // namespace

llvm::Expected<Array> Evaluator::transpose(nn::TransposeOp op) {
  const Array &input = in(op.getInput());
  SmallVector<int64_t> strides = rowMajorStrides(input.getShape());
  SmallVector<int64_t> shape, permuted;
  for (int64_t axis : op.getPermutation()) {
    shape.push_back(input.getShape()[axis]);
    permuted.push_back(strides[axis]);
  }
  return gatherStrided(input, shape, permuted, 0);
}

llvm::Expected<Array> Evaluator::slice(nn::SliceOp op) {
  if (!op.getOffsets().empty() || !op.getSizes().empty())
    return evaluationError(op, "has offsets or sizes that are not constant");
  const Array &input = in(op.getInput());
  SmallVector<int64_t> strides = rowMajorStrides(input.getShape());
  int64_t base = 0;
  for (auto [axis, stride] : llvm::enumerate(op.getStrides())) {
    base += op.getStaticOffsets()[axis] * strides[axis];
    strides[axis] *= stride;
  }
  return gatherStrided(input, op.getStaticSizes(), strides, base);
}

llvm::Expected<Array> Evaluator::expand(nn::ExpandOp op) {
  const Array &input = in(op.getInput());
  auto type = cast<RankedTensorType>(op.getType());
  if (!type.hasStaticShape())
    return evaluationError(op, "has extents that are not constant");
  SmallVector<int64_t> strides(type.getRank(), 0);
  SmallVector<int64_t> from = rowMajorStrides(input.getShape());
  for (int64_t i = 0; i < input.getRank(); ++i) {
    int64_t axis = type.getRank() - input.getRank() + i;
    strides[axis] = input.getShape()[i] == 1 ? 0 : from[i];
  }
  return gatherStrided(input, type.getShape(), strides, 0);
}

llvm::Expected<Array> Evaluator::concat(nn::ConcatOp op) {
  auto type = cast<RankedTensorType>(op.getType());
  Array result(type.getElementType(), type.getShape());
  int64_t axis = op.getAxis(), outer = 1, inner = result.getElementBytes();
  for (int64_t i = 0; i < axis; ++i)
    outer *= type.getDimSize(i);
  for (int64_t i = axis + 1; i < type.getRank(); ++i)
    inner *= type.getDimSize(i);
  uint8_t *out = result.data();
  for (int64_t row = 0; row < outer; ++row) {
    for (Value value : op.getInputs()) {
      const Array &part = in(value);
      int64_t bytes = part.getShape()[axis] * inner;
      std::memcpy(out, part.data() + row * bytes, bytes);
      out += bytes;
    }
  }
  return result;
}

llvm::Expected<Array> Evaluator::gather(nn::GatherOp op) {
  const Array &input = in(op.getInput()), &indices = in(op.getIndices());
  auto type = cast<RankedTensorType>(op.getType());
  Array result(type.getElementType(), type.getShape());
  int64_t axis = op.getAxis(), outer = 1, inner = input.getElementBytes();
  int64_t extent = input.getShape()[axis];
  for (int64_t i = 0; i < axis; ++i)
    outer *= input.getShape()[i];
  for (int64_t i = axis + 1; i < input.getRank(); ++i)
    inner *= input.getShape()[i];
  bool wide = indices.getElementType().isInteger(64);
  uint8_t *out = result.data();
  for (int64_t row = 0; row < outer; ++row) {
    for (int64_t i = 0; i < indices.getNumElements(); ++i) {
      int64_t index =
          wide ? indices.as<int64_t>()[i] : indices.as<int32_t>()[i];
      index += index < 0 ? extent : 0;
      if (index < 0 || index >= extent)
        return evaluationError(op, "has an index out of range");
      std::memcpy(out, input.data() + (row * extent + index) * inner, inner);
      out += inner;
    }
  }
  return result;
}

llvm::Expected<Array> Evaluator::pack(nn::PackWeightsOp op) {
  auto plan = codegen::readPlan(op.getPlan(), op.getDot());
  if (!plan)
    return plan.takeError();
  const Array &weights = in(op.getWeights());
  ArrayRef<int64_t> shape = weights.getShape();
  auto type = cast<RankedTensorType>(op.getType());
  Array result(type.getElementType(), type.getShape());
  int64_t groups = shape.size() == 3 ? shape[0] : 1;
  codegen::WeightData data;
  data.n = shape[shape.size() - 2];
  data.k = shape.back();
  int64_t bytes = codegen::packedWeightBytes(*plan, data.n, data.k);
  if (groups * bytes != result.getNumBytes())
    return evaluationError(op, "has a result of another size than its weights "
                               "take");
  bool isFloat = plan->desc.b.isFloat();
  if (isFloat != weights.getElementType().isF32() ||
      (!isFloat && weights.getElementBytes() != 1))
    return evaluationError(op, "has weights of another type than its plan");
  int64_t blocks = op.getScales() ? in(op.getScales()).getShape().back() : 0;
  for (int64_t group = 0; group < groups; ++group) {
    int64_t first = group * data.n * data.k;
    if (isFloat)
      data.values = weights.as<float>().data() + first;
    else
      data.codes = weights.data() + first;
    if (op.getScales())
      data.scales =
          in(op.getScales()).as<float>().data() + group * data.n * blocks;
    if (op.getZeros())
      data.zeros = in(op.getZeros()).data() + group * data.n * blocks;
    codegen::packWeights(*plan, data, 0, codegen::packedPanels(*plan, data.n),
                         result.data() + group * bytes);
  }
  return result;
}

llvm::Expected<Array> Evaluator::transform(qnt::TransformOp op) {
  auto read = [&](func::FuncOp program) -> llvm::Expected<Array> {
    for (const Evaluator *outer = this; outer; outer = outer->caller)
      if (outer->running == program)
        return llvm::createStringError("the numbers of @" +
                                       program.getSymName() +
                                       " depend on themselves");
    return Evaluator(files, this).run(program);
  };
  return evaluateTransform(op, in(op.getInput()), read);
}

llvm::Expected<Array> Evaluator::evaluate(Operation *op) {
  using Result = llvm::Expected<Array>;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](nn::ParameterOp parameter) { return files.read(parameter); })
      .Case([&](arith::ConstantOp constant) {
        return fromElements(cast<ElementsAttr>(constant.getValue()));
      })
      .Case([&](nn::ReshapeOp reshape) -> Result {
        auto type = cast<RankedTensorType>(reshape.getType());
        if (!type.hasStaticShape())
          return evaluationError(op, "has extents that are not constant");
        return in(reshape.getInput()).withShape(type.getShape());
      })
      .Case([&](nn::TransposeOp t) { return transpose(t); })
      .Case([&](nn::SliceOp s) { return slice(s); })
      .Case([&](nn::ExpandOp e) { return expand(e); })
      .Case([&](nn::ConcatOp c) { return concat(c); })
      .Case([&](nn::GatherOp g) { return gather(g); })
      .Case([&](nn::PackWeightsOp p) { return pack(p); })
      .Case([&](qnt::TransformOp t) { return transform(t); })
      .Case([&](nn::ReduceOp r) { return evaluateReduce(r, in(r.getInput())); })
      .Case([&](qnt::DequantizeOp d) {
        return evaluateDequantize(d, quantIn(d.getInput()));
      })
      .Case<qnt::CodesOp, qnt::ScalesOp, qnt::ZerosOp>([&](auto part) {
        return evaluatePart(part, quantIn(part.getInput()));
      })
      .Case([&](nn::CastOp c) {
        return evaluateCast(op, in(c.getInput()),
                            cast<RankedTensorType>(c.getType()));
      })
      .Case([&](nn::ElementwiseOp e) {
        SmallVector<Array> inputs;
        for (Value input : e.getInputs())
          inputs.push_back(in(input));
        return evaluateElementwise(e, inputs);
      })
      .Default([&](Operation *) -> Result {
        return evaluationError(op, "has no evaluation at compile time");
      });
}

llvm::Expected<QuantArray> Evaluator::evaluateQuantized(Operation *op) {
  using Result = llvm::Expected<QuantArray>;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](qnt::QuantizeOp q) {
        return evaluateQuantize(q, in(q.getInput()), optional(q.getScale()),
                                optional(q.getZero()));
      })
      .Case([&](qnt::AssembleOp a) {
        return evaluateAssemble(a, in(a.getCodes()), optional(a.getScale()),
                                optional(a.getZero()));
      })
      .Default([&](Operation *) -> Result {
        return evaluationError(op, "has no evaluation at compile time");
      });
}

/// A few bytes of a model can ask for any number of elements, and memory that
/// is not there ends the process.
static llvm::Error checkSize(Operation *op) {
  auto type = cast<ShapedType>(op->getResult(0).getType());
  if (isa<nn::ParameterOp>(op) || !type.hasStaticShape())
    return llvm::Error::success();
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  uint64_t bytes = 1;
  if (type.getElementType().isIntOrFloat())
    bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  bool isWhole = true;
  for (int64_t extent : type.getShape()) {
    bool overflows = false;
    bytes = llvm::SaturatingMultiply(bytes, uint64_t(extent), &overflows);
    isWhole = extent == 0 || (isWhole && !overflows);
  }
  if (pages <= 0 || bytes / page < uint64_t(pages))
    return llvm::Error::success();
  return evaluationError(op, "needs " + Twine(isWhole ? "" : "more than ") +
                                 Twine(bytes) +
                                 " bytes, more than this machine's memory");
}

llvm::Expected<Array> Evaluator::run(func::FuncOp program) {
  running = program;
  DenseMap<Value, unsigned> uses;
  Block &body = program.getBody().front();
  for (Operation &op : body.without_terminator()) {
    if (op.getNumResults() == 0)
      return evaluationError(&op, "has no evaluation at compile time");
    if (!llvm::all_of(op.getResultTypes(),
                      [](Type type) { return isa<ShapedType>(type); }))
      continue;
    if (llvm::Error error = checkSize(&op))
      return std::move(error);
    if (isa<qnt::QuantTensorType>(op.getResult(0).getType())) {
      llvm::Expected<QuantArray> result = evaluateQuantized(&op);
      if (!result)
        return result.takeError();
      quantized[op.getResult(0)] = std::move(*result);
    } else {
      llvm::Expected<Array> result = evaluate(&op);
      if (!result)
        return result.takeError();
      values[op.getResult(0)] = std::move(*result);
    }
    for (Value operand : op.getOperands()) {
      if (++uses[operand] != llvm::range_size(operand.getUses()))
        continue;
      values.erase(operand);
      quantized.erase(operand);
    }
  }
  auto ret = dyn_cast<func::ReturnOp>(body.getTerminator());
  if (!ret)
    return evaluationError(body.getTerminator(),
                           "has no evaluation at compile time");
  return in(ret.getOperand(0));
}

llvm::Expected<Array> nibble::evaluateWeight(func::FuncOp program,
                                             ParameterFiles &files) {
  return Evaluator(files).run(program);
}
