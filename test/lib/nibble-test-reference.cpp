//===- nibble-test-reference.cpp - A model by plain loops -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// nibble-test-reference MODEL.onnx IN.npz OUT.npz [--input-value NAME=NUMBER]…
//
// Imports the model, brings it to nn IR and runs that by its meaning, without
// any kernel. Arrays are named as the model's inputs and outputs.
//
//===----------------------------------------------------------------------===//

#include "dialects/Quant/Quant.h"
#include "nibble/Frontend/Passes.h"
#include "nibble/Import/Import.h"
#include "nibble/Pipeline/Pipelines.h"
#include "nibble/Pipeline/Reference.h"
#include "nibble/Pipeline/Register.h"
#include "nibble/Quantize/Passes.h"
#include "nibble/Support/NumpyFile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

using namespace mlir;
using namespace nibble;
namespace cl = llvm::cl;

static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("MODEL.onnx"));
static cl::opt<std::string> inputPath(cl::Positional, cl::Required,
                                      cl::desc("IN.npz"));
static cl::opt<std::string> outputPath(cl::Positional, cl::Required,
                                       cl::desc("OUT.npz"));
static cl::list<std::string> inputValues("input-value",
                                         cl::desc("NAME=NUMBER"));
static cl::opt<std::string> weights("weights", cl::init("f32"),
                                    cl::desc("format of the weights"));
static cl::opt<std::string> activations("activations", cl::init("f32"),
                                        cl::desc("format of activations"));
static cl::opt<int64_t> group("group", cl::desc("weights that share a scale"));
static cl::opt<int64_t>
    activationGroup("activation-group",
                    cl::desc("activations of a row that share a scale"));

/// NumPy's name.
static std::string getDtype(Type type) {
  if (type.isInteger(1))
    return "bool";
  std::string text;
  llvm::raw_string_ostream os(text);
  if (auto integer = dyn_cast<IntegerType>(type))
    os << (integer.isUnsigned() ? "uint" : "int") << integer.getWidth();
  else if (isa<FloatType>(type))
    os << "float" << type.getIntOrFloatBitWidth();
  else
    os << type;
  return text;
}

static llvm::Error makeError(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

static llvm::Expected<std::vector<Array>> readInputs(func::FuncOp main) {
  auto reader = NpzReader::open(inputPath);
  if (!reader)
    return reader.takeError();
  std::vector<Array> inputs;
  for (BlockArgument arg : main.getArguments()) {
    auto name =
        main.getArgAttrOfType<StringAttr>(arg.getArgNumber(), "nn.name");
    auto found = (*reader)->read(name.getValue());
    if (!found)
      return found.takeError();
    Type element = cast<RankedTensorType>(arg.getType()).getElementType();
    if (found->dtype != getDtype(element))
      return makeError("input '" + name.getValue() + "' is " + found->dtype +
                       ", but the model takes " + getDtype(element));
    Array array(element, found->shape);
    llvm::copy(found->data, array.data());
    inputs.push_back(std::move(array));
  }
  return inputs;
}

static llvm::Error writeOutputs(func::FuncOp main, ArrayRef<Array> outputs) {
  std::vector<NumpyView> views;
  for (auto [i, array] : llvm::enumerate(outputs))
    views.push_back({main.getResultAttrOfType<StringAttr>(i, "nn.name").str(),
                     getDtype(array.getElementType()), array.getShape(),
                     ArrayRef<uint8_t>(array.data(), array.getNumBytes())});
  return writeNpz(outputPath, views);
}

static llvm::Error run() {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  FailureOr<OwningOpRef<ModuleOp>> module = importOnnx(&context, modelPath);
  if (failed(module))
    return makeError("the model does not import");
  PassManager pm(&context);
  FrontendOptions options;
  for (const std::string &binding : inputValues)
    options.inputValues.push_back(binding);
  buildFrontendPipeline(pm, options);
  buildPrepareQuantizePipeline(pm);
  QuantizeModelOptions quantize;
  quantize.weights = weights;
  quantize.activations = activations;
  quantize.group = group;
  quantize.activationGroup = activationGroup;
  pm.addPass(createQuantizeModel(quantize));
  if (failed(pm.run(**module)))
    return makeError("the model does not become nn IR");
  // The reference has no search for scales: give it weights whose best scales
  // are those of their largest magnitudes.
  (*module)->walk(
      [](qnt::QuantizeOp op) { op.setChoice(qnt::ScaleChoice::Range); });
  auto main = (*module)->lookupSymbol<func::FuncOp>("main");
  auto inputs = readInputs(main);
  if (!inputs)
    return inputs.takeError();
  auto runner = createReferenceRunner(**module);
  if (!runner)
    return runner.takeError();
  auto outputs = (*runner)->run("main", *inputs);
  if (!outputs)
    return outputs.takeError();
  return writeOutputs(main, *outputs);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::ParseCommandLineOptions(argc, argv, "A model by plain loops\n");
  if (llvm::Error error = run()) {
    llvm::errs() << "error: " << llvm::toString(std::move(error)) << "\n";
    return 1;
  }
  return 0;
}
