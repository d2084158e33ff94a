//===- OnnxTensors.cpp - Types and data of an ONNX file in MLIR -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxTensors.h"

#include "dialects/Onnx/OnnxDialect.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::onnxfile;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

mlir::Type TensorReader::getFloatType(int32_t dataType) {
  switch (dataType) {
  case DataType_FLOAT:
    return Float32Type::get(context);
  case DataType_FLOAT16:
    return Float16Type::get(context);
  case DataType_BFLOAT16:
    return BFloat16Type::get(context);
  case DataType_DOUBLE:
    return Float64Type::get(context);
  case DataType_FLOAT8E4M3FN:
    return Float8E4M3FNType::get(context);
  case DataType_FLOAT8E4M3FNUZ:
    return Float8E4M3FNUZType::get(context);
  case DataType_FLOAT8E5M2:
    return Float8E5M2Type::get(context);
  case DataType_FLOAT8E5M2FNUZ:
    return Float8E5M2FNUZType::get(context);
  case DataType_FLOAT8E8M0:
    return Float8E8M0FNUType::get(context);
  case DataType_FLOAT4E2M1:
    return Float4E2M1FNType::get(context);
  case DataType_FLOAT6E2M3:
    return Float6E2M3FNType::get(context);
  case DataType_FLOAT6E3M2:
    return Float6E3M2FNType::get(context);
  default:
    return {};
  }
}

mlir::Type TensorReader::getIntegerType(int32_t dataType) {
  auto signedType = [&](unsigned width) {
    return IntegerType::get(context, width);
  };
  auto unsignedType = [&](unsigned width) {
    return IntegerType::get(context, width, IntegerType::Unsigned);
  };
  switch (dataType) {
  case DataType_BOOL:
    return signedType(1);
  case DataType_INT2:
    return signedType(2);
  case DataType_INT4:
    return signedType(4);
  case DataType_INT8:
    return signedType(8);
  case DataType_INT16:
    return signedType(16);
  case DataType_INT32:
    return signedType(32);
  case DataType_INT64:
    return signedType(64);
  case DataType_UINT2:
    return unsignedType(2);
  case DataType_UINT4:
    return unsignedType(4);
  case DataType_UINT8:
    return unsignedType(8);
  case DataType_UINT16:
    return unsignedType(16);
  case DataType_UINT32:
    return unsignedType(32);
  case DataType_UINT64:
    return unsignedType(64);
  default:
    return {};
  }
}

mlir::Type TensorReader::getElementType(int32_t dataType) {
  if (mlir::Type type = getFloatType(dataType))
    return type;
  switch (dataType) {
  case DataType_STRING:
    return onnx::StringType::get(context);
  case DataType_COMPLEX64:
    return ComplexType::get(Float32Type::get(context));
  case DataType_COMPLEX128:
    return ComplexType::get(Float64Type::get(context));
  default:
    return getIntegerType(dataType);
  }
}

FailureOr<mlir::Type> TensorReader::getTypeOfTensor(const onnxfile::Type &type,
                                                    EmitError emitError) {
  if (type.dataType == DataType_UNDEFINED)
    return mlir::Type(onnx::ValueType::get(context));
  mlir::Type element = getElementType(type.dataType);
  if (!element)
    return emitError() << "has unknown data type "
                       << getDataTypeName(type.dataType);
  if (!type.hasShape)
    return mlir::Type(UnrankedTensorType::get(element));
  SmallVector<int64_t> shape;
  for (const Dimension &dim : type.shape) {
    // Old exporters write -1 for a dimension that they do not know.
    int64_t size = dim.value.value_or(-1);
    if (size < -1)
      return emitError() << "has a dimension of size " << size
                         << "; sizes start at 0";
    shape.push_back(size == -1 ? ShapedType::kDynamic : size);
  }
  return mlir::Type(RankedTensorType::get(shape, element));
}

FailureOr<mlir::Type> TensorReader::getType(const onnxfile::Type &type,
                                            EmitError emitError) {
  mlir::Type element = onnx::ValueType::get(context);
  if (!type.element.empty()) {
    FailureOr<mlir::Type> stated = getType(type.element.front(), emitError);
    if (failed(stated))
      return failure();
    element = *stated;
  }
  switch (type.kind) {
  case onnxfile::Type::Unknown:
    return mlir::Type(onnx::ValueType::get(context));
  case onnxfile::Type::Tensor:
    return getTypeOfTensor(type, emitError);
  case onnxfile::Type::SparseTensor:
    return emitError() << "has a sparse tensor type, which is not supported";
  case onnxfile::Type::Opaque:
    return emitError() << "has an opaque type, which is not supported";
  case onnxfile::Type::Sequence:
    return mlir::Type(onnx::SequenceType::get(context, element));
  case onnxfile::Type::Optional:
    return mlir::Type(onnx::OptionalType::get(context, element));
  case onnxfile::Type::Map:
    break;
  }
  mlir::Type key = getElementType(type.dataType);
  if (!key)
    return emitError() << "is a map whose keys have unknown data type "
                       << getDataTypeName(type.dataType);
  return mlir::Type(onnx::MapType::get(context, key, element));
}

FailureOr<RankedTensorType> TensorReader::getTensorType(const Tensor &tensor,
                                                        EmitError emitError) {
  mlir::Type element = getElementType(tensor.dataType);
  if (!element)
    return emitError() << "has unknown data type "
                       << getDataTypeName(tensor.dataType);
  for (int64_t dim : tensor.dims)
    if (dim < 0)
      return emitError() << "has a dimension of size " << dim
                         << "; sizes start at 0";
  return RankedTensorType::get(tensor.dims, element);
}

//===----------------------------------------------------------------------===//
// Where the raw data is
//===----------------------------------------------------------------------===//

LogicalResult TensorReader::readExternal(const Tensor &tensor, int64_t size,
                                         Raw &raw, EmitError emitError) {
  StringRef location;
  uint64_t offset = 0;
  uint64_t length = size;
  for (const ExternalEntry &entry : tensor.externalData) {
    if (entry.key == "location")
      location = entry.value;
    if (entry.key == "offset" && entry.value.getAsInteger(10, offset))
      return emitError() << "has external data at offset '" << entry.value
                         << "', which is no number of bytes";
    if (entry.key == "length" && entry.value.getAsInteger(10, length))
      return emitError() << "has external data of length '" << entry.value
                         << "', which is no number of bytes";
  }
  llvm::Expected<const ExternalFiles::File *> file = external.open(location);
  if (!file)
    return emitError() << llvm::toString(file.takeError());
  StringRef data = (*file)->bytes->getBuffer();
  if (offset > data.size() || length > data.size() - offset)
    return emitError() << "reads " << length << " bytes at offset " << offset
                       << " of external data file '" << location
                       << "', which has only " << data.size() << " bytes";
  raw.bytes = data.substr(offset, length);
  raw.file = (*file)->path;
  raw.offset = offset;
  return success();
}

// The values of int32_data, int64_data or uint64_data as raw data.
static LogicalResult encodeVarints(const Tensor &tensor, ArrayRef<uint64_t> in,
                                   unsigned width, std::string &out,
                                   EmitError emitError) {
  // 2- and 4-bit elements come packed, a byte in each value.
  unsigned bits = width == 2 || width == 4 ? 8 : width;
  out.assign(llvm::divideCeil(in.size() * bits, 8), '\0');
  for (auto [index, value] : llvm::enumerate(in)) {
    auto number = static_cast<int64_t>(value);
    if (bits < 64 && (number < llvm::minIntN(bits) ||
                      number > static_cast<int64_t>(llvm::maxUIntN(bits))))
      return emitError() << "holds " << number << " at index " << index
                         << ", which does not fit in data type "
                         << getDataTypeName(tensor.dataType);
    for (unsigned bit = 0; bit < bits; bit += 2) {
      uint64_t at = index * bits + bit;
      out[at / 8] |= static_cast<char>(((value >> bit) & 3) << (at % 8));
    }
  }
  return success();
}

LogicalResult TensorReader::readTyped(const Tensor &tensor,
                                      RankedTensorType type, int64_t size,
                                      Raw &raw, EmitError emitError) {
  auto isOneOf = [&](auto... types) {
    return ((tensor.dataType == types) || ...);
  };
  auto refuseLarge = [&]() -> LogicalResult {
    return emitError() << "stores " << size
                       << " bytes in a typed field, not contiguous; write a "
                          "tensor above "
                       << onnx::ConstantOp::kMaxBytes
                       << " bytes as raw_data (onnx.numpy_helper.from_array "
                          "does)";
  };
  bool isFloat = isOneOf(DataType_FLOAT, DataType_COMPLEX64);
  if (isFloat || isOneOf(DataType_DOUBLE, DataType_COMPLEX128)) {
    const Pieces &pieces = isFloat ? tensor.floatData : tensor.doubleData;
    if (pieces.size() == 1) {
      raw.bytes = pieces.front();
      raw.file = path;
      raw.offset = raw.bytes.data() - bytes.data();
      return success();
    }
    if (!pieces.empty() && size > onnx::ConstantOp::kMaxBytes)
      return refuseLarge();
    for (StringRef piece : pieces)
      raw.decoded += piece;
  } else {
    const Pieces &pieces = isOneOf(DataType_INT64) ? tensor.int64Data
                           : isOneOf(DataType_UINT32, DataType_UINT64)
                               ? tensor.uint64Data
                               : tensor.int32Data;
    if (!pieces.empty() && size > onnx::ConstantOp::kMaxBytes)
      return refuseLarge();
    SmallVector<uint64_t> values;
    if (!decodeVarints(pieces, values))
      return emitError() << "has a varint that is cut short or longer than 64 "
                            "bits in its data";
    unsigned width = onnx::getRawBitWidth(type.getElementType());
    if (failed(encodeVarints(tensor, values, width, raw.decoded, emitError)))
      return failure();
  }
  raw.bytes = raw.decoded;
  raw.isDecoded = true;
  return success();
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

// Element `index` of raw data with `width` bits an element, below a byte.
static uint64_t getPacked(StringRef raw, int64_t index, unsigned width) {
  uint64_t value = 0;
  for (unsigned bit = 0; bit < width; ++bit) {
    uint64_t at = index * width + bit;
    value |= ((static_cast<uint8_t>(raw[at / 8]) >> (at % 8)) & 1ULL) << bit;
  }
  return value;
}

static DenseElementsAttr getDense(RankedTensorType type, StringRef raw) {
  mlir::Type element = type.getElementType();
  int64_t count = type.getNumElements();
  if (element.isInteger(1)) {
    SmallVector<bool> bools;
    for (char byte : raw)
      bools.push_back(byte != 0);
    return DenseElementsAttr::get(type, bools);
  }
  unsigned width = onnx::getRawBitWidth(element);
  if (width % 8 == 0)
    return DenseElementsAttr::getFromRawBuffer(
        type, ArrayRef(raw.data(), raw.size()));
  if (auto floatType = dyn_cast<FloatType>(element)) {
    SmallVector<APFloat> floats;
    for (int64_t i = 0; i < count; ++i)
      floats.emplace_back(floatType.getFloatSemantics(),
                          APInt(width, getPacked(raw, i, width)));
    return DenseElementsAttr::get(type, floats);
  }
  SmallVector<APInt> integers;
  for (int64_t i = 0; i < count; ++i)
    integers.emplace_back(width, getPacked(raw, i, width));
  return DenseElementsAttr::get(type, integers);
}

FailureOr<TensorReader::Value> TensorReader::readStrings(const Tensor &tensor,
                                                         RankedTensorType type,
                                                         EmitError emitError) {
  int64_t count = 1;
  size_t bytes = 0;
  for (int64_t dim : tensor.dims)
    if (llvm::MulOverflow(count, dim, count))
      return emitError() << "has too many elements";
  if (static_cast<size_t>(count) != tensor.stringData.size())
    return emitError() << "has " << tensor.stringData.size()
                       << " strings, but its shape asks for " << count;
  for (StringRef text : tensor.stringData)
    bytes += text.size();
  if (bytes > static_cast<size_t>(onnx::ConstantOp::kMaxBytes))
    return emitError() << "has " << bytes << " bytes of strings; at most "
                       << onnx::ConstantOp::kMaxBytes << " are supported";
  return Value{type, DenseStringElementsAttr::get(type, tensor.stringData)};
}

FailureOr<TensorReader::Value> TensorReader::read(const Tensor &tensor,
                                                  EmitError emitError) {
  FailureOr<RankedTensorType> type = getTensorType(tensor, emitError);
  if (failed(type))
    return failure();
  if (tensor.hasSegment)
    return emitError() << "is stored in segments, which are not supported";
  if (tensor.dataType == DataType_STRING)
    return readStrings(tensor, *type, emitError);

  std::optional<int64_t> size = onnx::getRawByteSize(*type);
  if (!size)
    return emitError() << "has more than 2^63 bytes by its shape";
  Raw raw;
  if (tensor.isExternal) {
    if (failed(readExternal(tensor, *size, raw, emitError)))
      return failure();
  } else if (tensor.rawData) {
    raw.bytes = *tensor.rawData;
    raw.file = path;
    raw.offset = raw.bytes.data() - bytes.data();
  } else if (failed(readTyped(tensor, *type, *size, raw, emitError))) {
    return failure();
  }
  if (static_cast<int64_t>(raw.bytes.size()) != *size)
    return emitError() << "has " << raw.bytes.size() << " bytes of data, but "
                       << *type << " takes " << *size;
  if (*size <= kMaxInlineBytes || raw.isDecoded)
    return Value{*type, getDense(*type, raw.bytes)};
  return Value{*type, onnx::PlaceAttr::get(context, raw.file, raw.offset, *size,
                                           llvm::xxh3_64bits(raw.bytes))};
}
