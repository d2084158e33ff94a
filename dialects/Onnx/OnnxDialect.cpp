//===- OnnxDialect.cpp - Types, attributes and checks of the onnx dialect -===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Onnx/OnnxDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nibble::onnx;

#include "dialects/Onnx/OnnxDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/Onnx/OnnxTypes.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Onnx/OnnxAttrs.cpp.inc"

void OnnxDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/Onnx/OnnxTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Onnx/OnnxAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Onnx/OnnxOps.cpp.inc"
      >();
}

Operation *OnnxDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                            Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, elements);
}

//===----------------------------------------------------------------------===//
// Raw data
//===----------------------------------------------------------------------===//

unsigned nibble::onnx::getRawBitWidth(Type elementType) {
  if (elementType.isInteger(1))
    return 8;
  if (auto complex = dyn_cast<ComplexType>(elementType))
    return 2 * getRawBitWidth(complex.getElementType());
  return elementType.isIntOrFloat() ? elementType.getIntOrFloatBitWidth() : 0;
}

std::optional<int64_t> nibble::onnx::getRawByteSize(ShapedType type) {
  unsigned width = getRawBitWidth(type.getElementType());
  if (width == 0 || !type.hasStaticShape())
    return std::nullopt;
  int64_t bits = width;
  bool empty = llvm::is_contained(type.getShape(), 0);
  for (int64_t dim : type.getShape())
    if (!empty && llvm::MulOverflow(bits, dim, bits))
      return std::nullopt;
  return empty ? 0 : static_cast<int64_t>(llvm::divideCeil(bits, 8));
}

//===----------------------------------------------------------------------===//
// PlaceAttr
//===----------------------------------------------------------------------===//

// Integers of 64 bits, with or without a leading bit that is set.
static ParseResult parseBits(AsmParser &parser, uint64_t &value) {
  llvm::APInt bits;
  llvm::SMLoc loc = parser.getCurrentLocation();
  OptionalParseResult found = parser.parseOptionalInteger(bits);
  if (!found.has_value())
    return parser.emitError(loc, "expected an integer");
  if (failed(*found))
    return failure();
  // Only what is written with a minus is negative.
  if (bits.isNegative() || bits.getActiveBits() > 64)
    return parser.emitError(loc, "integer does not fit in 64 bits without a "
                                 "sign");
  value = bits.getZExtValue();
  return success();
}

Attribute PlaceAttr::parse(AsmParser &parser, Type) {
  std::string file;
  uint64_t offset = 0, length = 0, hash = 0;
  llvm::SMLoc loc = parser.getCurrentLocation();
  auto field = [&](StringRef name, uint64_t &value) -> ParseResult {
    return failure(parser.parseComma() || parser.parseKeyword(name) ||
                   parser.parseEqual() || parseBits(parser, value));
  };
  if (parser.parseLess() || parser.parseKeyword("file") ||
      parser.parseEqual() || parser.parseString(&file) ||
      field("offset", offset) || field("length", length) ||
      field("hash", hash) || parser.parseGreater())
    return {};
  return parser.getChecked<PlaceAttr>(loc, parser.getContext(), file,
                                      static_cast<int64_t>(offset),
                                      static_cast<int64_t>(length), hash);
}

void PlaceAttr::print(AsmPrinter &printer) const {
  printer << "<file = ";
  printer.printString(getFile());
  printer << ", offset = " << getOffset() << ", length = " << getLength()
          << ", hash = 0x" << llvm::utohexstr(getHash(), /*LowerCase=*/true)
          << ">";
}

LogicalResult PlaceAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                StringRef file, int64_t offset, int64_t length,
                                uint64_t) {
  if (file.empty())
    return emitError() << "a place needs the file that holds the bytes";
  int64_t end;
  if (offset < 0 || length < 0 || llvm::AddOverflow(offset, length, end))
    return emitError() << "offset and length of a place count bytes: expected "
                          "them and their sum in 0 .. 2^63-1";
  return success();
}

//===----------------------------------------------------------------------===//
// Discardable attributes
//===----------------------------------------------------------------------===//

static LogicalResult verifyOpset(Operation *op, Attribute value) {
  auto opset = dyn_cast<DictionaryAttr>(value);
  if (!opset)
    return op->emitError("'onnx.opset' must be a dictionary from domain to "
                         "version, such as {\"ai.onnx\" = 17 : i64}");
  for (NamedAttribute entry : opset) {
    auto version = dyn_cast<IntegerAttr>(entry.getValue());
    if (!version || !version.getType().isInteger(64))
      return op->emitError("'onnx.opset' gives domain '")
             << entry.getName().getValue() << "' a version that is no i64";
  }
  return success();
}

LogicalResult OnnxDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attr) {
  StringRef name = attr.getName();
  if (!llvm::is_contained({kOpsetAttr, kIrVersionAttr, kProducerAttr}, name))
    return op->emitError("the onnx dialect has no attribute '")
           << name << "' for an operation";
  if (!isa<ModuleOp>(op))
    return op->emitError("'") << name << "' belongs on the module";
  if (name == kOpsetAttr)
    return verifyOpset(op, attr.getValue());
  if (name == kIrVersionAttr) {
    auto version = dyn_cast<IntegerAttr>(attr.getValue());
    if (!version || !version.getType().isInteger(64))
      return op->emitError("'onnx.ir_version' must be an i64");
    return success();
  }
  if (!isa<StringAttr>(attr.getValue()))
    return op->emitError("'onnx.producer' must be a string");
  return success();
}

static LogicalResult verifyValueAttr(Operation *op, NamedAttribute attr,
                                     Type type, const Twine &where) {
  StringRef name = attr.getName();
  if (name == kNameAttr) {
    if (!isa<StringAttr>(attr.getValue()))
      return op->emitError("'onnx.name' of ") << where << " must be a string";
    return success();
  }
  if (name != kDimsAttr)
    return op->emitError("the onnx dialect has no attribute '")
           << name << "' for " << where;
  auto dims = dyn_cast<ArrayAttr>(attr.getValue());
  if (!dims || !llvm::all_of(dims, llvm::IsaPred<StringAttr>))
    return op->emitError("'onnx.dims' of ")
           << where << " must be an array of strings";
  auto shaped = dyn_cast<RankedTensorType>(type);
  if (shaped && static_cast<size_t>(shaped.getRank()) != dims.size())
    return op->emitError("'onnx.dims' of ")
           << where << " names " << dims.size() << " dimensions, but " << type
           << " has " << shaped.getRank();
  return success();
}

LogicalResult OnnxDialect::verifyRegionArgAttribute(Operation *op,
                                                    unsigned region,
                                                    unsigned index,
                                                    NamedAttribute attr) {
  Type type;
  if (auto func = dyn_cast<FunctionOpInterface>(op))
    type = func.getArgumentTypes()[index];
  return verifyValueAttr(op, attr, type, "argument " + Twine(index));
}

LogicalResult OnnxDialect::verifyRegionResultAttribute(Operation *op,
                                                       unsigned region,
                                                       unsigned index,
                                                       NamedAttribute attr) {
  Type type;
  if (auto func = dyn_cast<FunctionOpInterface>(op))
    type = func.getResultTypes()[index];
  return verifyValueAttr(op, attr, type, "result " + Twine(index));
}
