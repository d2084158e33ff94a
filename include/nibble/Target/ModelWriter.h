//===- ModelWriter.h - A compiled module as model.nib --------*- C++ -*- ===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_TARGET_MODELWRITER_H
#define NIBBLE_TARGET_MODELWRITER_H

#include "mlir/IR/BuiltinOps.h"
#include "nibble/Target/NativeCode.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

namespace nibble {

/// Evaluates the weight programs of `module` (functions with the attribute
/// nn.weight) one after the other, streams them into the artifact at `path`
/// together with `library` and the manifest that `nn.manifest` describes.
/// `progress` gets the part done, in [0, 1]; an error that it gives ends the
/// work. On failure no file is left.
llvm::Error writeModel(mlir::ModuleOp module, llvm::StringRef library,
                       const CPUTarget &target, llvm::StringRef path,
                       llvm::function_ref<llvm::Error(double)> progress);

} // namespace nibble

#endif // NIBBLE_TARGET_MODELWRITER_H
