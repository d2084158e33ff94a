//===- ModelWriter.cpp - A compiled module as model.nib -------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Target/ModelWriter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nibble/Codegen/Parameters/ConstantEvaluator.h"
#include "nibble/Runtime/CodeABI.h"
#include "nibble/Support/NodeNames.h"
#include "nibble/Target/Artifact.h"
#include "nibble/Target/Safetensors.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace nibble;

namespace {
/// What an element type is called in the manifest and in safetensors.
struct TypeName {
  llvm::StringLiteral manifest, safetensors;
};
} // namespace

static std::optional<TypeName> nameOf(Type type) {
  if (type.isF32())
    return TypeName{"float32", "F32"};
  if (type.isF64())
    return TypeName{"float64", "F64"};
  if (type.isF16())
    return TypeName{"float16", "F16"};
  if (type.isBF16())
    return TypeName{"bfloat16", "BF16"};
  if (type.isInteger(1))
    return TypeName{"bool", "BOOL"};
  bool isUnsigned = type.isUnsignedInteger();
  if (!isa<IntegerType>(type))
    return std::nullopt;
  switch (type.getIntOrFloatBitWidth()) {
  case 8:
    return isUnsigned ? TypeName{"uint8", "U8"} : TypeName{"int8", "I8"};
  case 16:
    return isUnsigned ? TypeName{"uint16", "U16"} : TypeName{"int16", "I16"};
  case 32:
    return isUnsigned ? TypeName{"uint32", "U32"} : TypeName{"int32", "I32"};
  case 64:
    return isUnsigned ? TypeName{"uint64", "U64"} : TypeName{"int64", "I64"};
  default:
    return std::nullopt;
  }
}

static llvm::Expected<ManifestTensor>
readTensor(DictionaryAttr entry, ArrayRef<std::string> symbols, bool isInput) {
  ManifestTensor tensor;
  tensor.name = entry.getAs<StringAttr>("name").str();
  Type type = entry.getAs<TypeAttr>("type").getValue();
  std::optional<TypeName> name = nameOf(type);
  if (!name) {
    std::string text;
    llvm::raw_string_ostream(text) << type;
    return llvm::createStringError((isInput ? "input " : "output ") +
                                   tensor.name + " has elements of type " +
                                   text + ", which no tensor outside can have");
  }
  tensor.dtype = name->manifest.str();
  for (Attribute dim : entry.getAs<ArrayAttr>("dims")) {
    if (auto extent = dyn_cast<IntegerAttr>(dim)) {
      tensor.shape.push_back(ManifestDim::fixed(extent.getInt()));
      continue;
    }
    std::string symbol = cast<StringAttr>(dim).str();
    auto it = llvm::find(symbols, symbol);
    if (it != symbols.end())
      tensor.shape.push_back(ManifestDim::symbol(it - symbols.begin()));
    else
      tensor.shape.push_back(
          ManifestDim::expression(symbol.empty() ? "?" : symbol));
  }
  return tensor;
}

static llvm::Expected<ManifestState> readState(DictionaryAttr entry,
                                               ArrayRef<std::string> symbols) {
  auto tensor = readTensor(entry, symbols, /*isInput=*/true);
  if (!tensor)
    return tensor.takeError();
  ManifestState state;
  state.name = state.input = tensor->name;
  state.output = entry.getAs<StringAttr>("output").str();
  state.dtype = tensor->dtype;
  state.shape = tensor->shape;
  state.axis = entry.getAs<IntegerAttr>("axis").getInt();
  state.isPrivate = entry.contains("private");
  const ManifestDim &length = state.shape[state.axis];
  if (length.kind != ManifestDim::Kind::Symbol)
    return llvm::createStringError("state " + state.name +
                                   " does not grow along a symbol");
  state.lengthSymbol = length.value;
  return state;
}

/// A line of the report (docs/artifact.md).
static llvm::json::Object describeLayer(const ManifestDispatch &dispatch,
                                        DictionaryAttr entry) {
  llvm::json::Object layer{{"node", dispatch.name},
                           {"format", dispatch.format},
                           {"kernel", dispatch.kernel}};
  for (llvm::StringRef key : {"op", "note"})
    if (auto text = entry.getAs<StringAttr>(key))
      layer[key] = text.getValue();
  if (auto bytes = entry.getAs<IntegerAttr>("bytes"))
    layer["bytes"] = bytes.getInt();
  if (dispatch.nodes.size() > 1)
    layer["fused"] =
        llvm::json::Array(llvm::ArrayRef(dispatch.nodes).drop_back());
  return layer;
}

static ManifestDispatch readDispatch(DictionaryAttr entry) {
  ManifestDispatch dispatch;
  dispatch.kernel = entry.getAs<StringAttr>("kernel").str();
  if (auto dot = entry.getAs<StringAttr>("dot"))
    dispatch.kernel += "." + dot.str();
  for (Attribute node : entry.getAs<ArrayAttr>("nodes"))
    dispatch.nodes.push_back(cast<StringAttr>(node).str());
  dispatch.name =
      dispatch.nodes.empty() ? dispatch.kernel : dispatch.nodes.back();
  if (auto format = entry.getAs<StringAttr>("format"))
    dispatch.format = format.str();
  return dispatch;
}

static llvm::Expected<Manifest> readManifest(ModuleOp module,
                                             const CPUTarget &target) {
  auto attributes = module->getAttrOfType<DictionaryAttr>("nn.manifest");
  assert(attributes && "nibble-place-buffers makes the manifest");
  Manifest manifest;
  manifest.nibble = NIBBLE_VERSION;
  manifest.codeABI = NIB_CODE_ABI;
  manifest.target.triple = target.triple;
  manifest.target.cpu = target.cpu;
  SmallVector<llvm::StringRef> features;
  llvm::StringRef(target.features).split(features, ',');
  for (llvm::StringRef feature : features)
    if (feature.consume_front("+"))
      manifest.target.features.push_back(feature.str());
  for (Attribute name : attributes.getAs<ArrayAttr>("symbols"))
    manifest.symbols.push_back(cast<StringAttr>(name).str());
  for (bool isInput : {true, false}) {
    for (Attribute entry :
         attributes.getAs<ArrayAttr>(isInput ? "inputs" : "outputs")) {
      auto tensor =
          readTensor(cast<DictionaryAttr>(entry), manifest.symbols, isInput);
      if (!tensor)
        return tensor.takeError();
      (isInput ? manifest.inputs : manifest.outputs).push_back(*tensor);
    }
  }
  for (Attribute entry : attributes.getAs<ArrayAttr>("states")) {
    auto state = readState(cast<DictionaryAttr>(entry), manifest.symbols);
    if (!state)
      return state.takeError();
    manifest.states.push_back(std::move(*state));
  }
  for (Attribute message : attributes.getAs<ArrayAttr>("checks"))
    manifest.checks.push_back(cast<StringAttr>(message).str());
  auto readBuffers = [&](StringRef key, std::vector<ManifestBuffer> &buffers) {
    for (Attribute buffer : attributes.getAs<ArrayAttr>(key)) {
      auto range = cast<ArrayAttr>(buffer);
      buffers.push_back({cast<IntegerAttr>(range[0]).getInt(),
                         cast<IntegerAttr>(range[1]).getInt()});
    }
  };
  readBuffers("buffers", manifest.buffers);
  readBuffers("output_buffers", manifest.outputBuffers);
  llvm::json::Array layers;
  for (auto entry :
       attributes.getAs<ArrayAttr>("dispatches").getAsRange<DictionaryAttr>()) {
    manifest.dispatches.push_back(readDispatch(entry));
    layers.push_back(describeLayer(manifest.dispatches.back(), entry));
  }
  manifest.report = llvm::formatv("{0}", llvm::json::Value(llvm::json::Object{
                                             {"layers", std::move(layers)}}));
  return manifest;
}

/// Weight programs in the order of their offsets.
static SmallVector<func::FuncOp> collectWeights(ModuleOp module) {
  SmallVector<func::FuncOp> weights;
  for (auto program : module.getOps<func::FuncOp>())
    if (program->hasAttr("nn.offset"))
      weights.push_back(program);
  llvm::sort(weights, [](func::FuncOp a, func::FuncOp b) {
    return a->getAttrOfType<IntegerAttr>("nn.offset").getInt() <
           b->getAttrOfType<IntegerAttr>("nn.offset").getInt();
  });
  return weights;
}

static llvm::Expected<SafetensorsLayout>
layOut(ArrayRef<func::FuncOp> weights) {
  SmallVector<SafetensorsTensor> tensors;
  for (func::FuncOp program : weights) {
    auto type = cast<RankedTensorType>(program.getResultTypes()[0]);
    std::optional<TypeName> name = nameOf(type.getElementType());
    if (!name) {
      std::string text;
      llvm::raw_string_ostream(text) << type.getElementType();
      return llvm::createStringError(
          "the weight at '" + describePlace(program.getLoc()) +
          "' has elements of type " + text +
          ", which no artifact can hold; cast it in the model");
    }
    tensors.push_back({program.getSymName().str(), name->safetensors.str(),
                       llvm::to_vector(type.getShape())});
  }
  auto layout = SafetensorsLayout::create(tensors);
  if (!layout)
    return layout.takeError();
  for (auto [index, weight] : llvm::enumerate(weights)) {
    func::FuncOp program = weight;
    if (int64_t(layout->offset(index)) !=
        program->getAttrOfType<IntegerAttr>("nn.offset").getInt())
      return llvm::createStringError("weight " + program.getSymName() +
                                     " is not where the code expects it");
  }
  return layout;
}

static llvm::Error
writeWeights(ArtifactWriter &writer, ArrayRef<func::FuncOp> weights,
             SafetensorsLayout layout,
             llvm::function_ref<llvm::Error(double)> progress) {
  if (llvm::Error error = writer.beginEntry(kParametersEntry))
    return error;
  uint64_t total = std::max<uint64_t>(layout.dataBytes(), 1), done = 0;
  SafetensorsWriter tensors(std::move(layout), [&](ArrayRef<uint8_t> bytes) {
    return writer.write(bytes);
  });
  ParameterFiles files;
  for (func::FuncOp program : weights) {
    llvm::Expected<Array> array = evaluateWeight(program, files);
    if (!array)
      return array.takeError();
    if (llvm::Error error =
            tensors.write({array->data(), size_t(array->getNumBytes())}))
      return error;
    done += array->getNumBytes();
    if (llvm::Error error = progress(double(done) / double(total)))
      return error;
  }
  if (llvm::Error error = tensors.finish())
    return error;
  return writer.endEntry();
}

llvm::Error
nibble::writeModel(ModuleOp module, llvm::StringRef library,
                   const CPUTarget &target, llvm::StringRef path,
                   llvm::function_ref<llvm::Error(double)> progress) {
  llvm::Expected<Manifest> manifest = readManifest(module, target);
  if (!manifest)
    return manifest.takeError();
  SmallVector<func::FuncOp> weights = collectWeights(module);
  llvm::Expected<SafetensorsLayout> layout = layOut(weights);
  if (!layout)
    return layout.takeError();
  manifest->parameterBytes = layout->dataBytes();
  auto writer = ArtifactWriter::create(path);
  if (!writer)
    return writer.takeError();
  if (llvm::Error error = (*writer)->addEntry(kCodeEntry, library))
    return error;
  if (!weights.empty())
    if (llvm::Error error =
            writeWeights(**writer, weights, std::move(*layout), progress))
      return error;
  return (*writer)->finish(std::move(*manifest));
}
