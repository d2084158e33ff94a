//===- ScaleChoice.cpp - The scales of one space --------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScaleChoice.h"

#include "mlir/IR/Threading.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cmath>
#include <tuple>

using namespace mlir;
using namespace nibble;

/// Candidates that are compared with searched scales of weights.
static constexpr size_t kFinalists = 3;
/// Of the error: a scale that gains less is within what rows that were not
/// looked at may say.
static constexpr double kLeastGain = 0.01;
/// The same where weights suppose how large channels are: a factor of two in
/// the squares is what they do not know of a product with a gate, or of what
/// attention sums. On a language model, int4 by 32, scales by supposition that
/// were to gain less than this cost 1.5% of the perplexity.
static constexpr double kLeastSupposedGain = 0.5;

namespace {
struct ScaleCandidate {
  std::string formula;
  std::vector<double> factors;
  double error = 0;
};

/// How far the channels of each number reach, over all readers.
struct ChannelReach {
  std::vector<double> largest, rms, weights;
};
} // namespace

static ChannelReach findReach(int64_t count, ArrayRef<CodedReader> readers) {
  ChannelReach reach;
  for (std::vector<double> *values :
       {&reach.largest, &reach.rms, &reach.weights})
    values->resize(count);
  auto raise = [](double &value, double other) {
    value = std::max(value, other);
  };
  for (const CodedReader &reader : readers) {
    const InputModel &input = reader.error.getInput();
    for (auto [channel, number] : llvm::enumerate(reader.numbers)) {
      if (!number)
        continue;
      double rms = std::sqrt(input.meanSquare[channel]);
      raise(reach.rms[*number], rms);
      raise(reach.largest[*number],
            input.largest.empty() ? rms : input.largest[channel]);
      raise(reach.weights[*number], reader.error.getLargest()[channel]);
    }
  }
  return reach;
}

/// 1 / (x^a / w^b), of geometric mean 1; channels without x or w stay.
static std::vector<double> makeFactors(ArrayRef<double> x, double a,
                                       ArrayRef<double> w, double b) {
  std::vector<double> factors(x.size(), 1);
  double sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (!(x[i] > 0) || !(w[i] > 0))
      continue;
    factors[i] = b * std::log(w[i]) - a * std::log(x[i]);
    sum += factors[i];
    ++count;
  }
  for (size_t i = 0; i < x.size(); ++i)
    if (x[i] > 0 && w[i] > 0)
      factors[i] = std::exp(factors[i] - sum / count);
  return factors;
}

/// x^a / w^b of outliers is brought down to `limit`, other channels stay.
static std::vector<double> makeClipped(ArrayRef<double> ratios, double limit) {
  std::vector<double> factors;
  for (double ratio : ratios)
    factors.push_back(ratio > limit ? limit / ratio : 1);
  return factors;
}

/// (x / w)^0.5; 0 for channels without x or w.
static std::vector<double> makeRatios(const ChannelReach &reach) {
  std::vector<double> ratios;
  for (auto [x, w] : llvm::zip_equal(reach.rms, reach.weights))
    ratios.push_back(x > 0 && w > 0 ? std::sqrt(x / w) : 0);
  return ratios;
}

/// Limits from the largest ratio down to the median, each 2^0.5 below the one
/// before.
static void addClipped(ArrayRef<double> ratios,
                       std::vector<ScaleCandidate> &candidates) {
  std::vector<double> sorted(ratios.begin(), ratios.end());
  llvm::sort(sorted);
  double median = sorted[sorted.size() / 2];
  for (double limit = sorted.back() / std::sqrt(2.0);
       median > 0 && limit >= median; limit /= std::sqrt(2.0))
    candidates.push_back(
        {llvm::formatv("max(1, rms^0.5 / weights^0.5 / {0:f3})", limit),
         makeClipped(ratios, limit)});
}

/// Identity first. AWQ has b = 0, SmoothQuant b = 1 - a; equalisation of
/// outliers clips a = b = 0.5. Where weights suppose x, it is the only one:
/// they tell outliers, but little of the other channels.
static std::vector<ScaleCandidate> makeCandidates(const ChannelReach &reach,
                                                  bool isSupposed) {
  std::vector<ScaleCandidate> candidates(1);
  candidates[0].factors.resize(reach.rms.size(), 1);
  addClipped(makeRatios(reach), candidates);
  if (isSupposed)
    return candidates;
  for (int tenth = 1; tenth <= 10; ++tenth) {
    double a = tenth / 10.0;
    for (auto [name, x] :
         {std::pair("rms", &reach.rms), std::pair("largest", &reach.largest)})
      for (double b : {0.0, 1 - a}) {
        if (tenth == 10 && b != 0)
          continue;
        std::string formula = llvm::formatv("{0}^{1:f1}", name, a);
        if (b != 0)
          formula += llvm::formatv(" / weights^{0:f1}", b);
        candidates.push_back({formula, makeFactors(*x, a, reach.weights, b)});
      }
  }
  return candidates;
}

/// The sum over all readers.
static llvm::Expected<double> evaluate(ArrayRef<double> factors,
                                       ArrayRef<CodedReader> readers,
                                       formats::ScaleSearch search) {
  double sum = 0;
  for (const CodedReader &reader : readers) {
    std::vector<double> own(reader.numbers.size(), 1);
    for (auto [factor, number] : llvm::zip_equal(own, reader.numbers))
      if (number)
        factor = factors[*number];
    llvm::Expected<double> error = reader.error.evaluate(own, search);
    if (!error)
      return error.takeError();
    sum += *error;
  }
  return sum;
}

static llvm::Error evaluateAll(MLIRContext *context,
                               MutableArrayRef<ScaleCandidate> candidates,
                               ArrayRef<CodedReader> readers,
                               formats::ScaleSearch search) {
  std::vector<std::string> faults(candidates.size());
  mlir::parallelFor(context, 0, candidates.size(), [&](size_t i) {
    llvm::Expected<double> error =
        evaluate(candidates[i].factors, readers, search);
    if (error)
      candidates[i].error = *error;
    else
      faults[i] = llvm::toString(error.takeError());
  });
  for (const std::string &fault : faults)
    if (!fault.empty())
      return llvm::createStringError(fault);
  return llvm::Error::success();
}

llvm::Expected<ScaleChoice>
nibble::chooseScales(MLIRContext *context, int64_t count,
                     ArrayRef<CodedReader> readers) {
  bool isSupposed = llvm::all_of(readers, [](const CodedReader &reader) {
    return reader.error.getInput().largest.empty();
  });
  std::vector<ScaleCandidate> candidates =
      makeCandidates(findReach(count, readers), isSupposed);
  if (llvm::Error error =
          evaluateAll(context, candidates, readers, formats::ScaleSearch::None))
    return std::move(error);
  auto isBetter = [](const ScaleCandidate &lhs, const ScaleCandidate &rhs) {
    return std::tie(lhs.error, lhs.formula) < std::tie(rhs.error, rhs.formula);
  };
  std::sort(candidates.begin() + 1, candidates.end(), isBetter);
  candidates.resize(std::min(candidates.size(), kFinalists + 1));
  if (llvm::Error error =
          evaluateAll(context, candidates, readers, formats::ScaleSearch::MSE))
    return std::move(error);
  double energy = 0;
  for (const CodedReader &reader : readers)
    energy += reader.error.getEnergy();
  ScaleChoice choice;
  choice.before = choice.after = energy > 0 ? candidates[0].error / energy : 0;
  auto best = std::min_element(candidates.begin(), candidates.end(), isBetter);
  double least = isSupposed ? kLeastSupposedGain : kLeastGain;
  if (best->error < (1 - least) * candidates[0].error) {
    choice.factors = std::move(best->factors);
    choice.formula = std::move(best->formula);
    choice.after = best->error / energy;
  }
  return choice;
}
