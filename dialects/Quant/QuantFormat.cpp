//===- QuantFormat.cpp - The format attribute ===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Quant/Quant.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace nibble::qnt;

#define GET_ATTRDEF_CLASSES
#include "dialects/Quant/QuantAttrs.cpp.inc"

void QntDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Quant/QuantAttrs.cpp.inc"
      >();
}

llvm::hash_code nibble::qnt::hash_value(const ElementCode &code) {
  return llvm::hash_combine(code.kind, code.bits, code.exponentBits,
                            code.mantissaBits, code.convention, code.table);
}

llvm::hash_code nibble::qnt::hash_value(const ScaleCode &code) {
  return llvm::hash_combine(code.kind, code.bits);
}

unsigned ScaleCode::getWidth() const {
  switch (kind) {
  case ScaleKind::None:
    return 0;
  case ScaleKind::F32:
    return 32;
  case ScaleKind::F16:
  case ScaleKind::BF16:
    return 16;
  case ScaleKind::E8M0:
  case ScaleKind::E4M3:
  case ScaleKind::UE5M3:
    return 8;
  case ScaleKind::Int:
    return bits;
  }
  llvm_unreachable("all scale kinds are covered");
}

//===----------------------------------------------------------------------===//
// Parsing and printing
//===----------------------------------------------------------------------===//

/// `<` bits `>`.
static ParseResult parseWidth(AsmParser &parser, uint8_t &bits) {
  unsigned value;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseInteger(value) || parser.parseGreater())
    return failure();
  if (value < 1 || value > 16)
    return parser.emitError(loc)
           << "width must be from 1 to 16, but is " << value;
  bits = value;
  return success();
}

static ParseResult parseFloatCode(AsmParser &parser, ElementCode &code) {
  unsigned exponent, mantissa;
  if (parser.parseLess() || parser.parseInteger(exponent) ||
      parser.parseComma() || parser.parseInteger(mantissa))
    return failure();
  if (succeeded(parser.parseOptionalComma())) {
    StringRef name;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&name))
      return failure();
    auto convention = llvm::StringSwitch<std::optional<FloatConvention>>(name)
                          .Case("ieee", FloatConvention::Ieee)
                          .Case("fn", FloatConvention::Fn)
                          .Case("fnuz", FloatConvention::Fnuz)
                          .Default(std::nullopt);
    if (!convention)
      return parser.emitError(loc) << "unknown minifloat convention '" << name
                                   << "': expected ieee, fn or fnuz";
    code.convention = *convention;
  }
  if (exponent > 8 || mantissa > 10 || exponent + mantissa > 15)
    return parser.emitError(parser.getCurrentLocation())
           << "float<" << exponent << "," << mantissa
           << "> does not fit in 16 bits with its sign";
  code.exponentBits = exponent;
  code.mantissaBits = mantissa;
  code.bits = 1 + exponent + mantissa;
  return parser.parseGreater();
}

static ParseResult parseTableCode(AsmParser &parser, ElementCode &code) {
  unsigned bits;
  StringAttr name;
  if (parser.parseLess() || parser.parseInteger(bits) || parser.parseComma() ||
      parser.parseSymbolName(name) || parser.parseGreater())
    return failure();
  if (bits < 1 || bits > 8)
    return parser.emitError(parser.getCurrentLocation())
           << "a table has 1 to 8 bits, but this one has " << bits;
  code.bits = bits;
  code.table = StringAttr::get(parser.getContext(), name.getValue());
  return success();
}

static ParseResult parseElementCode(AsmParser &parser, ElementCode &code) {
  StringRef name;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&name))
    return failure();
  code.kind = llvm::StringSwitch<ElementKind>(name)
                  .Case("int", ElementKind::Int)
                  .Case("uint", ElementKind::UInt)
                  .Case("float", ElementKind::Float)
                  .Case("ternary", ElementKind::Ternary)
                  .Case("table", ElementKind::Table)
                  .Case("pow2", ElementKind::PowerOfTwo)
                  .Case("planes", ElementKind::Planes)
                  .Default(ElementKind::None);
  switch (code.kind) {
  case ElementKind::None:
    return parser.emitError(loc)
           << "unknown element code '" << name
           << "': expected int, uint, float, ternary, table, pow2 or planes";
  case ElementKind::Ternary:
    code.bits = 2;
    return success();
  case ElementKind::Float:
    return parseFloatCode(parser, code);
  case ElementKind::Table:
    return parseTableCode(parser, code);
  default:
    return parseWidth(parser, code.bits);
  }
}

static void printElementCode(AsmPrinter &printer, const ElementCode &code) {
  switch (code.kind) {
  case ElementKind::None:
    return;
  case ElementKind::Int:
    printer << "int<" << unsigned(code.bits) << ">";
    return;
  case ElementKind::UInt:
    printer << "uint<" << unsigned(code.bits) << ">";
    return;
  case ElementKind::PowerOfTwo:
    printer << "pow2<" << unsigned(code.bits) << ">";
    return;
  case ElementKind::Planes:
    printer << "planes<" << unsigned(code.bits) << ">";
    return;
  case ElementKind::Ternary:
    printer << "ternary";
    return;
  case ElementKind::Table:
    printer << "table<" << unsigned(code.bits) << ", ";
    printer.printSymbolName(code.table.getValue());
    printer << ">";
    return;
  case ElementKind::Float:
    printer << "float<" << unsigned(code.exponentBits) << ", "
            << unsigned(code.mantissaBits);
    static constexpr StringLiteral names[] = {"", "ieee", "fn", "fnuz"};
    if (code.convention != FloatConvention::Ocp)
      printer << ", " << names[unsigned(code.convention)];
    printer << ">";
    return;
  }
}

static ParseResult parseScaleCode(AsmParser &parser, ScaleCode &code) {
  StringRef name;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&name))
    return failure();
  code.kind = llvm::StringSwitch<ScaleKind>(name)
                  .Case("f32", ScaleKind::F32)
                  .Case("f16", ScaleKind::F16)
                  .Case("bf16", ScaleKind::BF16)
                  .Case("e8m0", ScaleKind::E8M0)
                  .Case("e4m3", ScaleKind::E4M3)
                  .Case("ue5m3", ScaleKind::UE5M3)
                  .Case("int", ScaleKind::Int)
                  .Default(ScaleKind::None);
  if (code.kind == ScaleKind::None)
    return parser.emitError(loc)
           << "unknown scale type '" << name
           << "': expected f32, f16, bf16, e8m0, e4m3, ue5m3 or int<bits>";
  if (code.kind == ScaleKind::Int)
    return parseWidth(parser, code.bits);
  return success();
}

static void printScaleCode(AsmPrinter &printer, const ScaleCode &code) {
  static constexpr StringLiteral names[] = {"",     "f32",  "f16",   "bf16",
                                            "e8m0", "e4m3", "ue5m3", "int"};
  printer << names[unsigned(code.kind)];
  if (code.kind == ScaleKind::Int)
    printer << "<" << unsigned(code.bits) << ">";
}

Attribute FormatAttr::parse(AsmParser &parser, Type) {
  ElementCode element, zero;
  ScaleCode scale, outer;
  SmallVector<int64_t> block;
  if (parser.parseLess() || parseElementCode(parser, element))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    StringRef key;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&key) || parser.parseEqual())
      return {};
    ParseResult parsed = failure();
    if (key == "block")
      parsed =
          parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
            return parser.parseInteger(block.emplace_back());
          });
    else if (key == "scale")
      parsed = parseScaleCode(parser, scale);
    else if (key == "outer")
      parsed = parseScaleCode(parser, outer);
    else if (key == "zero")
      parsed = parseElementCode(parser, zero);
    else
      parser.emitError(loc) << "unknown key '" << key
                            << "': expected block, scale, outer or zero";
    if (failed(parsed))
      return {};
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<FormatAttr>(parser.getContext(), element, block,
                                       scale, outer, zero);
}

void FormatAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printElementCode(printer, getElement());
  if (!getBlock().empty()) {
    printer << ", block = [";
    llvm::interleaveComma(getBlock(), printer);
    printer << "]";
  }
  if (hasScale()) {
    printer << ", scale = ";
    printScaleCode(printer, getScale());
  }
  if (getOuter().kind != ScaleKind::None) {
    printer << ", outer = ";
    printScaleCode(printer, getOuter());
  }
  if (hasZeroPoint()) {
    printer << ", zero = ";
    printElementCode(printer, getZero());
  }
  printer << ">";
}

LogicalResult FormatAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 ElementCode element, ArrayRef<int64_t> block,
                                 ScaleCode scale, ScaleCode outer,
                                 ElementCode zero) {
  if (element.kind == ElementKind::None)
    return emitError() << "a format needs an element code";
  for (int64_t extent : block)
    if (extent == 0 || extent < -1)
      return emitError() << "a block extent is positive, or -1 for the whole "
                            "axis, but one is "
                         << extent;
  if (scale.kind == ScaleKind::None && outer.kind != ScaleKind::None)
    return emitError() << "an outer scale needs a scale to scale";
  if (scale.kind == ScaleKind::Int && outer.kind == ScaleKind::None)
    return emitError() << "integer scales need an outer scale";
  if (outer.kind == ScaleKind::Int)
    return emitError() << "an outer scale is a floating-point type";
  if (zero.kind != ElementKind::None) {
    if (zero.kind != ElementKind::Int && zero.kind != ElementKind::UInt &&
        zero.kind != ElementKind::Float)
      return emitError() << "a zero point is int, uint or float";
    if (element.kind != ElementKind::Int && element.kind != ElementKind::UInt)
      return emitError() << "only integer codes have a zero point";
    if (scale.kind == ScaleKind::None)
      return emitError() << "a zero point needs a scale";
  }
  if (element.kind == ElementKind::Planes && scale.kind == ScaleKind::None)
    return emitError() << "bit planes need a scale";
  return success();
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

int64_t FormatAttr::getBlockExtent(int64_t axis, int64_t rank) const {
  int64_t missing = rank - int64_t(getBlock().size());
  // Without a block one scale serves the whole tensor; with one, leading axes
  // that it does not list have a scale for each index.
  if (getBlock().empty())
    return -1;
  return axis < missing ? 1 : getBlock()[axis - missing];
}

SmallVector<int64_t> FormatAttr::getScaleShape(ArrayRef<int64_t> shape) const {
  SmallVector<int64_t> result;
  for (auto [axis, extent] : llvm::enumerate(shape)) {
    int64_t block = getBlockExtent(axis, shape.size());
    if (block == -1)
      result.push_back(1);
    else if (ShapedType::isDynamic(extent))
      result.push_back(ShapedType::kDynamic);
    else
      result.push_back(llvm::divideCeil(extent, block));
  }
  return result;
}

int64_t FormatAttr::getElementsPerBlock(ArrayRef<int64_t> shape) const {
  int64_t count = 1;
  for (auto [axis, extent] : llvm::enumerate(shape)) {
    int64_t block = getBlockExtent(axis, shape.size());
    if (block == -1 && ShapedType::isDynamic(extent))
      return -1;
    count *= block == -1 ? extent : block;
  }
  return count;
}

double FormatAttr::getBitsPerElement(ArrayRef<int64_t> shape) const {
  double bits = getElement().bits;
  int64_t perBlock = getElementsPerBlock(shape);
  if (perBlock <= 0)
    return bits;
  unsigned scales =
      getElement().kind == ElementKind::Planes ? getElement().bits : 1;
  return bits + double(scales * getScale().getWidth() + getZero().bits) /
                    double(perBlock);
}

FormatAttr FormatAttr::getNamed(MLIRContext *context, StringRef name,
                                int64_t group) {
  SmallVector<int64_t> block = {1, group > 0 ? group : -1};
  ElementCode element, zero;
  ScaleCode scale{ScaleKind::F32, 0}, outer;
  StringRef rest = name;
  unsigned bits;
  bool isUnsigned = rest.consume_front("u");
  if (rest.consume_front("int") && !rest.getAsInteger(10, bits) && bits >= 1 &&
      bits <= 16) {
    element.kind = isUnsigned ? ElementKind::UInt : ElementKind::Int;
    element.bits = bits;
    if (isUnsigned)
      zero = element;
    if (group > 0)
      scale.kind = ScaleKind::F16;
    return get(context, element, block, scale, outer, zero);
  }
  auto minifloat = [&](unsigned e, unsigned m, FloatConvention convention) {
    element.kind = ElementKind::Float;
    element.exponentBits = e;
    element.mantissaBits = m;
    element.bits = 1 + e + m;
    element.convention = convention;
  };
  auto blocked = [&](int64_t size, ScaleKind kind) {
    block.back() = group > 0 ? group : size;
    scale.kind = kind;
  };
  if (name == "f16" || name == "bf16" || name == "f32")
    return {};
  if (name == "mxfp4" || name == "nvfp4")
    minifloat(2, 1, FloatConvention::Ocp);
  else if (name == "mxfp6")
    minifloat(2, 3, FloatConvention::Ocp);
  else if (name == "mxfp8" || name == "e4m3")
    minifloat(4, 3, FloatConvention::Fn);
  else if (name == "e5m2")
    minifloat(5, 2, FloatConvention::Ieee);
  else if (name == "mxint8")
    element = {ElementKind::Int, 8, 0, 0, FloatConvention::Ocp, {}};
  else if (name == "nf4")
    element = {ElementKind::Table,
               4,
               0,
               0,
               FloatConvention::Ocp,
               StringAttr::get(context, "nf4")};
  else
    return {};
  if (name.starts_with("mx"))
    blocked(32, ScaleKind::E8M0);
  else if (name == "nvfp4") {
    blocked(16, ScaleKind::E4M3);
    outer.kind = ScaleKind::F32;
  } else if (name == "nf4") {
    blocked(64, ScaleKind::F16);
  }
  return get(context, element, block, scale, outer, zero);
}
