//===- Generate.cpp - nibble generate -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "Compilation.h"
#include "LanguageModel.h"
#include "PythonHelper.h"
#include "PythonScripts.h"
#include "RequestFlags.h"
#include "nibble/Support/ShallowJSON.h"
#include "nibble/Support/TemporaryFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <chrono>
#include <cmath>
#include <numeric>
#include <random>

using namespace nibble;
using namespace nibble::tool;
namespace cl = llvm::cl;
namespace json = llvm::json;

static llvm::Error run();

static Command command("generate", "continue a text with a language model",
                       R"(
The text goes to the standard output as it comes; tokens per second go to the
standard error. Without --temperature the likeliest token is taken; with it one
is drawn, and the same --seed draws the same text.

The model's inputs are input_ids and, where it has them, attention_mask and
position_ids; its caches are states (compile --kv-cache state), else the whole
text is computed again for every token. A .onnx is compiled first, with states.

--prompt needs Python with the package tokenizers, and the tokenizer.json of the
model beside it or in --tokenizer. Generation ends at --max-tokens, at --stop,
or at the eos_token_id of a generation_config.json or config.json beside the
model.

EXAMPLES:
  nibble generate lm.nib --prompt "Once upon a time"
  nibble generate lm.onnx --weights int4 --group 32 --prompt "The" --max-tokens 20
  nibble generate lm.nib --prompt "The" --temperature 0.8 --top-k 40 --seed 7
  nibble generate lm.nib --tokens 12,80,4
      Token numbers in and out: no tokenizer.
)" NIBBLE_EXIT_CODES,
                       run);

static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("MODEL.nib|MODEL.onnx"),
                                      cl::sub(command));
static cl::opt<std::string> prompt("prompt", cl::value_desc("text"),
                                   cl::desc("What to continue"),
                                   cl::sub(command));
static cl::list<int64_t> tokenList("tokens", cl::CommaSeparated,
                                   cl::value_desc("n,n,…"),
                                   cl::desc("What to continue, as tokens"),
                                   cl::sub(command));
static cl::opt<std::string>
    tokenizerPath("tokenizer", cl::value_desc("tokenizer.json"),
                  cl::desc("The tokenizer, if it is not beside the model"),
                  cl::sub(command));
static cl::opt<unsigned>
    maxTokens("max-tokens",
              cl::desc("Tokens to generate at most; 64 is the default"),
              cl::init(64), cl::sub(command));
static cl::list<int64_t> stopTokens("stop", cl::CommaSeparated,
                                    cl::value_desc("n,n,…"),
                                    cl::desc("Tokens that end the text"),
                                    cl::sub(command));
static cl::opt<double>
    temperature("temperature",
                cl::desc("0 (the default): always the likeliest token"),
                cl::init(0), cl::sub(command));
static cl::opt<unsigned>
    topK("top-k",
         cl::desc("Draw from the likeliest n; 0 (the default): from all"),
         cl::init(0), cl::sub(command));
static cl::opt<uint64_t> seed("seed",
                              cl::desc("Of what is drawn; 0 is the default"),
                              cl::init(0), cl::sub(command));
static cl::opt<unsigned> threads(
    "threads",
    cl::desc("Number of threads; 0 (the default): one per physical core"),
    cl::init(0), cl::sub(command));
static RequestFlags request(command);
static cl::opt<bool>
    rotateKV("rotate-kv",
             cl::desc("Of a .onnx: keys are cached rotated by a Hadamard "
                      "transform of each head's channels"),
             cl::sub(command));

static double now() {
  auto time = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(time).count();
}

namespace {
/// The command line, kept aside: lld, which compiling runs, resets all options.
struct Settings {
  std::string model = modelPath;
  std::string artifact = modelPath;
  unsigned limit = maxTokens;
  double temperature = ::temperature;
  unsigned topK = ::topK;
  uint64_t seed = ::seed;
  unsigned threads = ::threads;
  std::vector<int64_t> stops;

  bool isCompiled() const { return !llvm::StringRef(model).ends_with(".onnx"); }
};

/// Chooses tokens from logits.
class Sampler {
public:
  explicit Sampler(const Settings &settings)
      : temperature(settings.temperature), topK(settings.topK),
        random(settings.seed) {}

  int64_t choose(llvm::ArrayRef<float> logits) {
    if (temperature == 0 || topK == 1)
      return llvm::max_element(logits) - logits.begin();
    // The likeliest first; equal ones in the vocabulary's order.
    order.resize(logits.size());
    std::iota(order.begin(), order.end(), int64_t(0));
    auto likelier = [&](int64_t a, int64_t b) {
      return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
    };
    size_t count = topK ? std::min<size_t>(topK, order.size()) : order.size();
    std::partial_sort(order.begin(), order.begin() + count, order.end(),
                      likelier);
    std::vector<double> sums(count);
    double sum = 0;
    for (size_t i = 0; i < count; ++i) {
      double above = double(logits[order[i]]) - logits[order[0]];
      sums[i] = sum += std::exp(above / temperature);
    }
    // The same draw on every machine, unlike the library's distributions.
    double draw = double(random() >> 11) * 0x1p-53 * sum;
    size_t place = llvm::upper_bound(sums, draw) - sums.begin();
    return order[std::min(place, count - 1)];
  }

private:
  double temperature;
  unsigned topK;
  std::mt19937_64 random;
  std::vector<int64_t> order;
};
} // namespace

/// `name` in the folder of the model.
static std::string besideModel(llvm::StringRef name) {
  llvm::SmallString<128> path(modelPath);
  llvm::sys::path::remove_filename(path);
  llvm::sys::path::append(path, name);
  return path.str().str();
}

/// The token or tokens that a configuration beside the model says end a text.
static llvm::Expected<std::vector<int64_t>> findStops() {
  std::vector<int64_t> stops(stopTokens.begin(), stopTokens.end());
  for (llvm::StringRef name : {"generation_config.json", "config.json"}) {
    std::string path = besideModel(name);
    auto file = llvm::MemoryBuffer::getFile(path);
    if (!stops.empty() || !file)
      continue;
    auto value = parseShallowJSON((*file)->getBuffer(), "it");
    if (!value)
      return failure(path + ": " + llvm::toString(value.takeError()));
    const json::Object *object = value->getAsObject();
    const json::Value *end = object ? object->get("eos_token_id") : nullptr;
    if (!end)
      continue;
    if (auto token = end->getAsInteger())
      stops.push_back(*token);
    else if (const json::Array *list = end->getAsArray())
      for (const json::Value &item : *list)
        if (auto token = item.getAsInteger())
          stops.push_back(*token);
  }
  return stops;
}

static llvm::Expected<std::unique_ptr<PythonHelper>> startTokenizer() {
  std::string path =
      tokenizerPath.empty() ? besideModel("tokenizer.json") : tokenizerPath;
  if (!llvm::sys::fs::exists(path))
    return failure("there is no tokenizer '" + path +
                   "': name it with --tokenizer, or give --tokens");
  return PythonHelper::start(scripts::tokenize_text, {path});
}

static llvm::Expected<std::vector<int64_t>> encode(PythonHelper &tokenizer) {
  auto answer = tokenizer.ask(json::Object{{"encode", prompt.getValue()}});
  if (!answer)
    return answer.takeError();
  std::vector<int64_t> tokens;
  if (const json::Array *ids = answer->getAsArray())
    for (const json::Value &id : *ids)
      tokens.push_back(id.getAsInteger().value_or(-1));
  if (tokens.empty())
    return failure("the prompt has no tokens");
  return tokens;
}

/// Shows a token: its text, or its number if there is no tokenizer.
static llvm::Error show(int64_t token, PythonHelper *tokenizer) {
  if (!tokenizer) {
    llvm::outs() << token << ' ';
  } else {
    auto text = tokenizer->ask(json::Object{{"decode", token}});
    if (!text)
      return text.takeError();
    llvm::outs() << text->getAsString().value_or("");
  }
  llvm::outs().flush();
  return llvm::Error::success();
}

static llvm::Error generate(LanguageModel &model, std::vector<int64_t> tokens,
                            const Settings &settings, PythonHelper *tokenizer) {
  if (tokenizer) {
    for (int64_t token : tokens)
      if (llvm::Error error = show(token, tokenizer))
        return error;
  }
  if (!model.hasCache())
    llvm::errs() << "the model has no cache: each token computes the whole "
                    "text again\n";
  Sampler sampler(settings);
  double start = now();
  auto logits = model.extend(tokens);
  double prefill = now() - start, decode = 0;
  unsigned steps = 0, shown = 0;
  while (shown < settings.limit) {
    if (!logits)
      return logits.takeError();
    int64_t token = sampler.choose(*logits);
    if (llvm::is_contained(settings.stops, token))
      break;
    if (llvm::Error error = show(token, tokenizer))
      return error;
    if (++shown == settings.limit)
      break;
    start = now();
    logits = model.extend(token);
    decode += now() - start;
    ++steps;
  }
  if (!logits)
    return logits.takeError();
  llvm::outs() << "\n";
  llvm::outs().flush();
  llvm::errs() << "prompt: " << tokens.size() << " tokens, "
               << llvm::format("%.1f", tokens.size() / prefill)
               << " tokens/s; generated: " << shown << " tokens";
  if (steps)
    llvm::errs() << ", " << llvm::format("%.1f", steps / decode) << " tokens/s";
  llvm::errs() << "\n";
  return llvm::Error::success();
}

static llvm::Error checkUsage() {
  if ((prompt.getNumOccurrences() > 0) == !tokenList.empty())
    return usage("give either --prompt or --tokens");
  if (!(temperature >= 0) || std::isinf(temperature))
    return usage("--temperature must be a number that is not negative");
  if (maxTokens == 0)
    return usage("--max-tokens must be positive");
  if (llvm::Error error = request.check())
    return error;
  if (llvm::StringRef(modelPath).ends_with(".onnx"))
    return llvm::Error::success();
  if (llvm::Error error = request.checkNoneFor(modelPath))
    return error;
  if (rotateKV.getNumOccurrences())
    return usage("--rotate-kv is for a .onnx; '" + modelPath + "' is compiled");
  return llvm::Error::success();
}

static llvm::Error run() {
  if (llvm::Error error = checkUsage())
    return error;
  // What can fail at once does so before the model is compiled.
  std::unique_ptr<PythonHelper> tokenizer;
  std::vector<int64_t> tokens(tokenList.begin(), tokenList.end());
  if (tokens.empty()) {
    auto started = startTokenizer();
    if (!started)
      return started.takeError();
    tokenizer = std::move(*started);
    auto encoded = encode(*tokenizer);
    if (!encoded)
      return encoded.takeError();
    tokens = std::move(*encoded);
  }
  Settings settings;
  auto stops = findStops();
  if (!stops)
    return stops.takeError();
  settings.stops = std::move(*stops);
  auto file = TemporaryFile::create("nibble", "nib");
  if (!file)
    return file.takeError();
  if (!settings.isCompiled()) {
    CompileOptions options;
    request.apply(options);
    options.kvCache = "state";
    options.rotateKV = rotateKV;
    settings.artifact = file->getPath().str();
    if (llvm::Error error =
            compileWithProgress(settings.model, options, settings.artifact))
      return error;
  }
  auto model = LanguageModel::open(settings.artifact, settings.threads);
  if (!model)
    return model.takeError();
  return generate(*model, std::move(tokens), settings, tokenizer.get());
}
