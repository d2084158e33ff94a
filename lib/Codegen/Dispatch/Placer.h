//===- Placer.h - The graph over storages and launches ----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_PLACER_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_PLACER_H

#include "States.h"
#include "dialects/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

#include <optional>

namespace nibble {

/// Where a tensor is.
struct Storage {
  nn::StorageKind kind;
  int64_t index;
  int64_t offset = 0;

  bool operator==(const Storage &other) const {
    return kind == other.kind && index == other.index && offset == other.offset;
  }
};

/// First and last launch that touch a planned buffer or an output.
struct Lifetime {
  int64_t first, last;
};

/// A state, in the manifest's order.
struct PlacedState {
  GrowingState state;
  mlir::Value capacity; ///< of the growing axis
};

/// Turns @main into @nib_run and @nib_shapes; the pass nibble-place-buffers.
class Placer {
public:
  Placer(mlir::ModuleOp module, mlir::func::FuncOp main)
      : module(module), main(main), symbols(module),
        builder(module.getContext()) {}
  mlir::LogicalResult run();

private:
  void collectSymbols();
  mlir::LogicalResult placeInputs();
  mlir::LogicalResult placeState(mlir::BlockArgument argument,
                                 mlir::StringAttr name, mlir::ArrayAttr dims);
  mlir::LogicalResult placeUpdate(nn::CacheUpdateOp update);
  mlir::LogicalResult placeBlock(mlir::Block &block);
  mlir::LogicalResult placeOp(mlir::Operation &op);
  mlir::LogicalResult placeInvoke(nn::InvokeOp invoke);
  mlir::LogicalResult placeBranch(mlir::scf::IfOp branch);
  void placeBranchResults(mlir::scf::IfOp branch, mlir::scf::IfOp placed);
  mlir::LogicalResult placeYield(mlir::scf::YieldOp yield);
  void placeView(mlir::Value result, mlir::Value source);
  mlir::LogicalResult placeOutputs(mlir::func::ReturnOp ret);
  void assignOutputs(mlir::func::ReturnOp ret);
  void assignOutput(mlir::Value value, int64_t number);
  mlir::LogicalResult emitShapes();
  mlir::Value emitChecks(mlir::OpBuilder &body, mlir::IRMapping &slice);
  void placeRequire(nn::RequireOp require);
  int64_t addChecks(mlir::IntegerSet constraints, mlir::Location loc);
  std::string findSymbol(mlir::StringAttr symbol) const;

  static mlir::Value cloneSlice(mlir::OpBuilder &builder, mlir::Value value,
                                mlir::IRMapping &mapping);
  Storage place(mlir::Value tensor);
  Storage placePlanned(mlir::Value tensor);
  Storage weight(mlir::func::CallOp call);
  mlir::Value view(const Storage &storage, mlir::MemRefType type,
                   mlir::ValueRange dims);
  mlir::Value view(mlir::Value tensor);
  mlir::Value stateView(const Storage &storage, mlir::RankedTensorType type,
                        mlir::ValueRange dims, mlir::Value first);
  mlir::Value byteSize(mlir::Value memref);
  mlir::Value buildTraffic(mlir::Location loc, mlir::func::FuncOp kernel,
                           llvm::ArrayRef<mlir::Value> operands);
  mlir::Value skipEmpty(mlir::Location loc, mlir::Value grid,
                        llvm::ArrayRef<mlir::Value> results);
  /// The last `numResults` operands are what the kernel writes.
  mlir::LogicalResult launch(mlir::Location loc, mlir::func::FuncOp kernel,
                             llvm::ArrayRef<mlir::Value> operands,
                             unsigned numResults, mlir::DictionaryAttr report);
  mlir::LogicalResult copy(mlir::Location loc, mlir::Value from, mlir::Value to,
                           llvm::StringRef what = "copy");
  void appendDims(mlir::Value tensor, llvm::SmallVectorImpl<mlir::Value> &list);
  bool isStateResult(unsigned number) const;
  mlir::DictionaryAttr describeTensor(llvm::StringRef name,
                                      mlir::RankedTensorType type,
                                      mlir::ArrayAttr dimNames);
  void writeManifest();

  mlir::ModuleOp module;
  mlir::func::FuncOp main;
  mlir::SymbolTable symbols;
  mlir::OpBuilder builder;
  mlir::func::FuncOp nibRun;
  mlir::Value symbolBase;

  llvm::SmallVector<mlir::StringAttr> symbolNames;
  llvm::StringMap<mlir::Value> symbolValues;
  mlir::IRMapping mapping;                       ///< index values
  llvm::DenseMap<mlir::Value, Storage> storages; ///< tensors
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Value>> dynamicDims;
  llvm::DenseMap<mlir::Value, int64_t>
      outputOf; ///< result of an invoke or if → output
  llvm::DenseMap<mlir::Value, Storage>
      targetOf; ///< invoke result → where it must be
  llvm::DenseMap<mlir::StringAttr, int64_t> weightOffsets;
  int64_t parameterBytes = 0;
  llvm::SmallVector<Lifetime> lifetimes;
  llvm::SmallVector<std::optional<Lifetime>> outputLifetimes;
  llvm::SmallVector<mlir::Value> bufferBytes;
  llvm::SmallVector<mlir::Value> scratchBytes;
  llvm::SmallVector<mlir::Value> outputDims; ///< then those of the states
  llvm::SmallVector<PlacedState> states;
  mlir::Value statusSlot; ///< number of the check that failed, or null
  llvm::SmallVector<nn::RequireOp> requirements; ///< of every run
  llvm::SmallVector<mlir::Attribute> dispatches;
  llvm::SmallVector<mlir::Attribute> inputEntries, outputEntries, stateEntries,
      checks;
};

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_PLACER_H
