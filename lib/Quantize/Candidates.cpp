//===- Candidates.cpp - What can be quantized -----------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Candidates.h"

#include "dialects/NN/WeightDerived.h"
#include "nibble/Support/NodeNames.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace nibble;

llvm::Expected<std::vector<llvm::GlobPattern>>
nibble::parsePatterns(ArrayRef<std::string> patterns) {
  std::vector<llvm::GlobPattern> result;
  for (const std::string &text : patterns) {
    llvm::Expected<llvm::GlobPattern> pattern =
        llvm::GlobPattern::create(text, /*MaxSubPatterns=*/1024);
    if (!pattern)
      return llvm::createStringError("pattern '" + text + "' of keep: " +
                                     llvm::toString(pattern.takeError()));
    result.push_back(std::move(*pattern));
  }
  return result;
}

static std::string findKept(Operation *op, ArrayRef<llvm::GlobPattern> keep) {
  for (StringAttr name : findNodes(op->getLoc()))
    for (const llvm::GlobPattern &pattern : keep)
      if (pattern.match(name))
        return "stays in f32: keep names " + name.str();
  return {};
}

static bool isF32(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32();
}

/// Whether filters have fewer channels than an integer dot sums at once.
static bool isDepthwise(nn::ConvOp op) {
  return op.getGroups() > 1 &&
         cast<ShapedType>(op.getFilter().getType()).getDimSize(1) < 4;
}

std::vector<Candidate>
nibble::findCandidates(ModuleOp module, ArrayRef<llvm::GlobPattern> keep) {
  std::vector<Candidate> candidates;
  WeightDerived weights;
  module.walk([&](Operation *op) {
    if (!isa<nn::LinearOp, nn::ConvOp>(op))
      return;
    Candidate candidate;
    candidate.op = op;
    candidate.input = &op->getOpOperand(0);
    candidate.weight = &op->getOpOperand(1);
    Value weight = candidate.weight->get();
    if (!isF32(candidate.input->get()) || !isF32(weight) ||
        !isF32(op->getResult(0)) || !weights.contains(weight) ||
        weights.contains(candidate.input->get()))
      return;
    // Weights that the model brings quantized stay as they are.
    if (weight.getDefiningOp<qnt::DequantizeOp>())
      return;
    auto conv = dyn_cast<nn::ConvOp>(op);
    candidate.isConv = bool(conv);
    candidate.note = findKept(op, keep);
    candidate.isDepthwise = conv &&
                            conv.getLayout() == nn::Layout::ChannelsFirst &&
                            isDepthwise(conv);
    candidates.push_back(std::move(candidate));
  });
  return candidates;
}

/// `wanted`, numbered where it is taken.
static std::string takeName(const std::string &wanted,
                            llvm::StringSet<> &taken) {
  std::string name = wanted;
  for (unsigned count = 1; !taken.insert(name).second; ++count)
    name = wanted + "#" + std::to_string(count);
  return name;
}

llvm::MapVector<Value, std::string>
nibble::nameInputs(ArrayRef<Candidate> candidates) {
  llvm::MapVector<Value, std::string> names;
  llvm::StringSet<> taken;
  DenseSet<Value> wanted;
  // What stays in f32 has a name, too, so that names do not depend on `keep`.
  for (const Candidate &candidate : candidates) {
    Value value = candidate.input->get();
    if (candidate.note.empty())
      wanted.insert(value);
    if (names.contains(value))
      continue;
    SmallVector<StringAttr> nodes = findNodes(value.getLoc());
    names[value] =
        takeName(nodes.empty() ? "value" : nodes.back().str(), taken);
  }
  names.remove_if(
      [&](const auto &entry) { return !wanted.contains(entry.first); });
  return names;
}

llvm::MapVector<Value, std::string>
nibble::nameRotated(const llvm::MapVector<Value, std::string> &names) {
  llvm::StringSet<> taken;
  for (const auto &[value, name] : names)
    taken.insert(name);
  llvm::MapVector<Value, std::string> rotated;
  for (const auto &[value, name] : names)
    rotated[value] = takeName(name + " rotated", taken);
  return rotated;
}

qnt::QuantTensorType nibble::getWeightType(qnt::FormatAttr format,
                                           RankedTensorType type,
                                           bool isDepthwise) {
  MLIRContext *context = type.getContext();
  if (isDepthwise) {
    formats::Format bytes;
    bytes.code = formats::ElementCode::makeInt(8);
    bytes.scale.kind = formats::ScaleKind::F32;
    format = qnt::FormatAttr::get(context, bytes);
  }
  if (type.getRank() != 2 && format.hasScale())
    format = qnt::FormatAttr::get(
        context, formats::perChannel(format.getValue(), type.getRank(), 0));
  return qnt::QuantTensorType::get(type.getShape(), format);
}

std::string nibble::statisticsKey(ModuleOp module) {
  OwningOpRef<ModuleOp> clone = module.clone();
  (*clone)->removeAttr("qnt.statistics_key");
  SmallVector<qnt::ObserveOp> observers;
  clone->walk([&](qnt::ObserveOp op) { observers.push_back(op); });
  for (qnt::ObserveOp op : observers) {
    op.getResult().replaceAllUsesWith(op.getInput());
    op.erase();
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  clone->print(os, OpPrintingFlags().useLocalScope());
  return llvm::utohexstr(llvm::xxh3_64bits(text), /*LowerCase=*/true,
                         /*Width=*/16);
}

llvm::Expected<std::optional<Statistics>>
nibble::readStatistics(ModuleOp module, StringRef path) {
  if (path.empty())
    return std::nullopt;
  llvm::Expected<Statistics> statistics = Statistics::read(path);
  if (!statistics)
    return statistics.takeError();
  if (statistics->key != statisticsKey(module))
    return llvm::createStringError("the statistics " + path +
                                   " are of another model; calibrate again");
  return std::optional(std::move(*statistics));
}

llvm::Expected<SearchedModel>
nibble::readSearchedModel(ModuleOp module, ArrayRef<std::string> keep,
                          StringRef statistics) {
  auto patterns = parsePatterns(keep);
  if (!patterns)
    return patterns.takeError();
  auto read = readStatistics(module, statistics);
  if (!read)
    return read.takeError();
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main || main.isExternal())
    return llvm::createStringError("needs a function @main");
  return SearchedModel{main, findCandidates(module, *patterns),
                       std::move(*read)};
}
