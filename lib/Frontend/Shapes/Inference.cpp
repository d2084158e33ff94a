//===- Inference.cpp - Types, extents and elements of onnx values ---------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shapes/Inference.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nibble::frontend;
using nibble::onnx::NodeOp;

std::optional<SmallVector<int64_t>>
nibble::frontend::getStaticShape(ArrayRef<AffineExpr> dims) {
  return getConstants(dims);
}

RankedTensorType nibble::frontend::getTensorType(Type elementType,
                                                 ArrayRef<AffineExpr> dims) {
  SmallVector<int64_t> shape;
  for (AffineExpr dim : dims)
    shape.push_back(getConstant(dim).value_or(ShapedType::kDynamic));
  return RankedTensorType::get(shape, elementType);
}

// Whether such a tensor has at least 2^48 elements in all runs. Sizes that are
// computed from smaller ones are 64-bit numbers.
static bool isTooLarge(ArrayRef<AffineExpr> dims) {
  constexpr int64_t limit = int64_t(1) << 48;
  int64_t product = 1;
  for (AffineExpr dim : dims)
    if (llvm::MulOverflow(product, std::max<int64_t>(getInterval(dim).low, 1),
                          product) ||
        product >= limit)
      return true;
  return false;
}

//===----------------------------------------------------------------------===//
// Inference
//===----------------------------------------------------------------------===//

const ValueInfo *Inference::lookup(Value value) const {
  auto found = infos.find(value);
  return found == infos.end() ? nullptr : found->second.get();
}

// Small integer constants have contents, and known contents are a constant.
static void completeElements(ValueInfo &info, MLIRContext *context) {
  if (info.constant && !info.contents && info.elementType.isIntOrIndex() &&
      info.constant.getNumElements() <= ValueInfo::kMaxContents) {
    info.contents.emplace();
    bool isUnsigned =
        info.elementType.isUnsignedInteger() || info.elementType.isInteger(1);
    for (APInt value : info.constant.getValues<APInt>())
      info.contents->push_back(getAffineConstantExpr(
          isUnsigned ? value.getZExtValue() : value.getSExtValue(), context));
  }
  if (info.constant || !info.contents)
    return;
  auto type = getTensorType(info.elementType, info.dims);
  std::optional<SmallVector<int64_t>> numbers = getConstants(*info.contents);
  if (!numbers || !type.hasStaticShape())
    return;
  SmallVector<APInt> values;
  for (int64_t number : *numbers)
    values.push_back(APInt(info.elementType.getIntOrFloatBitWidth(), number,
                           /*isSigned=*/true, /*implicitTrunc=*/true));
  info.constant = DenseElementsAttr::get(type, values);
}

void Inference::set(Value value, ValueInfo info) {
  for (AffineExpr &dim : info.dims)
    dim = symbols.simplify(dim);
  if (info.contents) {
    for (AffineExpr &element : *info.contents)
      element = symbols.simplify(element);
    if (llvm::any_of(*info.contents, isTooLong))
      info.contents.reset();
  }
  completeElements(info, main.getContext());
  infos[value] = std::make_unique<ValueInfo>(std::move(info));
}

static std::optional<ValueInfo> getInfoOfType(Type type, Symbols &symbols) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return std::nullopt;
  ValueInfo info;
  info.elementType = tensor.getElementType();
  for (int64_t extent : tensor.getShape())
    info.dims.push_back(symbols.getConstant(extent));
  return info;
}

LogicalResult Inference::addArguments() {
  argumentDims.clear();
  for (BlockArgument arg : main.getArguments()) {
    unsigned index = arg.getArgNumber();
    auto name = main.getArgAttrOfType<StringAttr>(index, onnx::kNameAttr);
    auto type = dyn_cast<RankedTensorType>(arg.getType());
    if (!type)
      return main.emitError("input ")
             << index << (name ? " '" + name.str() + "'" : std::string())
             << " needs a tensor type with a known number of dimensions, but "
                "the file says "
             << arg.getType();
    if (!type.getElementType().isIntOrFloat())
      return main.emitError("input ")
             << index << (name ? " '" + name.str() + "'" : std::string())
             << " has elements of type " << type.getElementType()
             << ", which is not supported; only real numbers and bool are";
    if (isa<FloatType>(type.getElementType()) &&
        type.getElementTypeBitWidth() < 16)
      return main.emitError("input ")
             << index << (name ? " '" + name.str() + "'" : std::string())
             << " has elements of type " << type.getElementType()
             << ", which is not supported; floats have at least 16 bits";
    auto names = main.getArgAttrOfType<ArrayAttr>(index, onnx::kDimsAttr);
    ValueInfo info;
    info.elementType = type.getElementType();
    for (auto [axis, extent] : llvm::enumerate(type.getShape())) {
      StringRef dimName;
      if (names && axis < names.size())
        dimName = cast<StringAttr>(names[axis]).getValue();
      if (!ShapedType::isDynamic(extent))
        info.dims.push_back(symbols.getConstant(extent));
      // "?" is what some exporters write for a dimension without a name.
      else if (!dimName.empty() && dimName != "?")
        info.dims.push_back(symbols.get(dimName));
      else
        // The same name in each round of `run`.
        info.dims.push_back(
            symbols.get(((name ? name.getValue() : StringRef("input")) +
                         "_dim" + Twine(axis))
                            .str()));
    }
    if (isTooLarge(info.dims))
      return main.emitError("input ")
             << index << (name ? " '" + name.str() + "'" : std::string())
             << " has more elements than any memory holds";
    argumentDims.push_back(info.dims);
    set(arg, std::move(info));
  }
  return success();
}

LogicalResult Inference::inferBlock(Block &block) {
  for (auto it = block.begin(), end = block.end(); it != end;) {
    Operation *op = &*it++;
    if (auto node = dyn_cast<NodeOp>(op)) {
      if (node.is("If")) {
        // A branch that is taken in every run stands in place of the node, and
        // the walk goes on with it.
        Operation *before = op->getPrevNode();
        if (failed(inferIf(node)))
          return failure();
        Operation *next = before ? before->getNextNode() : &block.front();
        if (next != op)
          it = Block::iterator(next);
        continue;
      }
      if (failed(inferNode(node)))
        return failure();
      continue;
    }
    for (Value result : op->getResults()) {
      std::optional<ValueInfo> info = getInfoOfType(result.getType(), symbols);
      if (!info)
        continue;
      if (auto constant = dyn_cast<onnx::ConstantOp>(op);
          constant && info->elementType.isIntOrFloat())
        info->constant = dyn_cast<DenseElementsAttr>(constant.getValue());
      set(result, std::move(*info));
    }
  }
  return success();
}

LogicalResult Inference::inferNode(NodeOp node) {
  const Operator *op = lookupOperator(node);
  if (!op) {
    if (!llvm::is_contained(unsupported, node))
      unsupported.push_back(node);
    return success();
  }
  NodeInference n(*this, node);
  for (unsigned i = 0; i < op->minInputs; ++i)
    if (!node.getInput(i))
      return n.error() << "needs input " << i << ", but the node has "
                       << node.getInputs().size() << " inputs";
  // Behind a node that is not supported nothing is known; the report of that
  // node is enough.
  for (Value input : node.getInputs())
    if (!isa<NoneType>(input.getType()) && !lookup(input)) {
      if (unsupported.empty())
        return n.error() << "has an input whose shape is not known";
      return success();
    }
  if (failed(withOneError(node, [&] {
        if (failed(op->infer(n)))
          return failure();
        foldElements(n);
        return success();
      })))
    return failure();
  for (Value output : node.getOutputs())
    if (const ValueInfo *info = lookup(output))
      output.setType(getTensorType(info->elementType, info->dims));
  return success();
}

// The branch's nodes in place of the node.
static LogicalResult takeBranch(NodeOp node, Region &branch) {
  Block &body = branch.front();
  Operation *yield = body.getTerminator();
  node->replaceAllUsesWith(yield->getOperands());
  yield->erase();
  node->getBlock()->getOperations().splice(Block::iterator(node),
                                           body.getOperations());
  node->erase();
  return success();
}

// Exporters write "squeeze if the extent is 1" as an If whose branches differ
// in their number of dimensions. The branch where the extents are equal is
// meant; that they are becomes a constraint.
Region *Inference::assumeEquality(NodeOp node) {
  bool negated = false;
  auto condition = node.getInput(0).getDefiningOp<NodeOp>();
  while (condition && (condition.is("Cast") || condition.is("Identity") ||
                       condition.is("Not"))) {
    negated ^= condition.is("Not");
    condition = condition.getInput(0).getDefiningOp<NodeOp>();
  }
  if (!condition || !condition.is("Equal"))
    return nullptr;
  AffineExpr sides[2];
  for (unsigned i : {0, 1}) {
    const ValueInfo *info = lookup(condition.getInput(i));
    if (!info || !info->contents || info->contents->size() != 1)
      return nullptr;
    sides[i] = info->contents->front();
  }
  if (failed(symbols.unify(sides[0], sides[1])))
    return nullptr;
  return node.getSubgraph(negated ? "else_branch" : "then_branch");
}

// What a branch asks of the extents must hold only in runs that take it.
LogicalResult Inference::inferBranch(NodeOp node, StringRef name,
                                     StringRef constraintsName) {
  symbols.enter();
  LogicalResult result = success();
  unsigned numSolved;
  do {
    numSolved = symbols.getNumSolved();
    result = inferBlock(node.getSubgraph(name)->front());
  } while (succeeded(result) && symbols.getNumSolved() != numSolved);
  node->removeAttr(constraintsName);
  if (IntegerSet set = symbols.leave())
    node->setAttr(constraintsName, IntegerSetAttr::get(set));
  return result;
}

LogicalResult Inference::inferIf(NodeOp node) {
  NodeInference n(*this, node);
  Region *branches[] = {node.getSubgraph("else_branch"),
                        node.getSubgraph("then_branch")};
  if (!node.getInput(0) || !branches[0] || !branches[1])
    return n.error() << "needs a condition, a then_branch and an else_branch";
  const ValueInfo *condition = lookup(node.getInput(0));
  if (!condition && unsupported.empty())
    return n.error() << "has a condition whose shape is not known";
  if (condition && (!condition->elementType.isInteger(1) ||
                    llvm::any_of(condition->dims, [](AffineExpr dim) {
                      return getConstant(dim) != 1;
                    })))
    return n.error() << "has a condition of type "
                     << getTensorType(condition->elementType, condition->dims)
                     << "; it must be one bool";
  for (Region *branch : branches) {
    // A branch that stands in place of the node has nobody to give it values.
    if (branch->front().getNumArguments() != 0)
      return n.error() << "has a branch with inputs of its own";
    if (branch->front().getTerminator()->getNumOperands() !=
        node.getNumResults())
      return n.error() << "has a branch with another number of outputs";
  }
  if (condition && condition->contents && condition->contents->size() == 1)
    if (auto taken = getConstant(condition->contents->front()))
      return takeBranch(node, *branches[*taken != 0]);
  if (failed(inferBranch(node, "then_branch", "nn.then_constraints")) ||
      failed(inferBranch(node, "else_branch", "nn.else_constraints")))
    return failure();
  for (auto [i, output] : llvm::enumerate(node.getOutputs())) {
    const ValueInfo *infos[2];
    for (int b : {0, 1})
      infos[b] = lookup(branches[b]->front().getTerminator()->getOperand(i));
    if (!infos[0] || !infos[1])
      continue;
    if (infos[0]->elementType != infos[1]->elementType ||
        infos[0]->dims.size() != infos[1]->dims.size()) {
      if (Region *branch = assumeEquality(node))
        return takeBranch(node, *branch);
      return n.error() << "gives output " << i << " as "
                       << getTensorType(infos[1]->elementType, infos[1]->dims)
                       << " or as "
                       << getTensorType(infos[0]->elementType, infos[0]->dims)
                       << "; a number of dimensions that depends on data is "
                          "not supported";
    }
    for (auto [a, b] : llvm::zip_equal(infos[0]->dims, infos[1]->dims))
      if (failed(n.equal(a, b, "an extent of both branches")))
        return failure();
    ValueInfo info;
    info.elementType = infos[0]->elementType;
    info.dims = infos[0]->dims;
    set(output, info);
    output.setType(getTensorType(info.elementType, info.dims));
  }
  return success();
}

LogicalResult Inference::checkResults() {
  Operation *ret = main.front().getTerminator();
  for (auto [i, value] : llvm::enumerate(ret->getOperands())) {
    auto name = main.getResultAttrOfType<StringAttr>(i, onnx::kNameAttr);
    std::string what = name ? "'" + name.str() + "'" : std::to_string(i);
    const ValueInfo *info = lookup(value);
    if (!info)
      return main.emitError("the shape of output ") << what << " is not known";
    auto declared = dyn_cast<RankedTensorType>(main.getResultTypes()[i]);
    if (!declared)
      continue;
    auto found = getTensorType(info->elementType, info->dims);
    if (declared.getElementType() != found.getElementType() ||
        failed(verifyCompatibleShape(declared, found)))
      return main.emitError("output ")
             << what << " is " << found << " " << symbols.toString(info->dims)
             << ", but the file says " << declared;
  }
  main.setFunctionType(FunctionType::get(
      main.getContext(), main.getArgumentTypes(), ret->getOperandTypes()));
  return success();
}

LogicalResult Inference::run() {
  // An equation that is found late also holds for what was inferred before it,
  // so the model is gone through until no new one is found.
  unsigned numSolved;
  do {
    numSolved = symbols.getNumSolved();
    infos.clear();
    if (failed(addArguments()) || failed(inferBlock(main.front())))
      return failure();
  } while (symbols.getNumSolved() != numSolved);
  if (!unsupported.empty()) {
    reportUnsupported(main, unsupported);
    return failure();
  }
  return checkResults();
}

//===----------------------------------------------------------------------===//
// NodeInference
//===----------------------------------------------------------------------===//

InFlightDiagnostic NodeInference::error() {
  return node.emitError() << "node '" << getNodeName(node) << "' ("
                          << node.getOpType() << ") ";
}

const ValueInfo &NodeInference::in(unsigned input) {
  return *inference.lookup(node.getInput(input));
}

FailureOr<Exprs> NodeInference::contents(unsigned input, StringRef what) {
  const ValueInfo &info = in(input);
  if (info.contents)
    return *info.contents;
  return error() << "has " << what
                 << " that are computed from data; only constants and "
                    "arithmetic on extents are supported there";
}

FailureOr<SmallVector<int64_t>> NodeInference::numbers(unsigned input,
                                                       StringRef what) {
  FailureOr<Exprs> exprs = contents(input, what);
  if (failed(exprs))
    return failure();
  if (std::optional<SmallVector<int64_t>> values = getConstants(*exprs))
    return *values;
  return error() << "has " << what << " " << symbols.toString(*exprs)
                 << " that depend on the inputs' extents; only constants are "
                    "supported there";
}

FailureOr<int64_t> NodeInference::axis(int64_t axis, int64_t rank) {
  int64_t found = axis < 0 ? axis + rank : axis;
  if (found >= 0 && found < rank)
    return found;
  return error() << "has axis " << axis << " of a tensor with " << rank
                 << " dimensions";
}

FailureOr<SmallVector<int64_t>> NodeInference::axes(ArrayRef<int64_t> axes,
                                                    int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t value : axes) {
    FailureOr<int64_t> found = axis(value, rank);
    if (failed(found))
      return failure();
    if (llvm::is_contained(result, *found))
      return error() << "names axis " << value << " twice";
    result.push_back(*found);
  }
  return result;
}

FailureOr<std::optional<SmallVector<int64_t>>>
NodeInference::axesOf(unsigned input, int64_t inputSince, int64_t rank) {
  SmallVector<int64_t> values;
  if (version() < inputSince) {
    std::optional<ArrayRef<int64_t>> attr = node.getInts("axes");
    if (!attr)
      return std::optional<SmallVector<int64_t>>();
    values = llvm::to_vector(*attr);
  } else {
    if (!has(input))
      return std::optional<SmallVector<int64_t>>();
    FailureOr<SmallVector<int64_t>> found = numbers(input, "axes");
    if (failed(found))
      return failure();
    values = *found;
  }
  FailureOr<SmallVector<int64_t>> found = axes(values, rank);
  if (failed(found))
    return failure();
  return std::optional<SmallVector<int64_t>>(*found);
}

FailureOr<Exprs> NodeInference::broadcast(ArrayRef<AffineExpr> a,
                                          ArrayRef<AffineExpr> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  Exprs result(a);
  size_t offset = a.size() - b.size();
  for (auto [i, y] : llvm::enumerate(b)) {
    AffineExpr &x = result[offset + i];
    if (getConstant(y) == 1)
      continue;
    if (getConstant(x) == 1) {
      x = y;
      continue;
    }
    if (failed(symbols.unify(x, y)))
      return error() << "has operands of extents " << symbols.toString(a)
                     << " and " << symbols.toString(b)
                     << " that do not broadcast";
    x = getConstant(y) ? y : x;
  }
  return result;
}

LogicalResult NodeInference::equal(AffineExpr a, AffineExpr b, StringRef what) {
  if (succeeded(symbols.unify(a, b)))
    return success();
  return error() << "needs " << what << " to be equal, but they are "
                 << symbols.toString(a) << " and " << symbols.toString(b);
}

LogicalResult NodeInference::hasExtents(unsigned input,
                                        ArrayRef<AffineExpr> expected) {
  if (!has(input))
    return success();
  ArrayRef<AffineExpr> found = dims(input);
  if (found.size() != expected.size())
    return error() << "needs input " << input << " with " << expected.size()
                   << " dimensions, but it has " << found.size();
  std::string what = "the extents of input " + std::to_string(input) +
                     " and of what goes with it";
  for (auto [dim, extent] : llvm::zip_equal(found, expected))
    if (failed(equal(dim, extent, what)))
      return failure();
  return success();
}

LogicalResult NodeInference::set(unsigned output, Type elementType,
                                 Exprs dims) {
  for (AffineExpr &dim : dims) {
    dim = symbols.simplify(dim);
    if (isTooLong(dim))
      return error() << "gives an output with an extent of more than "
                     << kMaxParts << " sums and products of extents";
    if (getInterval(dim).high < 0)
      return error() << "gives an output of extents " << symbols.toString(dims);
  }
  if (isTooLarge(dims))
    return error() << "gives an output of extents " << symbols.toString(dims)
                   << ", more than any memory holds";
  if (Value value = node.getOutput(output)) {
    ValueInfo info;
    info.elementType = elementType;
    info.dims = std::move(dims);
    inference.set(value, std::move(info));
  }
  return success();
}

const ValueInfo *NodeInference::out(unsigned output) {
  Value value = node.getOutput(output);
  return value ? inference.lookup(value) : nullptr;
}

void NodeInference::setContents(unsigned output, Exprs contents) {
  if (const ValueInfo *info = out(output)) {
    ValueInfo copy = *info;
    copy.contents = std::move(contents);
    inference.set(node.getOutput(output), std::move(copy));
  }
}

void NodeInference::setConstant(unsigned output, DenseElementsAttr constant) {
  if (const ValueInfo *info = out(output)) {
    ValueInfo copy = *info;
    copy.constant = constant;
    inference.set(node.getOutput(output), std::move(copy));
  }
}
