//===- FormDispatches.cpp - Groups of ops that become one kernel ----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "AttentionKernel.h"
#include "DepthwiseKernel.h"
#include "Epilogue.h"
#include "HadamardKernel.h"
#include "States.h"
#include "dialects/NN/NN.h"
#include "dialects/NN/WeightDerived.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "nibble/Codegen/Dispatch/Extents.h"
#include "llvm/ADT/SetVector.h"

namespace nibble {
#define GEN_PASS_DEF_FORMDISPATCHES
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

namespace {

enum class GroupKind {
  Contraction,
  Attention,
  Row,
  Window,
  Elementwise,
  Single
};

/// Ops of one kernel in program order; only the results of the last one are
/// used outside, until takeReaders adds to them.
struct Group {
  GroupKind kind;
  SmallVector<Operation *> ops;
  SmallVector<Value> resultDims = {};
  Operation *place = nullptr;      ///< where the kernel is launched
  SmallVector<Value> results = {}; ///< that others use
  Operation *tail() const { return ops.back(); }
};

class Former {
public:
  explicit Former(Extents &extents) : extents(extents) {}
  LogicalResult run(Block &block);

private:
  void collect(Block &block);
  void addToGroups(Operation *op);
  Group *fusableProducer(Operation *op, Value operand, GroupKind consumer);
  void absorb(Group &into, Group *from);
  void absorbTransposes(Group &into, Operation *op);
  void takeDepthwiseInputs(Group &group, nn::ConvOp op);
  bool makesCodes(const Group &reader, Value value);
  bool makesRowCodes(const Group &reader, Value value);
  void takeReaders(Group &group);
  void emit(Group &group);

  Extents &extents;
  WeightDerived weightDerived;
  std::vector<std::unique_ptr<Group>> groups;
  DenseMap<Operation *, Group *> groupOf;
};

} // namespace

/// The shape over which a group's loops run.
static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<ShapedType>(value.getType()).getShape();
}

static bool isLastAxis(Value input, int64_t axis) {
  return axis == int64_t(shapeOf(input).size()) - 1;
}

static GroupKind classify(Operation *op) {
  if (isa<nn::ContractOp>(op))
    return GroupKind::Contraction;
  if (op->hasAttr(kDepthwiseLanesAttr))
    return GroupKind::Contraction;
  if (isa<nn::AttentionOp>(op) && op->hasAttr(kAttentionDotAttr))
    return GroupKind::Attention;
  if (isa<nn::ElementwiseOp, nn::CastOp, nn::QuantizeElementsOp,
          nn::DequantizeElementsOp>(op))
    return GroupKind::Elementwise;
  if (isa<nn::QuantizeRowsOp>(op) || getButterflyOrder(op))
    return GroupKind::Row;
  // What is not a contraction by now: depthwise convolution.
  if (isa<nn::ConvOp>(op))
    return GroupKind::Window;
  if (auto norm = dyn_cast<nn::LayerNormOp>(op))
    return isLastAxis(norm.getInput(), norm.getAxis()) ? GroupKind::Row
                                                       : GroupKind::Single;
  if (auto norm = dyn_cast<nn::RMSNormOp>(op))
    return isLastAxis(norm.getInput(), norm.getAxis()) ? GroupKind::Row
                                                       : GroupKind::Single;
  if (auto softmax = dyn_cast<nn::SoftmaxOp>(op))
    return isLastAxis(softmax.getInput(), softmax.getAxis())
               ? GroupKind::Row
               : GroupKind::Single;
  return GroupKind::Single;
}

/// Whether a contraction kernel can apply `op` to each vector of its result
/// `sum`: f32 throughout, and every other operand of the same shape, one value
/// a row, one a column, or a scalar.
static bool isEpilogue(Operation *op, Value sum) {
  // The kernels store 8-bit codes with one scale and one zero point themselves.
  if (auto quantize = dyn_cast<nn::QuantizeElementsOp>(op))
    return quantize.getInput() == sum && quantize.getBits() == 8 &&
           hasOneElement(quantize.getScale()) &&
           (!quantize.getZero() || hasOneElement(quantize.getZero()));
  if (!isa<nn::ElementwiseOp>(op))
    return false;
  auto isF32 = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && tensor.getElementType().isF32();
  };
  if (!isF32(op->getResult(0).getType()))
    return false;
  ArrayRef<int64_t> shape = shapeOf(sum);
  return llvm::all_of(op->getOperands(), [&](Value operand) {
    if (!isF32(operand.getType()))
      return false;
    ArrayRef<int64_t> other = shapeOf(operand);
    auto isOne = [](int64_t extent) { return extent == 1; };
    if (other == shape || other.empty() ||
        llvm::all_of(other.drop_back(), isOne))
      return true;
    return other.size() == shape.size() && other.back() == 1 &&
           other.drop_back() == shape.drop_back();
  });
}

/// The group that computes `operand` if `op` may join it: its only reader, and
/// over the same shape.
Group *Former::fusableProducer(Operation *op, Value operand,
                               GroupKind consumer) {
  Operation *producer = operand.getDefiningOp();
  Group *group = groupOf.lookup(producer);
  if (!group || group->tail() != producer || producer->getNumResults() != 1 ||
      group->kind == GroupKind::Single || group->kind == GroupKind::Attention ||
      producer->getBlock() != op->getBlock())
    return nullptr;
  if (!llvm::all_of(operand.getUsers(),
                    [&](Operation *user) { return user == op; }))
    return nullptr;
  // Its window reads codes and widens them: that is less than reading numbers.
  if (consumer == GroupKind::Window)
    return llvm::all_of(group->ops, llvm::IsaPred<nn::DequantizeElementsOp>)
               ? group
               : nullptr;
  if (shapeOf(operand) != shapeOf(op->getResult(0)))
    return nullptr;
  if (group->kind == GroupKind::Contraction && !isEpilogue(op, operand))
    return nullptr;
  // A row op computes its input per row: only elementwise work fits before it,
  // and rows of the same norm before their rotation and quantization.
  if (consumer == GroupKind::Row && group->kind != GroupKind::Elementwise &&
      !(isa<nn::QuantizeRowsOp, qnt::TransformOp>(op) &&
        group->kind == GroupKind::Row))
    return nullptr;
  return group;
}

void Former::absorb(Group &into, Group *from) {
  into.ops.append(from->ops);
  for (Operation *op : from->ops)
    groupOf[op] = &into;
  from->ops.clear();
}

/// Takes in the transposes before and behind a fused attention, which reads
/// and writes its rows wherever they are.
void Former::absorbTransposes(Group &into, Operation *op) {
  auto groupOnlyFor = [&](Value operand) -> Group * {
    Operation *producer = operand.getDefiningOp();
    Group *group = groupOf.lookup(producer);
    bool isOnly = group && group->tail() == producer &&
                  llvm::hasSingleElement(operand.getUses());
    return isOnly ? group : nullptr;
  };
  if (auto moved = dyn_cast<nn::TransposeOp>(op)) {
    Group *group = groupOnlyFor(moved.getInput());
    if (group && isa<nn::AttentionOp>(group->tail()) &&
        group->kind == GroupKind::Attention && keepsRows(moved)) {
      into.kind = GroupKind::Attention;
      absorb(into, group);
    }
    return;
  }
  for (Value operand : op->getOperands().take_front(3)) {
    auto moved = operand.getDefiningOp<nn::TransposeOp>();
    Group *group = moved ? groupOnlyFor(operand) : nullptr;
    if (group && group->kind == GroupKind::Single && keepsRows(moved))
      absorb(into, group);
  }
}

/// The kernel of a depthwise convolution reads its filter with channels last.
/// It derives from weights, so that is done once; the transpose back, which the
/// group takes in, keeps the convolution's meaning. Codes that the kernel
/// widens are dequantized in the group.
void Former::takeDepthwiseInputs(Group &group, nn::ConvOp op) {
  OpBuilder builder(op);
  Value filter = op.getFilter();
  auto type = cast<RankedTensorType>(filter.getType());
  SmallVector<int64_t> order = depthwiseFilterOrder(type.getRank());
  auto ordered = nn::TransposeOp::create(
      builder, op.getLoc(),
      type.clone(applyPermutation(type.getShape(), order)), filter, order);
  auto back = nn::TransposeOp::create(builder, op.getLoc(), type, ordered,
                                      invertPermutationVector(order));
  op.getFilterMutable().set(back);
  group.ops.push_back(back);
  groupOf[back] = &group;
  auto codes = op.getInput().getDefiningOp<nn::DequantizeElementsOp>();
  if (!codes || !isDepthwiseInput(codes))
    return;
  Operation *own = builder.clone(*codes);
  op.getInputMutable().set(own->getResult(0));
  group.ops.push_back(own);
  groupOf[own] = &group;
  if (codes->use_empty() && !groupOf.contains(codes))
    codes.erase();
}

/// Whether only depthwise kernels read the numbers, which they make themselves.
static bool isOnlyDepthwiseInput(Operation *op) {
  auto codes = dyn_cast<nn::DequantizeElementsOp>(op);
  return codes && isDepthwiseInput(codes) && !codes->use_empty() &&
         llvm::all_of(codes->getUsers(), [](Operation *user) {
           return user->hasAttr(kDepthwiseLanesAttr);
         });
}

void Former::addToGroups(Operation *op) {
  GroupKind kind = classify(op);
  groups.push_back(std::make_unique<Group>(Group{kind, {}}));
  Group &group = *groups.back();
  if (kind == GroupKind::Attention || isa<nn::TransposeOp>(op))
    absorbTransposes(group, op);
  if (op->hasAttr(kDepthwiseLanesAttr))
    takeDepthwiseInputs(group, cast<nn::ConvOp>(op));
  if (kind == GroupKind::Elementwise || kind == GroupKind::Row ||
      kind == GroupKind::Window) {
    llvm::SmallSetVector<Group *, 4> producers;
    for (Value operand : op->getOperands())
      if (Group *producer = fusableProducer(op, operand, kind))
        producers.insert(producer);
    // One root at most: the first contraction, else the first row op.
    auto root = llvm::find_if(producers, [](Group *producer) {
      return producer->kind == GroupKind::Contraction;
    });
    if (root == producers.end())
      root = llvm::find_if(producers, [](Group *producer) {
        return producer->kind == GroupKind::Row ||
               producer->kind == GroupKind::Window;
      });
    if (root != producers.end())
      group.kind = (*root)->kind;
    auto isArithmetic = [](Operation *producer) {
      return isa<nn::ElementwiseOp>(producer);
    };
    for (Group *producer : producers) {
      bool isRoot = root != producers.end() && producer == *root;
      // An epilogue is arithmetic on f32 vectors.
      bool fits = group.kind != GroupKind::Contraction ||
                  llvm::all_of(producer->ops, isArithmetic);
      if (isRoot || (producer->kind == GroupKind::Elementwise && fits))
        absorb(group, producer);
    }
  }
  group.ops.push_back(op);
  groupOf[op] = &group;
}

/// Whether a group only makes codes of `value`, with nothing else than what is
/// there when `value` is made.
bool Former::makesCodes(const Group &reader, Value value) {
  Operation *producer = value.getDefiningOp();
  if (reader.kind != GroupKind::Elementwise ||
      !isa<nn::QuantizeElementsOp>(reader.tail()) ||
      reader.tail()->getBlock() != producer->getBlock())
    return false;
  return llvm::all_of(reader.ops, [&](Operation *op) {
    auto quantize = dyn_cast<nn::QuantizeElementsOp>(op);
    return shapeOf(op->getResult(0)) == shapeOf(value) &&
           isEpilogue(op, quantize ? quantize.getInput() : value) &&
           llvm::all_of(op->getOperands(), [&](Value operand) {
             Operation *def = operand.getDefiningOp();
             return operand == value || !def ||
                    groupOf.lookup(def) == &reader ||
                    def->getBlock() != producer->getBlock() ||
                    def->isBeforeInBlock(producer);
           });
  });
}

/// Whether a group only rotates and quantizes rows of `value`.
bool Former::makesRowCodes(const Group &reader, Value value) {
  return isa<nn::QuantizeRowsOp>(reader.tail()) &&
         reader.tail()->getBlock() == value.getDefiningOp()->getBlock() &&
         llvm::all_of(reader.ops, [&](Operation *op) {
           return isa<nn::QuantizeRowsOp, qnt::TransformOp>(op) &&
                  (op->getOperand(0) == value ||
                   groupOf.lookup(op->getOperand(0).getDefiningOp()) ==
                       &reader);
         });
}

/// The kernel of a contraction, or of a norm, also makes the codes that others
/// would make of its result, which then is written only if something else reads
/// it, too.
void Former::takeReaders(Group &group) {
  group.place = group.tail();
  llvm::append_range(group.results, group.tail()->getResults());
  bool isRow = group.kind == GroupKind::Row && group.results.size() == 1;
  if (!isRow && (group.kind != GroupKind::Contraction ||
                 llvm::none_of(group.ops, llvm::IsaPred<nn::ContractOp>)))
    return;
  Value value = group.results.front();
  SmallVector<Group *> readers;
  bool isRead = false;
  for (Operation *user : value.getUsers()) {
    Group *reader = groupOf.lookup(user);
    if (!reader ||
        !(isRow ? makesRowCodes(*reader, value) : makesCodes(*reader, value)))
      isRead = true;
    else if (!llvm::is_contained(readers, reader))
      readers.push_back(reader);
  }
  if (readers.empty())
    return;
  llvm::sort(readers, [](Group *a, Group *b) {
    return a->tail()->isBeforeInBlock(b->tail());
  });
  if (!isRead)
    group.results.clear();
  for (Group *reader : readers) {
    llvm::append_range(group.results, reader->tail()->getResults());
    absorb(group, reader);
  }
}

/// Whether only codes are made of `op`: a factor there is of one layer.
static bool scalesCodes(Operation *op) {
  auto elementwise = dyn_cast<nn::ElementwiseOp>(op);
  return elementwise && elementwise.getKind() == nn::ElementwiseKind::Mul &&
         llvm::all_of(op->getUsers(), llvm::IsaPred<nn::QuantizeElementsOp>);
}

/// Whether the loops of `operand`'s owner have their extents from elsewhere, so
/// that a constant there becomes a number of their body. Others run over the
/// operand, or copy it: it must lie in memory.
static bool needsNoMemory(OpOperand &operand) {
  if (shapeOf(operand.get()).empty())
    return true;
  Operation *owner = operand.getOwner();
  if (isa<nn::LayerNormOp, nn::RMSNormOp, nn::GroupNormOp>(owner))
    return operand.getOperandNumber() > 0;
  return classify(owner) == GroupKind::Elementwise ||
         isa<nn::ExpandOp, nn::GatherOp, nn::GatherNDOp>(owner);
}

/// Small constants are rebuilt inside the kernel instead of being passed. What
/// nn.contract reads lies in memory, and all that an attention or a recurrence
/// reads. So do scales and zero points around contractions, so that layers that
/// differ only in them share a kernel.
static bool isInlineConstant(OpOperand &operand, const Group &group) {
  auto constant = operand.get().getDefiningOp<arith::ConstantOp>();
  if (!constant || group.kind == GroupKind::Attention ||
      isa<nn::RecurrenceOp>(operand.getOwner()))
    return false;
  Operation *owner = operand.getOwner();
  if (group.kind == GroupKind::Contraction) {
    if (isa<nn::QuantizeElementsOp, nn::DequantizeElementsOp>(owner))
      return isUnitScale(constant);
    if (isa<nn::ContractOp>(owner) || scalesCodes(owner))
      return false;
  }
  auto elements = dyn_cast<ElementsAttr>(constant.getValue());
  if (!elements)
    return true;
  return (elements.isSplat() || elements.getNumElements() == 1) &&
         needsNoMemory(operand);
}

void Former::emit(Group &group) {
  llvm::sort(group.ops,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  llvm::SetVector<Value> inputs;
  llvm::SmallSetVector<Operation *, 4> constants;
  for (Operation *op : group.ops) {
    for (OpOperand &operand : op->getOpOperands()) {
      Value value = operand.get();
      if (groupOf.lookup(value.getDefiningOp()) == &group)
        continue;
      if (isInlineConstant(operand, group))
        constants.insert(value.getDefiningOp());
      else
        inputs.insert(value);
    }
  }
  constants.remove_if([&](Operation *constant) {
    return inputs.contains(constant->getResult(0));
  });
  SmallVector<Location> locs;
  for (Operation *op : group.ops)
    locs.push_back(op->getLoc());
  OpBuilder builder(group.place);
  auto dispatch = nn::DispatchOp::create(
      builder, builder.getFusedLoc(locs), TypeRange(ValueRange(group.results)),
      inputs.getArrayRef(), group.resultDims);
  Block *body = builder.createBlock(&dispatch.getBody());
  IRMapping mapping;
  for (Value input : inputs)
    mapping.map(input, body->addArgument(input.getType(), input.getLoc()));
  for (Operation *constant : constants)
    builder.clone(*constant, mapping);
  for (Operation *op : group.ops)
    builder.clone(*op, mapping);
  SmallVector<Value> yielded;
  for (Value result : group.results)
    yielded.push_back(mapping.lookup(result));
  nn::YieldOp::create(builder, group.place->getLoc(), yielded);
  for (auto [result, made] :
       llvm::zip_equal(group.results, dispatch.getResults()))
    result.replaceAllUsesWith(made);
  for (Operation *op : llvm::reverse(group.ops))
    op->erase();
}

void Former::collect(Block &block) {
  for (Operation &op : block) {
    for (Region &region : op.getRegions())
      for (Block &nested : region)
        collect(nested);
    bool isTensorOp = llvm::any_of(op.getResultTypes(), [](Type type) {
      return isa<RankedTensorType, qnt::QuantTensorType>(type);
    });
    bool isNibble = op.getDialect() &&
                    (isa<nn::NNDialect, qnt::QntDialect>(op.getDialect()));
    auto update = dyn_cast<nn::CacheUpdateOp>(op);
    if (!isTensorOp || !isNibble || isa<nn::ReshapeOp, nn::DispatchOp>(op) ||
        (update && getState(update)) || isOnlyDepthwiseInput(&op) ||
        weightDerived.contains(op.getResult(0)))
      continue;
    addToGroups(&op);
  }
}

LogicalResult Former::run(Block &block) {
  collect(block);
  auto isEmpty = [](auto &group) { return group->ops.empty(); };
  llvm::erase_if(groups, isEmpty);
  for (auto &group : groups)
    if (!group->ops.empty())
      takeReaders(*group);
  llvm::erase_if(groups, isEmpty);
  // All extents before any op goes: `extents` remembers values.
  for (auto &group : groups)
    for (Value result : group->results)
      if (failed(extents.getDynamic(result, group->resultDims)))
        return failure();
  for (auto &group : groups)
    emit(*group);
  return success();
}

namespace {
struct FormDispatches final : nibble::impl::FormDispatchesBase<FormDispatches> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !main.getBody().hasOneBlock()) {
      getOperation().emitError("needs a function @main with one block");
      return signalPassFailure();
    }
    Extents extents;
    if (failed(Former(extents).run(main.getBody().front())))
      signalPassFailure();
  }
};
} // namespace
