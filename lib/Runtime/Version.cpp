//===- Version.cpp - The version of the code ABI -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Runtime/CodeABI.h"

extern "C" int nib_code_abi() { return NIB_CODE_ABI; }
