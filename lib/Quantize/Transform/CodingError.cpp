//===- CodingError.cpp - Error of a map in codes --------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodingError.h"

#include "nibble/Formats/MiniFloat.h"
#include "nibble/Numerics/Transform.h"

#include <cmath>

using namespace mlir;
using namespace nibble;

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// The median of the largest magnitude of independent normal numbers.
static double medianOfLargest(ArrayRef<double> deviations) {
  double most = 0;
  for (double deviation : deviations)
    most = std::max(most, deviation);
  // The median is at least that of the widest one, 0.67 of its deviation;
  // those a sixth as wide are four deviations away from it.
  SmallVector<double> wide;
  for (double deviation : deviations)
    if (deviation > most / 6)
      wide.push_back(deviation * std::sqrt(2.0));
  double low = 0, high = 8 * most;
  for (int step = 0; step < 24; ++step) {
    double middle = (low + high) / 2, logarithm = 0;
    for (double deviation : wide)
      logarithm += std::log1p(-std::erfc(middle / deviation));
    (logarithm < std::log(0.5) ? low : high) = middle;
  }
  return high;
}

std::vector<double> InputModel::getCodeErrors(ArrayRef<double> factors) const {
  std::vector<double> errors(factors.size());
  if (!isQuantized)
    return errors;
  if (codeError) {
    errors.assign(factors.size(), *codeError);
    return errors;
  }
  bool isBounded = isStatic && !largest.empty();
  size_t size = isStatic || group == 0 ? factors.size() : size_t(group);
  for (size_t first = 0; first < errors.size(); first += size) {
    size_t end = std::min(first + size, errors.size());
    double range = 0;
    SmallVector<double> deviations;
    for (size_t i = first; i < end; ++i) {
      if (isBounded)
        range = std::max(range, largest[i] * factors[i]);
      else
        deviations.push_back(std::sqrt(meanSquare[i]) * factors[i]);
    }
    if (!isBounded)
      range = medianOfLargest(deviations);
    double step = range / double((1 << (bits - 1)) - 1);
    std::fill(errors.begin() + first, errors.begin() + end, step * step / 12);
  }
  return errors;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

CodingError::CodingError(const Array &weight, qnt::QuantTensorType type,
                         InputModel input)
    : format(type.getFormat().getValue()), shape(weight.getShape()),
      input(std::move(input)), rows(shape[0]), channels(shape[1]) {
  inner = ShapedType::getNumElements(weight.getShape().drop_front(2));
  int64_t perRow = channels * inner;
  largest.resize(channels);
  squares.resize(channels);
  ArrayRef<float> values = weight.as<float>();
  for (auto [i, value] : llvm::enumerate(values)) {
    size_t channel = i / inner % channels;
    largest[channel] = std::max(largest[channel], std::abs(value));
    squares[channel] += double(value) * value;
  }
  // Blocks over several rows are coded as they are.
  bool isRowwise =
      format.block.empty() ? format.scale.isNone() : format.block.front() == 1;
  int64_t count = isRowwise ? std::min(rows, kRows) : rows;
  for (int64_t i = 0; i < count; ++i)
    llvm::append_range(sample, values.slice(i * rows / count * perRow, perRow));
  shape[0] = count;
}

double CodingError::getEnergy() const {
  double energy = 0;
  for (auto [mean, square] : llvm::zip_equal(input.meanSquare, squares))
    energy += mean * square;
  return energy;
}

static llvm::Error toError(const formats::Status &status) {
  return llvm::createStringError(status.message());
}

/// Adds to each channel the squared errors of its weights' codes.
llvm::Error CodingError::addErrors(ArrayRef<float> scaled,
                                   formats::ScaleSearch search,
                                   MutableArrayRef<double> errors) const {
  if (scaled.empty())
    return llvm::Error::success();
  formats::EncodeOptions options;
  options.search = search;
  float most = 0;
  for (float value : scaled)
    most = std::max(most, std::abs(value));
  options.outerScale = formats::outerScaleFor(format, most);
  auto codec = formats::RowCodec::create(format, shape, options);
  if (!codec)
    return toError(codec.status());
  const formats::MatrixLayout &layout = codec->layout();
  int64_t blocks = layout.gridRows() * layout.gridCols();
  std::vector<uint8_t> codes(layout.rows * codec->rowBytes());
  std::vector<uint8_t> scales(
      format.scale.isNone() ? 0
                            : blocks * formats::scaleBytes(format.scale.kind));
  std::vector<int32_t> zeros(
      format.zero.kind == formats::ZeroKind::None ? 0 : blocks);
  formats::EncodedRows out;
  out.codes = codes.data();
  out.scales = scales.empty() ? nullptr : scales.data();
  out.zeroPoints = zeros.empty() ? nullptr : zeros.data();
  if (auto status = codec->encodeRows(scaled.data(), 0, layout.rows, out);
      !status.ok())
    return toError(status);
  std::vector<float> decoded(scaled.size());
  formats::ConstEncodedRows in{out.codes, out.storage, out.scales,
                               out.zeroPoints};
  if (auto status = codec->decodeRows(in, 0, layout.rows, decoded.data());
      !status.ok())
    return toError(status);
  for (size_t i = 0; i < decoded.size(); ++i) {
    double error = double(decoded[i]) - scaled[i];
    errors[i / inner % channels] += error * error;
  }
  return llvm::Error::success();
}

double CodingError::sumErrors(const InputModel &model, ArrayRef<double> factors,
                              ArrayRef<double> weightErrors) const {
  double perRow = shape[0] == 0 ? 0 : double(rows) / shape[0], sum = 0;
  std::vector<double> codeErrors = model.getCodeErrors(factors);
  for (int64_t channel = 0; channel < channels; ++channel) {
    double square = factors[channel] * factors[channel];
    sum += model.meanSquare[channel] * square * weightErrors[channel] * perRow +
           codeErrors[channel] * squares[channel] / square;
  }
  return sum;
}

llvm::Expected<double>
CodingError::evaluate(ArrayRef<double> factors,
                      formats::ScaleSearch search) const {
  std::vector<float> scaled(sample.size());
  for (size_t i = 0; i < sample.size(); ++i)
    scaled[i] = float(sample[i] / factors[i / inner % channels]);
  std::vector<double> errors(channels);
  if (llvm::Error error = addErrors(scaled, search, errors))
    return std::move(error);
  return sumErrors(input, factors, errors);
}

llvm::Expected<double>
CodingError::evaluateRotated(int64_t block, const InputModel &rotated,
                             formats::ScaleSearch search) const {
  auto hadamard = numerics::Transform::hadamard(block);
  if (!hadamard)
    return toError(hadamard.status());
  auto blocks = numerics::Transform::blocks(*hadamard, channels / block);
  if (!blocks)
    return toError(blocks.status());
  std::vector<float> weights = sample;
  blocks->fold(weights.data(), shape[0], inner);
  std::vector<double> errors(channels);
  if (llvm::Error error = addErrors(weights, search, errors))
    return std::move(error);
  // Each block keeps the sum of its weights' squares, which is all that counts
  // where codes have one error.
  return sumErrors(rotated, std::vector<double>(size_t(channels), 1), errors);
}
