//===- LoopNestEmit.h - Loops and lanes of a planned kernel -----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_KERNELS_LOOPNESTEMIT_H
#define NIBBLE_LIB_CODEGEN_KERNELS_LOOPNESTEMIT_H

#include "LoopNestModel.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace nibble::codegen::loopnest {

/// Where in a group's domain code is being emitted.
struct Point {
  /// Index per dimension; null for a loop that is not open yet.
  llvm::SmallVector<mlir::Value> index;
  /// Index inside the block for the grid's blocked dimensions, else `index`.
  llvm::SmallVector<mlir::Value> relative;
  /// Iterations index[*vectorDim] .. + lanes are computed at once.
  std::optional<unsigned> vectorDim;
  unsigned lanes = 1;
  /// Vectors along the lanes' loop and indices along the jammed loop that are
  /// computed side by side from here on.
  unsigned copies = 1, rows = 1;
};

/// `bytes` rounded up to kScratchAlignment.
mlir::Value alignScratch(mlir::OpBuilder &b, mlir::Location loc,
                         mlir::Value bytes);

/// Memory of the kernel as flat memrefs, and code for one point of a domain.
class BodyEmitter {
public:
  BodyEmitter(Kernel &kernel, mlir::OpBuilder &entry, mlir::OpBuilder &builder)
      : kernel(kernel), entry(entry), b(builder),
        loc(kernel.function.getLoc()) {}

  /// Emits `expr` before all loops.
  mlir::Value size(const SizeExpr &expr) {
    return kernel.sizes.materialize(entry, loc, expr);
  }
  /// Everything made from now on for all loops goes before `op`.
  void setEntry(mlir::Operation *op) { entry.setInsertionPoint(op); }
  /// Places temporaries in the scratch argument and on the stack.
  void placeTemporaries();

  /// A scalar where the access does not depend on the lanes, else a vector.
  mlir::Value load(const LoopOp &op, const Access &access, const Point &point);
  void store(const LoopOp &op, const Access &access, const Point &point,
             mlir::Value value);
  /// Emits the body of `op` on `args`, scalars or vectors; returns what it
  /// yields.
  llvm::SmallVector<mlir::Value>
  body(const LoopOp &op, llvm::ArrayRef<mlir::Value> args, const Point &point);
  /// Emits of the body of `op` what `wanted` is computed from.
  mlir::Value partOfBody(const LoopOp &op, mlir::Value wanted,
                         llvm::ArrayRef<mlir::Value> args, const Point &point);
  /// Multiplies blocks of `order` numbers, which `registers` hold one after the
  /// other, by a Hadamard matrix of entries 1 and -1.
  void butterflies(llvm::MutableArrayRef<mlir::Value> registers, int64_t order);
  /// `value` as a vector of `lanes`; itself for one lane.
  mlir::Value widen(mlir::Value value, unsigned lanes);
  /// `combiner` on other operands.
  mlir::Value combine(mlir::Operation *combiner, mlir::Value a, mlir::Value b);
  /// Joins the lanes of `value` pairwise: lane i with lane i + half.
  mlir::Value combineLanes(mlir::Operation *combiner, mlir::Value value);
  /// The value that `combiner` ignores.
  mlir::Value neutral(mlir::Operation *combiner, mlir::Type type);

  /// A square of `access`, whose elements are contiguous along another loop
  /// than the lanes', as vectors of lanes: result i is at that loop's index
  /// plus i.
  llvm::SmallVector<mlir::Value>
  loadTransposed(const LoopOp &op, const Access &access, const Point &point);

  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value constant(int64_t value);

private:
  mlir::Value flat(const Access &access);
  mlir::Value memory(mlir::Value memref);
  mlir::Value offset(const LoopOp &op, const Access &access,
                     const Point &point);
  llvm::SmallVector<mlir::Value>
  laneOffsets(const LoopOp &op, const Access &access, const Point &point);
  mlir::Value assemble(llvm::ArrayRef<mlir::Value> lanes);
  mlir::Value vectorLoad(mlir::Value memref, mlir::Value at, unsigned lanes);
  void vectorStore(mlir::Value memref, mlir::Value at, mlir::Value value);
  mlir::Value bytePointer(mlir::Value memref, mlir::Value at);
  mlir::Value loadEvery2nd(mlir::Value memref, mlir::Value at, unsigned lanes);
  mlir::Value index(const LoopOp &op, unsigned iterator, const Point &point);
  mlir::Value gather(mlir::memref::LoadOp load, mlir::IRMapping &mapping);
  mlir::Operation *cloneScalar(mlir::Operation &inner,
                               mlir::IRMapping &mapping);
  mlir::Value elementwise(mlir::Operation &inner, mlir::IRMapping &mapping);
  void emitInner(const LoopOp &op, mlir::Operation &inner,
                 mlir::IRMapping &mapping, const Point &point);
  mlir::Value butterflyInLanes(mlir::Value x, unsigned stride);

  Kernel &kernel;
  mlir::OpBuilder &entry;
  mlir::OpBuilder &b;
  mlir::Location loc;
  llvm::DenseMap<mlir::Value, mlir::Value> flatMemory;
  mlir::IRMapping temporaryViews;
};

/// Emits all groups of `kernel` for one grid point.
class NestEmitter {
public:
  NestEmitter(Kernel &kernel, unsigned width, mlir::OpBuilder &entry,
              mlir::OpBuilder &builder)
      : kernel(kernel), width(width), b(builder), loc(kernel.function.getLoc()),
        code(kernel, entry, builder) {}

  /// Emits `for g in [begin, end)` over the grid, with all groups inside.
  void emitGrid(mlir::Value begin, mlir::Value end);

private:
  /// A value held in registers over the reduction loops of a group.
  struct Accumulator {
    LoopOp *op;
    unsigned output;
    mlir::Operation *combiner;
  };
  /// Loaded values and registers of one place in the nest.
  using Loads = llvm::DenseMap<const Access *, mlir::Value>;

  void emitGroup(const Group &group);
  void emitParallel(unsigned depth, Point point, Loads loads);
  void emitLanes(Point point, Loads loads);
  void emitTiles(Point point, Loads loads);
  void emitTile(Point point, const Loads &loads);
  void emitHadamard(Point point, const Loads &loads);
  bool isTransposed(const Access &access, unsigned along);
  std::optional<unsigned> findTileDim();
  std::optional<unsigned> findJamDim();
  llvm::SmallVector<Point> patch(const Point &point);
  void emitStrip(Point point, const Loads &loads);
  void emitReductionLanes(Point point, Loads loads);
  llvm::SmallVector<mlir::Value>
  emitReduction(unsigned depth, Point point, Loads loads,
                llvm::ArrayRef<mlir::Value> accumulators);
  llvm::SmallVector<mlir::Value>
  emitLaneLoops(Point point, Loads loads,
                llvm::ArrayRef<mlir::Value> accumulators);
  llvm::SmallVector<mlir::Value>
  emitPoint(const Point &point, const Loads &loads,
            llvm::ArrayRef<mlir::Value> accumulators);
  mlir::Value initial(const Accumulator &accumulator, const Point &point);
  void hoist(const Point &point, Loads &loads, bool beforeLanes);
  bool writtenInGroup(mlir::Value root);
  std::pair<mlir::Value, mlir::Value> bounds(unsigned dim);
  void setIndex(Point &point, unsigned dim, mlir::Value value);
  unsigned copiesOf();
  /// A loop along the lanes: `copies` vectors of `lanes` each iteration.
  struct Strip {
    unsigned lanes, copies;
    mlir::Value from, to;
    int64_t step() const { return int64_t(lanes) * copies; }
  };
  llvm::SmallVector<Strip> strips(unsigned copies);

  Kernel &kernel;
  unsigned width;
  mlir::OpBuilder &b;
  mlir::Location loc;
  BodyEmitter code;

  // The grid point.
  llvm::SmallVector<mlir::Value> gridIndex; ///< per shared dim; block's start
  llvm::SmallVector<mlir::Value> gridEnd;   ///< block's end; null for a point

  // The group being emitted.
  llvm::SmallVector<LoopOp *> ops;
  llvm::SmallVector<LoopDim> dims;
  llvm::SmallVector<unsigned> parallelDims;  ///< outer loops, lanes excluded
  llvm::SmallVector<unsigned> reductionDims; ///< inner loops, lanes excluded
  std::optional<unsigned> vectorDim;
  bool lanesReduce = false;
  /// The innermost parallel loop, where some inputs are contiguous along it
  /// and are transposed in registers to the lanes.
  std::optional<unsigned> tileDim;
  /// The innermost parallel loop, of which several iterations share what they
  /// load while they accumulate.
  std::optional<unsigned> jamDim;
  llvm::SmallVector<Accumulator> accumulators;
};

} // namespace nibble::codegen::loopnest

#endif // NIBBLE_LIB_CODEGEN_KERNELS_LOOPNESTEMIT_H
