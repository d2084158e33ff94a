//===- Difference.cpp - How far two tensors are apart -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Difference.h"

#include "Command.h"
#include "LoadedModel.h"

#include <cmath>

using namespace nibble;
using namespace nibble::tool;

llvm::Expected<Difference> tool::compareTensors(const DLTensor &found,
                                                const DLTensor &wanted) {
  llvm::ArrayRef<int64_t> shape(wanted.shape, wanted.ndim);
  llvm::ArrayRef<int64_t> other(found.shape, found.ndim);
  if (shape != other)
    return failure("the shapes differ: " + shapeText(other) + " and " +
                   shapeText(shape));
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  double signal = 0, noise = 0, power = 0, product = 0;
  double low = INFINITY, high = -INFINITY;
  Difference difference;
  for (int64_t i = 0; i < count; ++i) {
    double want = elementAt(wanted, i), got = elementAt(found, i);
    if (std::isnan(want) && std::isnan(got))
      continue;
    // Equal infinities, as in masks, differ by nothing.
    double error = want == got ? 0 : std::fabs(got - want);
    if (std::isnan(error))
      error = INFINITY;
    difference.maxError = std::max(difference.maxError, error);
    noise += error * error;
    if (std::isinf(want) || std::isinf(got))
      continue;
    low = std::min(low, want);
    high = std::max(high, want);
    signal += want * want;
    power += got * got;
    product += want * got;
  }
  difference.range = high > low ? high - low : 0;
  difference.sqnr = noise == 0    ? INFINITY
                    : signal == 0 ? -INFINITY
                                  : 10 * std::log10(signal / noise);
  bool isZero = signal == 0 || power == 0;
  difference.cosine = isZero ? (signal == power ? 1 : 0)
                             : product / std::sqrt(signal) / std::sqrt(power);
  return difference;
}
