//===- Import.h - Models as files to IR -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_IMPORT_IMPORT_H
#define NIBBLE_IMPORT_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringRef.h"

namespace mlir {
class MLIRContext;
} // namespace mlir

namespace nibble {

/// Reads the ONNX model in file `path` into a module of the onnx dialect, which
/// has one function, `@main`. Loads the dialects that it needs into `context`.
///
/// Weights above 4 KiB stay in their files, as `onnx.parameter`. Their paths
/// are those under which this function opened the files: relative to the
/// working directory when `path` is.
///
/// On failure, one error that names the node, tensor or file has been emitted
/// through `context`, at a location that names `path`.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
importOnnx(mlir::MLIRContext *context, llvm::StringRef path);

/// The same for a model whose bytes are in memory. `path` is the file they come
/// from: places of weights point into it, and external data is sought beside
/// it. `bytes` need to live during the call only.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
importOnnx(mlir::MLIRContext *context, llvm::StringRef path,
           llvm::StringRef bytes);

} // namespace nibble

#endif // NIBBLE_IMPORT_IMPORT_H
