//===- QuantDialect.cpp - The qnt dialect ---------------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Quant/Quant.h"
#include "dialects/Quant/QuantTransforms.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace nibble::qnt;

#include "dialects/Quant/QuantDialect.cpp.inc"
#include "dialects/Quant/QuantEnums.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/Quant/QuantTypes.cpp.inc"

void QntDialect::initialize() {
  registerAttributes();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/Quant/QuantTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Quant/QuantOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Quant/QuantTransformOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// TensorType
//===----------------------------------------------------------------------===//

Type QuantTensorType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  FormatAttr format;
  Type expressed;
  if (parser.parseLess() ||
      parser.parseDimensionList(shape, /*allowDynamic=*/true,
                                /*withTrailingX=*/false) ||
      parser.parseComma() || parser.parseAttribute(format))
    return {};
  if (succeeded(parser.parseOptionalComma())) {
    if (parser.parseType(expressed))
      return {};
  } else {
    expressed = Float32Type::get(parser.getContext());
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<QuantTensorType>(parser.getContext(), shape, format,
                                            expressed);
}

void QuantTensorType::print(AsmPrinter &printer) const {
  printer << "<";
  printer.printDimensionList(getShape());
  printer << ", " << getFormat();
  if (!getExpressedType().isF32())
    printer << ", " << getExpressedType();
  printer << ">";
}

LogicalResult
QuantTensorType::verify(function_ref<InFlightDiagnostic()> emitError,
                        ArrayRef<int64_t> shape, FormatAttr format,
                        Type expressedType) {
  if (!isa<FloatType>(expressedType))
    return emitError() << "the expressed type must be a floating-point type, "
                          "but is "
                       << expressedType;
  if (format.getBlock().size() > shape.size())
    return emitError() << "the format's block has " << format.getBlock().size()
                       << " extents, but the tensor has rank " << shape.size();
  return success();
}

ShapedType QuantTensorType::cloneWith(std::optional<ArrayRef<int64_t>> shape,
                                      Type elementType) const {
  return QuantTensorType::get(getContext(), shape.value_or(getShape()),
                              getFormat(), elementType);
}
