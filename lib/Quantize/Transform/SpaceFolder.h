//===- SpaceFolder.h - Changes of basis that go into weights ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_SPACEFOLDER_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_SPACEFOLDER_H

#include "BasisNumbers.h"
#include "Rotations.h"
#include "ScaleSpaces.h"

namespace nibble {

/// Folds the maps of channel spaces into the weights that make and read them,
/// by `qnt.transform`. Nothing is left at run time; states that hold such
/// channels become private. The numbers of all bases are one file.
class SpaceFolder {
public:
  SpaceFolder(mlir::ModuleOp module, llvm::StringRef path)
      : module(module), numbers(module, path), bases(module) {}

  /// Multiplies channel number i of what the readers read with factors[i],
  /// which is rounded to f32. `factors` has getCount() numbers: positive ones,
  /// or 1 and -1.
  void foldFactors(const ScaleSpace &space, llvm::ArrayRef<double> factors);

  /// Puts channel order[i] at the place of channel i. `order` has getCount()
  /// numbers; each copy's are its own.
  void foldOrder(const ScaleSpace &space, llvm::ArrayRef<int64_t> order);

  /// Maps each copy of the channels by the same T, and by T⁻ᵀ where they are
  /// dual. `matrix` is T, which can be inverted, of ScaleSpace::size channels,
  /// row after row.
  void foldMatrix(const ScaleSpace &space, llvm::ArrayRef<float> matrix);

  /// Writes the file if there is anything to write. Fails with a message in
  /// which the numbers are called `what`.
  llvm::Error write(llvm::StringRef what) const { return numbers.write(what); }

private:
  /// The basis of the axis of a place.
  using GetBasis = llvm::function_ref<llvm::StringRef(const ScalePlace &)>;
  void fold(const ScaleSpace &space, GetBasis getBasis);
  llvm::StringRef getBasis(const ScalePlace &place,
                           qnt::TransformAttr transform, int64_t stride = 1);
  mlir::FlatSymbolRefAttr makeScales(const ScalePlace &place,
                                     nn::PlaceAttr factors);
  mlir::FlatSymbolRefAttr makeOrder(const ScalePlace &place,
                                    llvm::ArrayRef<int64_t> order);

  mlir::ModuleOp module;
  BasisNumbers numbers;
  BasisTable bases;
};

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_SPACEFOLDER_H
