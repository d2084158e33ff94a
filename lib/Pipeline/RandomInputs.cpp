//===- RandomInputs.cpp - Inputs that a model takes, drawn at random ------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomInputs.h"

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IntegerSet.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;
using namespace nibble;

/// So many choices of the symbols' values are tried.
constexpr double kMaxChoices = 200000;
/// Not 1, which broadcasts.
constexpr int64_t kSmallestExtent = 2;
constexpr int64_t kUnnamedExtent = 3;

/// `name=number` pairs of names that the model has.
static llvm::Expected<llvm::StringMap<int64_t>>
parseBindings(ArrayRef<std::string> texts, StringRef option,
              ArrayRef<StringRef> names) {
  llvm::StringMap<int64_t> bindings;
  for (StringRef text : texts) {
    auto [name, number] = text.rsplit('=');
    int64_t value;
    if (name.empty() || number.getAsInteger(10, value) || value < 0)
      return llvm::createStringError("'" + text + "' of " + option +
                                     " must be name=number");
    if (!llvm::is_contained(names, name))
      return llvm::createStringError(
          "'" + name + "' of " + option +
          " is unknown; the model has: " + llvm::join(names, ", "));
    bindings[name] = value;
  }
  return bindings;
}

//===----------------------------------------------------------------------===//
// Extents
//===----------------------------------------------------------------------===//

static SmallVector<Attribute> toAttributes(MLIRContext *context,
                                           ArrayRef<int64_t> values) {
  return llvm::map_to_vector(values, [&](int64_t value) -> Attribute {
    return IntegerAttr::get(IndexType::get(context), value);
  });
}

static bool fulfils(IntegerSet set, ArrayRef<int64_t> symbols) {
  auto map = AffineMap::get(set.getNumDims(), set.getNumSymbols(),
                            set.getConstraints(), set.getContext());
  SmallVector<Attribute> results;
  if (failed(
          map.constantFold(toAttributes(set.getContext(), symbols), results)))
    return false;
  for (auto [i, result] : llvm::enumerate(results)) {
    int64_t value = cast<IntegerAttr>(result).getInt();
    if (set.isEq(i) ? value != 0 : value < 0)
      return false;
  }
  return true;
}

namespace {
/// The values of a module's symbols.
class SymbolSolver {
public:
  SymbolSolver(ModuleOp module, ArrayRef<StringRef> names,
               const llvm::StringMap<int64_t> &given);
  llvm::Expected<SmallVector<int64_t>> solve();

private:
  bool search(int64_t largest, bool mustDiffer);

  ArrayRef<StringRef> names;
  /// Those that are given hold; `open` are the others.
  SmallVector<int64_t> values;
  SmallVector<unsigned> open;
  IntegerSet constraints;
};
} // namespace

SymbolSolver::SymbolSolver(ModuleOp module, ArrayRef<StringRef> names,
                           const llvm::StringMap<int64_t> &given)
    : names(names) {
  for (auto [i, name] : llvm::enumerate(names)) {
    auto found = given.find(name);
    values.push_back(found == given.end() ? 0 : found->second);
    if (found == given.end())
      open.push_back(i);
  }
  if (auto set = module->getAttrOfType<IntegerSetAttr>("nn.constraints"))
    constraints = set.getValue();
}

/// Looks for values up to `largest`, the smallest ones first.
bool SymbolSolver::search(int64_t largest, bool mustDiffer) {
  SmallVector<int64_t> choice(open.size(), kSmallestExtent);
  while (true) {
    for (auto [symbol, value] : llvm::zip_equal(open, choice))
      values[symbol] = value;
    llvm::SmallSet<int64_t, 8> different(choice.begin(), choice.end());
    if ((!mustDiffer || different.size() == choice.size()) &&
        (!constraints || fulfils(constraints, values)))
      return true;
    int64_t position = int64_t(choice.size()) - 1;
    while (position >= 0 && choice[position] == largest)
      choice[position--] = kSmallestExtent;
    if (position < 0)
      return false;
    ++choice[position];
  }
}

llvm::Expected<SmallVector<int64_t>> SymbolSolver::solve() {
  int64_t choices =
      open.empty() ? 1 : int64_t(std::pow(kMaxChoices, 1.0 / open.size()));
  int64_t largest = kSmallestExtent + std::min<int64_t>(choices, 1024) - 1;
  if (search(largest, /*mustDiffer=*/true) ||
      search(largest, /*mustDiffer=*/false))
    return values;
  if (open.empty())
    return llvm::createStringError(
        "the extents that are given do not fulfil the model's constraints");
  return llvm::createStringError("no small extents fulfil the model's "
                                 "constraints; give some by extents: " +
                                 llvm::join(names, ", "));
}

/// The shape of an argument for these values of the symbols.
static SmallVector<int64_t> getShape(func::FuncOp function, unsigned number,
                                     ArrayRef<int64_t> symbols) {
  auto type = cast<RankedTensorType>(function.getArgumentTypes()[number]);
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<Attribute> extents;
  if (auto map = function.getArgAttrOfType<AffineMapAttr>(number, "nn.shape"))
    if (failed(map.getValue().constantFold(
            toAttributes(function.getContext(),
                         symbols.take_front(map.getValue().getNumSymbols())),
            extents)))
      extents.clear();
  for (auto [axis, extent] : llvm::enumerate(shape))
    if (ShapedType::isDynamic(extent))
      extent = axis < extents.size() ? cast<IntegerAttr>(extents[axis]).getInt()
                                     : kUnnamedExtent;
  return shape;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

static void fill(Array &array, int64_t integerMax, float deviation,
                 std::mt19937_64 &random) {
  Type type = array.getElementType();
  int64_t width = array.getElementBytes();
  std::normal_distribution<float> normal(0, deviation);
  std::uniform_int_distribution<int64_t> uniform(
      0, type.isInteger(1) ? 1 : integerMax);
  for (int64_t i = 0, count = array.getNumElements(); i < count; ++i) {
    uint64_t word;
    if (auto floating = dyn_cast<FloatType>(type)) {
      APFloat value(normal(random));
      bool isInexact;
      value.convert(floating.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                    &isInexact);
      word = value.bitcastToAPInt().getZExtValue();
    } else {
      word = uniform(random);
    }
    std::memcpy(array.data() + i * width, &word, width);
  }
}

llvm::Expected<std::vector<Array>>
nibble::makeRandomInputs(func::FuncOp function,
                         const RandomInputOptions &options) {
  if (options.integerMax < 0)
    return llvm::createStringError("integer-max must not be negative");
  auto deviation = float(options.deviation);
  if (!(deviation > 0) || !std::isfinite(deviation))
    return llvm::createStringError(
        "deviation must be positive and finite in f32");
  auto module = function->getParentOfType<ModuleOp>();
  SmallVector<StringRef> symbolNames, inputNames;
  if (auto declared = module->getAttrOfType<ArrayAttr>("nn.symbols"))
    for (auto name : declared.getAsRange<StringAttr>())
      symbolNames.push_back(name.getValue());
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (auto name = function.getArgAttrOfType<StringAttr>(i, "nn.name"))
      inputNames.push_back(name.getValue());
  auto extents = parseBindings(options.extents, "extents", symbolNames);
  if (!extents)
    return extents.takeError();
  auto integers = parseBindings(options.integers, "integers", inputNames);
  if (!integers)
    return integers.takeError();
  auto symbols = SymbolSolver(module, symbolNames, *extents).solve();
  if (!symbols)
    return symbols.takeError();
  std::mt19937_64 random(options.seed);
  std::vector<Array> inputs;
  for (auto [i, argument] : llvm::enumerate(function.getArgumentTypes())) {
    auto type = dyn_cast<RankedTensorType>(argument);
    if (!type || !type.getElementType().isIntOrFloat())
      return llvm::createStringError("input " + llvm::Twine(i) +
                                     " is not a tensor of numbers");
    auto name = function.getArgAttrOfType<StringAttr>(i, "nn.name");
    auto found = name ? integers->find(name.getValue()) : integers->end();
    inputs.emplace_back(type.getElementType(), getShape(function, i, *symbols));
    fill(inputs.back(),
         found == integers->end() ? options.integerMax : found->second,
         deviation, random);
  }
  return inputs;
}
