//===- BasisNumbers.h - The numbers of bases as a file ----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_BASISNUMBERS_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_BASISNUMBERS_H

#include "dialects/NN/NN.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace nibble {

/// Collects the numbers of a module's new bases in one file, where each array
/// is a parameter: the IR itself holds no numbers. They are in memory until
/// write().
class BasisNumbers {
public:
  BasisNumbers(mlir::ModuleOp module, llvm::StringRef path)
      : module(module), symbols(module), path(path) {}

  /// Adds elements, and returns the place in the file where they will be.
  template <typename T> nn::PlaceAttr add(llvm::ArrayRef<T> elements) {
    return addBytes({reinterpret_cast<const uint8_t *>(elements.data()),
                     elements.size() * sizeof(T)});
  }

  /// Makes a private function of the module, named after `name`, that returns
  /// the parameter at `place`, or what `build`, if given, makes of it.
  mlir::FlatSymbolRefAttr makeProgram(
      llvm::StringRef name, nn::PlaceAttr place, mlir::RankedTensorType type,
      llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Value)> build =
          nullptr);

  /// Writes the file if there is anything to write. Fails with a message in
  /// which the numbers are called `what`.
  llvm::Error write(llvm::StringRef what) const;

private:
  nn::PlaceAttr addBytes(llvm::ArrayRef<uint8_t> added);

  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  std::string path;
  std::vector<uint8_t> bytes;
};

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_BASISNUMBERS_H
