//===- OnnxTensors.h - Types and data of an ONNX file in MLIR -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_IMPORT_ONNXTENSORS_H
#define NIBBLE_LIB_IMPORT_ONNXTENSORS_H

#include "ExternalData.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "nibble/Import/OnnxFile.h"

namespace nibble {

/// Starts an error about what is being read: `emitError() << "..."`.
using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;

/// Tensors of at most this many bytes are read into the IR.
inline constexpr int64_t kMaxInlineBytes = 4096;

/// Turns types and tensors of one model into MLIR's.
class TensorReader {
public:
  /// `path` and `bytes` are the model's file.
  TensorReader(mlir::MLIRContext *context, llvm::StringRef path,
               llvm::StringRef bytes)
      : context(context), path(path), bytes(bytes), external(path) {}

  /// `!onnx.value` where the file states no type.
  mlir::FailureOr<mlir::Type> getType(const onnxfile::Type &type,
                                      EmitError emitError);

  /// Null for a number that is no DataType, and for UNDEFINED.
  mlir::Type getElementType(int32_t dataType);

  struct Value {
    mlir::RankedTensorType type;
    /// A DenseElementsAttr, or an onnx::PlaceAttr for a large tensor.
    mlir::Attribute data;
  };
  mlir::FailureOr<Value> read(const onnxfile::Tensor &tensor,
                              EmitError emitError);

private:
  // Raw data of a tensor, where it is: in a file or decoded.
  struct Raw {
    llvm::StringRef bytes;
    llvm::StringRef file;
    int64_t offset = 0;
    std::string decoded;
    bool isDecoded = false;
  };

  mlir::FailureOr<mlir::Type> getTypeOfTensor(const onnxfile::Type &type,
                                              EmitError emitError);
  mlir::FailureOr<mlir::RankedTensorType>
  getTensorType(const onnxfile::Tensor &tensor, EmitError emitError);
  mlir::LogicalResult readExternal(const onnxfile::Tensor &tensor, int64_t size,
                                   Raw &raw, EmitError emitError);
  mlir::LogicalResult readTyped(const onnxfile::Tensor &tensor,
                                mlir::RankedTensorType type, int64_t size,
                                Raw &raw, EmitError emitError);
  mlir::FailureOr<Value> readStrings(const onnxfile::Tensor &tensor,
                                     mlir::RankedTensorType type,
                                     EmitError emitError);
  mlir::Type getFloatType(int32_t dataType);
  mlir::Type getIntegerType(int32_t dataType);

  mlir::MLIRContext *context;
  llvm::StringRef path, bytes;
  ExternalFiles external;
};

} // namespace nibble

#endif // NIBBLE_LIB_IMPORT_ONNXTENSORS_H
