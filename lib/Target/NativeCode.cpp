//===- NativeCode.cpp - From the LLVM dialect to a library ----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Target/NativeCode.h"

#include "lld/Common/Driver.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "nibble/Support/TemporaryFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/X86TargetParser.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/SROA.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"
#include "llvm/Transforms/Utils/SplitModule.h"

#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace nibble;

/// How many pieces a module is cut into: fixed, so that the library's bytes do
/// not depend on the number of threads.
static constexpr unsigned kPieces = 8;

static void initializeX86() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
  });
}

static constexpr llvm::StringLiteral kTriple = "x86_64-unknown-linux-gnu";

static llvm::Expected<std::unique_ptr<llvm::MCSubtargetInfo>>
createSubtargetInfo() {
  initializeX86();
  std::string error;
  llvm::Triple triple(kTriple);
  const llvm::Target *backend =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return llvm::createStringError("no x86-64 code generator: " + error);
  return std::unique_ptr<llvm::MCSubtargetInfo>(
      backend->createMCSubtargetInfo(triple, "", ""));
}

/// Whether code may use a feature: the runtime can check it, and LLVM chooses
/// its instructions by itself.
static bool isUsable(llvm::StringRef feature) {
  return llvm::StringSwitch<bool>(feature)
#define NIBBLE_X86_FEATURE(NAME, ...) .Case(NAME, true)
#define NIBBLE_X86_SYSTEM_FEATURE(NAME, ...)
#include "nibble/Runtime/X86Features.def"
      .Default(false);
}

/// How fast `rep movs` is, which every CPU has, is a feature to LLVM.
static bool isHint(llvm::StringRef feature) {
  return feature == "ermsb" || feature == "fsrm";
}

llvm::Expected<CPUTarget> CPUTarget::create(llvm::StringRef cpu,
                                            llvm::StringRef features) {
  auto created = createSubtargetInfo();
  if (!created)
    return created.takeError();
  llvm::MCSubtargetInfo &info = **created;
  // Without a CPU to tune for, which has features of its own.
  auto enabled = [&](llvm::StringRef cpu, llvm::StringRef features) {
    info.setDefaultFeatures(cpu, /*TuneCPU=*/"", features);
    return info.getFeatureBits();
  };
  llvm::SubtargetFeatures asked(features), wanted;
  llvm::StringSet<> unwanted;
  for (const std::string &entry : asked.getFeatures()) {
    llvm::StringRef name = llvm::SubtargetFeatures::StripFlag(entry);
    if (llvm::SubtargetFeatures::isEnabled(entry))
      wanted.AddFeature(name);
    else
      unwanted.insert(name);
  }
  llvm::FeatureBitset everywhere = enabled("x86-64", "");
  llvm::FeatureBitset all = enabled(cpu, wanted.getString());
  auto isOff = [&](const llvm::SubtargetFeatureKV &feature) {
    return unwanted.contains(feature.Key) ||
           (!everywhere[feature.Value] && !isUsable(feature.Key) &&
            !isHint(feature.Key));
  };
  for (const llvm::SubtargetFeatureKV &feature : info.getAllProcessorFeatures())
    if (all[feature.Value] && isOff(feature))
      wanted.AddFeature(feature.Key, /*Enable=*/false);

  // To switch one off takes with it what implies it, and leaves what it
  // implies.
  llvm::FeatureBitset left = enabled(cpu, wanted.getString());
  llvm::SubtargetFeatures result;
  for (const llvm::SubtargetFeatureKV &feature :
       info.getAllProcessorFeatures()) {
    if (!left[feature.Value] && all[feature.Value])
      result.AddFeature(feature.Key, /*Enable=*/false);
    else if (left[feature.Value] && isUsable(feature.Key))
      result.AddFeature(feature.Key);
  }
  return CPUTarget{kTriple.str(), cpu.str(), result.getString()};
}

llvm::Expected<CPUTarget> CPUTarget::parse(llvm::StringRef name) {
  if (name.empty() || name == "host") {
    auto host = llvm::orc::JITTargetMachineBuilder::detectHost();
    if (!host)
      return host.takeError();
    return create(host->getCPU(), host->getFeatures().getString());
  }
  // LLVM knows CPUs of 32 bits, too, and ends the process when it meets one.
  llvm::SmallVector<llvm::StringRef> cpus;
  llvm::X86::fillValidCPUArchList(cpus, /*Only64Bit=*/true);
  auto info = createSubtargetInfo();
  if (!info)
    return info.takeError();
  if (!llvm::is_contained(cpus, name) || !(*info)->isCPUStringValid(name))
    return llvm::createStringError(
        "unknown target '" + name +
        "': expected host, x86-64-v3, or an x86 CPU name that LLVM knows, such "
        "as znver5 or sapphirerapids");
  return create(name, "");
}

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createMachine(const CPUTarget &target, CodeEffort effort) {
  std::string error;
  llvm::Triple triple(target.triple);
  const llvm::Target *backend =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return llvm::createStringError("no x86-64 code generator: " + error);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  std::unique_ptr<llvm::TargetMachine> machine(backend->createTargetMachine(
      triple, target.cpu, target.features, options, llvm::Reloc::PIC_,
      std::nullopt,
      effort == CodeEffort::Full ? llvm::CodeGenOptLevel::Aggressive
                                 : llvm::CodeGenOptLevel::Less));
  if (!machine)
    return llvm::createStringError("cannot generate code for " + target.cpu);
  return machine;
}

/// What each function needs at least: kernels come with vectors and unrolled
/// loops, in the form that lowering leaves them in.
static llvm::FunctionPassManager cleanUpFunctions() {
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
  passes.addPass(llvm::EarlyCSEPass());
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(
      llvm::LICMPass(llvm::LICMOptions()), /*UseMemorySSA=*/true));
  return passes;
}

/// Optimises `piece` and emits its object code.
static llvm::Expected<llvm::SmallVector<char, 0>>
compilePiece(llvm::Module &piece, const CPUTarget &target, CodeEffort effort) {
  auto machine = createMachine(target, effort);
  if (!machine)
    return machine.takeError();
  piece.setTargetTriple((*machine)->getTargetTriple());
  piece.setDataLayout((*machine)->createDataLayout());
  for (llvm::Function &function : piece) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    if (!target.features.empty())
      function.addFnAttr("target-features", target.features);
  }

  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  // Kernels come vectorised and unrolled; LLVM's own would only add code.
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  llvm::PassBuilder passes(machine->get(), tuning);
  passes.registerModuleAnalyses(modules);
  passes.registerCGSCCAnalyses(components);
  passes.registerFunctionAnalyses(functions);
  passes.registerLoopAnalyses(loops);
  passes.crossRegisterProxies(loops, functions, components, modules);
  llvm::ModulePassManager pipeline;
  if (effort == CodeEffort::Full)
    pipeline =
        passes.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3);
  else
    pipeline.addPass(
        llvm::createModuleToFunctionPassAdaptor(cleanUpFunctions()));
  pipeline.run(piece, modules);

  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager emit;
  if ((*machine)->addPassesToEmitFile(emit, stream, nullptr,
                                      llvm::CodeGenFileType::ObjectFile))
    return llvm::createStringError("cannot emit object code");
  emit.run(piece);
  return object;
}

/// Links object files with lld, in process. lld keeps global state.
static llvm::Error link(llvm::ArrayRef<TemporaryFile> objects,
                        llvm::StringRef library) {
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  std::string output = library.str();
  std::vector<const char *> args = {"ld.lld", "-shared", "--hash-style=gnu",
                                    "--build-id=none", "--gc-sections",
                                    // lld's pool of threads ends with the
                                    // process, which a forked child of it
                                    // would wait for.
                                    "--threads=1", "-z", "relro", "-o",
                                    output.c_str()};
  std::vector<std::string> inputs;
  for (const TemporaryFile &object : objects)
    inputs.push_back(object.getPath().str());
  for (const std::string &input : inputs)
    args.push_back(input.c_str());
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  lld::Result result =
      lld::lldMain(args, stream, stream, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode != 0)
    return llvm::createStringError("the linker failed: " + messages);
  return llvm::Error::success();
}

/// The module as LLVM IR, in which only what starts with nib_ is visible.
static std::unique_ptr<llvm::Module> translate(mlir::ModuleOp module,
                                               llvm::LLVMContext &context) {
  mlir::registerBuiltinDialectTranslation(*module.getContext());
  mlir::registerLLVMDialectTranslation(*module.getContext());
  std::unique_ptr<llvm::Module> code =
      mlir::translateModuleToLLVMIR(module, context, "nibble");
  if (!code)
    return nullptr;
  for (llvm::Function &function : *code)
    if (!function.isDeclaration() && !function.getName().starts_with("nib_"))
      function.setVisibility(llvm::GlobalValue::HiddenVisibility);
  return code;
}

/// Cuts a module into pieces. Each moves to a context of its own through
/// bitcode, so that threads share nothing.
static std::vector<llvm::SmallString<0>> cut(llvm::Module &code) {
  std::vector<llvm::SmallString<0>> pieces;
  llvm::SplitModule(
      code, kPieces,
      [&](std::unique_ptr<llvm::Module> piece) {
        llvm::raw_svector_ostream stream(pieces.emplace_back());
        llvm::WriteBitcodeToFile(*piece, stream);
      },
      /*PreserveLocals=*/false);
  return pieces;
}

/// Compiles a piece into the file `path`. What went wrong; empty if nothing.
static std::string compileTo(llvm::StringRef path, llvm::StringRef bitcode,
                             const CPUTarget &target, CodeEffort effort) {
  llvm::LLVMContext context;
  auto piece =
      llvm::parseBitcodeFile(llvm::MemoryBufferRef(bitcode, "piece"), context);
  if (!piece)
    return llvm::toString(piece.takeError());
  auto object = compilePiece(**piece, target, effort);
  if (!object)
    return llvm::toString(object.takeError());
  std::error_code error;
  llvm::raw_fd_ostream file(path, error);
  if (!error) {
    file.write(object->data(), object->size());
    file.close();
    error = file.error();
    file.clear_error();
  }
  return error ? ("cannot write " + path + ": " + error.message()).str() : "";
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
nibble::compileSharedLibrary(mlir::ModuleOp module, const CPUTarget &target,
                             unsigned threads, CodeEffort effort) {
  initializeX86();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code = translate(module, context);
  if (!code)
    return llvm::createStringError("translation to LLVM IR failed");
  std::vector<llvm::SmallString<0>> pieces = cut(*code);
  code.reset();

  std::vector<TemporaryFile> objects;
  for (size_t i = 0; i < pieces.size(); ++i) {
    auto file = TemporaryFile::create("nibble-kernels", "o");
    if (!file)
      return file.takeError();
    objects.push_back(std::move(*file));
  }
  std::vector<std::string> failures(pieces.size());
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(threads));
  for (size_t i = 0; i < pieces.size(); ++i)
    pool.async([&, i] {
      failures[i] = compileTo(objects[i].getPath(), pieces[i], target, effort);
    });
  pool.wait();
  for (const std::string &failure : failures)
    if (!failure.empty())
      return llvm::createStringError(failure);

  auto library = TemporaryFile::create("nibble-kernels", "so");
  if (!library)
    return library.takeError();
  if (llvm::Error error = link(objects, library->getPath()))
    return error;
  auto buffer = llvm::MemoryBuffer::getFile(library->getPath(),
                                            /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false,
                                            /*IsVolatile=*/true);
  if (!buffer)
    return llvm::createStringError(buffer.getError(),
                                   "cannot read the linked library: " +
                                       buffer.getError().message());
  // A copy: the file goes when this returns.
  return llvm::MemoryBuffer::getMemBufferCopy((*buffer)->getBuffer());
}
