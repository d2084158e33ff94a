//===- Compile.cpp - From an ONNX file to an artifact ---------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Pipeline/Compile.h"

#include "Calibration.h"
#include "dialects/Onnx/OnnxDialect.h"
#include "dialects/Quant/QuantTransforms.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Transforms/Passes.h"
#include "nibble/Codegen/Dispatch/KernelFormats.h"
#include "nibble/Codegen/Dispatch/Passes.h"
#include "nibble/Codegen/Kernels/Contraction.h"
#include "nibble/Frontend/Passes.h"
#include "nibble/Import/Import.h"
#include "nibble/Pipeline/Compiler.h"
#include "nibble/Pipeline/Passes.h"
#include "nibble/Pipeline/Pipelines.h"
#include "nibble/Pipeline/Register.h"
#include "nibble/Quantize/Options.h"
#include "nibble/Quantize/Passes.h"
#include "nibble/Quantize/Transform/OnlineRotations.h"
#include "nibble/Quantize/Transform/Passes.h"
#include "nibble/Support/NodeNames.h"
#include "nibble/Support/TemporaryFile.h"
#include "nibble/Target/ModelWriter.h"
#include "nibble/Target/NativeCode.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/TargetParser/SubtargetFeature.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

using namespace mlir;
using namespace nibble;

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

namespace {
/// What code is generated for.
struct Machine {
  CPUTarget target;
  codegen::TargetFeatures features;

  static llvm::Expected<Machine> parse(llvm::StringRef name);
  /// Whether it can do all that `other` can.
  bool runs(const Machine &other) const;
};

class Compilation {
public:
  Compilation(const CompileOptions &options, const ProgressFn &progress);
  llvm::Error run(llvm::StringRef path, llvm::StringRef outPath);

private:
  enum class Verify { EachPass, Result };

  llvm::Error report(llvm::StringRef stage, double fraction);
  llvm::Error runPasses(ModuleOp module, llvm::StringRef stage,
                        llvm::function_ref<void(OpPassManager &)> build,
                        Verify verify = Verify::EachPass);
  llvm::Error dump(ModuleOp module, llvm::StringRef stage);
  llvm::Error failure(llvm::StringRef stage);
  void collect(Diagnostic &diagnostic);
  llvm::Error setMachine();
  llvm::Error prepare(ModuleOp module, const QuantizePlan &plan);
  llvm::Error
  runWithNumbers(ModuleOp module, llvm::StringRef stage,
                 llvm::function_ref<void(OpPassManager &, std::string)> build);
  llvm::Error searchScales(ModuleOp module);
  llvm::Error permute(ModuleOp module, const QuantizePlan &plan);
  llvm::Error rotate(ModuleOp module, const QuantizePlan &plan, bool inputs);
  llvm::Error quantize(ModuleOp module, const QuantizePlan &plan);
  llvm::Error scaleRotations(ModuleOp module, const QuantizePlan &plan);
  llvm::Error measureRotations(ModuleOp module, const QuantizePlan &plan);
  llvm::Expected<TemporaryFile>
  calibrate(ModuleOp module, InsertObserversOptions observers = {});
  llvm::Error
  generate(ModuleOp module, const Machine &machine, llvm::StringRef outPath,
           CodeEffort effort,
           llvm::function_ref<llvm::Error(llvm::StringRef, double)> reportPart);

  const CompileOptions &options;
  const ProgressFn &progress;
  DialectRegistry registry;
  /// The context's, where the number of threads is asked for.
  std::optional<llvm::DefaultThreadPool> pool;
  MLIRContext context;
  std::string diagnostics;
  /// What passes leave for later ones; until the artifact is written.
  std::vector<TemporaryFile> numberFiles;
  unsigned dumps = 0;
  Machine machine;
  /// Where the model runs to be calibrated.
  Machine here;
};
} // namespace

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registerAllDialects(registry);
  return registry;
}

Compilation::Compilation(const CompileOptions &options,
                         const ProgressFn &progress)
    : options(options), progress(progress), registry(makeRegistry()),
      context(registry, options.threads ? MLIRContext::Threading::DISABLED
                                        : MLIRContext::Threading::ENABLED) {
  if (options.threads > 1) {
    pool.emplace(llvm::optimal_concurrency(options.threads));
    context.setThreadPool(*pool);
  }
  // A message says what is wrong and where; whole functions are --dump-ir's.
  context.printOpOnDiagnostic(false);
}

llvm::Error Compilation::report(llvm::StringRef stage, double fraction) {
  if (progress && !progress(stage, fraction))
    return llvm::createStringError("cancelled");
  return llvm::Error::success();
}

llvm::Error Compilation::failure(llvm::StringRef stage) {
  llvm::StringRef text = llvm::StringRef(diagnostics).trim();
  if (text.empty())
    return llvm::createStringError(stage + " failed without a reason; this is "
                                           "a mistake in Nibble");
  return llvm::createStringError(text);
}

/// Writes the IR after a stage into the folder of --dump-ir.
llvm::Error Compilation::dump(ModuleOp module, llvm::StringRef stage) {
  if (options.dumpIR.empty())
    return llvm::Error::success();
  if (std::error_code error = llvm::sys::fs::create_directories(options.dumpIR))
    return llvm::createStringError(error, "cannot make the folder " +
                                              options.dumpIR + ": " +
                                              error.message());
  llvm::SmallString<128> path(options.dumpIR);
  llvm::sys::path::append(path, llvm::Twine(dumps++) + "-" + stage + ".mlir");
  std::error_code error;
  llvm::ToolOutputFile file(path, error, llvm::sys::fs::OF_Text);
  if (error)
    return llvm::createStringError(error, "cannot write " + path + ": " +
                                              error.message());
  module.print(file.os(), OpPrintingFlags().enableDebugInfo());
  file.os().close();
  if (std::error_code failed = file.os().error()) {
    file.os().clear_error();
    return llvm::createStringError(failed, "cannot write " + path + ": " +
                                               failed.message());
  }
  file.keep();
  return llvm::Error::success();
}

llvm::Error
Compilation::runPasses(ModuleOp module, llvm::StringRef stage,
                       llvm::function_ref<void(OpPassManager &)> build,
                       Verify verify) {
  PassManager pm(&context);
  pm.enableVerifier(verify == Verify::EachPass);
  build(pm);
  // An error that is reported counts, whether or not its pass gave up.
  if (mlir::failed(pm.run(module)) || !diagnostics.empty())
    return failure(stage);
  if (verify == Verify::Result && mlir::failed(mlir::verify(module)))
    return failure(stage);
  return dump(module, stage);
}

/// Weight programs leave the module that becomes native code, with the bases
/// that they name and the functions of these bases' numbers. Nothing that runs
/// names a basis any more.
static OwningOpRef<ModuleOp> splitWeights(ModuleOp module) {
  OwningOpRef<ModuleOp> weights = ModuleOp::create(module.getLoc());
  (*weights)->setAttr("nn.manifest", module->getAttr("nn.manifest"));
  llvm::SmallPtrSet<Attribute, 4> numbers;
  for (auto basis : module.getOps<qnt::BasisOp>()) {
    qnt::TransformDataUses uses;
    basis.getTransform().collectData(uses);
    for (const qnt::TransformDataUse &use : uses)
      numbers.insert(use.symbol.getAttr());
  }
  for (Operation &op : llvm::make_early_inc_range(*module.getBody())) {
    auto program = dyn_cast<func::FuncOp>(op);
    if (isa<qnt::BasisOp>(op) ||
        (program && (program->hasAttr("nn.weight") ||
                     numbers.contains(program.getSymNameAttr()))))
      op.moveBefore(weights->getBody(), weights->getBody()->end());
  }
  return weights;
}

/// nn + qnt IR to an artifact.
llvm::Error Compilation::generate(
    ModuleOp module, const Machine &machine, llvm::StringRef outPath,
    CodeEffort effort,
    llvm::function_ref<llvm::Error(llvm::StringRef, double)> reportPart) {
  if (llvm::Error error = reportPart("kernels", 0))
    return error;
  if (llvm::Error error = runPasses(module, "dispatch", [&](OpPassManager &pm) {
        buildDispatchPipeline(pm, machine.features);
      }))
    return error;
  OwningOpRef<ModuleOp> weights = splitWeights(module);
  // To verify loops and vectors after each of these passes takes as long as the
  // passes; what they make is verified once.
  if (llvm::Error error = runPasses(
          module, "kernels",
          [&](OpPassManager &pm) { buildKernelPipeline(pm, machine.features); },
          Verify::Result))
    return error;
  if (llvm::Error error = reportPart("native code", 0.2))
    return error;
  auto library =
      compileSharedLibrary(module, machine.target, options.threads, effort);
  if (!library) {
    // What the translation to LLVM IR has to say comes as diagnostics.
    if (diagnostics.empty())
      return library.takeError();
    llvm::consumeError(library.takeError());
    return failure("native code");
  }
  return writeModel(
      *weights, (*library)->getBuffer(), machine.target, outPath,
      [&](double part) { return reportPart("weights", 0.7 + 0.3 * part); });
}

/// To the system: the allocator keeps what compilation has freed, in each
/// thread's arena.
static void returnFreeMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

/// Compiles `module` in f32 with its observed values as outputs and runs it
/// over the calibration data: the file of statistics of what `observers` ask
/// for.
llvm::Expected<TemporaryFile>
Compilation::calibrate(ModuleOp module, InsertObserversOptions observers) {
  OwningOpRef<ModuleOp> observed = module.clone();
  if (llvm::Error error =
          runPasses(*observed, "observe", [&](OpPassManager &pm) {
            observers.keep.assign(options.keep.begin(), options.keep.end());
            pm.addPass(createInsertObservers(observers));
            pm.addPass(createExposeObserved());
          }))
    return std::move(error);
  std::string key =
      (*observed)->getAttrOfType<StringAttr>("qnt.statistics_key").str();
  auto countResults = [](ModuleOp op) {
    return op.lookupSymbol<func::FuncOp>("main").getNumResults();
  };
  size_t numObserved = countResults(*observed) - countResults(module);
  auto artifact = TemporaryFile::create("nibble-calibrate", "nib");
  if (!artifact)
    return artifact.takeError();
  // As many runs as there are samples: what more effort costs, they do not
  // give back.
  if (llvm::Error error = generate(
          *observed, here, artifact->getPath(), CodeEffort::Quick,
          [&](llvm::StringRef stage, double part) {
            return report(("calibrate: " + stage).str(), 0.1 + 0.1 * part);
          }))
    return std::move(error);
  // Runs need memory, too.
  observed = nullptr;
  returnFreeMemory();
  auto statistics = calibrateArtifact(
      &context, artifact->getPath(), numObserved, options.calibration, key,
      options.threads, [&](int64_t samples) {
        std::string stage = "calibrate: sample " + std::to_string(samples + 1);
        return !progress || progress(stage, 0.2);
      });
  if (!statistics)
    return statistics.takeError();
  auto file = TemporaryFile::create("nibble-statistics", "json");
  if (!file)
    return file.takeError();
  if (llvm::Error error = statistics->write(file->getPath()))
    return std::move(error);
  if (llvm::Error error = file->removeOnSignal())
    return std::move(error);
  return file;
}

namespace {
/// What becomes of the f32 graph before it is quantized.
enum class TransformPolicy { None, Rotate, Scale };
} // namespace

static TransformPolicy getPolicy(const CompileOptions &options,
                                 const QuantizePlan &plan) {
  if (options.transform == "rotate")
    return TransformPolicy::Rotate;
  if (options.transform == "smooth")
    return TransformPolicy::Scale;
  if (options.transform == "none" || !plan.weights)
    return TransformPolicy::None;
  return gainsByRotation(plan) ? TransformPolicy::Rotate
                               : TransformPolicy::None;
}

/// Runs passes that get the path of a file for the numbers of their bases,
/// which are read when weights are written.
llvm::Error Compilation::runWithNumbers(
    ModuleOp module, llvm::StringRef stage,
    llvm::function_ref<void(OpPassManager &, std::string)> build) {
  auto file = TemporaryFile::create("nibble-numbers", "bin");
  if (!file)
    return file.takeError();
  numberFiles.push_back(std::move(*file));
  const TemporaryFile &numbers = numberFiles.back();
  if (llvm::Error error = runPasses(module, stage, [&](OpPassManager &pm) {
        build(pm, numbers.getPath().str());
      }))
    return error;
  return numbers.removeOnSignal();
}

/// Scales of channels for the formats that are asked for.
llvm::Error Compilation::searchScales(ModuleOp module) {
  SearchScalesOptions search;
  search.weights = options.weights;
  search.activations = options.activations;
  search.group = options.group;
  search.keep.assign(options.keep.begin(), options.keep.end());
  search.activationGroup = options.activationGroup;
  std::optional<TemporaryFile> statistics;
  if (!options.calibration.empty()) {
    if (llvm::Error error = calibrate(module).moveInto(statistics))
      return error;
    search.statistics = statistics->getPath().str();
  }
  return runWithNumbers(module, "scales",
                        [&](OpPassManager &pm, std::string numbers) {
                          search.numbers = std::move(numbers);
                          pm.addPass(createSearchScales(search));
                        });
}

/// Weights of few bits gain from scales before rotations where data tells what
/// channels reach; for eight bits a rotation is enough. Where shifts are asked
/// for and there is nothing to shift, the maps say why.
llvm::Error Compilation::scaleRotations(ModuleOp module,
                                        const QuantizePlan &plan) {
  if (options.calibration.empty() || !plan.weights ||
      (plan.weights.getElement().bits >= 8 && !options.shift))
    return llvm::Error::success();
  bool hasRotations = !findNormRotations(module).empty();
  if (!hasRotations && !options.shift)
    return llvm::Error::success();
  ScaleRotationsOptions scale;
  std::optional<TemporaryFile> statistics;
  if (hasRotations) {
    InsertObserversOptions observers;
    observers.beforeRotations = true;
    if (llvm::Error error = calibrate(module, observers).moveInto(statistics))
      return error;
    scale.statistics = statistics->getPath().str();
  }
  scale.shift = options.shift;
  scale.keep.assign(options.keep.begin(), options.keep.end());
  return runWithNumbers(module, "scales",
                        [&](OpPassManager &pm, std::string numbers) {
                          scale.numbers = std::move(numbers);
                          pm.addPass(createScaleRotations(scale));
                          pm.addPass(createCSEPass());
                        });
}

/// Takes back the requests for rotations that calibration data speaks against.
llvm::Error Compilation::measureRotations(ModuleOp module,
                                          const QuantizePlan &plan) {
  auto isMap = [](Operation *op) {
    return isa<nn::LinearOp>(op) ? WalkResult::interrupt()
                                 : WalkResult::advance();
  };
  if (!module.walk(isMap).wasInterrupted())
    return llvm::Error::success();
  InsertObserversOptions observers;
  observers.rotationBlock = getRotationBlock(plan);
  auto statistics = calibrate(module, observers);
  if (!statistics)
    return statistics.takeError();
  MeasureRotationsOptions measure;
  measure.weights = options.weights;
  measure.activations = options.activations;
  measure.group = options.group;
  measure.block = observers.rotationBlock;
  measure.keep.assign(options.keep.begin(), options.keep.end());
  measure.statistics = statistics->getPath().str();
  return runPasses(module, "measure-rotations", [&](OpPassManager &pm) {
    pm.addPass(createMeasureRotations(measure));
  });
}

/// Channels in the order that is asked for.
llvm::Error Compilation::permute(ModuleOp module, const QuantizePlan &plan) {
  SearchPermutationsOptions search;
  search.order = options.permute;
  search.block =
      options.permute == "sort" ? getScaleBlock(plan) : getRotationBlock(plan);
  search.keep.assign(options.keep.begin(), options.keep.end());
  std::optional<TemporaryFile> statistics;
  if (!options.calibration.empty()) {
    if (llvm::Error error = calibrate(module).moveInto(statistics))
      return error;
    search.statistics = statistics->getPath().str();
  }
  return runWithNumbers(module, "permute",
                        [&](OpPassManager &pm, std::string numbers) {
                          search.numbers = std::move(numbers);
                          pm.addPass(createSearchPermutations(search));
                        });
}

/// Bases of the matrices that are given, of keys where they are cached, and, if
/// `inputs`, of Hadamard matrices before all that is quantized.
llvm::Error Compilation::rotate(ModuleOp module, const QuantizePlan &plan,
                                bool inputs) {
  TransformRequest request;
  request.inputs = inputs;
  request.block = getRotationBlock(plan);
  request.keys = options.rotateKV;
  request.keep = options.keep;
  if (options.matrices.empty())
    return runPasses(module, "transform", [&](OpPassManager &pm) {
      buildTransformPipeline(pm, request);
    });
  InsertMatricesOptions insert;
  insert.matricesPath = options.matrices;
  insert.keep.assign(options.keep.begin(), options.keep.end());
  insert.only = !inputs;
  request.inputs = true;
  request.matrices = &insert;
  return runWithNumbers(module, "transform",
                        [&](OpPassManager &pm, std::string numbers) {
                          insert.numbers = std::move(numbers);
                          buildTransformPipeline(pm, request);
                        });
}

/// f32 nn IR in the form and in the bases in which it is quantized.
llvm::Error Compilation::prepare(ModuleOp module, const QuantizePlan &plan) {
  TransformPolicy policy = getPolicy(options, plan);
  bool permutes = options.permute != "none";
  bool rotates = policy == TransformPolicy::Rotate ||
                 !options.matrices.empty() || options.rotateKV;
  bool changes = rotates || permutes || policy == TransformPolicy::Scale;
  // Layers have the same names whether they are quantized or not.
  if (!plan.weights && !changes && !options.exposeLayers)
    return llvm::Error::success();
  if (llvm::Error error =
          runPasses(module, "prepare", buildPrepareQuantizePipeline))
    return error;
  if (!changes)
    return llvm::Error::success();
  if (llvm::Error error = report("transform", 0.07))
    return error;
  if (policy == TransformPolicy::Scale)
    if (llvm::Error error = searchScales(module))
      return error;
  if (permutes)
    if (llvm::Error error = permute(module, plan))
      return error;
  if (!rotates)
    return llvm::Error::success();
  if (policy == TransformPolicy::Rotate || !options.matrices.empty())
    if (llvm::Error error =
            runPasses(module, "uncover-spaces", buildUncoverSpacesPipeline))
      return error;
  // Who gives a matrix has chosen.
  if (policy == TransformPolicy::Rotate && options.transform == "auto" &&
      options.matrices.empty() && !options.calibration.empty())
    if (llvm::Error error = measureRotations(module, plan))
      return error;
  if (llvm::Error error =
          rotate(module, plan, policy == TransformPolicy::Rotate))
    return error;
  if (policy == TransformPolicy::Rotate)
    if (llvm::Error error = scaleRotations(module, plan))
      return error;
  // Last: a weight's rotation composed with its channels' order is no rotation
  // that takes scales.
  return runPasses(module, "cleanup-transforms", [](OpPassManager &pm) {
    pm.addPass(createCleanupTransforms());
  });
}

/// Rewrites f32 nn IR as the options ask.
llvm::Error Compilation::quantize(ModuleOp module, const QuantizePlan &plan) {
  if (!plan.weights || options.staysFloat)
    return llvm::Error::success();
  QuantizeModelOptions quantize;
  quantize.weights = options.weights;
  quantize.activations = options.activations;
  quantize.group = options.group;
  quantize.activationGroup = options.activationGroup;
  quantize.keep.assign(options.keep.begin(), options.keep.end());
  // A whole format is taken at its word.
  if (!llvm::StringRef(options.weights).starts_with("#"))
    quantize.boundPairs = codegen::prefersBoundedPairs(machine.features);
  std::optional<TemporaryFile> statistics;
  if (!options.calibration.empty() && plan.activationsUnsigned) {
    auto file = calibrate(module);
    if (!file)
      return file.takeError();
    statistics.emplace(std::move(*file));
    quantize.statistics = statistics->getPath().str();
  }
  if (llvm::Error error = report("quantize", 0.2))
    return error;
  return runPasses(module, "quantize", [&](OpPassManager &pm) {
    pm.addPass(createQuantizeModel(quantize));
  });
}

/// What can be said about the request before the model is read.
static llvm::Expected<QuantizePlan>
checkRequest(MLIRContext *context, const CompileOptions &options) {
  if (options.kvCache != "io" && options.kvCache != "state")
    return llvm::createStringError(
        "the KV cache can be 'io' or 'state', not '" + options.kvCache + "'");
  if (options.rotateKV && options.kvCache != "state")
    return llvm::createStringError(
        "keys can be rotated in caches that the session keeps only (kv_cache "
        "'state'): inputs and outputs show what they hold");
  if (options.rotateKV && !options.calibration.empty())
    return llvm::createStringError(
        "keys cannot be rotated where calibration data is given, which brings "
        "caches in the model's own basis");
  if (!llvm::is_contained({"auto", "none", "rotate", "smooth"},
                          llvm::StringRef(options.transform)))
    return llvm::createStringError("unknown transform '" + options.transform +
                                   "': expected auto, none, rotate or smooth");
  if (!llvm::is_contained({"none", "sort", "zigzag"},
                          llvm::StringRef(options.permute)))
    return llvm::createStringError("unknown order of channels '" +
                                   options.permute +
                                   "': expected none, sort or zigzag");
  QuantizeRequest request{
      options.weights, options.activations,          options.group,
      options.keep,    !options.calibration.empty(), options.activationGroup};
  llvm::Expected<QuantizePlan> plan = resolveRequest(context, request);
  if (!plan)
    return plan.takeError();
  if (plan->weights)
    if (const char *fault = findWeightFault(plan->weights.getValue()))
      return llvm::createStringError("no kernel reads weights in the format '" +
                                     options.weights + "': " + fault);
  bool smooths = options.transform == "smooth";
  if (smooths && !plan->weights)
    return llvm::createStringError(
        "the transform 'smooth' chooses scales for "
        "a format of weights; give weights a format");
  if (options.shift && (options.calibration.empty() || !plan->weights ||
                        getPolicy(options, *plan) != TransformPolicy::Rotate))
    return llvm::createStringError(
        "'shift' takes the means that calibration data has away before "
        "rotations of what is quantized; give calibration data, a format of "
        "weights, and the transform 'rotate' (or 'auto', with a format of "
        "activations)");
  if (options.permute == "sort" && getScaleBlock(*plan) == 0)
    return llvm::createStringError(
        "the order 'sort' brings channels of like size into one group; give "
        "weights or activations groups");
  bool permutes = options.permute != "none";
  if (!options.calibration.empty() && !plan->activationsUnsigned && !smooths &&
      !permutes)
    return llvm::createStringError(
        "calibration data is given, but activations stay f32");
  if (!options.calibration.empty())
    if (auto files = listCalibrationFiles(options.calibration); !files)
      return files.takeError();
  return plan;
}

static llvm::Error failOverwritten(llvm::StringRef outPath) {
  return llvm::createStringError("cannot write '" + outPath +
                                 "': it is read, too; name another file");
}

/// The artifact may not take the place of the model's external data.
static llvm::Error checkNotOverwritten(ModuleOp module,
                                       llvm::StringRef outPath) {
  llvm::SmallSetVector<StringRef, 4> files;
  module.walk([&](onnx::ParameterOp parameter) {
    files.insert(parameter.getPlace().getFile());
  });
  for (StringRef file : files)
    if (llvm::sys::fs::equivalent(file, outPath))
      return failOverwritten(outPath);
  return llvm::Error::success();
}

/// Errors become the message of a failed stage.
void Compilation::collect(Diagnostic &diagnostic) {
  if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
    return;
  std::string text;
  llvm::raw_string_ostream os(text);
  std::string message = diagnostic.str();
  std::string place = describePlace(diagnostic.getLocation());
  // Most messages name their node themselves.
  if (!place.empty() && !llvm::StringRef(message).contains("'" + place + "'"))
    os << place << ": ";
  os << message << "\n";
  for (Diagnostic &note : diagnostic.getNotes())
    os << "  " << note << "\n";
  // Equal kernels fail alike.
  if (!llvm::StringRef(diagnostics).contains(text))
    diagnostics += text;
}

llvm::Expected<Machine> Machine::parse(llvm::StringRef name) {
  llvm::Expected<CPUTarget> target = CPUTarget::parse(name);
  if (!target)
    return target.takeError();
  auto features = codegen::TargetFeatures::parse(target->features);
  if (!features)
    return features.takeError();
  return Machine{std::move(*target), std::move(*features)};
}

bool Machine::runs(const Machine &other) const {
  llvm::SubtargetFeatures own(target.features), others(other.target.features);
  return llvm::all_of(others.getFeatures(), [&](const std::string &feature) {
    return !llvm::SubtargetFeatures::isEnabled(feature) ||
           llvm::is_contained(own.getFeatures(), feature);
  });
}

llvm::Error Compilation::setMachine() {
  if (llvm::Error error = Machine::parse(options.target).moveInto(machine))
    return error;
  here = machine;
  if (options.calibration.empty())
    return llvm::Error::success();
  // Where the target's own code runs, it makes the same statistics as
  // elsewhere, to the bit.
  llvm::Expected<Machine> host = Machine::parse("host");
  if (!host)
    return host.takeError();
  if (!host->runs(machine))
    here = std::move(*host);
  return llvm::Error::success();
}

llvm::Error Compilation::run(llvm::StringRef path, llvm::StringRef outPath) {
  ScopedDiagnosticHandler handler(
      &context, [&](Diagnostic &diagnostic) { collect(diagnostic); });
  llvm::Expected<QuantizePlan> plan = checkRequest(&context, options);
  if (!plan)
    return plan.takeError();
  if (llvm::Error error = setMachine())
    return error;

  if (llvm::Error error = report("import", 0))
    return error;
  FailureOr<OwningOpRef<ModuleOp>> module = importOnnx(&context, path);
  if (mlir::failed(module))
    return failure("import");
  if (llvm::Error error = dump(**module, "import"))
    return error;
  if (llvm::Error error = checkNotOverwritten(**module, outPath))
    return error;
  if (llvm::Error error = checkKept(**module, options.keep))
    return error;

  if (llvm::Error error = report("frontend", 0.05))
    return error;
  if (llvm::Error error =
          runPasses(**module, "frontend", [&](OpPassManager &pm) {
            FrontendOptions frontend;
            for (const std::string &binding : options.inputValues)
              frontend.inputValues.push_back(binding);
            buildFrontendPipeline(pm, frontend);
          }))
    return error;

  auto formStates = [&] {
    return runPasses(**module, "states",
                     [](OpPassManager &pm) { pm.addPass(createFormStates()); });
  };
  // Calibration gives every sample the caches that it has. Without it they are
  // the session's before bases are chosen, which they may then have, too.
  bool hasStates = options.kvCache == "state";
  bool calibrates = !options.calibration.empty();
  if (hasStates && !calibrates)
    if (llvm::Error error = formStates())
      return error;
  if (llvm::Error error = prepare(**module, *plan))
    return error;
  if (llvm::Error error = quantize(**module, *plan))
    return error;
  if (options.exposeLayers)
    if (llvm::Error error =
            runPasses(**module, "layers", [&](OpPassManager &pm) {
              pm.addPass(createObserveLayers());
              pm.addPass(createExposeObserved());
            }))
      return error;
  if (hasStates && calibrates)
    if (llvm::Error error = formStates())
      return error;
  return generate(**module, machine, outPath, CodeEffort::Full,
                  [&](llvm::StringRef stage, double part) {
                    return report(stage, 0.2 + 0.8 * part);
                  });
}

llvm::Error nibble::compileModel(llvm::StringRef path,
                                 const CompileOptions &options,
                                 llvm::StringRef outPath,
                                 const ProgressFn &progress) {
  for (llvm::StringRef read : {path, llvm::StringRef(options.calibration),
                               llvm::StringRef(options.matrices)})
    if (!read.empty() && llvm::sys::fs::equivalent(read, outPath))
      return failOverwritten(outPath);
  return Compilation(options, progress).run(path, outPath);
}

//===----------------------------------------------------------------------===//
// C interface
//===----------------------------------------------------------------------===//

extern "C" __attribute__((visibility("default"))) int
nib_compile(const char *path, const char *optionsJson, const char *outPath,
            nib_progress_fn progress, void *user, char **error) {
  auto fail = [&](llvm::Error failure) {
    std::string text = llvm::toString(std::move(failure));
    if (error)
      *error = strdup(text.c_str());
    return 1;
  };
  if (!path || !outPath)
    return fail(llvm::createStringError("path and out_path must be given"));
  auto options = CompileOptions::parse(optionsJson ? optionsJson : "{}");
  if (!options)
    return fail(options.takeError());
  ProgressFn report;
  if (progress)
    report = [&](llvm::StringRef stage, double fraction) {
      return progress(user, stage.str().c_str(), fraction) == 0;
    };
  if (llvm::Error failure = compileModel(path, *options, outPath, report))
    return fail(std::move(failure));
  return 0;
}

extern "C" __attribute__((visibility("default"))) void
nib_compile_free_error(char *error) {
  free(error);
}
