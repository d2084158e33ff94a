//===- BasisNumbers.cpp - The numbers of bases as a file ------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BasisNumbers.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace nibble;

nn::PlaceAttr BasisNumbers::addBytes(ArrayRef<uint8_t> added) {
  int64_t offset = bytes.size();
  llvm::append_range(bytes, added);
  return nn::PlaceAttr::get(
      module.getContext(), StringAttr::get(module.getContext(), path), offset,
      int64_t(added.size()), int64_t(llvm::xxh3_64bits(added)));
}

FlatSymbolRefAttr
BasisNumbers::makeProgram(StringRef name, nn::PlaceAttr place,
                          RankedTensorType type,
                          function_ref<Value(OpBuilder &, Value)> build) {
  OpBuilder builder(module.getContext());
  Location loc = module.getLoc();
  auto function =
      func::FuncOp::create(loc, name, builder.getFunctionType({}, Type(type)));
  function.setPrivate();
  symbols.insert(function, module.getBody()->end());
  builder.setInsertionPointToStart(function.addEntryBlock());
  Value value =
      nn::ParameterOp::create(builder, loc, type, function.getSymName(), place);
  if (build)
    value = build(builder, value);
  function.setFunctionType(builder.getFunctionType({}, value.getType()));
  func::ReturnOp::create(builder, loc, value);
  return FlatSymbolRefAttr::get(function);
}

llvm::Error BasisNumbers::write(StringRef what) const {
  if (bytes.empty())
    return llvm::Error::success();
  auto failure = [&](std::error_code reason) {
    return llvm::createStringError(reason, "cannot write the " + what +
                                               " to '" + path +
                                               "': " + reason.message());
  };
  std::error_code error;
  llvm::ToolOutputFile file(path, error, llvm::sys::fs::OpenFlags());
  if (error)
    return failure(error);
  file.os().write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  file.os().flush();
  if (std::error_code reason = file.os().error()) {
    file.os().clear_error();
    return failure(reason);
  }
  file.keep();
  return llvm::Error::success();
}
