//===- LoopNestPlan.cpp - Shared loops and the grid -------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopNestModel.h"

#include "nibble/Codegen/Kernels/LoopNest.h"

using namespace mlir;

namespace nibble::codegen::loopnest {

/// Elements of one grid point where all loops are shared: large enough that
/// starting a grid point is nothing, small enough to stay in the L1 cache.
static constexpr int64_t kElementwiseBlock = 4096;
/// The same for a loop that carries reductions in its lanes.
static constexpr int64_t kReductionBlock = 256;
/// Neighbouring windows along the loop outside of the lanes'.
static constexpr int64_t kWindowBlock = 16;
/// Rows of few elements.
static constexpr int64_t kShortRowBlock = 64;
/// Side of the square that is transposed by one grid point.
static constexpr int64_t kTransposeBlock = 64;
/// Lanes that costs assume; the grid must not depend on the target.
static constexpr int64_t kNominalLanes = 8;
/// What a dynamic extent counts for in costs.
static constexpr double kUnknownExtent = 64;

//===----------------------------------------------------------------------===//
// Which loops can be shared
//===----------------------------------------------------------------------===//

/// The dimension of the base that is indexed by `iterator` and nothing else;
/// none if another dimension uses it too.
static std::optional<unsigned> positionOf(const Access &access,
                                          unsigned iterator) {
  std::optional<unsigned> position;
  for (auto [dim, form] : llvm::enumerate(access.forms)) {
    if (!form.uses(iterator))
      continue;
    if (position || form.plainIterator() != iterator)
      return std::nullopt;
    position = dim;
  }
  return position;
}

/// Does a body read memory that some op of the kernel writes?
static bool readsWrittenMemory(Kernel &kernel, const LoopOp &op) {
  if (!op.body)
    return false;
  bool found = false;
  op.op->walk([&](Operation *inner) {
    if (inner != op.op)
      for (Value operand : inner->getOperands())
        found |= isa<BaseMemRefType>(operand.getType()) &&
                 kernel.isWritten(rootOf(operand));
  });
  return found;
}

/// Checks that rows of the first `count` iterators are independent of each
/// other: every written buffer is reached through one base, indexed by each of
/// these iterators alone and in the same place by all accesses.
static bool canShare(Kernel &kernel, unsigned count) {
  struct Row {
    Value base;
    SmallVector<unsigned> positions;
  };
  llvm::DenseMap<Value, Row> rows;
  for (LoopOp &op : kernel.ops) {
    if (count > 0 && readsWrittenMemory(kernel, op))
      return false;
    for (Access *access : op.accesses()) {
      if (!kernel.isWritten(access->root))
        continue;
      Row row{access->base, {}};
      for (unsigned i = 0; i < count; ++i) {
        if (op.dims[i].extent.isOne())
          continue;
        std::optional<unsigned> position = positionOf(*access, i);
        if (!position)
          return false;
        row.positions.push_back(*position);
      }
      auto [it, inserted] = rows.try_emplace(access->root, row);
      if (count > 0 && !inserted &&
          (it->second.base != row.base ||
           it->second.positions != row.positions))
        return false;
    }
  }
  return true;
}

/// Unifies the extents of the shared iterators. Returns how many of `count`
/// are parallel everywhere and not known to differ.
static unsigned unifyShared(Kernel &kernel, unsigned count) {
  for (const LoopOp &op : kernel.ops)
    count = std::min(count, op.numIterators);
  for (unsigned i = 0; i < count; ++i) {
    SizeExpr first = kernel.ops.front().dims[i].extent;
    for (const LoopOp &op : kernel.ops) {
      SizeExpr a = kernel.sizes.canonical(first);
      SizeExpr b = kernel.sizes.canonical(op.dims[i].extent);
      if (op.dims[i].reduction || (a.constant() && b.constant() && a != b))
        return i;
      kernel.sizes.unify(a, b);
    }
  }
  return count;
}

static void chooseShared(Kernel &kernel) {
  unsigned count = 0;
  if (auto attr = kernel.function->getAttrOfType<IntegerAttr>(kSharedDimsAttr))
    count = std::clamp<int64_t>(attr.getInt(), 0, 64);
  if (kernel.ops.empty())
    count = 0;
  else
    count = unifyShared(kernel, count);
  for (LoopOp &op : kernel.ops) {
    for (LoopDim &dim : op.dims)
      dim.extent = kernel.sizes.canonical(dim.extent);
    for (Access *access : op.accesses())
      canonicalize(kernel.sizes, *access);
  }
  while (count > 0 && !canShare(kernel, count))
    --count;
  kernel.shared = count;
  for (LoopOp &op : kernel.ops)
    for (Access *access : op.accesses())
      for (unsigned i = 0; i < count; ++i)
        if (!op.dims[i].extent.isOne())
          if (std::optional<unsigned> position = positionOf(*access, i))
            access->sharedPositions.push_back({i, *position});
}

//===----------------------------------------------------------------------===//
// Joining dimensions
//===----------------------------------------------------------------------===//

static void dropUnitDims(Kernel &kernel) {
  if (kernel.ops.empty())
    return;
  unsigned shared = 0;
  for (unsigned i = 0; i < kernel.shared; ++i)
    shared += !kernel.ops.front().dims[i].extent.isOne();
  kernel.shared = shared;
  for (LoopOp &op : kernel.ops) {
    llvm::erase_if(op.dims,
                   [](const LoopDim &dim) { return dim.extent.isOne(); });
    for (Access *access : op.accesses())
      linearize(kernel, op, *access);
  }
}

/// May loops `dim` and `dim + 1` of `op` run as one?
static bool canJoin(LoopOp &op, unsigned dim) {
  const LoopDim &outer = op.dims[dim], &inner = op.dims[dim + 1];
  if (outer.reduction != inner.reduction)
    return false;
  bool indexed = false;
  if (op.body)
    op.body->walk([&](linalg::IndexOp index) {
      unsigned d = index.getDim();
      indexed |= outer.first <= d && d <= inner.last;
    });
  if (indexed)
    return false;
  return llvm::all_of(op.accesses(), [&](Access *access) {
    return !access->nonlinearDims.test(dim) &&
           !access->nonlinearDims.test(dim + 1) &&
           access->coefficients[dim] ==
               access->coefficients[dim + 1] * inner.extent;
  });
}

static void join(Kernel &kernel, LoopOp &op, unsigned dim) {
  op.dims[dim].last = op.dims[dim + 1].last;
  op.dims[dim].extent = op.dims[dim].extent * op.dims[dim + 1].extent;
  op.dims.erase(op.dims.begin() + dim + 1);
  for (Access *access : op.accesses())
    linearize(kernel, op, *access);
}

static void joinDims(Kernel &kernel) {
  // Shared dimensions in all ops alike, from the inside so that chains join.
  for (unsigned dim = kernel.shared; dim-- > 1;) {
    if (!llvm::all_of(kernel.ops,
                      [&](LoopOp &op) { return canJoin(op, dim - 1); }))
      continue;
    for (LoopOp &op : kernel.ops)
      join(kernel, op, dim - 1);
    --kernel.shared;
  }
  for (LoopOp &op : kernel.ops)
    for (unsigned dim = op.dims.size(); dim-- > kernel.shared + 1;)
      if (canJoin(op, dim - 1))
        join(kernel, op, dim - 1);
}

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

/// Do different iterations of `op`'s loops write different elements of
/// `access`? Proved where each loop indexes a dimension alone, or where
/// constant coefficients form a mixed radix.
static bool writesEachOnce(const LoopOp &op, const Access &access) {
  if (!access.nonlinear.empty())
    return false;
  llvm::SmallBitVector proved(op.dims.size());
  for (const IndexForm &form : access.forms) {
    SmallVector<std::pair<int64_t, unsigned>> radix;
    bool constant = true;
    unsigned used = 0, lastUsed = 0;
    for (auto [number, dim] : llvm::enumerate(op.dims)) {
      const SizeExpr &coefficient = form.coefficients[dim.last];
      if (coefficient.isZero() || access.coefficients[number].isZero())
        continue;
      ++used;
      lastUsed = number;
      std::optional<int64_t> value = coefficient.constant();
      constant &= value && *value > 0 && dim.extent.constant();
      if (constant)
        radix.push_back({*value, number});
    }
    std::optional<int64_t> single =
        used == 1 ? form.coefficients[op.dims[lastUsed].last].constant()
                  : std::nullopt;
    if (single) {
      proved.set(lastUsed);
      continue;
    }
    if (!constant)
      continue;
    llvm::sort(radix);
    int64_t reach = 0;
    bool distinct = true;
    for (auto [value, number] : radix) {
      distinct &= value > reach;
      int64_t steps = *op.dims[number].extent.constant() - 1;
      reach += value * std::max<int64_t>(steps, 0);
    }
    if (distinct)
      for (auto [value, number] : radix)
        proved.set(number);
  }
  return proved.all();
}

/// Joined loops index through their last iterator, but earlier iterators of
/// the join need their dimensions too: they were contiguous, so proving the
/// join is proving the last one. Loops of a reduction must not appear.
static bool mustRunInOrder(Kernel &kernel, LoopOp &op) {
  if (readsWrittenMemory(kernel, op))
    return true;
  for (const Access &output : op.outputs) {
    LoopOp parallel = op;
    llvm::erase_if(parallel.dims, [](const LoopDim &d) { return d.reduction; });
    for (auto [number, dim] : llvm::enumerate(op.dims))
      if (dim.reduction && output.dependsOn(number))
        return true;
    Access linear = output;
    linearize(kernel, parallel, linear);
    if (!writesEachOnce(parallel, linear))
      return true;
    // Reading other elements of what is written fixes the order too, and so
    // does reading a sum while it grows.
    for (const Access &other : op.inputs)
      if (other.root == output.root && (!other.sameElement(output) ||
                                        parallel.dims.size() != op.dims.size()))
        return true;
    for (const Access &other : op.outputs)
      if (&other != &output && other.root == output.root)
        return true;
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Costs
//===----------------------------------------------------------------------===//

bool canVectorize(Kernel &kernel, const LoopOp &op, unsigned dim) {
  if (op.inOrder || !op.vectorizable || !kernel.isLocal(dim))
    return false;
  if (op.isHadamard())
    return dim + 1 == op.dims.size();
  if (!op.dims[dim].reduction)
    return true;
  return llvm::all_of(op.combiners, [](Operation *c) { return c != nullptr; });
}

double scalarCost(const LoopOp &op) {
  return 2.0 + op.inputs.size() + op.outputs.size();
}

/// Lanes of one access along `dim`, in units of a contiguous load.
static double accessCost(const Access &access, unsigned dim, bool isOutput) {
  if (access.isScalarOperand())
    return 0;
  if (access.nonlinearDims.test(dim))
    return 2 * kNominalLanes;
  const SizeExpr &coefficient = access.coefficients[dim];
  if (coefficient.isZero())
    return 0.1;
  if (coefficient.isOne())
    return 1;
  if (isOutput)
    return 1.25 * kNominalLanes;
  return coefficient == SizeExpr(2) ? 2 : kNominalLanes;
}

/// Can `access` be transposed in registers to lanes along `dim`?
static bool isTransposable(Kernel &kernel, const LoopOp &op,
                           const Access &access, unsigned dim) {
  if (op.isReduction() || access.isScalarOperand() ||
      access.coefficients[dim].isZero() || access.nonlinearDims.test(dim))
    return false;
  for (unsigned other = 0; other < op.dims.size(); ++other) {
    std::optional<int64_t> extent = op.dims[other].extent.constant();
    if (other != dim && kernel.isLocal(other) &&
        access.coefficients[other].isOne() &&
        !access.nonlinearDims.test(other) &&
        !(extent && *extent < kNominalLanes))
      return true;
  }
  return false;
}

double vectorCost(Kernel &kernel, const LoopOp &op, unsigned dim) {
  std::optional<int64_t> extent = op.dims[dim].extent.constant();
  if (extent && *extent < kNominalLanes)
    return scalarCost(op);
  double cost = 2;
  for (const Access &access : op.inputs) {
    double scattered = accessCost(access, dim, false);
    cost += scattered > 3 && isTransposable(kernel, op, access, dim)
                ? 3
                : scattered;
  }
  for (const Access &access : op.outputs)
    cost += accessCost(access, dim, true);
  // The lanes must be joined at the end.
  if (op.dims[dim].reduction)
    cost += 0.25;
  return cost / kNominalLanes;
}

/// The cheapest way to run all of `op` for one grid point, with its loops from
/// `shared` on and those in `blocks` available.
static double bestCost(Kernel &kernel, LoopOp &op, ArrayRef<unsigned> blocks) {
  SmallVector<GridDim> saved = kernel.grid;
  for (unsigned dim : blocks)
    kernel.grid[dim].block = 1;
  double best = scalarCost(op), work = 1;
  for (unsigned dim = 0; dim < op.dims.size(); ++dim) {
    if (canVectorize(kernel, op, dim))
      best = std::min(best, vectorCost(kernel, op, dim));
    if (dim >= kernel.shared)
      work *= op.dims[dim].extent.constant().value_or(kUnknownExtent);
  }
  kernel.grid = saved;
  return best * work;
}

static double totalCost(Kernel &kernel, ArrayRef<unsigned> blocks) {
  double cost = 0;
  for (LoopOp &op : kernel.ops)
    cost += bestCost(kernel, op, blocks);
  return cost;
}

//===----------------------------------------------------------------------===//
// The grid
//===----------------------------------------------------------------------===//

/// The shared loop along which the inputs of a transposition are contiguous
/// while the outputs are along `dim`.
static std::optional<unsigned> transposedDim(Kernel &kernel, unsigned dim) {
  for (const LoopOp &op : kernel.ops) {
    if (op.isReduction())
      continue;
    for (const Access &access : op.inputs) {
      if (access.isScalarOperand() || access.coefficients[dim].isZero() ||
          access.coefficients[dim].isOne())
        continue;
      for (unsigned other = 0; other < kernel.shared; ++other)
        if (other != dim && access.coefficients[other].isOne() &&
            !access.nonlinearDims.test(other))
          return other;
    }
  }
  return std::nullopt;
}

/// Cuts shared loops into blocks where lanes must come from them.
static void cutGrid(Kernel &kernel) {
  for (unsigned dim = 0; dim < kernel.shared; ++dim)
    kernel.grid.push_back({kernel.ops.front().dims[dim].extent, 0});
  std::optional<unsigned> lanes;
  double best = totalCost(kernel, {}) * 0.7;
  for (unsigned dim = 0; dim < kernel.shared; ++dim) {
    double cost = totalCost(kernel, {dim});
    // On equal terms the innermost.
    if (cost <= best) {
      best = cost;
      lanes = dim;
    }
  }
  if (!lanes)
    return;
  bool reduces = llvm::any_of(
      kernel.ops, [&](LoopOp &op) { return op.dims.size() > kernel.shared; });
  int64_t block = reduces ? kReductionBlock : kElementwiseBlock;
  if (std::optional<unsigned> other = transposedDim(kernel, *lanes)) {
    kernel.grid[*lanes].block = kernel.grid[*other].block = kTransposeBlock;
    return;
  }
  kernel.grid[*lanes].block = block;
  if (*lanes == 0)
    return;
  // Neighbouring windows share what they load; short rows make one grid point.
  std::optional<int64_t> extent = kernel.grid[*lanes].extent.constant();
  if (reduces)
    kernel.grid[*lanes - 1].block = kWindowBlock;
  else if (extent && *extent * 2 <= block)
    kernel.grid[*lanes - 1].block = std::min<int64_t>(
        block / std::max<int64_t>(*extent, 1), kShortRowBlock);
}

//===----------------------------------------------------------------------===//
// Temporaries
//===----------------------------------------------------------------------===//

/// Where `access` indexes its base by joined shared loop `dim`: the position
/// of the loop's last iterator first, then those of the others.
static SmallVector<unsigned> positionsOf(const LoopOp &op, unsigned dim,
                                         const Access &access) {
  SmallVector<unsigned> positions;
  for (auto [iterator, position] : llvm::reverse(access.sharedPositions))
    if (op.dims[dim].first <= iterator && iterator <= op.dims[dim].last)
      positions.push_back(position);
  return positions;
}

/// Sets the extents and strides of what one grid point keeps of `temporary`.
static void shrink(Kernel &kernel, Temporary &temporary, const LoopOp &op,
                   const Access &access) {
  unsigned rank = temporary.extents.size();
  SmallVector<bool> dropped(rank, false);
  for (unsigned dim = 0; dim < kernel.shared; ++dim)
    for (auto [number, position] :
         llvm::enumerate(positionsOf(op, dim, access))) {
      int64_t block = kernel.grid[dim].block;
      bool keeps = block != 0 && number == 0;
      dropped[position] = !keeps;
      int64_t extent = kernel.grid[dim].extent.constant().value_or(block);
      temporary.extents[position] = keeps ? std::min(block, extent) : 1;
    }
  temporary.strides.assign(rank, SizeExpr());
  SizeExpr stride = 1;
  for (unsigned dim = rank; dim-- > 0;) {
    temporary.strides[dim] = dropped[dim] ? SizeExpr() : stride;
    stride = stride * temporary.extents[dim];
  }
}

/// Shrinks every temporary to what one grid point needs.
static void placeTemporaries(Kernel &kernel) {
  for (auto &[value, temporary] : kernel.temporaries) {
    auto type = cast<MemRefType>(value.getType());
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      temporary.extents.push_back(
          kernel.sizes.canonical(kernel.sizes.extent(value, dim)));
    LoopOp *user = nullptr;
    Access *use = nullptr;
    for (LoopOp &op : kernel.ops) {
      temporary.shrinkable &= !readsWrittenMemory(kernel, op);
      for (Access *access : op.accesses()) {
        if (access->root != value)
          continue;
        temporary.shrinkable &= access->base == value;
        user = &op;
        use = access;
      }
    }
    temporary.shrinkable &= use != nullptr;
    if (temporary.shrinkable)
      shrink(kernel, temporary, *user, *use);
  }
}

void planKernel(Kernel &kernel) {
  chooseShared(kernel);
  dropUnitDims(kernel);
  joinDims(kernel);
  for (LoopOp &op : kernel.ops) {
    op.inOrder = mustRunInOrder(kernel, op);
    // Butterflies make all columns at once.
    if (op.inOrder || kernel.shared + 2 > op.dims.size())
      op.order = 0;
  }
  cutGrid(kernel);
  placeTemporaries(kernel);
  for (LoopOp &op : kernel.ops)
    for (Access *access : op.accesses())
      linearize(kernel, op, *access);
  formGroups(kernel);
}

} // namespace nibble::codegen::loopnest
