//===- QuantAll.td - All records of the qnt dialect --------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// For the dialect's one parser of attributes, and for its page.
include "dialects/Quant/QuantOps.td"
include "dialects/Quant/QuantTransformOps.td"
