//===- Options.cpp - What a user asks of quantization ---------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Options.h"

#include "Candidates.h"
#include "mlir/AsmParser/AsmParser.h"
#include "nibble/Formats/NamedFormats.h"

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
  if (request.activations == "f32")
    return plan;
  if (request.activations != "int8" && request.activations != "uint8")
    return llvm::createStringError("activations cannot be '" +
                                   request.activations +
                                   "'; known are f32, int8 and uint8");
  if (!plan.weights)
    return llvm::createStringError("activations are quantized only where "
                                   "weights are; give weights a format");
  plan.activationsUnsigned = request.activations == "uint8";
  if (*plan.activationsUnsigned && !request.isCalibrated)
    return llvm::createStringError(
        "activations in uint8 need calibration: scales that are found at run "
        "time are those of int8");
  return plan;
}
