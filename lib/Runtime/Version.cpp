//===- Version.cpp - The versions of Nibble and of the code ABI -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Runtime/CodeABI.h"
#include "nibble/Runtime/nibble.h"

int nib_code_abi() { return NIB_CODE_ABI; }

const char *nib_version() { return NIBBLE_VERSION; }
