//===- Elements.cpp - Elements that are known before the model runs -------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shapes/Inference.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/APSInt.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace nibble::frontend;
using nibble::onnx::NodeOp;

namespace {

using Shape = SmallVector<int64_t>;

/// Where an element of an output comes from.
struct Source {
  unsigned input;
  int64_t index;
};
using Sources = SmallVector<Source>;

/// Elements above this many are not folded: 64 KiB of the widest type.
constexpr int64_t kMaxFolded = 8192;

int64_t getCount(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

Shape getStrides(ArrayRef<int64_t> shape) {
  Shape strides(shape.size(), 1);
  for (int64_t i = static_cast<int64_t>(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

/// Calls `fn` with the index of each element in row-major order.
void forEachIndex(ArrayRef<int64_t> shape,
                  function_ref<void(ArrayRef<int64_t>)> fn) {
  Shape index(shape.size(), 0);
  for (int64_t i = 0, e = getCount(shape); i < e; ++i) {
    fn(index);
    for (int64_t axis = static_cast<int64_t>(shape.size()) - 1; axis >= 0;
         --axis) {
      if (++index[axis] < shape[axis])
        break;
      index[axis] = 0;
    }
  }
}

int64_t linearize(ArrayRef<int64_t> index, ArrayRef<int64_t> strides) {
  int64_t sum = 0;
  for (auto [i, stride] : llvm::zip_equal(index, strides))
    sum += i * stride;
  return sum;
}

/// The index of the element that broadcasting reads for output index `index`.
int64_t getBroadcastIndex(ArrayRef<int64_t> index, ArrayRef<int64_t> shape) {
  Shape strides = getStrides(shape);
  ArrayRef<int64_t> last = index.take_back(shape.size());
  int64_t sum = 0;
  for (auto [i, extent, stride] : llvm::zip_equal(last, shape, strides))
    sum += extent == 1 ? 0 : i * stride;
  return sum;
}

//===----------------------------------------------------------------------===//
// Operators that move elements
//===----------------------------------------------------------------------===//

class Mover {
public:
  Mover(NodeInference &n, ArrayRef<Shape> inputs, ArrayRef<Shape> outputs)
      : n(n), inputs(inputs), outputs(outputs) {}

  /// The sources of an output's elements; nullopt when the operator does not
  /// only move elements.
  std::optional<Sources> getSources(unsigned output);

private:
  /// Operands that say how to move, as numbers.
  std::optional<Shape> getNumbers(unsigned input) {
    if (!n.has(input) || !n.in(input).contents)
      return std::nullopt;
    return getConstants(*n.in(input).contents);
  }
  int64_t getAxis(int64_t otherwise, size_t rank) {
    int64_t axis = n.node.getInt("axis", otherwise);
    return axis < 0 ? axis + static_cast<int64_t>(rank) : axis;
  }
  Sources getSame(const Shape &shape);
  Sources transpose(const Shape &shape);
  std::optional<Sources> slice(const Shape &shape);
  std::optional<Sources> gather(const Shape &shape);
  Sources concat(const Shape &shape);
  std::optional<Sources> split(unsigned output);
  Sources expand(const Shape &shape);
  std::optional<Sources> select(const Shape &shape);

  NodeInference &n;
  ArrayRef<Shape> inputs;
  ArrayRef<Shape> outputs;
};

} // namespace

std::optional<Sources> Mover::getSources(unsigned output) {
  StringRef type = n.node.getOpType();
  const Shape &shape = outputs[output];
  if (!n.node.getDomain().empty() || getCount(shape) > kMaxFolded)
    return std::nullopt;
  if (output == 0 && llvm::is_contained({"Identity", "Reshape", "Flatten",
                                         "Squeeze", "Unsqueeze", "Dropout"},
                                        type))
    return getSame(shape);
  if (type == "Transpose")
    return transpose(shape);
  if (type == "Slice")
    return slice(shape);
  if (type == "Gather")
    return gather(shape);
  if (type == "Concat")
    return concat(shape);
  if (type == "Split")
    return split(output);
  if (type == "Expand" || type == "Tile")
    return expand(shape);
  if (type == "Where")
    return select(shape);
  return std::nullopt;
}

Sources Mover::getSame(const Shape &shape) {
  Sources sources;
  for (int64_t i = 0, e = getCount(shape); i < e; ++i)
    sources.push_back({0, i});
  return sources;
}

Sources Mover::transpose(const Shape &shape) {
  Shape strides = getStrides(inputs[0]);
  Shape permuted(strides.rbegin(), strides.rend());
  if (auto permutation = n.node.getInts("perm"))
    for (auto [i, axis] : llvm::enumerate(*permutation))
      permuted[i] = strides[axis];
  Sources sources;
  forEachIndex(shape, [&](ArrayRef<int64_t> index) {
    sources.push_back({0, linearize(index, permuted)});
  });
  return sources;
}

std::optional<Sources> Mover::slice(const Shape &shape) {
  // The inference function has checked the operands; only first elements and
  // steps count here, because the output's shape is known.
  Shape starts, axes, steps(inputs[0].size(), 1);
  if (n.version() < 10) {
    starts = llvm::to_vector(n.node.getInts("starts").value_or(Shape()));
    if (auto attr = n.node.getInts("axes"))
      axes = llvm::to_vector(*attr);
  } else {
    std::optional<Shape> found = getNumbers(1);
    if (!found)
      return std::nullopt;
    starts = *found;
    if (n.has(3))
      axes = getNumbers(3).value_or(Shape());
  }
  if (axes.empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, starts.size()));
  if (n.version() >= 10 && n.has(4)) {
    std::optional<Shape> found = getNumbers(4);
    if (!found)
      return std::nullopt;
    for (auto [axis, step] : llvm::zip_equal(axes, *found))
      steps[axis < 0 ? axis + inputs[0].size() : axis] = step;
  }
  Shape offsets(inputs[0].size(), 0);
  for (auto [axis, start] : llvm::zip_equal(axes, starts)) {
    int64_t at = axis < 0 ? axis + inputs[0].size() : axis;
    int64_t extent = inputs[0][at];
    int64_t first = start < 0 ? start + extent : start;
    offsets[at] =
        std::clamp<int64_t>(first, 0, steps[at] < 0 ? extent - 1 : extent);
  }
  Shape strides = getStrides(inputs[0]);
  Sources sources;
  forEachIndex(shape, [&](ArrayRef<int64_t> index) {
    int64_t sum = 0;
    for (auto [i, offset, step, stride] :
         llvm::zip_equal(index, offsets, steps, strides))
      sum += (offset + i * step) * stride;
    sources.push_back({0, sum});
  });
  return sources;
}

std::optional<Sources> Mover::gather(const Shape &shape) {
  std::optional<Shape> indices = getNumbers(1);
  if (!indices)
    return std::nullopt;
  int64_t axis = getAxis(0, inputs[0].size());
  int64_t extent = inputs[0][axis];
  int64_t inner = getCount(ArrayRef(inputs[0]).drop_front(axis + 1));
  int64_t outer = getCount(ArrayRef(inputs[0]).take_front(axis));
  Sources sources;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t index : *indices) {
      int64_t at = index < 0 ? index + extent : index;
      if (at < 0 || at >= extent)
        return std::nullopt;
      for (int64_t i = 0; i < inner; ++i)
        sources.push_back({0, (o * extent + at) * inner + i});
    }
  return sources;
}

Sources Mover::concat(const Shape &shape) {
  int64_t axis = getAxis(1, shape.size());
  Sources sources;
  forEachIndex(shape, [&](ArrayRef<int64_t> index) {
    Shape local(index);
    unsigned input = 0;
    while (local[axis] >= inputs[input][axis])
      local[axis] -= inputs[input++][axis];
    sources.push_back({input, linearize(local, getStrides(inputs[input]))});
  });
  return sources;
}

std::optional<Sources> Mover::split(unsigned output) {
  int64_t axis = getAxis(0, inputs[0].size());
  int64_t offset = 0;
  for (unsigned i = 0; i < output; ++i) {
    // Nothing is known of an output that the node leaves out.
    if (!n.out(i))
      return std::nullopt;
    offset += outputs[i][axis];
  }
  Shape strides = getStrides(inputs[0]);
  Sources sources;
  forEachIndex(outputs[output], [&](ArrayRef<int64_t> index) {
    Shape local(index);
    local[axis] += offset;
    sources.push_back({0, linearize(local, strides)});
  });
  return sources;
}

Sources Mover::expand(const Shape &shape) {
  Shape strides = getStrides(inputs[0]);
  Sources sources;
  forEachIndex(shape, [&](ArrayRef<int64_t> index) {
    // Repetition (Tile) is broadcasting of an extent above 1.
    Shape local(index.take_back(inputs[0].size()));
    for (auto [i, extent] : llvm::zip_equal(local, inputs[0]))
      i %= extent;
    sources.push_back({0, linearize(local, strides)});
  });
  return sources;
}

std::optional<Sources> Mover::select(const Shape &shape) {
  std::optional<Shape> condition = getNumbers(0);
  if (!condition)
    return std::nullopt;
  Sources sources;
  forEachIndex(shape, [&](ArrayRef<int64_t> index) {
    bool value = (*condition)[getBroadcastIndex(index, inputs[0])] != 0;
    unsigned input = value ? 1 : 2;
    sources.push_back({input, getBroadcastIndex(index, inputs[input])});
  });
  return sources;
}

//===----------------------------------------------------------------------===//
// Operators on each element: expressions
//===----------------------------------------------------------------------===//

// 1, 0, or null when the comparison depends on the symbols.
static AffineExpr compare(StringRef type, AffineExpr a, AffineExpr b,
                          Symbols &symbols) {
  Interval range = getInterval(symbols.simplify(a - b));
  auto decide = [&](bool yes, bool no) -> AffineExpr {
    if (yes || no)
      return symbols.getConstant(yes);
    return {};
  };
  bool above = range.low > 0, below = range.high < 0;
  if (type == "Equal")
    return decide(range.low == 0 && range.high == 0, above || below);
  if (type == "Greater")
    return decide(above, range.high <= 0);
  if (type == "GreaterOrEqual")
    return decide(range.low >= 0, below);
  if (type == "Less")
    return decide(below, range.low >= 0);
  if (type == "LessOrEqual")
    return decide(range.high <= 0, above);
  return {};
}

static AffineExpr divide(AffineExpr a, AffineExpr b, Symbols &symbols) {
  std::optional<int64_t> x = getConstant(a), y = getConstant(b);
  if (x && y) {
    // The smallest number over -1 is no 64-bit number.
    if (*y == 0 || (*y == -1 && *x == std::numeric_limits<int64_t>::min()))
      return {};
    return symbols.getConstant(*x / *y);
  }
  if (a == b && getInterval(a).low > 0)
    return symbols.getConstant(1);
  // ONNX truncates; for what is not negative this is the floor.
  if (y && *y > 0 && getInterval(a).low >= 0)
    return a.floorDiv(*y);
  return {};
}

static AffineExpr computeBinary(StringRef type, AffineExpr a, AffineExpr b,
                                Symbols &symbols) {
  if (type == "Add")
    return a + b;
  if (type == "Sub")
    return a - b;
  if (type == "Mul")
    return a * b;
  if (type == "Div")
    return divide(a, b, symbols);
  std::optional<int64_t> x = getConstant(a), y = getConstant(b);
  if (type == "Mod") {
    // The remainders of C and Python are the same where nothing is negative.
    if (y && *y > 0 && getInterval(a).low >= 0)
      return a % *y;
    return {};
  }
  if (type == "And")
    return x && y ? symbols.getConstant(*x && *y) : AffineExpr();
  if (type == "Or")
    return x && y ? symbols.getConstant(*x || *y) : AffineExpr();
  if (type == "Xor")
    return x && y ? symbols.getConstant(*x != *y) : AffineExpr();
  if (type == "Max" || type == "Min") {
    Interval range = getInterval(symbols.simplify(a - b));
    if (range.low >= 0)
      return type == "Max" ? a : b;
    if (range.high <= 0)
      return type == "Max" ? b : a;
    return {};
  }
  return compare(type, a, b, symbols);
}

static AffineExpr computeUnary(StringRef type, AffineExpr a, Type from, Type to,
                               Symbols &symbols) {
  if (type == "Neg")
    return -a;
  Interval range = getInterval(a);
  if (type == "Abs")
    return range.low >= 0 ? a : range.high <= 0 ? -a : AffineExpr();
  if (type == "Not") {
    if (std::optional<int64_t> x = getConstant(a))
      return symbols.getConstant(*x == 0);
    return {};
  }
  if (type != "Cast" && type != "CastLike")
    return {};
  if (to.isInteger(1)) {
    if (range.low > 0 || range.high < 0)
      return symbols.getConstant(1);
    return getConstant(a) == 0 ? symbols.getConstant(0) : AffineExpr();
  }
  // An extent fits in 32 bits; what a narrower type keeps is not known.
  bool wide = to.getIntOrFloatBitWidth() >= 32;
  return isa<IntegerType>(to) && (wide || from == to) ? a : AffineExpr();
}

//===----------------------------------------------------------------------===//
// Operators on each element: numbers
//===----------------------------------------------------------------------===//

// An element as the type that arithmetic runs in, and back.
static double toDouble(Attribute attr) {
  if (auto number = dyn_cast<FloatAttr>(attr))
    return number.getValueAsDouble();
  auto integer = cast<IntegerAttr>(attr);
  return integer.getType().isUnsignedInteger() || integer.getType().isInteger(1)
             ? static_cast<double>(integer.getValue().getZExtValue())
             : static_cast<double>(integer.getValue().getSExtValue());
}

static Attribute fromDouble(double value, Type type) {
  if (auto floatType = dyn_cast<FloatType>(type)) {
    APFloat number(value);
    bool losesInfo;
    number.convert(floatType.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                   &losesInfo);
    return FloatAttr::get(floatType, number);
  }
  auto integer = cast<IntegerType>(type);
  if (integer.getWidth() == 1)
    return IntegerAttr::get(integer, APInt(1, value != 0));
  bool isUnsigned = integer.isUnsigned();
  APSInt result(integer.getWidth(), isUnsigned);
  bool isExact;
  APFloat(value).convertToInteger(result, APFloat::rmTowardZero, &isExact);
  return IntegerAttr::get(integer, result);
}

static std::optional<double> computeBinary(StringRef type, double a, double b,
                                           bool isInteger) {
  if (type == "Add")
    return a + b;
  if (type == "Sub")
    return a - b;
  if (type == "Mul")
    return a * b;
  if (type == "Div" && isInteger)
    return b == 0 ? std::optional<double>() : std::trunc(a / b);
  if (type == "Div")
    return a / b;
  if (type == "Pow")
    return std::pow(a, b);
  if (type == "Max")
    return std::max(a, b);
  if (type == "Min")
    return std::min(a, b);
  if (type == "Equal")
    return a == b;
  if (type == "Less")
    return a < b;
  if (type == "LessOrEqual")
    return a <= b;
  if (type == "Greater")
    return a > b;
  if (type == "GreaterOrEqual")
    return a >= b;
  if (type == "And")
    return a != 0 && b != 0;
  if (type == "Or")
    return a != 0 || b != 0;
  return std::nullopt;
}

static std::optional<double> computeUnary(StringRef type, double a) {
  if (type == "Neg")
    return -a;
  if (type == "Abs")
    return std::abs(a);
  if (type == "Not")
    return a == 0;
  if (type == "Sqrt")
    return std::sqrt(a);
  if (type == "Reciprocal")
    return 1 / a;
  if (type == "Exp")
    return std::exp(a);
  if (type == "Log")
    return std::log(a);
  if (type == "Floor")
    return std::floor(a);
  if (type == "Ceil")
    return std::ceil(a);
  if (type == "Sin")
    return std::sin(a);
  if (type == "Cos")
    return std::cos(a);
  if (type == "Cast" || type == "CastLike")
    return a;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// foldElements
//===----------------------------------------------------------------------===//

// Integers above 2^53 are not exact in a double; such constants are left to
// the expressions, which are exact.
static bool isExactInDouble(Attribute attr) {
  auto integer = dyn_cast<IntegerAttr>(attr);
  return !integer || integer.getValue().getSignificantBits() <= 53;
}

static bool moveElements(NodeInference &n, ArrayRef<Shape> inputs,
                         ArrayRef<Shape> outputs) {
  Mover mover(n, inputs, outputs);
  bool moved = false;
  for (unsigned output = 0; output < outputs.size(); ++output) {
    const ValueInfo *info = n.out(output);
    std::optional<Sources> sources;
    if (!info || !(sources = mover.getSources(output)))
      continue;
    auto haveAll = [&](auto has) {
      return llvm::all_of(*sources,
                          [&](Source s) { return has(n.in(s.input)); });
    };
    if (sources->size() <= ValueInfo::kMaxContents &&
        isa<IntegerType>(info->elementType) &&
        haveAll([](const ValueInfo &i) { return i.contents.has_value(); })) {
      Exprs elements;
      for (Source source : *sources)
        elements.push_back((*n.in(source.input).contents)[source.index]);
      n.setContents(output, elements);
      moved = true;
    } else if (!sources->empty() && haveAll([](const ValueInfo &i) {
                 return static_cast<bool>(i.constant);
               })) {
      SmallVector<SmallVector<Attribute>> values(inputs.size());
      SmallVector<Attribute> elements;
      for (Source source : *sources) {
        auto &from = values[source.input];
        if (from.empty())
          from = llvm::to_vector(
              n.in(source.input).constant.getValues<Attribute>());
        elements.push_back(from[source.index]);
      }
      n.setConstant(
          output, DenseElementsAttr::get(
                      getTensorType(info->elementType, info->dims), elements));
      moved = true;
    }
  }
  return moved;
}

static bool computeExprs(NodeInference &n, ArrayRef<Shape> inputs,
                         const Shape &shape) {
  for (Value input : n.node.getInputs())
    if (isa<NoneType>(input.getType()))
      return false;
  for (unsigned i = 0; i < inputs.size(); ++i)
    if (!n.in(i).contents)
      return false;
  const ValueInfo &out = *n.out(0);
  StringRef type = n.node.getOpType();
  Exprs elements;
  forEachIndex(shape, [&](ArrayRef<int64_t> index) {
    auto get = [&](unsigned input) {
      return (*n.in(input).contents)[getBroadcastIndex(index, inputs[input])];
    };
    AffineExpr element = get(0);
    if (inputs.size() == 1 || type == "CastLike")
      element =
          computeUnary(type, element, n.type(0), out.elementType, n.symbols);
    else
      for (unsigned i = 1; element && i < inputs.size(); ++i)
        element = computeBinary(type, element, get(i), n.symbols);
    if (element)
      elements.push_back(element);
  });
  if (static_cast<int64_t>(elements.size()) != getCount(shape))
    return false;
  n.setContents(0, elements);
  return true;
}

static void computeNumbers(NodeInference &n, ArrayRef<Shape> inputs,
                           const Shape &shape) {
  SmallVector<SmallVector<Attribute>> values;
  for (unsigned i = 0; i < inputs.size(); ++i) {
    if (!n.has(i) || !n.in(i).constant)
      return;
    values.push_back(llvm::to_vector(n.in(i).constant.getValues<Attribute>()));
    if (!llvm::all_of(values.back(), isExactInDouble))
      return;
  }
  const ValueInfo &out = *n.out(0);
  if (!out.elementType.isIntOrFloat() || getCount(shape) == 0)
    return;
  StringRef type = n.node.getOpType();
  SmallVector<Attribute> elements;
  bool isInteger = isa<IntegerType>(n.type(0));
  bool known = true;
  forEachIndex(shape, [&](ArrayRef<int64_t> index) {
    auto get = [&](unsigned input) {
      return toDouble(values[input][getBroadcastIndex(index, inputs[input])]);
    };
    std::optional<double> element = get(0);
    if (inputs.size() == 1 || type == "CastLike")
      element = computeUnary(type, *element);
    else
      for (unsigned i = 1; element && i < inputs.size(); ++i)
        element = computeBinary(type, *element, get(i), isInteger);
    known &= element.has_value();
    elements.push_back(fromDouble(element.value_or(0), out.elementType));
  });
  if (known)
    n.setConstant(0, DenseElementsAttr::get(
                         getTensorType(out.elementType, out.dims), elements));
}

// Operators whose operands broadcast and whose elements are computed alone.
static bool isElementwise(StringRef type) {
  return llvm::StringSwitch<bool>(type)
      .Cases({"Add", "Sub", "Mul", "Div", "Mod", "Pow", "Max", "Min"}, true)
      .Cases({"Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"},
             true)
      .Cases({"And", "Or", "Xor", "Not", "Neg", "Abs", "Sqrt", "Reciprocal"},
             true)
      .Cases({"Exp", "Log", "Floor", "Ceil", "Sin", "Cos", "Cast", "CastLike"},
             true)
      .Default(false);
}

void nibble::frontend::foldElements(NodeInference &n) {
  if (!n.node.getDomain().empty())
    return;
  SmallVector<Shape> inputs, outputs;
  for (unsigned i = 0; i < n.node.getInputs().size(); ++i) {
    std::optional<Shape> shape = Shape();
    if (n.has(i))
      shape = getStaticShape(n.dims(i));
    if (!shape)
      return;
    inputs.push_back(*shape);
  }
  for (unsigned i = 0; i < n.node.getOutputs().size(); ++i) {
    const ValueInfo *info = n.out(i);
    std::optional<Shape> shape = Shape();
    if (info)
      shape = getStaticShape(info->dims);
    if (!shape)
      return;
    outputs.push_back(*shape);
  }
  if (inputs.empty() || outputs.empty() || !n.out(0) || n.out(0)->contents ||
      n.out(0)->constant)
    return;
  if (moveElements(n, inputs, outputs) || outputs.size() != 1 ||
      !isElementwise(n.node.getOpType()) || getCount(outputs[0]) > kMaxFolded)
    return;
  if (getCount(outputs[0]) <= ValueInfo::kMaxContents &&
      isa<IntegerType>(n.out(0)->elementType) &&
      computeExprs(n, inputs, outputs[0]))
    return;
  computeNumbers(n, inputs, outputs[0]);
}
