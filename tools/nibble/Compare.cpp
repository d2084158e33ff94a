//===- Compare.cpp - nibble compare -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "Compilation.h"
#include "Difference.h"
#include "LoadedModel.h"
#include "PythonHelper.h"
#include "PythonScripts.h"
#include "RequestFlags.h"
#include "Table.h"
#include "nibble/Support/TemporaryFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace nibble;
using namespace nibble::tool;
namespace cl = llvm::cl;

static llvm::Error run();

static Command command("compare", "how far a quantized model is from f32",
                       R"(
Compiles the model in f32 and as the options say (or loads MODEL.nib), runs both
and ONNX Runtime on the same inputs, and prints for every output the largest
error, the same as a part of the reference's range, the SQNR in dB and the
cosine. Inputs that are not given are made up, as by `nibble bench`: use real
ones (--input) to judge a model.

ONNX Runtime runs in Python (NIBBLE_PYTHON, or python3). Where it is not
installed, a note says so and its lines are missing.

EXAMPLES:
  nibble compare model.onnx --weights int8 --activations int8 --input x.npz
  nibble compare model.onnx model.nib --dim batch=1 --dim sequence=128
  nibble compare model.onnx --weights int4 --group 32 --per-layer
      Every layer's output in both models, in the model's order, and the first
      one whose SQNR is below --threshold.
  nibble compare model.onnx model.nib --min-sqnr 20
      For scripts: exit code 1 if an output is further off.
)" NIBBLE_EXIT_CODES,
                       run);

static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("MODEL.onnx"), cl::sub(command));
static cl::opt<std::string>
    artifactPath(cl::Positional, cl::desc("[MODEL.nib]"), cl::sub(command));
static RequestFlags request(command);
static cl::list<std::string>
    inputArguments("input", cl::value_desc("[name=]file.npy|npz"),
                   cl::desc("An input, or an archive of them"),
                   cl::sub(command));
static cl::list<std::string>
    dims("dim", cl::value_desc("name=number"),
         cl::desc("Extent of a symbolic dimension; 1 if not given"),
         cl::sub(command));
static cl::opt<bool> perLayer("per-layer",
                              cl::desc("Compare every layer's output"),
                              cl::sub(command));
static cl::opt<double>
    threshold("threshold", cl::value_desc("dB"),
              cl::desc("A layer below this SQNR diverges (--per-layer); 20 "
                       "is the default"),
              cl::init(20), cl::sub(command));
static cl::opt<double>
    minSqnr("min-sqnr", cl::value_desc("dB"),
            cl::desc("Fail if an output's SQNR against f32 is below"),
            cl::sub(command));
static cl::opt<unsigned> threads(
    "threads",
    cl::desc("Number of threads; 0 (the default): one per physical core"),
    cl::init(0), cl::sub(command));

namespace {
/// The command line, kept aside: lld, which compiling runs, resets all options.
struct Settings {
  std::string model = modelPath;
  std::string artifact = artifactPath;
  CompileOptions options;
  std::vector<std::string> inputs{inputArguments.begin(), inputArguments.end()};
  std::vector<std::string> dims{::dims.begin(), ::dims.end()};
  bool perLayer = ::perLayer;
  double threshold = ::threshold;
  std::optional<double> minSqnr;
  unsigned threads = ::threads;

  Settings() {
    request.apply(options);
    if (::minSqnr.getNumOccurrences())
      minSqnr = ::minSqnr;
  }
};

/// Named outputs of one run, in the model's order.
struct Outputs {
  std::vector<std::string> names;
  llvm::StringMap<DLTensor> tensors;
  std::vector<TensorPtr> owned;   ///< by the runtime
  std::vector<NumpyArray> arrays; ///< or read from a file

  const DLTensor *find(llvm::StringRef name) const {
    auto it = tensors.find(name);
    return it == tensors.end() ? nullptr : &it->second;
  }
};
} // namespace

/// What the outputs of layers are called (nibble-expose-observed), of which
/// there are some with --per-layer; else a model's own may be called so.
static constexpr llvm::StringLiteral layerPrefix = "observed/";

static llvm::Expected<Outputs>
runModel(llvm::StringRef path, llvm::StringRef inputs, unsigned threads) {
  auto model = loadModel(path);
  if (!model)
    return model.takeError();
  Inputs feeds(model->get());
  if (llvm::Error error = feeds.add(inputs))
    return error;
  if (llvm::Error error = feeds.checkComplete())
    return error;
  auto session = makeSession(*model, threads, /*profile=*/false);
  if (!session)
    return session.takeError();
  std::vector<nib_tensor_info> infos = outputsOf(model->get());
  std::vector<nib_output> outputs(infos.size());
  for (auto [i, output] : llvm::enumerate(outputs))
    if (isPrivateOutput(model->get(), i))
      output.mode = NIB_OUTPUT_SKIP;
  llvm::ArrayRef<const DLTensor *> list = feeds.pointers();
  if (nib_session_run(session->get(), list.data(), list.size(), outputs.data(),
                      outputs.size()) != NIB_OK)
    return failure(nib_session_error(session->get()));
  Outputs result;
  for (auto [info, output] : llvm::zip_equal(infos, outputs)) {
    if (output.mode == NIB_OUTPUT_SKIP)
      continue;
    result.names.push_back(info.name);
    result.tensors[info.name] = output.allocated->dl_tensor;
    result.owned.emplace_back(output.allocated);
  }
  return result;
}

static llvm::Expected<Outputs> runOnnxRuntime(llvm::StringRef model,
                                              llvm::StringRef inputs) {
  auto helper = PythonHelper::start(scripts::run_onnxruntime, {model.str()});
  if (!helper)
    return helper.takeError();
  auto file = TemporaryFile::create("nibble", "npz");
  if (!file)
    return file.takeError();
  auto answer = (*helper)->ask(
      llvm::json::Object{{"inputs", inputs}, {"outputs", file->getPath()}});
  if (!answer)
    return answer.takeError();
  auto reader = NpzReader::open(file->getPath());
  if (!reader)
    return reader.takeError();
  Outputs result;
  result.names = (*reader)->names().vec();
  result.arrays.reserve(result.names.size());
  for (const std::string &name : result.names) {
    auto array = (*reader)->read(name);
    if (!array)
      return array.takeError();
    result.arrays.push_back(std::move(*array));
    result.tensors[name] = tensorOf(result.arrays.back());
  }
  return result;
}

static std::string number(const char *format, double value) {
  if (std::isinf(value))
    return value > 0 ? "inf" : "-inf";
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format(format, value);
  return text;
}

static std::vector<std::string> describe(const Difference &difference) {
  return {number("%.3g", difference.maxError),
          difference.range > 0
              ? number("%.2e", difference.maxError / difference.range)
              : "-",
          number("%.1f", difference.sqnr), number("%.6f", difference.cosine)};
}

/// Adds a line for every output that both have. Returns the least SQNR.
static llvm::Expected<double> addRows(Table &table, llvm::StringRef what,
                                      const Outputs &found,
                                      const Outputs &wanted) {
  double least = INFINITY;
  for (const std::string &name : found.names) {
    const DLTensor *want = wanted.find(name);
    if (!want || (perLayer && llvm::StringRef(name).starts_with(layerPrefix)))
      continue;
    auto difference = compareTensors(*found.find(name), *want);
    if (!difference)
      return failure("output '" + name + "', " + what + ": " +
                     llvm::toString(difference.takeError()));
    std::vector<std::string> row = {name, what.str()};
    llvm::append_range(row, describe(*difference));
    table.add(std::move(row));
    least = std::min(least, difference->sqnr);
  }
  return least;
}

static llvm::Error compareLayers(const Outputs &found, const Outputs &wanted,
                                 double threshold) {
  Table table({"layer", ">max error", ">of range", ">SQNR dB", ">cosine"});
  std::string first;
  for (llvm::StringRef name : wanted.names) {
    llvm::StringRef layer = name;
    const DLTensor *got = found.find(name);
    if (!layer.consume_front(layerPrefix) || !got)
      continue;
    auto difference = compareTensors(*got, *wanted.find(name));
    if (!difference)
      return failure("layer '" + layer +
                     "': " + llvm::toString(difference.takeError()));
    std::vector<std::string> row = {layer.str()};
    llvm::append_range(row, describe(*difference));
    table.add(std::move(row));
    if (first.empty() && !(difference->sqnr >= threshold))
      first = layer.str() + " (" + number("%.1f", difference->sqnr) + " dB)";
  }
  llvm::outs() << "\nlayers, quantized - f32\n";
  table.print(llvm::outs());
  llvm::outs() << "\nfirst layer below " << number("%g", threshold)
               << " dB: " << (first.empty() ? "none" : first) << "\n";
  return llvm::Error::success();
}

/// Writes the inputs of all three runs; those that are not given are made up.
static llvm::Error writeInputs(const Settings &settings,
                               llvm::StringRef artifact, llvm::StringRef path) {
  auto model = loadModel(artifact, /*metadataOnly=*/true);
  if (!model)
    return model.takeError();
  Inputs inputs(model->get());
  for (const std::string &argument : settings.inputs)
    if (llvm::Error error = inputs.add(argument))
      return error;
  auto madeUp = inputs.fill(settings.dims);
  if (!madeUp)
    return madeUp.takeError();
  return inputs.save(path);
}

/// Fails unless the artifact has the inputs of the model.
static llvm::Error checkSameInputs(const Settings &settings,
                                   llvm::StringRef f32Path) {
  auto names = [](llvm::StringRef path) -> llvm::Expected<std::string> {
    auto model = loadModel(path, /*metadataOnly=*/true);
    if (!model)
      return model.takeError();
    llvm::SmallVector<llvm::StringRef> list;
    for (const nib_tensor_info &info : inputsOf(model->get()))
      list.push_back(info.name);
    llvm::sort(list);
    return llvm::join(list, ", ");
  };
  auto wanted = names(f32Path);
  if (!wanted)
    return wanted.takeError();
  auto got = names(settings.artifact);
  if (!got)
    return got.takeError();
  if (*wanted != *got)
    return failure("'" + settings.artifact +
                   "' is of another model: its inputs are " + *got +
                   ", those of '" + settings.model + "' " + *wanted);
  return llvm::Error::success();
}

static llvm::Error compareOutputs(const Settings &settings,
                                  const Outputs &found, const Outputs &f32,
                                  llvm::StringRef inputs) {
  Table table(
      {"output", "compared", ">max error", ">of range", ">SQNR dB", ">cosine"});
  auto least = addRows(table, "artifact - f32", found, f32);
  if (!least)
    return least.takeError();
  if (table.empty())
    return failure("'" + settings.artifact +
                   "' is of another model: its outputs are " +
                   llvm::join(found.names, ", ") + ", those of '" +
                   settings.model + "' " + llvm::join(f32.names, ", "));
  auto reference = runOnnxRuntime(settings.model, inputs);
  if (!reference) {
    llvm::errs() << "note: not compared with ONNX Runtime: "
                 << llvm::toString(reference.takeError()) << "\n";
  } else {
    for (auto [what, outputs] : {std::pair("artifact - ONNX Runtime", &found),
                                 std::pair("f32 - ONNX Runtime", &f32)})
      if (auto rows = addRows(table, what, *outputs, *reference); !rows)
        return rows.takeError();
  }
  table.print(llvm::outs());
  if (settings.perLayer)
    if (llvm::Error error = compareLayers(found, f32, settings.threshold))
      return error;
  llvm::outs().flush();
  if (settings.minSqnr && !(*least >= *settings.minSqnr))
    return failure("an output's SQNR against f32 is " + number("%.1f", *least) +
                   " dB, below " + number("%g", *settings.minSqnr));
  return llvm::Error::success();
}

static llvm::Error checkUsage() {
  if (llvm::Error error = request.check())
    return error;
  if (!artifactPath.empty()) {
    if (llvm::Error error = request.checkNoneFor(artifactPath))
      return error;
    if (perLayer)
      return usage("--per-layer is for a .onnx; '" + artifactPath +
                   "' is compiled");
  }
  if (std::isnan(minSqnr) || std::isnan(threshold))
    return usage("--min-sqnr and --threshold are numbers of dB");
  if (threshold.getNumOccurrences() && !perLayer)
    return usage("--threshold is for --per-layer");
  return llvm::Error::success();
}

static llvm::Error run() {
  if (llvm::Error error = checkUsage())
    return error;
  Settings settings;
  auto f32File = TemporaryFile::create("nibble", "nib");
  if (!f32File)
    return f32File.takeError();
  auto artifactFile = TemporaryFile::create("nibble", "nib");
  if (!artifactFile)
    return artifactFile.takeError();
  auto inputFile = TemporaryFile::create("nibble", "npz");
  if (!inputFile)
    return inputFile.takeError();
  CompileOptions plain;
  if (settings.perLayer) {
    // Layers can be compared in the same bases only.
    settings.options.exposeLayers = true;
    plain = settings.options;
    plain.staysFloat = true;
  }
  if (llvm::Error error =
          compileWithProgress(settings.model, plain, f32File->getPath()))
    return error;
  if (settings.artifact.empty()) {
    settings.artifact = artifactFile->getPath().str();
    if (llvm::Error error = compileWithProgress(
            settings.model, settings.options, settings.artifact))
      return error;
  }
  if (llvm::Error error = checkSameInputs(settings, f32File->getPath()))
    return error;
  if (llvm::Error error =
          writeInputs(settings, f32File->getPath(), inputFile->getPath()))
    return error;
  auto f32 =
      runModel(f32File->getPath(), inputFile->getPath(), settings.threads);
  if (!f32)
    return f32.takeError();
  auto found =
      runModel(settings.artifact, inputFile->getPath(), settings.threads);
  if (!found)
    return found.takeError();
  return compareOutputs(settings, *found, *f32, inputFile->getPath());
}
