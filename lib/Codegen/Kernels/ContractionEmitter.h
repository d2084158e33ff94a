//===- ContractionEmitter.h - Writes the IR of a contraction ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The shape of a kernel:
//
//   for each grid point (group, block, panel):
//     on a new block: pack A, or write the table of row offsets
//     for each chunk of k:
//       decode the chunk of B
//       for each row tile of the block:
//         dot: sums in registers, from and to scratch between chunks
//     epilogue: sums in scratch -> C, row by row or, to codes, two by two
//
// The epilogue stands apart from the dots so that the caller's code is emitted
// at most twice (whole and masked vectors) and not once for each size of tile.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_KERNELS_CONTRACTIONEMITTER_H
#define NIBBLE_CODEGEN_KERNELS_CONTRACTIONEMITTER_H

#include "ContractionInternal.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "nibble/Codegen/Kernels/Requantize.h"

namespace nibble::codegen {

/// Index arithmetic and loops, in the form that the layout templates take.
class IR {
public:
  using T = mlir::Value;

  IR(mlir::OpBuilder &b, mlir::Location loc) : b(b), loc(loc) {}

  T c(int64_t v) { return mlir::arith::ConstantIndexOp::create(b, loc, v); }
  T add(T x, T y) { return b.createOrFold<mlir::arith::AddIOp>(loc, x, y); }
  T sub(T x, T y) { return b.createOrFold<mlir::arith::SubIOp>(loc, x, y); }
  T mul(T x, T y) { return b.createOrFold<mlir::arith::MulIOp>(loc, x, y); }
  T div(T x, T y) { return b.createOrFold<mlir::arith::DivUIOp>(loc, x, y); }
  T rem(T x, T y) { return b.createOrFold<mlir::arith::RemUIOp>(loc, x, y); }
  T min(T x, T y) { return b.createOrFold<mlir::arith::MinUIOp>(loc, x, y); }
  T max(T x, T y) { return b.createOrFold<mlir::arith::MaxUIOp>(loc, x, y); }
  T cmp(mlir::arith::CmpIPredicate predicate, T x, T y) {
    return b.createOrFold<mlir::arith::CmpIOp>(loc, predicate, x, y);
  }
  T i32(int64_t v) {
    return mlir::arith::ConstantIntOp::create(b, loc, b.getI32Type(), v);
  }
  /// A splat of `type`, a vector.
  T splat(mlir::VectorType type, double value);

  mlir::VectorType vec(int64_t lanes, mlir::Type element) {
    return mlir::VectorType::get({lanes}, element);
  }
  T broadcast(mlir::VectorType type, T scalar) {
    return b.createOrFold<mlir::vector::BroadcastOp>(loc, type, scalar);
  }
  T bitcast(mlir::VectorType type, T vector) {
    return b.createOrFold<mlir::vector::BitCastOp>(loc, type, vector);
  }
  /// Vectors one after the other; a power of two of them.
  T concat(mlir::ValueRange vectors);
  /// `count` lanes from `first` on.
  T slice(T vector, int64_t first, int64_t count);
  T load(mlir::VectorType type, T memref, T index) {
    return mlir::vector::LoadOp::create(b, loc, type, memref, index);
  }
  T load(T memref, T index) {
    return mlir::memref::LoadOp::create(b, loc, memref, index);
  }
  void store(T value, T memref, T index) {
    if (mlir::isa<mlir::VectorType>(value.getType()))
      mlir::vector::StoreOp::create(b, loc, value, memref, index);
    else
      mlir::memref::StoreOp::create(b, loc, value, memref, index);
  }
  /// The rest of `bytes` (memref<?xi8>) from `offset` on, as elements of
  /// `type`.
  T view(T bytes, T offset, mlir::Type type);
  /// The vector operand of an LLVM intrinsic without MLIR op.
  T intrinsic(llvm::StringRef name, mlir::Type type, mlir::ValueRange operands);

  /// for i = begin; i < end; i += step, with values carried along.
  using Body = llvm::function_ref<llvm::SmallVector<T>(T, mlir::ValueRange)>;
  llvm::SmallVector<T> loop(T begin, T end, int64_t step,
                            mlir::ValueRange carried, Body body);
  void loop(T begin, T end, int64_t step, llvm::function_ref<void(T)> body);
  /// Such a loop with step 1 that LLVM must not unroll: its body already fills
  /// the registers.
  llvm::SmallVector<T> tightLoop(T begin, T end, mlir::ValueRange carried,
                                 Body body);
  void ifThen(T condition, llvm::function_ref<void()> body);
  void ifElse(T condition, llvm::function_ref<void()> then,
              llvm::function_ref<void()> otherwise);
  /// Values of one of two branches.
  llvm::SmallVector<T>
  select(T condition, mlir::TypeRange types,
         llvm::function_ref<llvm::SmallVector<T>()> then,
         llvm::function_ref<llvm::SmallVector<T>()> otherwise);

  /// sum of index_d * stride_d for the linear `index` split over the axis.
  T offset(const StridedAxis &axis, T index);

  /// Carries values through all segments of K. `body` gets the first k of a
  /// segment, and the rows' starts moved to it.
  using SegmentBody = llvm::function_ref<llvm::SmallVector<T>(
      T first, mlir::ValueRange starts, mlir::ValueRange carried)>;
  llvm::SmallVector<T> forEachSegment(const ContractionOperands &ops,
                                      llvm::ArrayRef<T> starts,
                                      mlir::ValueRange carried,
                                      SegmentBody body);

  mlir::OpBuilder &b;
  mlir::Location loc;
};

/// sums[r][j] += a[rowStarts[r] + i] * b[bBase + i * bStride + j * lanes …] for
/// i = 0, 1, …, count - 1: each sum is one chain of fused multiply-adds.
struct FmaLoop {
  mlir::Value a;
  llvm::SmallVector<mlir::Value> rowStarts;
  mlir::Value b, bBase, bStride, count;
  /// Null, or the lanes of a row's last vector of B that may be read.
  mlir::Value lastMask = nullptr;
};

/// Returns the sums, row by row.
llvm::SmallVector<mlir::Value> emitFmaLoop(IR &x, const FmaLoop &loop,
                                           mlir::ValueRange sums);

/// Emits one contraction. Values that hold for the whole call first, then those
/// of a grid point.
class ContractionEmitter {
public:
  ContractionEmitter(mlir::OpBuilder &builder, mlir::Location loc,
                     const ContractionPlan &plan,
                     const ContractionOperands &operands,
                     const EpilogueFn &epilogue);

  void emit();

private:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<Value>;

  /// A grid point.
  struct Point {
    Value g, panel;
    Value block;       ///< group and block in one number
    Value row0, rows;  ///< first row of the block, number of rows
    Value tiles;       ///< number of row tiles
    Value panelOffset; ///< bytes from the start of B
    Value aBase;       ///< elements from the start of A
  };
  /// A chunk of k in a point: [begin, begin + count).
  struct Chunk {
    Value begin, count;
    Value b;     ///< memref of B as the dot reads it
    Value bBase; ///< element of `b` where the chunk starts
  };

  void emitPoint(const Point &point);
  Chunk openChunk(const Point &point, Value begin, Value count);
  void emitTile(const Point &point, const Chunk &chunk, Value tile);

  // Reading A: ContractionA.cpp.
  void emitNewBlock(const Point &point);
  void forEachRow(const Point &point,
                  llvm::function_ref<void(Value row, Value offset)> body);
  void packRow(Value source, Value row);
  void copySegment(Value source, Value target, Value length);
  void padRow(Value start);
  void sumRow(Value start, Value row);
  Value loadRowSum(Value row, Value kGroup);
  /// Element of `aMemref` where each row of a tile starts, at chunk start: of
  /// A itself, or of its packed copy, in elements of 32 bits.
  Values rowStarts(const Point &point, const Chunk &chunk, Value row0,
                   unsigned rows);
  Values packedRows(const Chunk &chunk, Value row0, unsigned rows);

  // Decoding B: ContractionDecode.cpp.
  void emitDecode(const Point &point, const Chunk &chunk);
  Value loadScales(const Point &point, Value kGroup, Value column);
  Value loadZeros(const Point &point, Value kGroup, Value column);
  void storeDecodedFloats(Value word, Value zero, Value scale, Value out,
                          Value index);

  // Integer dots: ContractionInteger.cpp.
  void emitIntegerTile(const Point &point, const Chunk &chunk, Value row0,
                       unsigned rows);
  void emitGroupedTile(const Point &point, const Chunk &chunk, Value row0,
                       unsigned rows);
  Values emitUnits(const Chunk &chunk, mlir::ValueRange rowStarts, Value begin,
                   Value end, mlir::ValueRange sums);
  Values emitDotLoop(const Chunk &chunk, mlir::ValueRange rowStarts,
                     Value begin, Value end, mlir::ValueRange sums);
  Values emitMaddubsLoop(const Chunk &chunk, mlir::ValueRange rowStarts,
                         Value begin, Value end, mlir::ValueRange sums);
  Value loadUnit(const Chunk &chunk, Value unit, unsigned v);
  Value loadActivations(Value rowStart, Value unit);
  Value dot(Value sum, Value codes, Value activations);
  Value maddubs(Value unsignedBytes, Value signedBytes);
  Value widen(Value sums);
  Value finishGroup(const Point &point, Value sum, Value rowSum, Value kGroup,
                    unsigned column);

  // f32 dots: ContractionF32.cpp.
  void emitF32Tile(const Point &point, const Chunk &chunk, Value row0,
                   unsigned rows);

  // Results: ContractionEpilogue.cpp.
  void emitEpilogue(const Point &point);
  void emitCodesEpilogue(const Point &point, Value count);
  /// Columns of a panel in the epilogue, and what is the same in all rows.
  struct Columns {
    Value first;
    unsigned registers;    ///< that a row's columns fill
    Value mask;            ///< null if all lanes exist
    Values scales;         ///< one for each register; none for f32 and groups
    Value count = nullptr; ///< that exist, with a mask over some registers
  };
  Columns openColumns(const Point &point, Value first, unsigned registers,
                      Value mask);
  void emitEpilogueVector(const Point &point, mlir::ValueRange rows,
                          const Columns &columns);
  void storeColumns(Value value, Value c, Value at, const Columns &columns);
  Value finishSums(const Point &point, mlir::ValueRange rows,
                   const Columns &columns);
  Value loadSums(const Point &point, Value row, Value column);
  Value finishIntegerSum(const Point &point, Value sum, Value row,
                         Value column);
  Values loadInitialSums(const Point &point);
  /// Whether sums start less what the zero point of A adds to them.
  bool startsCorrected() const {
    return hasColumnSums(plan) && desc.aZero != Granularity::Row &&
           !desc.b.isGrouped();
  }
  struct Output {
    Value c;
    bool isCodes;
    CodeScale codes;
  };
  Output openOutput(Value c, OutputKind kind, Value scale, Value zero);
  bool storesCodes() const {
    return llvm::any_of(outputs, [](const Output &o) { return o.isCodes; });
  }
  Value zeroCorrection(const Point &point, Value row, Value column);
  Value loadActivationZero(const Point &point, Value row);
  Value broadcastPerRow(Value memref, Granularity granularity,
                        const Point &point, Value row);
  void clearSums(const Point &point);

  const ContractionPlan &plan;
  const ContractionDesc &desc;
  const DotInfo &info;
  const ContractionOperands &ops;
  const EpilogueFn &epilogue;
  IR x;

  Value k, groups;
  GridLayout<Value> grid;
  PanelLayout<Value> panel;
  ScratchLayout<Value> scratch;
  mlir::VectorType f32Vec, i32Vec;      ///< of a register
  llvm::SmallVector<Output, 2> outputs; ///< C first
  Value sums;                           ///< view: f32 or i32 [row][NR]
  Value rowTable;                       ///< view, null if unused
  Value rowSums;                        ///< view i32 [row][k group], or null
  Value packedA; ///< view of packed A's elements, or null
  Value aMemref; ///< what the inner loop reads
};

} // namespace nibble::codegen

#endif // NIBBLE_CODEGEN_KERNELS_CONTRACTIONEMITTER_H
