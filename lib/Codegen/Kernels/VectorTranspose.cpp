//===- VectorTranspose.cpp - Squares of vectors -----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VectorTranspose.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

/// Transposes a square of vectors: 4x4 squares inside groups of four lanes,
/// which are single shuffles on all x86, then whole groups.
SmallVector<Value> nibble::codegen::transposeSquare(OpBuilder &b, Location loc,
                                                    ArrayRef<Value> rows) {
  int64_t lanes = rows.size(), groups = lanes / 4;
  auto shuffle = [&](Value x, Value y, std::array<int64_t, 4> pattern) {
    // `pattern` within each group; 4 and above are lanes of y.
    SmallVector<int64_t> mask;
    for (int64_t group = 0; group < groups; ++group)
      for (int64_t lane : pattern)
        mask.push_back(4 * group + lane % 4 + (lane >= 4 ? lanes : 0));
    return Value(vector::ShuffleOp::create(b, loc, x, y, mask));
  };
  // columns[j][k]: in group q, column 4q + j of rows 4k ... 4k + 3.
  SmallVector<SmallVector<Value>> columns(4);
  for (int64_t k = 0; k < groups; ++k) {
    ArrayRef<Value> r = rows.slice(4 * k, 4);
    Value low01 = shuffle(r[0], r[1], {0, 4, 1, 5});
    Value high01 = shuffle(r[0], r[1], {2, 6, 3, 7});
    Value low23 = shuffle(r[2], r[3], {0, 4, 1, 5});
    Value high23 = shuffle(r[2], r[3], {2, 6, 3, 7});
    columns[0].push_back(shuffle(low01, low23, {0, 1, 4, 5}));
    columns[1].push_back(shuffle(low01, low23, {2, 3, 6, 7}));
    columns[2].push_back(shuffle(high01, high23, {0, 1, 4, 5}));
    columns[3].push_back(shuffle(high01, high23, {2, 3, 6, 7}));
  }
  SmallVector<Value> result(lanes);
  for (int64_t j = 0; j < 4; ++j) {
    SmallVector<Value> &c = columns[j];
    for (int64_t step = groups / 2; step > 0; step /= 2)
      for (int64_t k = 0; k < groups; ++k) {
        if (k & step)
          continue;
        SmallVector<int64_t> low, high;
        for (int64_t q = 0; q < groups; ++q)
          for (int64_t lane = 0; lane < 4; ++lane) {
            bool upper = q & step;
            low.push_back((upper ? q - step : q) * 4 + lane +
                          (upper ? lanes : 0));
            high.push_back((upper ? q : q + step) * 4 + lane +
                           (upper ? lanes : 0));
          }
        Value x = c[k], y = c[k + step];
        c[k] = vector::ShuffleOp::create(b, loc, x, y, low);
        c[k + step] = vector::ShuffleOp::create(b, loc, x, y, high);
      }
    for (int64_t k = 0; k < groups; ++k)
      result[4 * k + j] = c[k];
  }
  return result;
}
