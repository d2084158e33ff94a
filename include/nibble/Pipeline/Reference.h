//===- Reference.h - What a model means, by plain loops ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_PIPELINE_REFERENCE_H
#define NIBBLE_PIPELINE_REFERENCE_H

#include "nibble/Support/ModelRunner.h"

#include <memory>

namespace mlir {
class ModuleOp;
class OpPassManager;
} // namespace mlir

namespace nibble {

/// The pipeline `nibble-reference`: decomposes nn and qnt ops and lowers them
/// to scalar loops in the llvm dialect. Parameters become external globals
/// named by their place; every function with a body gets a C interface.
void buildReferencePipeline(mlir::OpPassManager &pm);

/// A runner of the functions of `module`, which is copied. Fails, with a
/// diagnostic on the op, where an op has no decomposition or a `!qnt.tensor`
/// crosses a function or a region; and where a parameter's file cannot be read
/// or is shorter than its place says.
llvm::Expected<std::unique_ptr<ModelRunner>>
createReferenceRunner(mlir::ModuleOp module);

} // namespace nibble

#endif // NIBBLE_PIPELINE_REFERENCE_H
