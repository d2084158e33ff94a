//===- EvaluateReduce.cpp - Sums of weights -------------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EvaluateReduce.h"

#include "EvaluateElementwise.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace nibble;

llvm::Expected<Array> nibble::evaluateReduce(nn::ReduceOp op,
                                             const Array &input) {
  nn::ReduceKind kind = op.getKind();
  if (kind != nn::ReduceKind::Sum && kind != nn::ReduceKind::Mean)
    return evaluationError(op, "of kind " + nn::stringifyReduceKind(kind) +
                                   " has no evaluation at compile time");
  if (!input.getElementType().isF32())
    return evaluationError(op, "sums f32 at compile time; cast its input "
                               "first");
  // Where a step along each axis leads in the sums: nowhere if it is summed.
  SmallVector<int64_t> kept(input.getShape());
  for (int64_t axis : op.getAxes())
    kept[axis] = 1;
  SmallVector<int64_t> strides = computeStrides(kept);
  int64_t count = 1;
  for (int64_t axis : op.getAxes()) {
    strides[axis] = 0;
    count *= input.getShape()[axis];
  }
  std::vector<double> sums(ShapedType::getNumElements(kept), 0.0);
  SmallVector<int64_t> index(kept.size(), 0);
  int64_t position = 0;
  for (float value : input.as<float>()) {
    sums[position] += value;
    for (int64_t axis = int64_t(kept.size()) - 1; axis >= 0; --axis) {
      position += strides[axis];
      if (++index[axis] < input.getShape()[axis])
        break;
      position -= strides[axis] * input.getShape()[axis];
      index[axis] = 0;
    }
  }
  Array result(input.getElementType(),
               cast<RankedTensorType>(op.getType()).getShape());
  double divisor = kind == nn::ReduceKind::Mean ? double(count) : 1.0;
  llvm::transform(sums, result.as<float>().begin(),
                  [&](double sum) { return float(sum / divisor); });
  return result;
}
