//===- LoopNestModel.h - A kernel as loops and linear accesses --*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the loop-nest generator knows of a kernel before it emits anything:
// its linalg ops with dimensions joined where contiguous, every access as a
// linear function of the loops, the grid, and which ops share a loop nest.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_KERNELS_LOOPNESTMODEL_H
#define NIBBLE_LIB_CODEGEN_KERNELS_LOOPNESTMODEL_H

#include "SizeExpr.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallBitVector.h"

namespace nibble::codegen::loopnest {

/// One index of an access: constant + sum of coefficient * iterator + sum of
/// scale * (an expression with floordiv or mod).
struct IndexForm {
  llvm::SmallVector<SizeExpr> coefficients; ///< per iterator of the linalg op
  SizeExpr constant;
  llvm::SmallVector<std::pair<mlir::AffineExpr, SizeExpr>> nonlinear;

  /// The iterator d if the form is exactly i_d.
  std::optional<unsigned> plainIterator() const;
  bool uses(unsigned iterator) const;
};

/// How a linalg op reads or writes one memref. `base` is the memref that the
/// address is computed from, with subviews folded into `forms`; `root` is
/// the argument or allocation behind all views.
struct Access {
  mlir::Value value; ///< the operand; a scalar if `base` is null
  mlir::Value base;
  mlir::Value root;
  llvm::SmallVector<IndexForm> forms; ///< per dimension of `base`

  /// Linear offset in elements over the op's joined dimensions; set by
  /// linearize().
  llvm::SmallVector<SizeExpr> coefficients;
  SizeExpr offset;
  llvm::SmallVector<std::pair<mlir::AffineExpr, SizeExpr>> nonlinear;
  /// Joined dimensions that `nonlinear` depends on.
  llvm::SmallBitVector nonlinearDims;
  /// Shared iterators and the dimensions of `base` that they alone index.
  llvm::SmallVector<std::pair<unsigned, unsigned>> sharedPositions;

  bool isScalarOperand() const { return !base; }
  bool sameElement(const Access &other) const;
  bool dependsOn(unsigned dim) const {
    return !coefficients[dim].isZero() || nonlinearDims.test(dim);
  }
  /// What the kernel loads and stores; integers are signless.
  mlir::Type elementType() const {
    if (!base)
      return value.getType();
    auto type = mlir::cast<mlir::MemRefType>(base.getType()).getElementType();
    if (type.isInteger())
      return mlir::IntegerType::get(type.getContext(),
                                    type.getIntOrFloatBitWidth());
    return type;
  }
};

/// One loop: iterators first..last of the linalg op, joined.
struct LoopDim {
  unsigned first, last;
  SizeExpr extent;
  bool reduction;
};

/// One linalg op (or memref.copy).
struct LoopOp {
  mlir::Operation *op = nullptr;
  mlir::Block *body = nullptr; ///< null for a copy
  unsigned numIterators = 0;
  llvm::SmallVector<LoopDim> dims;
  std::vector<Access> inputs, outputs;
  llvm::SmallVector<bool> readsOutput; ///< does the body use the old value
  /// Per output the op that joins it with the accumulator, where the body is
  /// `yield combine(acc, f(others))` with a known neutral element.
  llvm::SmallVector<mlir::Operation *> combiners;
  /// Must run its loops in the written order with a store per iteration:
  /// outputs that are not made by exactly one point of the parallel loops.
  bool inOrder = false;
  /// Only elementwise ops, constants, indices and loads in the body.
  bool vectorizable = false;
  /// For blocks times a Hadamard matrix of `order` rows (kHadamardAttr): what
  /// the body multiplies by its entries. The two innermost loops are the
  /// matrix's columns and rows.
  mlir::Value multiplied;
  int64_t order = 0;
  /// Output's start value where a fill right before it was folded in.
  llvm::SmallVector<mlir::Value> initial;

  bool isReduction() const {
    return !inOrder &&
           llvm::any_of(dims, [](const LoopDim &d) { return d.reduction; });
  }
  bool isHadamard() const { return order != 0; }
  /// Iterator number to joined dimension; nullopt for an extent of one.
  std::optional<unsigned> dimOf(unsigned iterator) const;
  llvm::SmallVector<Access *> accesses();
  /// An input that only gives a loop its extent has no memory to read.
  bool readsInput(unsigned number) const {
    return !body || !body->getArgument(number).use_empty();
  }
};

/// A temporary of the kernel.
struct Temporary {
  mlir::Operation *alloc = nullptr;
  /// Extents of what one grid point keeps, per dimension of the allocation.
  llvm::SmallVector<SizeExpr> extents;
  llvm::SmallVector<SizeExpr> strides;
  bool shrinkable = true;
  /// Every read takes the value from a register.
  bool forwarded = false;
};

/// One dimension of the grid, and of every op.
struct GridDim {
  SizeExpr extent;
  /// Iterations of one grid point; 0 if the dimension is a single index.
  int64_t block = 0;
};

/// Ops that share one loop nest, and the loop that becomes lanes.
struct Group {
  llvm::SmallVector<unsigned> ops;
  std::optional<unsigned> vectorDim;
};

struct Kernel {
  mlir::func::FuncOp function;
  Sizes sizes;
  std::vector<LoopOp> ops;
  llvm::MapVector<mlir::Value, Temporary> temporaries;
  /// Roots that some op writes.
  llvm::SmallPtrSet<void *, 8> written;
  unsigned shared = 0; ///< joined dimensions shared by all ops
  llvm::SmallVector<GridDim> grid;
  llvm::SmallVector<Group> groups;

  bool isWritten(mlir::Value root) const {
    return written.contains(root.getAsOpaquePointer());
  }
  /// Loops of `op` inside one grid point.
  bool isLocal(unsigned dim) const {
    return dim >= shared || grid[dim].block != 0;
  }
  SizeExpr scratchExtent(const Temporary &temporary);
};

/// Reads `function`. Emits a diagnostic for what a kernel may not hold.
mlir::FailureOr<Kernel> readKernel(mlir::func::FuncOp function);
/// Decides the shared loops, joins dimensions, cuts the grid, groups the ops.
void planKernel(Kernel &kernel);

/// Rewrites `access`'s forms over the symbols that stayed after unification.
void canonicalize(Sizes &sizes, Access &access);
/// Recomputes `access`'s linear form for `op`'s present dimensions.
void linearize(Kernel &kernel, const LoopOp &op, Access &access);
/// The cost of one element of `op` with lanes along `dim`; relative numbers.
double vectorCost(Kernel &kernel, const LoopOp &op, unsigned dim);
/// Cost without lanes.
double scalarCost(const LoopOp &op);
/// May `op` have lanes along `dim`?
bool canVectorize(Kernel &kernel, const LoopOp &op, unsigned dim);
/// Finds out whether `op` is blocks times a Hadamard matrix that butterflies
/// can do.
void findHadamard(LoopOp &op);
/// Joins ops into groups, chooses lanes, drops forwarded temporaries.
void formGroups(Kernel &kernel);
/// Is the temporary one element, kept on the stack for LLVM to promote?
bool onStack(Kernel &kernel, const Temporary &temporary);
/// Bytes of one element in memory.
int64_t elementBytes(mlir::Type type);
/// Alignment of each temporary in scratch, in bytes.
inline constexpr int64_t kScratchAlignment = 64;
/// The value through which memory of `memref` is reached: an argument or an
/// allocation.
mlir::Value rootOf(mlir::Value memref);

} // namespace nibble::codegen::loopnest

#endif // NIBBLE_LIB_CODEGEN_KERNELS_LOOPNESTMODEL_H
