//===- Statistics.cpp - Statistics of activations as a file ---------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Calibration/Statistics.h"

#include "mlir/IR/Threading.h"
#include "nibble/Support/Json.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"

#include <cmath>

using namespace nibble;

static constexpr llvm::StringLiteral kFormat = "nibble-statistics-1";

static llvm::json::Array toJSON(llvm::ArrayRef<int64_t> bins) {
  // Bins after the last one that counts are left out.
  while (!bins.empty() && bins.back() == 0)
    bins = bins.drop_back();
  llvm::json::Array array;
  for (int64_t count : bins)
    array.push_back(count);
  return array;
}

llvm::Error Statistics::write(llvm::StringRef path) const {
  llvm::json::Object entries;
  for (const auto &[name, histogram] : values)
    entries[name] =
        llvm::json::Object{{"min", histogram.getMin()},
                           {"max", histogram.getMax()},
                           {"zeros", histogram.getZeros()},
                           {"limit", histogram.getLimit()},
                           {"positive", toJSON(histogram.getPositive())},
                           {"negative", toJSON(histogram.getNegative())}};
  for (const auto &[name, magnitudes] : channels) {
    llvm::json::Array array;
    for (float magnitude : magnitudes)
      array.push_back(magnitude);
    (*entries.getObject(name))["channels"] = std::move(array);
  }
  for (const auto &[name, statistics] : rows)
    (*entries.getObject(name))["rows"] = llvm::json::Object{
        {"largest", llvm::json::Array(statistics.largest)},
        {"mean_square", llvm::json::Array(statistics.meanSquare)},
        {"mean", llvm::json::Array(statistics.mean)}};
  std::error_code error;
  llvm::ToolOutputFile file(path, error, llvm::sys::fs::OF_Text);
  auto fail = [&](std::error_code reason) {
    return llvm::createStringError(reason, "cannot write " + path + ": " +
                                               reason.message());
  };
  if (error)
    return fail(error);
  file.os() << llvm::json::Value(
                   llvm::json::Object{{"format", kFormat},
                                      {"of", key},
                                      {"values", std::move(entries)}})
            << "\n";
  file.os().flush();
  if (file.os().has_error()) {
    std::error_code reason = file.os().error();
    file.os().clear_error();
    return fail(reason);
  }
  file.keep();
  return llvm::Error::success();
}

static std::optional<std::vector<int64_t>>
readBins(const llvm::json::Object &entry, llvm::StringRef key) {
  const llvm::json::Array *array = entry.getArray(key);
  if (!array || array->size() > size_t(Histogram::kBins))
    return std::nullopt;
  std::vector<int64_t> bins(Histogram::kBins);
  for (auto [i, value] : llvm::enumerate(*array)) {
    std::optional<int64_t> count = value.getAsInteger();
    if (!count)
      return std::nullopt;
    bins[i] = *count;
  }
  return bins;
}

static std::optional<Histogram> readHistogram(const llvm::json::Value &value) {
  const llvm::json::Object *entry = value.getAsObject();
  if (!entry)
    return std::nullopt;
  auto min = entry->getNumber("min"), max = entry->getNumber("max"),
       limit = entry->getNumber("limit");
  std::optional<int64_t> zeros = entry->getInteger("zeros");
  auto positive = readBins(*entry, "positive"),
       negative = readBins(*entry, "negative");
  if (!min || !max || !limit || !zeros || !positive || !negative)
    return std::nullopt;
  return Histogram::fromParts(float(*min), float(*max), *zeros, *limit,
                              *positive, *negative);
}

/// False if the entry is not an array of finite numbers.
template <typename T>
static bool readNumbers(const llvm::json::Value *entry,
                        std::vector<T> &numbers) {
  const llvm::json::Array *array = entry ? entry->getAsArray() : nullptr;
  if (!array || array->empty())
    return false;
  for (const llvm::json::Value &element : *array) {
    std::optional<double> number = element.getAsNumber();
    if (!number || !std::isfinite(T(*number)))
      return false;
    numbers.push_back(T(*number));
  }
  return true;
}

/// False if the entry is not an array of numbers that are not negative.
template <typename T>
static bool readMagnitudes(const llvm::json::Value *entry,
                           std::vector<T> &magnitudes) {
  return readNumbers(entry, magnitudes) &&
         llvm::all_of(magnitudes, [](T magnitude) { return magnitude >= 0; });
}

/// False if the entry has channels that are none.
static bool readChannels(const llvm::json::Value &value,
                         std::vector<float> &magnitudes) {
  const llvm::json::Value *entry = value.getAsObject()->get("channels");
  return !entry || readMagnitudes(entry, magnitudes);
}

/// False if the entry has statistics of its rows' channels that are none.
static bool readRows(const llvm::json::Value &value,
                     ChannelStatistics &statistics) {
  const llvm::json::Value *entry = value.getAsObject()->get("rows");
  if (!entry)
    return true;
  const llvm::json::Object *object = entry->getAsObject();
  return object && readMagnitudes(object->get("largest"), statistics.largest) &&
         readMagnitudes(object->get("mean_square"), statistics.meanSquare) &&
         (!object->get("mean") ||
          readNumbers(object->get("mean"), statistics.mean)) &&
         statistics.largest.size() == statistics.meanSquare.size() &&
         (statistics.mean.empty() ||
          statistics.mean.size() == statistics.largest.size());
}

llvm::Expected<Statistics> Statistics::read(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError("cannot read the statistics " + path + ": " +
                                   buffer.getError().message());
  auto fail = [&](const llvm::Twine &reason) {
    return llvm::createStringError(path +
                                   " is no file of statistics: " + reason);
  };
  llvm::Expected<llvm::json::Value> value = parseJson((*buffer)->getBuffer());
  if (!value)
    return fail(llvm::toString(value.takeError()));
  const llvm::json::Object *object = value->getAsObject();
  if (!object || object->getString("format") != kFormat)
    return fail("format is not " + kFormat);
  std::optional<llvm::StringRef> key = object->getString("of");
  const llvm::json::Object *entries = object->getObject("values");
  if (!key || !entries)
    return fail("of or values are missing");
  Statistics statistics;
  statistics.key = key->str();
  for (const auto &[name, entry] : *entries) {
    std::optional<Histogram> histogram = readHistogram(entry);
    if (!histogram)
      return fail("the histogram of '" + llvm::StringRef(name) +
                  "' is damaged");
    statistics.values[name.str()] = std::move(*histogram);
    std::vector<float> magnitudes;
    if (!readChannels(entry, magnitudes))
      return fail("the channels of '" + llvm::StringRef(name) +
                  "' are damaged");
    if (!magnitudes.empty())
      statistics.channels[name.str()] = std::move(magnitudes);
    ChannelStatistics rows;
    if (!readRows(entry, rows))
      return fail("the channels of the rows of '" + llvm::StringRef(name) +
                  "' are damaged");
    if (!rows.largest.empty())
      statistics.rows[name.str()] = std::move(rows);
  }
  return statistics;
}

static float largestMagnitude(llvm::ArrayRef<float> values) {
  // Lanes side by side, in a form that compilers make vectors of.
  constexpr size_t kLanes = 8;
  float largest[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane) {
      float magnitude = std::fabs(values[i + lane]);
      largest[lane] = largest[lane] < magnitude ? magnitude : largest[lane];
    }
  for (; i < values.size(); ++i)
    largest[0] = std::max(largest[0], std::fabs(values[i]));
  return *llvm::max_element(largest);
}

/// Raises the magnitudes of the channels of an image. False if there were
/// others before.
static bool addChannels(llvm::ArrayRef<int64_t> shape,
                        llvm::ArrayRef<float> values,
                        std::vector<float> &magnitudes) {
  size_t channels = size_t(shape[1]), inner = 1;
  for (int64_t extent : shape.drop_front(2))
    inner *= size_t(extent);
  if (magnitudes.empty())
    magnitudes.resize(channels);
  if (magnitudes.size() != channels)
    return false;
  for (size_t row = 0; row * inner < values.size(); ++row) {
    float &magnitude = magnitudes[row % channels];
    magnitude =
        std::max(magnitude, largestMagnitude(values.slice(row * inner, inner)));
  }
  return true;
}

namespace {
/// Adds up what ChannelStatistics are made of.
class RowSums {
public:
  /// Values of other channels than before have no statistics.
  void add(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> values) {
    if (shape.empty() || shape.size() > 3 || shape.back() == 0)
      return;
    size_t channels = size_t(shape.back());
    if (largest.empty()) {
      largest.resize(channels);
      squares.resize(channels);
      sums.resize(channels);
    }
    isRagged |= largest.size() != channels;
    if (isRagged)
      return;
    for (size_t first = 0; first < values.size(); first += channels)
      for (size_t channel = 0; channel < channels; ++channel) {
        float value = values[first + channel];
        largest[channel] = std::max(largest[channel], std::abs(value));
        squares[channel] += double(value) * value;
        sums[channel] += value;
      }
    rows += values.size() / channels;
  }

  std::optional<ChannelStatistics> finish() const {
    if (isRagged || rows == 0)
      return std::nullopt;
    ChannelStatistics result{largest, squares, {}};
    for (double &square : result.meanSquare)
      square /= double(rows);
    for (double sum : sums)
      result.mean.push_back(float(sum / double(rows)));
    return result;
  }

private:
  std::vector<float> largest;
  std::vector<double> squares, sums;
  size_t rows = 0;
  bool isRagged = false;
};
} // namespace

//===----------------------------------------------------------------------===//
// StatisticsCollector
//===----------------------------------------------------------------------===//

/// What is known of the values of one name.
struct StatisticsCollector::Counts {
  Histogram histogram;
  /// Empty where samples differ in how many there are: a sequence.
  std::vector<float> channels;
  bool channelsVary = false;
  RowSums sums;

  /// What is wrong with the value; empty if it is counted.
  std::string add(llvm::StringRef name, llvm::ArrayRef<int64_t> shape,
                  llvm::ArrayRef<float> values) {
    if (!histogram.add(values))
      return ("'" + name +
              "' is NaN or infinite: no scale can be chosen from it")
          .str();
    if (shape.size() > 2 && shape[1] > 0 && !channelsVary &&
        !addChannels(shape, values, channels)) {
      channelsVary = true;
      channels.clear();
    }
    sums.add(shape, values);
    return "";
  }
};

/// A value that is to be counted.
struct StatisticsCollector::Pending {
  llvm::StringRef name;
  Counts *counts;
  llvm::SmallVector<int64_t> shape;
  llvm::ArrayRef<float> values;
};

StatisticsCollector::StatisticsCollector(mlir::MLIRContext *context,
                                         llvm::StringRef key)
    : context(context), key(key) {}
StatisticsCollector::~StatisticsCollector() = default;

/// Counts what is pending side by side; each value has counts of its own.
llvm::Error StatisticsCollector::countPending() {
  std::vector<std::string> faults(pending.size());
  mlir::parallelFor(context, 0, pending.size(), [&](size_t i) {
    const Pending &value = pending[i];
    faults[i] = value.counts->add(value.name, value.shape, value.values);
  });
  pending.clear();
  used = 0;
  for (const std::string &fault : faults)
    if (!fault.empty())
      return llvm::createStringError(fault);
  return llvm::Error::success();
}

llvm::Error StatisticsCollector::add(llvm::StringRef name,
                                     llvm::ArrayRef<int64_t> shape,
                                     llvm::ArrayRef<float> values) {
  // Enough to keep all cores busy, and little beside the model's own buffers.
  constexpr size_t kCopies = size_t(8) << 20;
  if (used + values.size() > kCopies)
    if (llvm::Error error = countPending())
      return error;
  auto [it, isNew] = counts.try_emplace(name.str());
  if (isNew)
    it->second = std::make_unique<Counts>();
  pending.push_back(
      {it->first, it->second.get(), llvm::SmallVector<int64_t>(shape), values});
  if (values.size() > kCopies)
    return countPending();
  copies.resize(kCopies);
  std::copy(values.begin(), values.end(), copies.begin() + used);
  pending.back().values = llvm::ArrayRef(copies).slice(used, values.size());
  used += values.size();
  return llvm::Error::success();
}

llvm::Error StatisticsCollector::finishSample() {
  llvm::Error error = countPending();
  ++samples;
  return error;
}

llvm::Expected<Statistics> StatisticsCollector::finish() {
  if (samples == 0)
    return llvm::createStringError("the calibration data has no sample");
  Statistics statistics;
  statistics.key = key;
  for (auto &[name, found] : counts) {
    statistics.values[name] = std::move(found->histogram);
    if (!found->channels.empty())
      statistics.channels[name] = std::move(found->channels);
    if (std::optional<ChannelStatistics> rows = found->sums.finish())
      statistics.rows[name] = std::move(*rows);
  }
  return statistics;
}
