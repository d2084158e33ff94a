//===- OnnxOps.cpp - Ops of the onnx dialect --------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Onnx/OnnxDialect.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace nibble::onnx;

//===----------------------------------------------------------------------===//
// NodeOp: syntax
//===----------------------------------------------------------------------===//

static ParseResult
parseSubgraphs(OpAsmParser &parser, ArrayAttr &names,
               SmallVectorImpl<std::unique_ptr<Region>> &regions) {
  SmallVector<Attribute> found;
  auto parseOne = [&]() -> ParseResult {
    std::string name;
    if (parser.parseKeywordOrString(&name) || parser.parseEqual() ||
        parser.parseRegion(*regions.emplace_back(std::make_unique<Region>())))
      return failure();
    found.push_back(parser.getBuilder().getStringAttr(name));
    return success();
  };
  if (succeeded(parser.parseOptionalKeyword("subgraphs")) &&
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parseOne))
    return failure();
  names = parser.getBuilder().getArrayAttr(found);
  return success();
}

static void printSubgraphs(OpAsmPrinter &printer, ArrayAttr names,
                           MutableArrayRef<Region> regions) {
  if (regions.empty())
    return;
  printer << " subgraphs(";
  llvm::interleaveComma(
      llvm::zip_equal(names.getAsValueRange<StringAttr>(), regions), printer,
      [&](auto subgraph) {
        printer.printKeywordOrString(std::get<0>(subgraph));
        printer << " = ";
        printer.printRegion(std::get<1>(subgraph));
      });
  printer << ")";
}

// Attributes, types and regions: `{…} : (…) -> … subgraphs(…)`.
static ParseResult
parseSignature(OpAsmParser &parser, DictionaryAttr &attributes,
               SmallVectorImpl<Type> &inputs, SmallVectorImpl<Type> &outputs,
               ArrayAttr &names,
               SmallVectorImpl<std::unique_ptr<Region>> &regions) {
  NamedAttrList list;
  FunctionType type;
  if (parser.parseOptionalAttrDict(list) || parser.parseColonType(type) ||
      parseSubgraphs(parser, names, regions))
    return failure();
  attributes = list.getDictionary(parser.getContext());
  llvm::append_range(inputs, type.getInputs());
  llvm::append_range(outputs, type.getResults());
  return success();
}

static void printSignature(OpAsmPrinter &printer, Operation *op,
                           DictionaryAttr attributes, TypeRange inputs,
                           TypeRange outputs, ArrayAttr names,
                           MutableArrayRef<Region> regions) {
  if (!attributes.empty())
    printer << attributes << " ";
  printer << ": ";
  printer.printFunctionalType(inputs, outputs);
  printSubgraphs(printer, names, regions);
}

// Without `#onnx.place`: the parser of a full attribute takes the colon that
// follows it, and the type with it.
static ParseResult parsePlace(OpAsmParser &parser, PlaceAttr &place) {
  place = dyn_cast_or_null<PlaceAttr>(PlaceAttr::parse(parser, Type()));
  return success(place != nullptr);
}

static void printPlace(OpAsmPrinter &printer, Operation *, PlaceAttr place) {
  printer.printStrippedAttrOrType(place);
}

#define GET_OP_CLASSES
#include "dialects/Onnx/OnnxOps.cpp.inc"

//===----------------------------------------------------------------------===//
// NodeOp
//===----------------------------------------------------------------------===//

void NodeOp::build(OpBuilder &builder, OperationState &state, TypeRange outputs,
                   ValueRange inputs, StringRef opType, StringRef domain,
                   int64_t version, ArrayRef<NamedAttribute> attributes,
                   ArrayRef<StringRef> subgraphNames) {
  build(builder, state, outputs, inputs, builder.getStringAttr(opType),
        builder.getStringAttr(domain), builder.getI64IntegerAttr(version),
        builder.getDictionaryAttr(attributes),
        builder.getStrArrayAttr(subgraphNames), subgraphNames.size());
}

// What the kinds of ONNX attributes become; see the op's description.
static bool isNodeAttribute(Attribute attr) {
  if (auto integer = dyn_cast<IntegerAttr>(attr))
    return integer.getType().isInteger(64);
  if (auto number = dyn_cast<FloatAttr>(attr))
    return number.getType().isF32();
  if (auto array = dyn_cast<ArrayAttr>(attr))
    return llvm::all_of(array, llvm::IsaPred<StringAttr>) ||
           llvm::all_of(array, llvm::IsaPred<DenseElementsAttr>) ||
           llvm::all_of(array, llvm::IsaPred<TypeAttr>);
  return isa<StringAttr, DenseI64ArrayAttr, DenseF32ArrayAttr,
             DenseElementsAttr, TypeAttr>(attr);
}

LogicalResult NodeOp::verify() {
  if (getOpType().empty())
    return emitOpError("needs the operator's type, such as \"Conv\"");
  if (getDomain() == "ai.onnx")
    return emitOpError("domain ai.onnx must be written as \"\"");
  if (static_cast<int64_t>(getVersion()) < 1)
    return emitOpError("opset versions start at 1, but this one is ")
           << static_cast<int64_t>(getVersion());
  for (NamedAttribute attr : getNodeAttributes())
    if (!isNodeAttribute(attr.getValue()))
      return emitOpError("attribute '")
             << attr.getName().getValue()
             << "' is no kind that ONNX has: use i64, f32, a string, "
                "array<i64>, array<f32>, a dense tensor, a type, or an array "
                "of strings, tensors or types";
  if (getSubgraphNames().size() != getSubgraphs().size())
    return emitOpError("has ")
           << getSubgraphs().size() << " regions but names "
           << getSubgraphNames().size() << " in 'subgraph_names'";
  for (auto [name, region] : llvm::zip_equal(
           getSubgraphNames().getAsValueRange<StringAttr>(), getSubgraphs()))
    if (!region.hasOneBlock() || region.front().empty() ||
        !isa<YieldOp>(region.front().back()))
      return emitOpError("subgraph '")
             << name << "' must be one block that ends in onnx.yield";
  return success();
}

Value NodeOp::getInput(unsigned index) {
  if (index >= getInputs().size())
    return {};
  Value input = getInputs()[index];
  return isa<NoneType>(input.getType()) ? Value() : input;
}

Value NodeOp::getOutput(unsigned index) {
  if (index >= getOutputs().size())
    return {};
  Value output = getOutputs()[index];
  return isa<NoneType>(output.getType()) ? Value() : output;
}

Attribute NodeOp::getNodeAttr(StringRef name) {
  return getNodeAttributes().get(name);
}

static void reportKind(NodeOp node, StringRef name, StringRef kind,
                       Attribute attr) {
  node.emitOpError("\"") << node.getOpType() << "\": attribute '" << name
                         << "' must be " << kind << ", but is " << attr;
}

// The attribute when it has the kind that the caller asks for.
template <typename AttrT>
static AttrT getOfKind(NodeOp node, StringRef name, StringRef kind) {
  Attribute attr = node.getNodeAttr(name);
  auto typed = dyn_cast_or_null<AttrT>(attr);
  if (attr && !typed)
    reportKind(node, name, kind, attr);
  return typed;
}

std::optional<int64_t> NodeOp::getInt(StringRef name) {
  if (auto attr = getOfKind<IntegerAttr>(*this, name, "an int"))
    return attr.getInt();
  return std::nullopt;
}

std::optional<float> NodeOp::getFloat(StringRef name) {
  if (auto attr = getOfKind<FloatAttr>(*this, name, "a float"))
    return attr.getValue().convertToFloat();
  return std::nullopt;
}

std::optional<StringRef> NodeOp::getString(StringRef name) {
  if (auto attr = getOfKind<StringAttr>(*this, name, "a string"))
    return attr.getValue();
  return std::nullopt;
}

std::optional<ArrayRef<int64_t>> NodeOp::getInts(StringRef name) {
  if (auto attr = getOfKind<DenseI64ArrayAttr>(*this, name, "ints"))
    return attr.asArrayRef();
  return std::nullopt;
}

std::optional<ArrayRef<float>> NodeOp::getFloats(StringRef name) {
  if (auto attr = getOfKind<DenseF32ArrayAttr>(*this, name, "floats"))
    return attr.asArrayRef();
  return std::nullopt;
}

std::optional<SmallVector<StringRef>> NodeOp::getStrings(StringRef name) {
  auto attr = getOfKind<ArrayAttr>(*this, name, "strings");
  if (!attr)
    return std::nullopt;
  if (!llvm::all_of(attr, llvm::IsaPred<StringAttr>)) {
    reportKind(*this, name, "strings", attr);
    return std::nullopt;
  }
  return llvm::to_vector(attr.getAsValueRange<StringAttr>());
}

DenseElementsAttr NodeOp::getTensor(StringRef name) {
  return getOfKind<DenseElementsAttr>(*this, name, "a tensor");
}

Region *NodeOp::getSubgraph(StringRef name) {
  for (auto [found, region] : llvm::zip_equal(
           getSubgraphNames().getAsValueRange<StringAttr>(), getSubgraphs()))
    if (found == name)
      return &region;
  return nullptr;
}

//===----------------------------------------------------------------------===//
// ConstantOp, ParameterOp
//===----------------------------------------------------------------------===//

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

static int64_t getConstantBytes(ElementsAttr value) {
  if (auto strings = dyn_cast<DenseStringElementsAttr>(value)) {
    int64_t bytes = 0;
    for (StringRef text : strings.getRawStringData())
      bytes += text.size();
    return bytes;
  }
  // A splat is one element, however large its type.
  if (value.isSplat())
    return 0;
  return getRawByteSize(value.getShapedType()).value_or(INT64_MAX);
}

LogicalResult ConstantOp::verify() {
  int64_t bytes = getConstantBytes(getValue());
  if (bytes > kMaxBytes)
    return emitOpError("holds ")
           << bytes << " bytes, above the limit of " << kMaxBytes
           << "; put them in a file and use onnx.parameter";
  return success();
}

LogicalResult ParameterOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getResult().getType());
  std::optional<int64_t> bytes;
  if (type)
    bytes = getRawByteSize(type);
  if (!bytes)
    return emitOpError("needs a tensor of numbers with a static shape, but "
                       "its type is ")
           << getResult().getType();
  if (*bytes != getPlace().getLength())
    return emitOpError("has a place of ")
           << getPlace().getLength() << " bytes, but " << type << " takes "
           << *bytes;
  return success();
}
