//===- WriteArtifacts.cpp - The test models, for tests in Python *- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// write-test-artifacts FOLDER: affine.nib and cache.nib of TestModels.h.
//
//===----------------------------------------------------------------------===//

#include "TestModels.h"

#include <cstdio>

using namespace nibble;

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  std::string folder = argv[1];
  test::writeFile(folder + "/affine.nib",
                  test::readFile(test::packAffine("affine.nib")));
  test::writeFile(folder + "/cache.nib",
                  test::readFile(test::packCache("cache.nib")));
  return 0;
}
