//===- Register.h - All of Nibble in one registry -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_PIPELINE_REGISTER_H
#define NIBBLE_PIPELINE_REGISTER_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace nibble {

/// Adds Nibble's dialects, the upstream dialects that it lowers to, and the
/// external models between them.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Registers every Nibble pass and named pipeline. Upstream passes are the
/// tool's choice.
void registerAllPasses();

} // namespace nibble

#endif // NIBBLE_PIPELINE_REGISTER_H
