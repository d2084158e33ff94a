//===- Contraction.h - One description of a contraction ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// C[g, m, n] = epilogue(sum over k of A[g, m, k] * B[g, n, k]).
//
// `ContractionDesc` says what is computed; `planContraction` chooses the dot
// (instruction and register tile) for a CPU; four readers follow one plan:
//  - `packWeights` lays B out in the order in which the inner loop reads it,
//  - `emitContraction` writes the kernel,
//  - `evaluateContraction` is the plain reference, bit for bit,
//  - `estimateContraction` is the cost model.
//
// Every f32 output element is one chain of fused multiply-adds over k = 0, 1,
// …, K-1, whatever M, the grid's split and the dot. Integer sums are exact.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_KERNELS_CONTRACTION_H
#define NIBBLE_CODEGEN_KERNELS_CONTRACTION_H

#include "nibble/Codegen/CPU/TargetFeatures.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace nibble::codegen {

//===----------------------------------------------------------------------===//
// What is computed
//===----------------------------------------------------------------------===//

/// Element of A as it lies in memory.
enum class ActivationKind : uint8_t { F32, S8, U8 };

/// Element of C. I32: the exact integer sum. S8 and U8: round half even, add
/// the output zero point, saturate.
enum class OutputKind : uint8_t { F32, I32, S8, U8 };

/// How often a scale or a zero point of A changes.
enum class Granularity : uint8_t { None, Tensor, Row };

/// How a weight scale is stored.
enum class ScaleKind : uint8_t { None, F32, F16, BF16 };

/// B: f32, or integer codes with (code - zero) * scale.
struct WeightFormat {
  /// 32 for f32, else the width of a code: 2 to 8.
  uint8_t bits = 32;
  /// Codes lie in [-2^(bits-1), 2^(bits-1)), else in [0, 2^bits).
  bool isSigned = true;
  /// Codes 2i and 2i + 1 along k have a sum of at most 128 in magnitude (rule
  /// S-10). Signed codes of 8 bits without zero point only.
  bool boundedPairs = false;
  /// There is a zero point for each scale, itself a code. Absent: 0.
  bool zero = false;
  /// None only for integer codes with I32 output.
  ScaleKind scale = ScaleKind::None;
  /// Codes along k that share a scale: a multiple of 4; 0: all of K. The last
  /// group may be short.
  int64_t group = 0;
  /// B is an activation: its pack kernel runs before. Needs f32 B.
  bool packedAtRunTime = false;

  bool isFloat() const { return bits == 32; }
  bool isGrouped() const { return group != 0; }
};

/// A contraction, up to its extents.
///
/// Address of A[g, m, k]: base + groupOffset(g) + rowOffset(m) + segment s and
/// position l of k = s * L + l, where the L elements of a segment are
/// contiguous. rowOffset(m) is m split over `rowDims` extents, each with its
/// stride: 1 is a matrix; 3 is (image, output row, output column) of a
/// convolution. The segment s is split over `segmentDims` extents: 0 is one
/// segment; 1 is the kernel rows of an NHWC convolution, each of kw * ic
/// elements; 2 is dilated (kernel row, kernel column) of ic each. Likewise
/// `groupDims`: 0 is one group; 1 is a batch, or the groups of a convolution.
struct ContractionDesc {
  ActivationKind a = ActivationKind::F32;
  Granularity aScale = Granularity::None; ///< f32; integer A only
  Granularity aZero = Granularity::None;  ///< integer A only
  WeightFormat b;
  OutputKind c = OutputKind::F32;
  /// S8 and U8 output: divide by a scale operand before rounding. False: the
  /// weight scales already hold the division (or the epilogue does it).
  bool outScale = false;
  /// Each segment (all of K if there is one) is a multiple of 4 elements: dots
  /// of bytes can read A where it lies. Integer A only.
  bool wordSegments = false;
  uint8_t rowDims = 1;     ///< 1 to 3
  uint8_t segmentDims = 0; ///< 0 to 2
  uint8_t groupDims = 0;   ///< 0 to 3

  /// "a=s8 a_scale=row b=int4 group=32 scale=f16 c=f32", as `parse` reads it.
  std::string str() const;
  static llvm::Expected<ContractionDesc> parse(llvm::StringRef text);

  /// Success, or what about this combination has no meaning or no kernel.
  llvm::Error verify() const;

  /// Integer A with integer B: sums are i32.
  bool isInteger() const { return a != ActivationKind::F32; }

  bool operator==(const ContractionDesc &other) const {
    return str() == other.str();
  }
};

//===----------------------------------------------------------------------===//
// How it is computed
//===----------------------------------------------------------------------===//

/// An instruction sequence with its register tile. One without kernel is
/// refused by name.
enum class Dot : uint8_t {
  F32Avx2,         ///< vfmadd ymm
  F32Avx512,       ///< vfmadd zmm
  S8MaddAvx2,      ///< vpmaddwd on sign-extended i8: exact for all of int8
  S8MaddubsAvx2,   ///< vpmaddubsw on u8 A: bounded pairs fit i16
  U8MaddubsAvx2,   ///< vpmaddubsw, summed in i16 as long as it cannot overflow
  U8DpbusdAvxVnni, ///< vpdpbusd ymm
  U8DpbusdAvx512,  ///< vpdpbusd zmm
  AmxInt8,         ///< no kernel yet
  AmxBF16,         ///< no kernel yet
  NeonDotProd,     ///< no kernel yet
  NeonI8MM,        ///< no kernel yet
};

/// Whether integer contractions are faster on such a CPU if int8 weights have
/// bounded pairs: on AVX2 without VNNI, by a quarter.
bool prefersBoundedPairs(const TargetFeatures &features);

/// The facts of a dot.
struct DotInfo {
  Dot dot;
  llvm::StringLiteral name;
  bool implemented;
  uint8_t mr;    ///< rows of the register tile
  uint8_t nr;    ///< columns of the register tile, and of a packed panel
  uint8_t lanes; ///< 32-bit lanes of a vector register
  uint8_t kStep; ///< values of k that one instruction sums in a lane
  /// Multiply-adds of one core in a cycle with operands in registers.
  float macsPerCycle;
};

const DotInfo &getDotInfo(Dot dot);

/// A description with its dot: all that packing and emission depend on.
struct ContractionPlan {
  ContractionDesc desc;
  Dot dot = Dot::F32Avx2;

  const DotInfo &info() const { return getDotInfo(dot); }
};

/// The plan with the best dot for `features`. Fails if the description does not
/// verify or if no dot that has a kernel runs on such a CPU.
llvm::Expected<ContractionPlan> planContraction(const ContractionDesc &desc,
                                                const TargetFeatures &features);

/// The plan with `dot`. Fails if the dot has no kernel, if `features` lack what
/// it needs, or if it does not compute `desc`.
llvm::Expected<ContractionPlan> planContraction(const ContractionDesc &desc,
                                                Dot dot,
                                                const TargetFeatures &features);

/// Grid points of a launch: row blocks x panels x groups. A function of the
/// shape alone.
int64_t contractionGrid(const ContractionPlan &plan, int64_t m, int64_t n,
                        int64_t k, int64_t groups = 1);

/// Bytes of scratch that a thread needs, for any m and n.
int64_t contractionScratchBytes(const ContractionPlan &plan, int64_t k);

//===----------------------------------------------------------------------===//
// Packing B offline
//===----------------------------------------------------------------------===//

/// Weights of one group, row-major N x K. Either `values`, or `codes` (one byte
/// a code, two's complement where signed) with `scales` and `zeros`, both
/// row-major N x ceil(K / group), N x 1 if not grouped. Scales are rounded to
/// the stored kind.
struct WeightData {
  int64_t n = 0;
  int64_t k = 0;
  const float *values = nullptr;
  const uint8_t *codes = nullptr;
  const float *scales = nullptr;
  const uint8_t *zeros = nullptr;
};

/// Bytes of the packed weights of one group; a multiple of 64.
int64_t packedWeightBytes(const ContractionPlan &plan, int64_t n, int64_t k);

/// Number of panels; each can be packed on its own, on any thread.
int64_t packedPanels(const ContractionPlan &plan, int64_t n);

/// Packs panels [begin, end) into `out`, which holds packedWeightBytes bytes.
/// Every byte of the panels is written. Codes are taken modulo 2^bits.
void packWeights(const ContractionPlan &plan, const WeightData &weights,
                 int64_t begin, int64_t end, uint8_t *out);

/// All panels.
std::vector<uint8_t> packWeights(const ContractionPlan &plan,
                                 const WeightData &weights);

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

/// An offset from a linear index that is split over extents: strides.size()
/// dimensions, outermost first. All index. The outermost extent is left out,
/// except for segments, whose product gives K.
struct StridedAxis {
  llvm::SmallVector<mlir::Value> extents;
  llvm::SmallVector<mlir::Value> strides;
};

/// A result beside C, with C's extents and strides: another of the values that
/// the epilogue gives, as it is or as codes.
struct MoreOutput {
  mlir::Value c;                     ///< memref<?xf32> or memref<?xi8>, rank 1
  OutputKind kind = OutputKind::F32; ///< not I32
  mlir::Value scale;                 ///< memref<?xf32>, 1 element; null: 1
  mlir::Value zero; ///< memref<?xi8 or ?xi32>, 1 element; null: 0
};

/// What a kernel works on. Memrefs are rank 1 with identity layout; strides
/// count elements.
struct ContractionOperands {
  mlir::Value a;        ///< memref<?xf32> or memref<?xi8>
  mlir::Value b;        ///< memref<?xi8>: packed weights, group after group
  mlir::Value c;        ///< memref of f32, i32 or i8
  mlir::Value aScale;   ///< memref<?xf32>: 1 element or [groups * m]
  mlir::Value aZero;    ///< memref<?xi8 or ?xi32>, likewise; i8 is signed as A
  mlir::Value outScale; ///< memref<?xf32>, 1 element
  mlir::Value outZero;  ///< memref<?xi8 or ?xi32>, 1 element; null: 0
  llvm::SmallVector<MoreOutput, 1> more; ///< none with I32 output
  mlir::Value m, n;                      ///< index
  StridedAxis rows;
  StridedAxis segments;
  mlir::Value segmentLength; ///< index: L; K if there is one segment
  mlir::Value groups;        ///< index; null: 1
  StridedAxis groupsA;       ///< in elements of A
  StridedAxis groupsB;       ///< in packed matrices; same extents as groupsA
  StridedAxis groupsC;       ///< in elements of C; same extents as groupsA
  mlir::Value cRowStride;
  mlir::Value begin, end; ///< index: this call's part of the grid
  mlir::Value scratch;    ///< memref<?xi8>, 64-byte aligned
};

/// Where an epilogue stands: the columns from `n` on of group `g` (index
/// values) in each of `rows`, one row after the other in one vector. `mask` is
/// null if all columns exist, else one i1 for each column: only these may be
/// read.
struct EpilogueSite {
  mlir::Value g, n, mask;
  llvm::SmallVector<mlir::Value, 4> rows;
};

/// Maps the finished f32 vector (scales applied) to what is stored: a value for
/// each output. Called once or twice during emission, for whole and for masked
/// vectors. Null: identity. Not called for I32 output.
using EpilogueFn = std::function<llvm::SmallVector<mlir::Value>(
    mlir::OpBuilder &, mlir::Location, mlir::Value, const EpilogueSite &)>;

/// The columns of `site`, the first at `column`, as a vector of `type`: from a
/// memref of rows and columns, or of columns that are the same in all rows.
mlir::Value loadColumns(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::VectorType type, mlir::Value memref,
                        mlir::Value column, const EpilogueSite &site);

/// Column 0 of each row of `site` in all of the row's lanes; or the element 0
/// of a memref with one dimension.
mlir::Value loadRowScalars(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::VectorType type, mlir::Value memref,
                           const EpilogueSite &site);

/// Emits the computation of grid points [begin, end) at the builder's
/// insertion point. Failure means that `operands` do not fit the description.
llvm::Error emitContraction(mlir::OpBuilder &builder, mlir::Location loc,
                            const ContractionPlan &plan,
                            const ContractionOperands &operands,
                            const EpilogueFn &epilogue = nullptr);

/// Emits the value of contractionGrid for a launch. `groups` may be null.
mlir::Value emitContractionGrid(mlir::OpBuilder &builder, mlir::Location loc,
                                const ContractionPlan &plan, mlir::Value m,
                                mlir::Value n, mlir::Value k,
                                mlir::Value groups = nullptr);

/// Emits the value of contractionScratchBytes.
mlir::Value emitContractionScratchBytes(mlir::OpBuilder &builder,
                                        mlir::Location loc,
                                        const ContractionPlan &plan,
                                        mlir::Value k);

/// An argument of the kernel that `emitContractionKernel` makes.
struct ContractionArgument {
  std::string name;
  mlir::Type type;
};

/// The kernel's arguments before begin, end and scratch, without extras, in
/// order. Names: "a", "b", "c", "a_scale", "a_zero", "out_scale", "out_zero",
/// "m", "n", then where they exist: "row_extent1"…, "row_stride0"…,
/// "segment_extent1"…, "segment_stride0"…, "segment_length", "groups",
/// "group_extent1"…, "group_a_stride0"…, "group_b_stride0"…,
/// "group_c_stride0"…, "c_row_stride". The extent 0 of segments, too, is there
/// ("segment_extent0"), because K depends on it.
llvm::SmallVector<ContractionArgument>
contractionArguments(mlir::MLIRContext *context, const ContractionDesc &desc);

/// Appends to `module` the kernel `name` that takes contractionArguments, then
/// `extras` (a callback gets their values), then begin, end, scratch.
using KernelEpilogueFn = std::function<llvm::SmallVector<mlir::Value>(
    mlir::OpBuilder &, mlir::Location, mlir::Value, const EpilogueSite &,
    mlir::ValueRange extras)>;
llvm::Expected<mlir::func::FuncOp>
emitContractionKernel(mlir::ModuleOp module, llvm::StringRef name,
                      const ContractionPlan &plan,
                      llvm::ArrayRef<mlir::Type> extras = {},
                      const KernelEpilogueFn &epilogue = nullptr);

//===----------------------------------------------------------------------===//
// Packing B at run time
//===----------------------------------------------------------------------===//

/// An activation that becomes the packed B of a plan with `packedAtRunTime`, in
/// the layout of packedWeightBytes, group after group.
struct PackOperands {
  mlir::Value source; ///< memref<?xf32>
  mlir::Value packed; ///< memref<?xi8>
  mlir::Value n, k;   ///< index
  /// Element (n, k) is at n * stride + k if true, else at k * stride + n.
  bool kContiguous = false;
  mlir::Value stride;
  mlir::Value groups;       ///< index; null: 1
  StridedAxis groupStrides; ///< in elements of the source; empty: one group
  mlir::Value begin, end;   ///< part of the grid
};

/// Grid points of a pack launch: panels x groups. It needs no scratch.
int64_t packGrid(const ContractionPlan &plan, int64_t n, int64_t groups = 1);

/// Emits the packing of grid points [begin, end).
llvm::Error emitPack(mlir::OpBuilder &builder, mlir::Location loc,
                     const ContractionPlan &plan, const PackOperands &operands);

/// Appends the kernel `name` (source, packed, n, k, stride; with groups:
/// groups, group_extent1…, group_stride0…; begin, end, scratch).
llvm::Expected<mlir::func::FuncOp> emitPackKernel(mlir::ModuleOp module,
                                                  llvm::StringRef name,
                                                  const ContractionPlan &plan,
                                                  bool kContiguous);

//===----------------------------------------------------------------------===//
// Reference and cost
//===----------------------------------------------------------------------===//

/// Inputs of the reference, one group.
struct ContractionInputs {
  int64_t m = 0;
  const void *a = nullptr;        ///< float, int8_t or uint8_t
  const float *aScale = nullptr;  ///< 1 or m
  const int32_t *aZero = nullptr; ///< 1 or m
  float outScale = 1;
  int32_t outZero = 0;
  WeightData weights;
  /// Element of A for (m, k); null: m * K + k.
  std::function<int64_t(int64_t, int64_t)> aOffset;
  /// Maps a finished f32 value at (m, n); null: identity.
  std::function<float(float, int64_t, int64_t)> epilogue;
};

/// Computes C, row-major m x n, elements of the output kind, in plain C++.
void evaluateContraction(const ContractionDesc &desc,
                         const ContractionInputs &inputs, void *c);

/// What a launch costs on one thread.
struct ContractionCost {
  double nanoseconds; ///< the larger of computing and memory, plus packing
  double computeNs;   ///< dots, decoding and epilogue
  double memoryNs;    ///< traffic at `bytesPerNs`
  int64_t bytes;      ///< read and written once: A, packed B, C
};

/// The machine behind the cost model.
struct MachineRates {
  double gigahertz = 3.0;
  double bytesPerNs = 20.0; ///< sustained read of one thread
};

ContractionCost estimateContraction(const ContractionPlan &plan, int64_t m,
                                    int64_t n, int64_t k, int64_t groups = 1,
                                    const MachineRates &rates = {});

} // namespace nibble::codegen

#endif // NIBBLE_CODEGEN_KERNELS_CONTRACTION_H
