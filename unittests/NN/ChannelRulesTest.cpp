//===- ChannelRulesTest.cpp - Channel rules against what ops compute ------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every relation of every sample is tried by the reference: a random map of
// each of its kinds must commute with the op, and none of the next larger kinds
// may. Samples are in f64, where what commutes does so to 1e-12; 1e-6 of the
// largest number leaves room for what ops take from f32, weights of a resize.
//
//===----------------------------------------------------------------------===//

#include "ChannelSamples.h"
#include "ReferenceFixture.h"

#include "dialects/NN/NN.h"
#include "nibble/Numerics/Transform.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringExtras.h"
#include <map>
#include <set>

using namespace nibble;
using namespace nibble::test;
using namespace nibble::nn;
using numerics::allKinds;
using numerics::Kind;
using numerics::Kinds;
using numerics::Transform;

namespace {

constexpr double kCommutes = 1e-6;
/// What does not commute is off by far more, but a cast to f16 by 2^-11.
constexpr double kDiffers = 1e-5;

/// A tensor's numbers as they are transformed.
struct Numbers {
  Shape shape;
  std::vector<double> values;
};

/// Calls `body` with each element of `array` as a reference.
template <typename Fn> void forElements(const Array &array, Fn body) {
  mlir::Type type = array.getElementType();
  auto each = [&](auto elements) {
    for (auto [i, element] : llvm::enumerate(elements))
      body(i, element);
  };
  if (type.isF64())
    each(array.as<double>());
  else if (type.isF32())
    each(array.as<float>());
  else if (type.isInteger(64))
    each(array.as<int64_t>());
  else if (type.isInteger(32))
    each(array.as<int32_t>());
  else
    each(array.as<int8_t>());
}

/// f16 is compared by its value.
Numbers readNumbers(const Array &array) {
  Numbers result;
  result.shape.assign(array.getShape().begin(), array.getShape().end());
  result.values.resize(array.getNumElements());
  if (array.getElementType().isF16()) {
    for (auto [i, bits] : llvm::enumerate(array.as<uint16_t>()))
      result.values[i] =
          llvm::APFloat(llvm::APFloat::IEEEhalf(), llvm::APInt(16, bits))
              .convertToFloat();
    return result;
  }
  forElements(array, [&](size_t i, auto &element) {
    result.values[i] = double(element);
  });
  return result;
}

Array makeArray(mlir::Type type, const Numbers &numbers) {
  Array result(type, numbers.shape);
  forElements(result, [&](size_t i, auto &element) {
    element = std::remove_reference_t<decltype(element)>(numbers.values[i]);
  });
  return result;
}

/// The maps of a relation, one a copy, and those of its dual places.
struct Maps {
  std::vector<Transform> same, dual;
};

class ChannelRulesTest : public ReferenceTest {
protected:
  ChannelRulesTest() { context.loadAllAvailableDialects(); }

  double uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(generator);
  }

  Transform makeMap(Kind kind, int64_t size, int64_t copy);
  Transform makeKeepingOnes(int64_t size);
  Maps makeMaps(Kind kind, const ChannelRelation &relation);
  void apply(const ChannelPlace &place, const Maps &maps, Numbers &numbers);

  Array fill(const SampleTensor &tensor);
  void trySample(const ChannelSample &sample, mlir::Operation *op,
                 ModelRunner &runner, const std::string &function);
  /// By how much the op and the maps fail to commute, relative to the largest
  /// number.
  double getError(const ChannelRelation &relation, Kind kind);
  std::optional<std::vector<Numbers>> compute(const std::vector<Numbers> &in);

  /// What is tried: set by trySample.
  ModelRunner *current = nullptr;
  std::string currentName;
  mlir::Operation *currentOp = nullptr;
  std::vector<mlir::Type> types;
  std::vector<Numbers> inputs, results;
};

//===----------------------------------------------------------------------===//
// Random maps
//===----------------------------------------------------------------------===//

template <typename T> T take(numerics::Result<T> result) {
  EXPECT_TRUE(bool(result));
  return std::move(*result);
}

/// Rotates what is orthogonal to the ones.
Transform ChannelRulesTest::makeKeepingOnes(int64_t size) {
  // Rows of `basis`: the ones, normed, and what completes them.
  std::vector<std::vector<double>> basis = {
      std::vector<double>(size, 1 / std::sqrt(double(size)))};
  while (int64_t(basis.size()) < size) {
    std::vector<double> row(size);
    for (double &value : row)
      value = uniform(-1, 1);
    for (int pass = 0; pass < 2; ++pass)
      for (const auto &other : basis) {
        double product = 0;
        for (int64_t i = 0; i < size; ++i)
          product += row[i] * other[i];
        for (int64_t i = 0; i < size; ++i)
          row[i] -= product * other[i];
      }
    double norm = 0;
    for (double value : row)
      norm += value * value;
    for (double &value : row)
      value /= std::sqrt(norm);
    basis.push_back(row);
  }
  std::vector<double> inner =
      take(Transform::randomOrthogonal(size - 1, generator())).matrix();
  std::vector<double> matrix(size * size, 1.0 / double(size));
  for (int64_t a = 1; a < size; ++a)
    for (int64_t b = 1; b < size; ++b)
      for (int64_t i = 0; i < size * size; ++i)
        matrix[i] += basis[a][i / size] * inner[(a - 1) * (size - 1) + b - 1] *
                     basis[b][i % size];
  return take(Transform::orthogonal(size, matrix));
}

/// Of exactly this kind and far from the identity.
Transform ChannelRulesTest::makeMap(Kind kind, int64_t size, int64_t copy) {
  std::vector<double> numbers(size);
  switch (kind) {
  case Kind::Permutation: {
    std::vector<int64_t> source(size);
    for (int64_t i = 0; i < size; ++i)
      source[i] = (i + 1 + copy % (size - 1)) % size;
    if (size > 2)
      std::swap(source[0], source[size - 1]);
    if (size == 2 && copy % 2)
      source = {0, 1};
    return take(Transform::permutation(source));
  }
  case Kind::Sign:
    for (int64_t i = 0; i < size; ++i)
      // The product of the first copy is -1, of the others 1: none of all.
      numbers[i] =
          i == copy % size || (copy && i == (copy + 1) % size) ? -1 : 1;
    return take(Transform::sign(numbers));
  case Kind::PositiveScale:
    for (double &number : numbers)
      number = std::exp2(uniform(-1, 1));
    return take(Transform::diagonal(numbers));
  case Kind::OrthogonalKeepingOnes:
    return makeKeepingOnes(size);
  case Kind::Orthogonal:
    return take(Transform::randomOrthogonal(size, generator()));
  case Kind::Linear:
    numbers.resize(size * size);
    for (int64_t i = 0; i < size * size; ++i)
      numbers[i] =
          uniform(-0.5, 0.5) / double(size) + (i % (size + 1) ? 0 : 1.3);
    return take(Transform::linear(size, numbers));
  case Kind::Shift:
    for (double &number : numbers)
      number = uniform(0.5, 1.5);
    return take(Transform::shift(numbers));
  }
  llvm_unreachable("all kinds are listed");
}

Maps ChannelRulesTest::makeMaps(Kind kind, const ChannelRelation &relation) {
  Maps maps;
  for (int64_t copy = 0; copy < relation.copies; ++copy) {
    maps.same.push_back(makeMap(kind, relation.size, copy));
    // A shift has no dual: that of its linear part is the identity.
    maps.dual.push_back(take(maps.same.back().linearPart().dual()));
  }
  return maps;
}

void ChannelRulesTest::apply(const ChannelPlace &place, const Maps &maps,
                             Numbers &numbers) {
  const auto &copies = place.role == ChannelRole::Dual ? maps.dual : maps.same;
  int64_t size = copies.front().size(), axis = place.axis;
  ASSERT_LT(axis, int64_t(numbers.shape.size()));
  ASSERT_LE(place.offset + place.extent, numbers.shape[axis]);
  ASSERT_EQ(place.extent % (size * place.stride), 0);
  int64_t inner = 1;
  for (size_t i = axis + 1; i < numbers.shape.size(); ++i)
    inner *= numbers.shape[i];
  int64_t along = inner * place.stride;
  forEach(numbers.shape, [&](const Shape &index) {
    // The first element of each row of `size`.
    int64_t channel = index[axis] - place.offset;
    if (channel < 0 || channel >= place.extent ||
        channel / place.stride % size != 0)
      return;
    int64_t copy = 0;
    if (place.copyAxis == axis)
      copy = channel / (size * place.stride) / place.copyRepeat;
    else if (place.copyAxis >= 0)
      copy = index[place.copyAxis] / place.copyRepeat;
    ASSERT_LT(copy, int64_t(copies.size()));
    int64_t flat = 0;
    for (size_t i = 0; i < index.size(); ++i)
      flat = flat * numbers.shape[i] + index[i];
    std::vector<double> row(size);
    for (int64_t i = 0; i < size; ++i)
      row[i] = numbers.values[flat + i * along];
    copies[copy].apply(row.data(), 1, size);
    for (int64_t i = 0; i < size; ++i)
      numbers.values[flat + i * along] = row[i];
  });
}

//===----------------------------------------------------------------------===//
// One sample
//===----------------------------------------------------------------------===//

Array ChannelRulesTest::fill(const SampleTensor &tensor) {
  mlir::Type type =
      mlir::cast<mlir::RankedTensorType>(
          mlir::parseType("tensor<" + tensor.type() + ">", &context))
          .getElementType();
  Numbers numbers{tensor.shape, std::vector<double>(count(tensor.shape))};
  for (double &value : numbers.values) {
    value = uniform(tensor.low, tensor.high);
    if (type.isInteger())
      value = std::floor(uniform(tensor.low, tensor.high + 1));
    if (!tensor.holes.empty() && uniform(0, 1) < 0.5)
      value = tensor.holes.front();
  }
  return makeArray(type, numbers);
}

std::optional<std::vector<Numbers>>
ChannelRulesTest::compute(const std::vector<Numbers> &in) {
  std::vector<Array> arrays;
  for (auto [type, numbers] : llvm::zip_equal(types, in))
    arrays.push_back(makeArray(type, numbers));
  auto out = current->run(currentName, arrays);
  if (!out) {
    ADD_FAILURE() << llvm::toString(out.takeError());
    return std::nullopt;
  }
  std::vector<Numbers> result;
  for (const Array &array : *out)
    result.push_back(readNumbers(array));
  return result;
}

double ChannelRulesTest::getError(const ChannelRelation &relation, Kind kind) {
  Maps maps = makeMaps(kind, relation);
  std::vector<Numbers> in = inputs, expected = results;
  unsigned numOperands = currentOp->getNumOperands();
  for (const ChannelPlace &place : relation.places) {
    if (place.port >= numOperands)
      apply(place, maps, expected[place.port - numOperands]);
    else if (auto argument = mlir::dyn_cast<mlir::BlockArgument>(place.value))
      apply(place, maps, in[argument.getArgNumber()]);
    else // Equal numbers, which permutations leave.
      EXPECT_TRUE(mlir::matchPattern(place.value, mlir::m_AnyZeroFloat()) &&
                  kind == Kind::Permutation);
  }
  auto out = compute(in);
  if (!out)
    return NAN;
  double largest = 1e-30, error = 0;
  for (auto [is, wanted] : llvm::zip_equal(*out, expected)) {
    for (auto [a, b] : llvm::zip_equal(is.values, wanted.values)) {
      if (std::isnan(a) && std::isnan(b))
        continue;
      if (std::isnan(a) || std::isnan(b) || std::isinf(a) || std::isinf(b)) {
        if (a == b)
          continue;
        return INFINITY;
      }
      largest = std::max(largest, std::abs(b));
      error = std::max(error, std::abs(a - b));
    }
  }
  return error / largest;
}

/// One relation for each place that can carry, of which only that one is left.
std::vector<ChannelRelation> splitCarriers(const ChannelRelation &relation) {
  std::vector<ChannelRelation> result;
  ChannelRelation others = relation;
  llvm::erase_if(others.places, [](const ChannelPlace &place) {
    return place.role == ChannelRole::Carry;
  });
  for (const ChannelPlace &place : relation.places) {
    if (place.role != ChannelRole::Carry)
      continue;
    result.push_back(others);
    result.back().places.push_back(place);
  }
  if (result.empty())
    result.push_back(others);
  return result;
}

/// Where a relation acts; for orthogonal maps dual is same.
std::set<std::vector<int64_t>> getPlaces(const ChannelRelation &relation,
                                         bool isOrthogonal) {
  std::set<std::vector<int64_t>> places;
  for (const ChannelPlace &place : relation.places)
    places.insert({relation.size, place.port, place.axis, place.offset,
                   place.extent, place.stride,
                   place.role == ChannelRole::Dual && !isOrthogonal});
  return places;
}

/// Kinds that cross at the places of `relation`, by one of `relations` or by
/// two that share no place.
Kinds getKnownKinds(const ChannelRelation &relation,
                    const std::vector<ChannelRelation> &relations,
                    bool isOrthogonal) {
  auto places = getPlaces(relation, isOrthogonal);
  Kinds known;
  for (const ChannelRelation &first : relations) {
    auto part = getPlaces(first, isOrthogonal);
    if (part == places)
      known = known | first.kinds;
    for (const ChannelRelation &second : relations) {
      auto both = getPlaces(second, isOrthogonal);
      if (part.size() + both.size() != places.size())
        continue;
      both.insert(part.begin(), part.end());
      if (both == places)
        known = known | (first.kinds & second.kinds);
    }
  }
  return known;
}

/// Kinds of which `kinds` has all smaller ones, but not them.
std::vector<Kind> getNextKinds(Kinds kinds) {
  std::vector<Kind> result;
  for (Kind kind : allKinds) {
    bool isNext = !kinds.contains(kind);
    for (Kind other : allKinds)
      isNext &= other == kind || !Kinds(kind).contains(other) ||
                kinds.contains(other);
    if (isNext)
      result.push_back(kind);
  }
  return result;
}

std::string describe(const ChannelRelation &relation, Kind kind) {
  std::string text = relation.factor + " of " + std::to_string(relation.size) +
                     " channels, " + std::to_string(relation.copies) +
                     " copies, " + Kinds(kind).str() + " at";
  for (const ChannelPlace &place : relation.places)
    text += " " + std::to_string(place.port) + "." +
            std::to_string(place.axis) +
            (place.role == ChannelRole::Dual ? "'" : "");
  return text;
}

/// Static extents leave no clause out, if all operands are there.
void checkComplete(const ChannelSample &sample, mlir::Operation *op,
                   const std::vector<ChannelRelation> &relations) {
  auto interface = mlir::dyn_cast<ChannelRuleOpInterface>(op);
  if (!interface)
    return;
  ChannelRule rule = interface.getChannelRule();
  if (sample.operands.size() + rule.numResults != rule.ports.size())
    return;
  for (const ChannelClause &clause : rule.clauses)
    EXPECT_TRUE(llvm::any_of(relations,
                             [&](const ChannelRelation &relation) {
                               return relation.factor == clause.factor &&
                                      clause.kinds.contains(relation.kinds);
                             }))
        << clause.factor << ": " << clause.kinds.str();
}

void ChannelRulesTest::trySample(const ChannelSample &sample,
                                 mlir::Operation *op, ModelRunner &runner,
                                 const std::string &function) {
  SCOPED_TRACE(sample.body + "\n" + describeChannelRule(op));
  current = &runner;
  currentOp = op;
  currentName = function;
  types.clear();
  inputs.clear();
  for (const SampleTensor &tensor : sample.operands) {
    Array array = fill(tensor);
    types.push_back(array.getElementType());
    inputs.push_back(readNumbers(array));
  }
  auto computed = compute(inputs);
  if (!computed)
    return;
  results = *computed;
  for (const Numbers &numbers : results)
    ASSERT_TRUE(llvm::any_of(numbers.values, [](double value) {
      return std::isfinite(value) && value != 0;
    })) << "the result says nothing";

  std::vector<ChannelRelation> relations;
  for (const ChannelRelation &relation : getChannelRelations(op))
    llvm::append_range(relations, splitCarriers(relation));
  checkComplete(sample, op, relations);
  for (const ChannelRelation &relation : relations) {
    for (Kind kind : allKinds) {
      // Smaller kinds are cases of larger ones.
      bool isLargest = relation.kinds.contains(kind);
      for (Kind other : allKinds)
        isLargest &= other == kind || !Kinds(other).contains(kind) ||
                     !relation.kinds.contains(other);
      if (isLargest)
        EXPECT_LT(getError(relation, kind), kCommutes)
            << describe(relation, kind) << " does not commute";
    }
    // Numbers that are no floats are left at permutations on purpose.
    bool isFloat = llvm::all_of(relation.places, [](const auto &place) {
      return mlir::isa<mlir::FloatType>(
          mlir::getElementTypeOrSelf(place.value));
    });
    // linalg.generic is not looked into: its rule is permutations, too.
    if (!isFloat || sample.op == "linalg.generic")
      continue;
    for (Kind kind : allKinds) {
      bool isOrthogonal = Kinds(Kind::Orthogonal).contains(kind);
      Kinds known = getKnownKinds(relation, relations, isOrthogonal);
      // Two channels keep their mean only where they are swapped.
      bool isSwap = kind == Kind::OrthogonalKeepingOnes && relation.size == 2;
      if (!isSwap && llvm::is_contained(getNextKinds(known), kind))
        EXPECT_GT(getError(relation, kind), kDiffers)
            << describe(relation, kind) << " commutes, too";
    }
  }
}

//===----------------------------------------------------------------------===//
// All of them
//===----------------------------------------------------------------------===//

std::string makeFunction(const ChannelSample &sample, const std::string &name) {
  std::vector<std::string> arguments, types, values;
  for (auto [i, tensor] : llvm::enumerate(sample.operands))
    arguments.push_back("%a" + std::to_string(i) + ": tensor<" + tensor.type() +
                        ">");
  for (auto [i, tensor] : llvm::enumerate(sample.results)) {
    types.push_back("tensor<" + tensor.type() + ">");
    values.push_back(sample.results.size() == 1 ? "%r"
                                                : "%r#" + std::to_string(i));
  }
  return "func.func @" + name + "(" + llvm::join(arguments, ", ") + ") -> (" +
         llvm::join(types, ", ") + ") {\n" + sample.body + "\nreturn " +
         llvm::join(values, ", ") + " : " + llvm::join(types, ", ") + "\n}\n";
}

TEST_F(ChannelRulesTest, AreWhatOpsCompute) {
  std::map<std::string, std::vector<ChannelSample>> samples;
  for (ChannelSample &sample : makeChannelSamples())
    samples[sample.op].push_back(std::move(sample));
  for (const auto &entry : samples) {
    const std::string &name = entry.first;
    const std::vector<ChannelSample> &list = entry.second;
    // One module for all samples of an op.
    std::string text;
    for (auto [i, sample] : llvm::enumerate(list))
      text += makeFunction(sample, "f" + std::to_string(i));
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    ASSERT_TRUE(module) << text;
    auto runner = createReferenceRunner(*module);
    ASSERT_TRUE(bool(runner)) << llvm::toString(runner.takeError()) << text;
    for (auto [i, sample] : llvm::enumerate(list)) {
      std::string function = "f" + std::to_string(i);
      mlir::Operation *found = nullptr;
      module->lookupSymbol(function)->walk([&](mlir::Operation *op) {
        if (op->getName().getStringRef() == name)
          found = op;
      });
      ASSERT_TRUE(found) << name;
      bool isOpaque = describeChannelRule(found) == "opaque";
      EXPECT_EQ(getChannelRelations(found).empty(), isOpaque) << sample.body;
      if (!isOpaque)
        trySample(sample, found, **runner, function);
    }
  }
}

/// Ops that need no rule: of weights and control, and those that passes make
/// after the last transform.
const std::set<std::string> kWithoutRule = {
    "nn.parameter",    "nn.require",  "nn.yield",      "nn.dispatch",
    "nn.pack_weights", "nn.contract", "nn.recurrence", "nn.invoke",
    "nn.storage",      "nn.launch"};

TEST_F(ChannelRulesTest, EveryOpHasOneAndASample) {
  std::set<std::string> sampled, without;
  for (const ChannelSample &sample : makeChannelSamples())
    sampled.insert(sample.op);
  unsigned numOps = 0;
  for (mlir::RegisteredOperationName registered :
       context.getRegisteredOperations()) {
    if (registered.getDialectNamespace() != "nn")
      continue;
    std::string name = registered.getStringRef().str();
    if (!registered.hasInterface<ChannelRuleOpInterface>()) {
      without.insert(name);
      continue;
    }
    ++numOps;
    EXPECT_TRUE(sampled.count(name))
        << name << " has no sample in ChannelSamples.cpp";
  }
  EXPECT_EQ(without, kWithoutRule)
      << "an op of the model needs a channel rule (docs/adding.md)";
  EXPECT_GT(numOps, 30u);
}

} // namespace
