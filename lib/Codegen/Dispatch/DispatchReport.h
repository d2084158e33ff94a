//===- DispatchReport.h - What users are told of a dispatch -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_DISPATCHREPORT_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_DISPATCHREPORT_H

#include "dialects/NN/NN.h"

namespace nibble {

/// On nn.invoke, until it is a line of the manifest: `{op, format, dot, note}`.
constexpr llvm::StringLiteral kReportAttr = "nn.report";

/// What `dispatch` computes (the op that its epilogue and prologue belong to),
/// in which formats, with which instruction, and why not in lower precision.
mlir::DictionaryAttr describeDispatch(nn::DispatchOp dispatch);

/// The same of a launch that moves elements of `type` only.
mlir::DictionaryAttr describeMove(llvm::StringRef op, mlir::Type type);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_DISPATCHREPORT_H
