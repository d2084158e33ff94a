//===- QuantFormat.cpp - The format attribute -----------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Quant/Quant.h"
#include "dialects/Quant/QuantTransforms.h"

#include "nibble/Formats/NamedFormats.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace nibble::qnt;
using namespace nibble::formats;

#define GET_ATTRDEF_CLASSES
#include "dialects/Quant/QuantAttrs.cpp.inc"

void QntDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Quant/QuantAttrs.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Hashing
//===----------------------------------------------------------------------===//

static llvm::hash_code hashRange(ArrayRef<int64_t> block) {
  return llvm::hash_combine_range(block.begin(), block.end());
}

static llvm::hash_code hashOuter(ArrayRef<OuterScale> levels) {
  llvm::hash_code hash = levels.size();
  for (const OuterScale &level : levels)
    hash = llvm::hash_combine(hash, level.type.kind, level.type.bits,
                              hashRange(level.block));
  return hash;
}

llvm::hash_code nibble::formats::hash_value(const Format &format) {
  // Only what equality looks at for every kind.
  return llvm::hash_combine(
      format.code.kind, codeBits(format.code),
      format.code.kind == CodeKind::Table ? StringRef(format.code.table)
                                          : StringRef(),
      hashRange(format.block), format.scale.kind, format.scale.bits,
      hashOuter(format.outer), format.zero.kind, format.zero.bits,
      format.zero.type.kind, format.zero.type.bits,
      hashOuter(format.zero.outer));
}

//===----------------------------------------------------------------------===//
// Parsing and printing
//===----------------------------------------------------------------------===//

/// A keyword that `find` knows; `what` and `expected` are for the message.
template <typename Find, typename Enum>
static ParseResult parseName(AsmParser &parser, Find find, StringRef what,
                             StringRef expected, Enum &result) {
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<Enum> found =
      find(std::string_view(keyword.data(), keyword.size()));
  if (!found)
    return parser.emitError(loc) << "unknown " << what << " '" << keyword
                                 << "': expected " << expected;
  result = *found;
  return success();
}

/// `<` width `>`. formats::validate checks the range.
static ParseResult parseWidth(AsmParser &parser, unsigned &bits) {
  return failure(parser.parseLess() || parser.parseInteger(bits) ||
                 parser.parseGreater());
}

static ParseResult parseBlock(AsmParser &parser, std::vector<int64_t> &block) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
    return parser.parseInteger(block.emplace_back());
  });
}

static ParseResult parseFloatCode(AsmParser &parser, ElementCode &code) {
  if (parser.parseLess() || parser.parseInteger(code.exponentBits) ||
      parser.parseComma() || parser.parseInteger(code.mantissaBits))
    return failure();
  code.convention = defaultConvention(code.exponentBits, code.mantissaBits);
  if (succeeded(parser.parseOptionalComma()) &&
      parseName(parser, conventionFromName, "minifloat convention",
                "ieee, fn, fnuz or finite", code.convention))
    return failure();
  return parser.parseGreater();
}

static ParseResult parseElementCode(AsmParser &parser, ElementCode &code) {
  if (parseName(parser, codeKindFromName, "element code",
                "int, uint, float, ternary, table, pow2 or planes", code.kind))
    return failure();
  code.bits = 0;
  if (code.kind == CodeKind::Ternary)
    return success();
  if (code.kind == CodeKind::Float)
    return parseFloatCode(parser, code);
  if (code.kind != CodeKind::Table)
    return parseWidth(parser, code.bits);
  StringAttr name;
  if (parser.parseLess() || parser.parseInteger(code.bits) ||
      parser.parseComma() || parser.parseSymbolName(name) ||
      parser.parseGreater())
    return failure();
  code.table = name.str();
  return success();
}

static ParseResult parseScaleType(AsmParser &parser, ScaleType &type) {
  if (parseName(parser, scaleKindFromName, "scale type",
                "f32, f16, bf16, e8m0, e4m3, ue5m3, ue6m2, int<bits>, "
                "uint<bits> or shift<bits>",
                type.kind))
    return failure();
  if (needsOuterScale(type))
    return parseWidth(parser, type.bits);
  return success();
}

/// type (`[` block `]`)?
static ParseResult parseOuterScale(AsmParser &parser,
                                   std::vector<OuterScale> &levels) {
  OuterScale level;
  if (parseScaleType(parser, level.type))
    return failure();
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::OptionalSquare, [&] {
        return parser.parseInteger(level.block.emplace_back());
      }))
    return failure();
  levels.push_back(std::move(level));
  return success();
}

static ParseResult parseOuterScales(AsmParser &parser,
                                    std::vector<OuterScale> &levels) {
  if (failed(parser.parseOptionalLSquare()))
    return parseOuterScale(parser, levels);
  if (parser.parseCommaSeparatedList(
          [&] { return parseOuterScale(parser, levels); }))
    return failure();
  return parser.parseRSquare();
}

static ParseResult parseZeroPoint(AsmParser &parser, ZeroPoint &zero) {
  if (parseName(parser, zeroKindFromName, "kind of zero point",
                "int<bits>, uint<bits>, float<type> or offset<type>",
                zero.kind))
    return failure();
  if (zero.kind == ZeroKind::None)
    return success();
  if (zero.kind == ZeroKind::Int || zero.kind == ZeroKind::UInt)
    return parseWidth(parser, zero.bits);
  if (parser.parseLess() || parseScaleType(parser, zero.type))
    return failure();
  while (succeeded(parser.parseOptionalComma()))
    if (parseOuterScale(parser, zero.outer))
      return failure();
  return parser.parseGreater();
}

Attribute FormatAttr::parse(AsmParser &parser, Type) {
  Format format;
  llvm::StringSet<> seen;
  if (parser.parseLess() || parseElementCode(parser, format.code))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    StringRef key;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&key) || parser.parseEqual())
      return {};
    if (!seen.insert(key).second) {
      parser.emitError(loc) << "'" << key << "' is given twice";
      return {};
    }
    ParseResult parsed = failure();
    if (key == "block")
      parsed = parseBlock(parser, format.block);
    else if (key == "scale")
      parsed = parseScaleType(parser, format.scale);
    else if (key == "outer")
      parsed = parseOuterScales(parser, format.outer);
    else if (key == "zero")
      parsed = parseZeroPoint(parser, format.zero);
    else
      parser.emitError(loc) << "unknown key '" << key
                            << "': expected block, scale, outer or zero";
    if (failed(parsed))
      return {};
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<FormatAttr>(parser.getContext(), format);
}

void FormatAttr::print(AsmPrinter &printer) const {
  printer << "<" << toString(getValue()) << ">";
}

LogicalResult FormatAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 Format format) {
  if (Status status = validate(format); !status.ok())
    return emitError() << status.message();
  return success();
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

Type FormatAttr::getCodeType() const {
  return IntegerType::get(getContext(), getCodeBits() <= 8 ? 8 : 16);
}

Type FormatAttr::getZeroType() const {
  const formats::ZeroPoint &zero = getZero();
  if (zero.kind == formats::ZeroKind::Float ||
      zero.kind == formats::ZeroKind::Offset)
    return Float32Type::get(getContext());
  return IntegerType::get(getContext(), zero.bits <= 8 ? 8 : 16);
}

int64_t FormatAttr::getBlockExtent(int64_t axis, int64_t rank) const {
  return fullBlock(getValue().block, rank)[axis];
}

SmallVector<int64_t> FormatAttr::getScaleShape(ArrayRef<int64_t> shape) const {
  SmallVector<int64_t> result;
  for (auto [extent, block] :
       llvm::zip_equal(shape, fullBlock(getValue().block, shape.size()))) {
    if (block == -1)
      result.push_back(1);
    else if (ShapedType::isDynamic(extent))
      result.push_back(ShapedType::kDynamic);
    else
      result.push_back(llvm::divideCeil(extent, block));
  }
  return result;
}

FormatAttr FormatAttr::getNamed(MLIRContext *context, StringRef name,
                                int64_t group) {
  const NamedFormat *named =
      lookupNamedFormat(std::string_view(name.data(), name.size()));
  if (!named)
    return {};
  Format format = named->format;
  if (group > 0 && !format.scale.isNone()) {
    format.block.back() = group;
    if (format.code.isInteger() && format.scale.kind == ScaleKind::F32)
      format.scale.kind = ScaleKind::F16;
  }
  if (!validate(format).ok())
    return {};
  return get(context, format);
}
