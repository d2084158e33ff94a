//===- Reference.cpp - What a model means, by plain loops -----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Pipeline/Reference.h"

#include "dialects/NN/NN.h"
#include "nibble/Codegen/Decompose/Passes.h"
#include "nibble/Pipeline/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ExecutionEngine/Orc/Mangling.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

#include <cstring>
#include <mutex>

using namespace mlir;
using namespace nibble;

ModelRunner::~ModelRunner() = default;

void nibble::buildReferencePipeline(OpPassManager &pm) {
  pm.addPass(createDecomposeNN());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createReferenceInterface());
  pm.addPass(createReferenceParameters());

  bufferization::OneShotBufferizePassOptions bufferize;
  bufferize.bufferizeFunctionBoundaries = true;
  bufferize.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  bufferize.allowReturnAllocsFromLoops = true;
  pm.addPass(bufferization::createOneShotBufferizePass(bufferize));
  bufferization::buildBufferDeallocationPipeline(
      pm, bufferization::BufferDeallocationPipelineOptions());

  pm.addPass(createConvertBufferizationToMemRefPass());
  pm.addNestedPass<func::FuncOp>(createReferenceMemory());
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createReferenceLoops());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createConvertMathToFuncs());
  // As in code for a CPU: LLVM's own rounding to bf16 is a call.
  arith::ArithEmulateUnsupportedFloatsOptions emulate;
  emulate.sourceTypeStrs = {"bf16"};
  pm.addNestedPass<func::FuncOp>(
      arith::createArithEmulateUnsupportedFloats(emulate));
  arith::ArithExpandOpsPassOptions expand;
  expand.includeBf16 = true;
  pm.addNestedPass<func::FuncOp>(arith::createArithExpandOpsPass(expand));
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createUBToLLVMConversionPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

//===----------------------------------------------------------------------===//
// Runner
//===----------------------------------------------------------------------===//

namespace {

/// A function's signature, as its caller sees it.
struct Signature {
  SmallVector<RankedTensorType> inputs, results;
};

class ReferenceRunner : public ModelRunner {
public:
  static llvm::Expected<std::unique_ptr<ModelRunner>> create(ModuleOp module);

  llvm::Expected<std::vector<Array>> run(StringRef function,
                                         ArrayRef<Array> inputs) override;

private:
  void readSignatures(ModuleOp module);
  llvm::Error readParameters(ModuleOp module);
  llvm::Error compile(ModuleOp module);

  llvm::StringMap<Signature> signatures;
  /// Bytes of the parameters, by the globals' names; files are mapped once.
  llvm::StringMap<char *> parameters;
  llvm::StringMap<std::shared_ptr<llvm::MemoryBuffer>> files;
  std::vector<std::unique_ptr<llvm::WritableMemoryBuffer>> copies;
  std::unique_ptr<ExecutionEngine> engine;
};

} // namespace

template <typename... Args>
static llvm::Error makeError(const char *format, Args &&...args) {
  return llvm::make_error<llvm::StringError>(
      llvm::formatv(format, std::forward<Args>(args)...).str(),
      llvm::inconvertibleErrorCode());
}

static std::string toText(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

void ReferenceRunner::readSignatures(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>()) {
    Signature &signature = signatures[function.getName()];
    auto read = [&](TypeRange types, SmallVectorImpl<RankedTensorType> &into) {
      for (Type type : types) {
        auto tensor = dyn_cast<RankedTensorType>(type);
        if (!tensor || !tensor.getElementType().isIntOrFloat())
          return false;
        into.push_back(tensor);
      }
      return true;
    };
    // Others can be called from within the module, not from outside.
    if (!read(function.getArgumentTypes(), signature.inputs) ||
        !read(function.getResultTypes(), signature.results))
      signatures.erase(function.getName());
  }
}

llvm::Error ReferenceRunner::readParameters(ModuleOp module) {
  for (auto global : module.getOps<memref::GlobalOp>()) {
    auto place = global->getAttrOfType<nn::PlaceAttr>(kReferencePlaceAttr);
    if (!place)
      continue;
    auto &file = files[place.getFile()];
    if (!file) {
      auto opened =
          llvm::MemoryBuffer::getFile(place.getFile(),
                                      /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
      if (!opened)
        return makeError("cannot read parameters from {0}: {1}",
                         place.getFile(), opened.getError().message());
      file = std::move(*opened);
    }
    uint64_t end = uint64_t(place.getOffset()) + place.getLength();
    if (end > file->getBufferSize())
      return makeError("{0} has {1} bytes, but a parameter ends at {2}",
                       place.getFile(), file->getBufferSize(), end);
    const char *bytes = file->getBufferStart() + place.getOffset();
    // Loads assume natural alignment.
    if (reinterpret_cast<uintptr_t>(bytes) % 16 == 0) {
      parameters[global.getSymName()] = const_cast<char *>(bytes);
      continue;
    }
    copies.push_back(llvm::WritableMemoryBuffer::getNewUninitMemBuffer(
        place.getLength(), "", llvm::Align(64)));
    std::memcpy(copies.back()->getBufferStart(), bytes, place.getLength());
    parameters[global.getSymName()] = copies.back()->getBufferStart();
  }
  return llvm::Error::success();
}

/// Runs `pm`; diagnostics become the error's text.
static llvm::Error runPasses(PassManager &pm, ModuleOp module) {
  std::string text;
  ScopedDiagnosticHandler handler(
      module.getContext(), [&](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
          return failure();
        if (text.empty())
          llvm::raw_string_ostream(text)
              << diagnostic.getLocation() << ": " << diagnostic;
        return success();
      });
  if (succeeded(pm.run(module)))
    return llvm::Error::success();
  return makeError("cannot make the reference of the model: {0}", text);
}

llvm::Error ReferenceRunner::compile(ModuleOp module) {
  static std::once_flag initialized;
  std::call_once(initialized, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
  PassManager pm(module.getContext());
  buildReferencePipeline(pm);
  if (llvm::Error error = runPasses(pm, module))
    return error;
  for (auto global : module.getOps<LLVM::GlobalOp>())
    if (parameters.count(global.getSymName()))
      global.setLinkage(LLVM::Linkage::External);

  auto builder = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!builder)
    return builder.takeError();
  auto machine = builder->createTargetMachine();
  if (!machine)
    return machine.takeError();
  // No vectorisation across iterations is asked for, but it changes no result:
  // nothing here may be reassociated.
  auto optimize = makeOptimizingTransformer(/*optLevel=*/2, /*sizeLevel=*/0,
                                            machine->get());
  ExecutionEngineOptions options;
  options.transformer = optimize;
  options.jitCodeGenOptLevel = llvm::CodeGenOptLevel::Default;
  options.enableGDBNotificationListener = false;
  options.enablePerfNotificationListener = false;
  auto created = ExecutionEngine::create(module, options, std::move(*machine));
  if (!created)
    return created.takeError();
  engine = std::move(*created);
  engine->registerSymbols([&](llvm::orc::MangleAndInterner intern) {
    llvm::orc::SymbolMap symbols;
    for (auto &entry : parameters)
      symbols[intern(entry.getKey())] = {
          llvm::orc::ExecutorAddr::fromPtr(entry.getValue()),
          llvm::JITSymbolFlags::Exported};
    return symbols;
  });
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<ModelRunner>>
ReferenceRunner::create(ModuleOp module) {
  MLIRContext *context = module.getContext();
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  context->appendDialectRegistry(registry);

  OwningOpRef<ModuleOp> copy(module.clone());
  auto runner = std::make_unique<ReferenceRunner>();
  runner->readSignatures(*copy);
  PassManager pm(context);
  pm.addPass(createReferenceParameters());
  if (llvm::Error error = runPasses(pm, *copy))
    return std::move(error);
  if (llvm::Error error = runner->readParameters(*copy))
    return std::move(error);
  if (llvm::Error error = runner->compile(*copy))
    return std::move(error);
  return runner;
}

/// A memref descriptor: two pointers, an offset, extents and strides.
static SmallVector<int64_t> makeDescriptor(const Array &array) {
  SmallVector<int64_t> words = {reinterpret_cast<int64_t>(array.data()),
                                reinterpret_cast<int64_t>(array.data()), 0};
  llvm::append_range(words, array.getShape());
  llvm::append_range(words, computeStrides(array.getShape()));
  return words;
}

/// The results' descriptors, one after the other, as arrays of their own; the
/// buffers are freed.
static std::vector<Array> takeResults(ArrayRef<RankedTensorType> types,
                                      ArrayRef<int64_t> words) {
  std::vector<Array> results;
  llvm::SmallPtrSet<void *, 4> buffers;
  for (RankedTensorType type : types) {
    int64_t rank = type.getRank();
    Array result(type.getElementType(), words.slice(3, rank));
    auto *aligned = reinterpret_cast<uint8_t *>(words[1]);
    // The interface's layout is row-major.
    std::memcpy(result.data(), aligned + words[2] * result.getElementBytes(),
                result.getNumBytes());
    buffers.insert(reinterpret_cast<void *>(words[0]));
    results.push_back(std::move(result));
    words = words.drop_front(3 + 2 * rank);
  }
  for (void *buffer : buffers)
    std::free(buffer);
  return results;
}

static llvm::Error checkInput(unsigned number, const Array &input,
                              RankedTensorType type) {
  if (input.getElementType() == type.getElementType() &&
      succeeded(verifyCompatibleShape(input.getShape(), type.getShape())))
    return llvm::Error::success();
  auto given = RankedTensorType::get(input.getShape(), input.getElementType());
  return makeError("input {0} is {1}, but the function takes {2}", number,
                   toText(given), toText(type));
}

llvm::Expected<std::vector<Array>>
ReferenceRunner::run(StringRef function, ArrayRef<Array> inputs) {
  auto found = signatures.find(function);
  if (found == signatures.end())
    return makeError("there is no function '{0}' over tensors", function);
  const Signature &signature = found->second;
  if (inputs.size() != signature.inputs.size())
    return makeError("'{0}' takes {1} inputs, but {2} are given", function,
                     signature.inputs.size(), inputs.size());
  std::vector<SmallVector<int64_t>> descriptors;
  for (auto [i, input] : llvm::enumerate(inputs)) {
    if (llvm::Error error = checkInput(i, input, signature.inputs[i]))
      return std::move(error);
    descriptors.push_back(makeDescriptor(input));
  }
  size_t numWords = 0;
  for (RankedTensorType type : signature.results)
    numWords += 3 + 2 * type.getRank();
  SmallVector<int64_t> results(numWords);
  // The interface's arguments are pointers; packed, pointers to those.
  SmallVector<void *> pointers, arguments;
  if (!signature.results.empty())
    pointers.push_back(results.data());
  for (SmallVector<int64_t> &descriptor : descriptors)
    pointers.push_back(descriptor.data());
  for (void *&pointer : pointers)
    arguments.push_back(&pointer);
  std::string name = ("_mlir_ciface_" + function).str();
  if (llvm::Error error = engine->invokePacked(name, arguments))
    return std::move(error);
  return takeResults(signature.results, results);
}

llvm::Expected<std::unique_ptr<ModelRunner>>
nibble::createReferenceRunner(ModuleOp module) {
  return ReferenceRunner::create(module);
}
