//===- Options.cpp - What a user asks of quantization ---------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Options.h"

#include "Candidates.h"
#include "Transform/RotationChoice.h"
#include "mlir/AsmParser/AsmParser.h"
#include "nibble/Formats/NamedFormats.h"
#include "nibble/Support/NodeNames.h"

using namespace mlir;
using namespace nibble;

/// The weights' format; null for f32.
static llvm::Expected<qnt::FormatAttr>
resolveWeights(MLIRContext *context, StringRef text, int64_t group) {
  if (group < 0)
    return llvm::createStringError("group must not be negative");
  if (text == "f32") {
    if (group)
      return llvm::createStringError(
          "group is given, but weights stay f32; give weights a format");
    return qnt::FormatAttr();
  }
  if (text.starts_with("#")) {
    if (group)
      return llvm::createStringError("group is given beside a whole format; "
                                     "write it as the format's block");
    context->getOrLoadDialect<qnt::QntDialect>();
    auto format =
        dyn_cast_or_null<qnt::FormatAttr>(parseAttribute(text, context));
    if (!format)
      return llvm::createStringError("'" + text +
                                     "' is not a #qnt.format attribute");
    return format;
  }
  if (!formats::lookupNamedFormat(std::string_view(text.data(), text.size())))
    return llvm::createStringError(
        "unknown format '" + text +
        "' of weights; known are f32, int8, int4 and other names of formats, "
        "or a whole #qnt.format<…>");
  context->getOrLoadDialect<qnt::QntDialect>();
  qnt::FormatAttr format = qnt::FormatAttr::getNamed(context, text, group);
  if (!format)
    return llvm::createStringError(
        "format '" + text + "' cannot have groups of " + llvm::Twine(group));
  return format;
}

/// The activations' part of `plan`, whose weights are known.
static llvm::Error resolveActivations(const QuantizeRequest &request,
                                      QuantizePlan &plan) {
  StringRef text = request.activations;
  if (request.activationGroup < 0)
    return llvm::createStringError("activation group must not be negative");
  if (text == "f32") {
    if (request.activationGroup)
      return llvm::createStringError("activation group is given, but "
                                     "activations stay f32; give activations "
                                     "a format");
    return llvm::Error::success();
  }
  StringRef digits = text;
  bool isInteger = digits.consume_front("int");
  if (text != "uint8" &&
      (!isInteger || digits.size() != 1 || digits < "2" || digits > "8"))
    return llvm::createStringError("activations cannot be '" + text +
                                   "'; known are f32, int2 to int8 and uint8");
  if (!plan.weights)
    return llvm::createStringError("activations are quantized only where "
                                   "weights are; give weights a format");
  plan.activationsUnsigned = text == "uint8";
  if (*plan.activationsUnsigned && !request.isCalibrated)
    return llvm::createStringError(
        "activations in uint8 need calibration: scales that are found at run "
        "time are those of signed integers");
  plan.activationBits = isInteger ? digits.front() - '0' : 8;
  plan.activationGroup = request.activationGroup;
  if (request.isCalibrated &&
      (plan.activationBits != 8 || plan.activationGroup))
    return llvm::createStringError(
        "calibration finds scales of activations in int8 and uint8, one for "
        "all; without it those of '" +
        text + "' are found at run time, by groups, too");
  return llvm::Error::success();
}

llvm::Expected<QuantizePlan>
nibble::resolveRequest(MLIRContext *context, const QuantizeRequest &request) {
  llvm::Expected<qnt::FormatAttr> weights =
      resolveWeights(context, request.weights, request.group);
  if (!weights)
    return weights.takeError();
  if (auto patterns = parsePatterns(request.keep); !patterns)
    return patterns.takeError();
  QuantizePlan plan;
  plan.weights = *weights;
  if (llvm::Error error = resolveActivations(request, plan))
    return error;
  return plan;
}

int64_t nibble::getScaleBlock(const QuantizePlan &plan) {
  int64_t block = plan.activationGroup;
  if (plan.weights && !plan.weights.getValue().block.empty()) {
    int64_t own = plan.weights.getValue().block.back();
    if (own > 0 && (block == 0 || own < block))
      block = own;
  }
  return block;
}

int64_t nibble::getRotationBlock(const QuantizePlan &plan) {
  int64_t block = getScaleBlock(plan);
  return block ? std::max(block, kSmallestRotation) : 32;
}

bool nibble::gainsByRotation(const QuantizePlan &plan) {
  if (!plan.weights || !plan.activationsUnsigned)
    return false;
  const formats::Format &format = plan.weights.getValue();
  bool isFP4 = format.code == formats::ElementCode::makeFloat(2, 1);
  bool hasFP8Scales = format.scale.kind == formats::ScaleKind::E4M3 ||
                      format.scale.kind == formats::ScaleKind::UE5M3;
  return !isFP4 || !hasFP8Scales;
}

llvm::Error nibble::checkKept(ModuleOp module, ArrayRef<std::string> keep) {
  auto patterns = parsePatterns(keep);
  if (!patterns)
    return patterns.takeError();
  auto matchesNode = [&](const llvm::GlobPattern &pattern) {
    auto matches = [&](StringAttr name) { return pattern.match(name); };
    return module
        .walk([&](Operation *op) {
          return llvm::any_of(findNodes(op->getLoc()), matches)
                     ? WalkResult::interrupt()
                     : WalkResult::advance();
        })
        .wasInterrupted();
  };
  for (auto [text, pattern] : llvm::zip_equal(keep, *patterns))
    if (!matchesNode(pattern))
      return llvm::createStringError("pattern '" + text +
                                     "' of keep: the model has no such node");
  return llvm::Error::success();
}
