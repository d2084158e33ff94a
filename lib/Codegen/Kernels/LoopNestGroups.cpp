//===- LoopNestGroups.cpp - Which ops share a loop nest ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopNestModel.h"

using namespace mlir;

namespace nibble::codegen::loopnest {

/// The loop of `op` that is cheapest as lanes, if lanes are cheaper than none.
static std::optional<unsigned> bestDim(Kernel &kernel, const LoopOp &op) {
  std::optional<unsigned> best;
  double cost = scalarCost(op);
  for (unsigned dim = 0; dim < op.dims.size(); ++dim) {
    if (!canVectorize(kernel, op, dim))
      continue;
    double candidate = vectorCost(kernel, op, dim);
    // On equal terms the inner loop.
    if (candidate < cost || (best && candidate == cost)) {
      cost = candidate;
      best = dim;
    }
  }
  return best;
}

/// The loops of `op` that carry its accumulators.
static llvm::SmallBitVector reductionDims(const LoopOp &op) {
  llvm::SmallBitVector result(op.dims.size());
  if (op.isReduction())
    for (auto [number, dim] : llvm::enumerate(op.dims))
      if (dim.reduction)
        result.set(number);
  return result;
}

static bool sameDomain(const LoopOp &a, const LoopOp &b) {
  return llvm::equal(a.dims, b.dims, [](const LoopDim &x, const LoopDim &y) {
    return x.extent == y.extent;
  });
}

/// Does a body of `op` load memory behind `root`?
static bool bodyLoads(const LoopOp &op, Value root) {
  if (!op.body)
    return false;
  bool found = false;
  op.op->walk([&](Operation *inner) {
    if (inner != op.op)
      for (Value operand : inner->getOperands())
        found |=
            isa<BaseMemRefType>(operand.getType()) && rootOf(operand) == root;
  });
  return found;
}

/// May each iteration of `second` run right after the same iteration of
/// `first`, where at least one of `a` (of first) and `b` (of second) writes?
static bool mayInterleave(const LoopOp &first, const Access &a,
                          bool writesFirst, const LoopOp &second,
                          const Access &b, bool writesSecond) {
  if (a.isScalarOperand() || b.isScalarOperand() || a.root != b.root)
    return true;
  bool unfinished = (writesFirst && first.isReduction()) ||
                    (writesSecond && second.isReduction());
  return !unfinished && a.sameElement(b);
}

static bool mayInterleave(LoopOp &first, LoopOp &second) {
  for (Access &a : first.outputs) {
    if (bodyLoads(second, a.root))
      return false;
    for (Access &b : second.inputs)
      if (!mayInterleave(first, a, true, second, b, false))
        return false;
    for (Access &b : second.outputs)
      if (!mayInterleave(first, a, true, second, b, true))
        return false;
  }
  for (Access &b : second.outputs) {
    if (bodyLoads(first, b.root))
      return false;
    for (Access &a : first.inputs)
      if (!mayInterleave(first, a, false, second, b, true))
        return false;
  }
  return true;
}

/// May `op` join `group`?
static bool mayJoin(Kernel &kernel, const Group &group, unsigned number) {
  LoopOp &op = kernel.ops[number];
  if (op.inOrder || op.isHadamard())
    return false;
  llvm::SmallBitVector reductions = reductionDims(op);
  for (unsigned other : group.ops) {
    LoopOp &member = kernel.ops[other];
    if (member.inOrder || member.isHadamard() || !sameDomain(member, op) ||
        !mayInterleave(member, op))
      return false;
    llvm::SmallBitVector theirs = reductionDims(member);
    if (reductions.any() && theirs.any() && reductions != theirs)
      return false;
  }
  std::optional<unsigned> best = bestDim(kernel, op);
  if (!group.vectorDim || !best)
    return group.vectorDim == best;
  return canVectorize(kernel, op, *group.vectorDim) &&
         vectorCost(kernel, op, *group.vectorDim) <=
             1.01 * vectorCost(kernel, op, *best);
}

//===----------------------------------------------------------------------===//
// Fills
//===----------------------------------------------------------------------===//

/// The value that `op` writes to all of its one output, if it is one scalar.
static Value filledValue(const LoopOp &op) {
  if (op.outputs.size() != 1 || op.isReduction() || op.inOrder || !op.body ||
      op.readsOutput.front())
    return nullptr;
  Value yielded = op.body->getTerminator()->getOperand(0);
  if (auto arg = dyn_cast<BlockArgument>(yielded);
      arg && arg.getOwner() == op.body)
    return op.inputs[arg.getArgNumber()].isScalarOperand()
               ? op.inputs[arg.getArgNumber()].value
               : Value();
  return yielded.getParentBlock() == op.body ? Value() : yielded;
}

/// Does `fill` write exactly the elements in which `op` accumulates `output`?
static bool fillsAccumulators(const LoopOp &fill, const LoopOp &op,
                              const Access &output) {
  const Access &filled = fill.outputs.front();
  if (filled.base != output.base || filled.offset != output.offset ||
      !output.nonlinear.empty())
    return false;
  SmallVector<unsigned> parallel;
  for (auto [number, dim] : llvm::enumerate(op.dims))
    if (!dim.reduction)
      parallel.push_back(number);
  if (parallel.size() != fill.dims.size())
    return false;
  for (auto [number, dim] : llvm::enumerate(parallel))
    if (fill.dims[number].extent != op.dims[dim].extent ||
        filled.coefficients[number] != output.coefficients[dim])
      return false;
  return true;
}

/// A fill whose only next use is as the start of a reduction becomes that
/// reduction's start value.
static void foldFills(Kernel &kernel) {
  SmallVector<bool> erased(kernel.ops.size(), false);
  for (unsigned i = 0; i < kernel.ops.size(); ++i) {
    Value value = filledValue(kernel.ops[i]);
    if (!value)
      continue;
    Value root = kernel.ops[i].outputs.front().root;
    for (unsigned j = i + 1; j < kernel.ops.size(); ++j) {
      LoopOp &op = kernel.ops[j];
      SmallVector<Access *> touching;
      for (Access *access : op.accesses())
        if (access->root == root)
          touching.push_back(access);
      if (touching.empty() && !bodyLoads(op, root))
        continue;
      for (auto [k, output] : llvm::enumerate(op.outputs))
        if (op.isReduction() && touching.size() == 1 &&
            touching.front() == &output && !bodyLoads(op, root) &&
            fillsAccumulators(kernel.ops[i], op, output)) {
          op.initial[k] = value;
          erased[i] = true;
        }
      break;
    }
  }
  unsigned kept = 0;
  for (unsigned i = 0; i < kernel.ops.size(); ++i)
    if (!erased[i]) {
      if (kept != i)
        kernel.ops[kept] = std::move(kernel.ops[i]);
      ++kept;
    }
  kernel.ops.resize(kept);
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

/// Is every read of `temporary` right after a write of the same element in the
/// same group, so that it never needs memory?
static bool isForwarded(Kernel &kernel, Value temporary) {
  const Group *home = nullptr;
  for (const Group &group : kernel.groups) {
    const Access *written = nullptr;
    for (unsigned number : group.ops) {
      LoopOp &op = kernel.ops[number];
      if (bodyLoads(op, temporary))
        return false;
      for (Access *access : op.accesses())
        if (access->root == temporary) {
          if (home && home != &group)
            return false;
          home = &group;
        }
      for (Access &input : op.inputs)
        if (input.root == temporary &&
            !(written && written->sameElement(input)))
          return false;
      for (auto [k, output] : llvm::enumerate(op.outputs)) {
        if (output.root != temporary)
          continue;
        if (op.isReduction() || op.inOrder ||
            (op.readsOutput[k] && !(written && written->sameElement(output))))
          return false;
        written = &output;
      }
    }
  }
  return true;
}

void formGroups(Kernel &kernel) {
  foldFills(kernel);
  for (unsigned number = 0; number < kernel.ops.size(); ++number) {
    if (!kernel.groups.empty() &&
        mayJoin(kernel, kernel.groups.back(), number)) {
      kernel.groups.back().ops.push_back(number);
      continue;
    }
    Group group;
    group.ops.push_back(number);
    group.vectorDim = bestDim(kernel, kernel.ops[number]);
    kernel.groups.push_back(group);
  }
  for (auto &[value, temporary] : kernel.temporaries)
    temporary.forwarded = isForwarded(kernel, value);
}

} // namespace nibble::codegen::loopnest
