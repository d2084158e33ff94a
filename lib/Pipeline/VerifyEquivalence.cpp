//===- VerifyEquivalence.cpp - Whether two models compute the same --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Pipeline/Passes.h"

#include "EvaluateValue.h"
#include "RandomInputs.h"
#include "dialects/NN/NN.h"
#include "dialects/NN/State.h"
#include "dialects/NN/WeightDerived.h"
#include "dialects/Quant/QuantTransforms.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "nibble/Pipeline/Reference.h"
#include "nibble/Pipeline/Register.h"
#include "nibble/Support/TemporaryFile.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/xxhash.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace nibble {
#define GEN_PASS_DEF_VERIFYEQUIVALENCE
#include "nibble/Pipeline/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

/// What the reference lowers to is loaded while it runs, which the context of a
/// running pass must not do: the comparison has one of its own.
static OwningOpRef<ModuleOp> copyInto(MLIRContext *context, ModuleOp module) {
  std::string bytes;
  llvm::raw_string_ostream os(bytes);
  if (failed(writeBytecodeToFile(module, os)))
    return {};
  return parseSourceString<ModuleOp>(bytes, context);
}

static llvm::Expected<OwningOpRef<ModuleOp>> readModule(MLIRContext *context,
                                                        StringRef path) {
  std::string text;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    if (text.empty() && diagnostic.getSeverity() == DiagnosticSeverity::Error)
      llvm::raw_string_ostream(text) << ": " << diagnostic;
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(path, context);
  if (!module)
    return llvm::createStringError("cannot read the original model from '" +
                                   path + "'" + text);
  return std::move(module);
}

static llvm::Expected<func::FuncOp>
findFunction(ModuleOp module, StringRef name, StringRef which) {
  auto function = module.lookupSymbol<func::FuncOp>(name);
  if (!function || function.isExternal())
    return llvm::createStringError("the " + which + " model has no function @" +
                                   name);
  return function;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Transforms of weights that something else than a transform reads, readers
/// before what they read.
static SmallVector<qnt::TransformOp> findWeightTransforms(ModuleOp module) {
  SmallVector<qnt::TransformOp> found;
  WeightDerived weights;
  module.walk([&](qnt::TransformOp op) {
    auto isRead = [](Operation *user) { return !isa<qnt::TransformOp>(user); };
    if (weights.contains(op.getResult()) &&
        llvm::any_of(op->getUsers(), isRead))
      found.push_back(op);
  });
  std::reverse(found.begin(), found.end());
  return found;
}

/// Writes the result of `op` to `os`, the file at `path`, and replaces it by
/// that parameter.
static void replaceByParameter(qnt::TransformOp op, const Array &array,
                               llvm::raw_fd_ostream &os, StringRef path) {
  ArrayRef<uint8_t> bytes(array.data(), array.getNumBytes());
  OpBuilder builder(op);
  auto place = nn::PlaceAttr::get(op.getContext(), builder.getStringAttr(path),
                                  int64_t(os.tell()), int64_t(bytes.size()),
                                  int64_t(llvm::xxh3_64bits(bytes)));
  os.write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  os.write_zeros(llvm::offsetToAlignment(os.tell(), llvm::Align(64)));
  op.replaceAllUsesWith(nn::ParameterOp::create(builder, op.getLoc(),
                                                op.getType(), "weight", place)
                            .getResult());
  // What cannot be decomposed must not be left, even if nobody reads it.
  while (op && op->use_empty()) {
    auto before = op.getInput().getDefiningOp<qnt::TransformOp>();
    op.erase();
    op = before;
  }
}

/// Replaces transforms of weights by what the compiler makes of them:
/// parameters in the file `path`.
static llvm::Error evaluateTransforms(ModuleOp module, StringRef path) {
  std::error_code error;
  llvm::raw_fd_ostream os(path, error);
  auto failure = [&](std::error_code reason) {
    return llvm::createStringError(reason, "cannot write the weights to '" +
                                               path + "': " + reason.message());
  };
  if (error)
    return failure(error);
  ParameterFiles files;
  llvm::Error fault = llvm::Error::success();
  for (qnt::TransformOp op : findWeightTransforms(module)) {
    llvm::Expected<Array> array = evaluateValue(module, op.getResult(), files);
    if (!array) {
      fault = llvm::joinErrors(std::move(fault), array.takeError());
      break;
    }
    replaceByParameter(op, *array, os, path);
  }
  os.close();
  if (std::error_code reason = os.error()) {
    os.clear_error();
    return llvm::joinErrors(failure(reason), std::move(fault));
  }
  return fault;
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

static double toDouble(const Array &array, int64_t position) {
  uint64_t word = 0;
  std::memcpy(&word, array.data() + position * array.getElementBytes(),
              array.getElementBytes());
  Type type = array.getElementType();
  if (auto floating = dyn_cast<FloatType>(type)) {
    APFloat value(floating.getFloatSemantics(),
                  APInt(floating.getWidth(), word));
    bool isInexact;
    value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                  &isInexact);
    return value.convertToDouble();
  }
  bool isUnsigned = type.isUnsignedInteger() || type.isInteger(1);
  return isUnsigned
             ? double(word)
             : double(llvm::SignExtend64(word, type.getIntOrFloatBitWidth()));
}

/// The largest difference of an element, relative to the original's largest
/// magnitude. Fails where the original is not finite or zero: nothing can be
/// said.
static llvm::Expected<double> compare(const Array &original,
                                      const Array &result) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (original.getShape() != result.getShape())
    return kInfinity;
  double range = 0, largest = 0;
  for (int64_t i = 0, count = original.getNumElements(); i < count; ++i) {
    double expected = toDouble(original, i), actual = toDouble(result, i);
    if (!std::isfinite(expected))
      return llvm::createStringError(
          "is not finite in the original for these inputs: choose others by "
          "seed, extents or integers");
    range = std::max(range, std::abs(expected));
    double difference =
        std::isfinite(actual) ? std::abs(actual - expected) : kInfinity;
    largest = std::max(largest, difference);
  }
  if (range == 0 && original.getNumElements() != 0 &&
      isa<FloatType>(original.getElementType()))
    return llvm::createStringError(
        "is zero in the original for these inputs, so that nothing is "
        "compared: choose others by seed, extents or integers");
  if (largest == 0)
    return 0.0;
  return range > 0 ? largest / range : kInfinity;
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

namespace {
/// An argument that gets what a result was in the run before. What it holds is
/// the model's own: it may be in any basis.
struct State {
  unsigned argument, result;
};
} // namespace

static std::vector<State> findStates(func::FuncOp function) {
  std::vector<State> states;
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (auto result = function.getArgAttrOfType<IntegerAttr>(i, nn::kStateAttr))
      states.push_back({i, unsigned(result.getInt())});
  return states;
}

/// Makes of random states what the first run of a session finds.
static llvm::Error clearStates(func::FuncOp function, ArrayRef<State> states,
                               std::vector<Array> &inputs) {
  for (const State &state : states) {
    Array &array = inputs[state.argument];
    auto type =
        cast<RankedTensorType>(function.getArgumentTypes()[state.argument]);
    if (!type.hasStaticShape() && array.getNumElements() != 0)
      return llvm::createStringError(
          "argument " + llvm::Twine(state.argument) +
          " is a state, which begins empty: give the extent that grows the "
          "value 0 by extents");
    array = Array(array.getElementType(), array.getShape());
  }
  return llvm::Error::success();
}

/// The extents of a run after one that left `outputs`.
static llvm::Expected<std::vector<std::string>>
growExtents(func::FuncOp function, ArrayRef<State> states,
            ArrayRef<Array> inputs, ArrayRef<Array> outputs,
            std::vector<std::string> extents) {
  for (const State &state : states) {
    auto names =
        function.getArgAttrOfType<ArrayAttr>(state.argument, "nn.dims");
    auto before = inputs[state.argument].getShape();
    auto after = outputs[state.result].getShape();
    for (auto [axis, extent] : llvm::enumerate(after)) {
      if (before[axis] == extent)
        continue;
      auto name = names && axis < names.size()
                      ? dyn_cast<StringAttr>(names[axis])
                      : StringAttr();
      if (!name || name.empty())
        return llvm::createStringError(
            "axis " + llvm::Twine(axis) + " of argument " +
            llvm::Twine(state.argument) + ", a state that grows, has no name");
      std::string start = name.str() + "=";
      llvm::erase_if(extents,
                     [&](StringRef given) { return given.starts_with(start); });
      extents.push_back(start + std::to_string(extent));
    }
  }
  return extents;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct VerifyEquivalence final
    : nibble::impl::VerifyEquivalenceBase<VerifyEquivalence> {
  using VerifyEquivalenceBase::VerifyEquivalenceBase;

  void runOnOperation() override {
    if (llvm::Error error = run()) {
      emitError(getOperation().getLoc()) << llvm::toString(std::move(error));
      signalPassFailure();
    }
  }

private:
  using Outputs = std::vector<Array>;

  llvm::Error run();
  llvm::Expected<std::vector<Outputs>> runModel(ModuleOp module,
                                                func::FuncOp main);
  llvm::Error report(func::FuncOp main, const Outputs &expected,
                     const Outputs &actual, StringRef run);
};
} // namespace

/// Runs a model on what `main` takes; where that has states, a second time with
/// what is left in them.
llvm::Expected<std::vector<VerifyEquivalence::Outputs>>
VerifyEquivalence::runModel(ModuleOp module, func::FuncOp main) {
  RandomInputOptions options;
  options.seed = seed;
  options.deviation = deviation;
  options.integerMax = integerMax;
  options.extents = extents;
  options.integers = integers;
  std::vector<State> states = findStates(main);
  auto inputs = makeRandomInputs(main, options);
  if (!inputs)
    return inputs.takeError();
  if (llvm::Error error = clearStates(main, states, *inputs))
    return std::move(error);
  std::optional<TemporaryFile> weights;
  if (evaluateWeights) {
    if (llvm::Error error = TemporaryFile::create("nibble-equivalence", "bin")
                                .moveInto(weights))
      return std::move(error);
    if (llvm::Error error = evaluateTransforms(module, weights->getPath()))
      return std::move(error);
  }
  auto runner = createReferenceRunner(module);
  if (!runner)
    return runner.takeError();
  auto first = (*runner)->run(function, *inputs);
  if (!first)
    return first.takeError();
  std::vector<Outputs> runs = {*first};
  if (states.empty())
    return runs;

  auto grown = growExtents(main, states, *inputs, *first,
                           {extents.begin(), extents.end()});
  if (!grown)
    return grown.takeError();
  options.extents = *grown;
  ++options.seed;
  auto next = makeRandomInputs(main, options);
  if (!next)
    return next.takeError();
  for (const State &state : states)
    (*next)[state.argument] = (*first)[state.result];
  auto second = (*runner)->run(function, *next);
  if (!second)
    return second.takeError();
  runs.push_back(std::move(*second));
  return runs;
}

llvm::Error VerifyEquivalence::run() {
  if (against.empty())
    return llvm::createStringError(
        "against must name the file of the original model");
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  auto original = readModule(&context, against);
  if (!original)
    return original.takeError();
  OwningOpRef<ModuleOp> current = copyInto(&context, getOperation());
  if (!current)
    return llvm::createStringError("the model cannot be copied");
  auto before = findFunction(**original, function, "original");
  if (!before)
    return before.takeError();
  auto after = findFunction(*current, function, "transformed");
  if (!after)
    return after.takeError();
  if (before->getFunctionType() != after->getFunctionType())
    return llvm::createStringError("@" + function +
                                   " takes and returns other tensors than the "
                                   "original's");

  // One after the other: the reference keeps one model at a time.
  auto expected = runModel(**original, *before);
  if (!expected)
    return expected.takeError();
  auto actual = runModel(*current, *before);
  if (!actual)
    return actual.takeError();
  constexpr StringRef names[] = {" of the first run", " of the second run"};
  for (auto [run, left, right] : llvm::enumerate(*expected, *actual))
    if (llvm::Error error = report(*after, left, right,
                                   expected->size() == 1 ? "" : names[run]))
      return error;
  return llvm::Error::success();
}

/// Prints a line for each output; the error names those above the bound.
llvm::Error VerifyEquivalence::report(func::FuncOp main,
                                      const Outputs &expected,
                                      const Outputs &actual, StringRef run) {
  std::string failures;
  llvm::SmallDenseSet<unsigned> isPrivate;
  for (const State &state : findStates(main))
    isPrivate.insert(state.result);
  for (auto [i, before, after] : llvm::enumerate(expected, actual)) {
    if (isPrivate.contains(i))
      continue;
    std::string output = ("output " + llvm::Twine(i)).str();
    if (auto name = main.getResultAttrOfType<StringAttr>(i, "nn.name"))
      output += " '" + name.str() + "'";
    output += run;
    llvm::Expected<double> difference = compare(before, after);
    if (!difference)
      return llvm::createStringError(output + " " +
                                     llvm::toString(difference.takeError()));
    emitRemark(getOperation().getLoc())
        << output << ": largest relative difference "
        << llvm::formatv("{0:e2}", *difference).str();
    if (!(*difference <= bound))
      failures += (failures.empty() ? "" : ", ") + output;
  }
  if (failures.empty())
    return llvm::Error::success();
  return llvm::createStringError(
      failures + " differs from the original's by more than " +
      llvm::formatv("{0:e2}", double(bound)).str() + " of its range");
}
