//===- DispatchReport.cpp - What users are told of a dispatch -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DispatchReport.h"

#include "ContractionKernel.h"
#include "HadamardKernel.h"
#include "dialects/NN/Note.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "nibble/Codegen/Kernels/ContractionText.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace nibble;

static std::string elementText(Type type) {
  Type element = getElementTypeOrSelf(type);
  if (element.isInteger(1))
    return "bool";
  std::string text;
  llvm::raw_string_ostream os(text);
  if (auto integer = dyn_cast<IntegerType>(element))
    os << (integer.isUnsigned() ? "uint" : "int") << integer.getWidth();
  else
    os << element;
  return text;
}

/// "int4/32 x f32": weights (by groups of 32) times activations; "int8 pairs
/// x uint8": the weights have bounded pairs.
static std::string contractionText(const codegen::ContractionDesc &desc) {
  std::string weights = "f32";
  if (!desc.b.isFloat())
    weights = (desc.b.isSigned ? "int" : "uint") + std::to_string(desc.b.bits);
  if (desc.b.boundedPairs)
    weights += " pairs";
  if (desc.b.isGrouped())
    weights += "/" + std::to_string(desc.b.group);
  StringRef inputs = desc.a == codegen::ActivationKind::F32  ? "f32"
                     : desc.a == codegen::ActivationKind::S8 ? "int8"
                                                             : "uint8";
  return weights == inputs && desc.b.isFloat() ? weights
                                               : weights + " x " + inputs.str();
}

/// The op that the others of a dispatch belong to: the first one that is more
/// than elementwise, or else the last.
static Operation *findMainOp(nn::DispatchOp dispatch) {
  Operation *main = nullptr;
  for (Operation &op : dispatch.getBodyBlock()->without_terminator()) {
    if (isa<arith::ConstantOp>(op))
      continue;
    if (!isa<nn::ElementwiseOp, nn::CastOp>(op))
      return &op;
    main = &op;
  }
  return main;
}

DictionaryAttr nibble::describeDispatch(nn::DispatchOp dispatch) {
  Builder builder(dispatch.getContext());
  NamedAttrList report;
  Operation *main = findMainOp(dispatch);
  std::string format = elementText(dispatch.getResult(0).getType());
  std::string name = main ? main->getName().stripDialect().str() : "constant";
  if (auto elementwise = dyn_cast_or_null<nn::ElementwiseOp>(main))
    name = nn::stringifyElementwiseKind(elementwise.getKind()).str();
  if (auto recurrence = dyn_cast_or_null<nn::RecurrenceOp>(main))
    name = recurrence.getCell() == nn::Cell::LSTM ? "lstm" : "gru";
  if (auto contract = dyn_cast_or_null<nn::ContractOp>(main)) {
    name = contract.getKernel() ? "conv" : "linear";
    report.set("dot", contract.getDotAttr());
    if (auto plan = codegen::readPlan(contract.getPlan(), contract.getDot()))
      format = contractionText(plan->desc);
    else
      llvm::consumeError(plan.takeError());
  }
  llvm::SetVector<StringRef> notes;
  std::string cost;
  for (Operation &op : *dispatch.getBodyBlock()) {
    if (std::optional<int64_t> order = getButterflyOrder(&op)) {
      name = "block Hadamard " + std::to_string(*order);
      cost = std::to_string(countButterflyOperations(*order)) +
             " operations a number";
    }
    if (auto text = op.getAttrOfType<StringAttr>(nn::kNoteAttr))
      notes.insert(text.getValue());
  }
  if (!cost.empty())
    notes.insert(cost);
  if (!notes.empty())
    report.set("note", builder.getStringAttr(llvm::join(notes, "; ")));
  report.set("op", builder.getStringAttr(name));
  report.set("format", builder.getStringAttr(format));
  return report.getDictionary(dispatch.getContext());
}

DictionaryAttr nibble::describeMove(StringRef op, Type type) {
  Builder builder(type.getContext());
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("op", builder.getStringAttr(op)),
       builder.getNamedAttr("format",
                            builder.getStringAttr(elementText(type)))});
}
