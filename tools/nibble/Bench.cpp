//===- Bench.cpp - nibble bench ---------------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "LoadedModel.h"
#include "Table.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Process.h"

#include <chrono>
#include <cmath>
#include <numeric>

using namespace nibble;
using namespace nibble::tool;
namespace cl = llvm::cl;

static llvm::Error run();

static Command command("bench", "measure how long a compiled model takes",
                       R"(
Runs until --seconds have passed, at least 5 times, and prints the median.
States are empty before every run. Inputs that are not given are made up:
floats from -1 to 1, ones for integers.

EXAMPLES:
  nibble bench model.nib --dim batch=8 --dim sequence=128 --threads 2
  nibble bench model.nib --input image.npy --profile
      Where the time goes: milliseconds and GB/s of every dispatch, with the
      ONNX nodes it computes.
)" NIBBLE_EXIT_CODES,
                       run);

static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("MODEL.nib"), cl::sub(command));
static cl::list<std::string>
    inputArguments("input", cl::value_desc("[name=]file.npy|npz"),
                   cl::desc("An input, or an archive of them"),
                   cl::sub(command));
static cl::list<std::string>
    dims("dim", cl::value_desc("name=number"),
         cl::desc("Extent of a symbolic dimension; 1 if not given"),
         cl::sub(command));
static cl::opt<unsigned> threads(
    "threads",
    cl::desc("Number of threads; 0 (the default): one per physical core"),
    cl::init(0), cl::sub(command));
static cl::opt<double>
    seconds("seconds", cl::desc("How long to measure; 1.5 is the default"),
            cl::init(1.5), cl::sub(command));
static cl::opt<bool> profile("profile", cl::desc("Measure each dispatch"),
                             cl::sub(command));

static double now() {
  auto time = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(time).count();
}

static std::string number(const char *format, double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format(format, value);
  return text;
}

/// One run from empty states; its seconds.
static llvm::Expected<double> runOnce(nib_session *session, Inputs &inputs,
                                      size_t numOutputs) {
  nib_session_reset_state(session);
  std::vector<nib_output> outputs(numOutputs);
  llvm::ArrayRef<const DLTensor *> list = inputs.pointers();
  double start = now();
  nib_status status = nib_session_run(session, list.data(), list.size(),
                                      outputs.data(), outputs.size());
  double time = now() - start;
  for (nib_output &output : outputs)
    if (output.allocated)
      output.allocated->deleter(output.allocated);
  if (status != NIB_OK)
    return failure(nib_session_error(session));
  return time;
}

static llvm::Expected<std::vector<double>>
measure(nib_session *session, Inputs &inputs, size_t numOutputs) {
  // The first run finds pages, plans and threads.
  for (int i = 0; i < 2; ++i)
    if (auto time = runOnce(session, inputs, numOutputs); !time)
      return time.takeError();
  nib_session_reset_profile(session);
  std::vector<double> times;
  double start = now(), shown = start;
  bool terminal = llvm::sys::Process::StandardErrIsDisplayed();
  while (times.size() < 5 || now() - start < seconds) {
    auto time = runOnce(session, inputs, numOutputs);
    if (!time)
      return time.takeError();
    times.push_back(*time);
    if (terminal && now() - shown > 2) {
      shown = now();
      llvm::errs() << "\r" << times.size() << " runs, "
                   << llvm::format("%.0f s", shown - start);
    }
  }
  if (shown != start)
    llvm::errs() << "\r                        \r";
  return times;
}

static void printProfile(nib_session *session, const nib_model *model) {
  size_t count = nib_model_num_dispatches(model);
  std::vector<nib_profile> profiles(count + 1);
  for (size_t i = 0; i <= count; ++i)
    nib_session_profile(session, i, &profiles[i]);
  const nib_profile &total = profiles[count];
  double runs = total.calls;
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t(0));
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::pair(profiles[b].nanoseconds, a) <
           std::pair(profiles[a].nanoseconds, b);
  });
  Table table(
      {">ms/run", ">%", ">GB/s", ">calls", "kernel", "format", "nodes"});
  uint64_t inside = 0;
  for (size_t i : order) {
    const nib_profile &p = profiles[i];
    if (p.calls == 0)
      continue;
    nib_dispatch_info info;
    nib_model_dispatch(model, i, &info);
    inside += p.nanoseconds;
    table.add({number("%.4f", p.nanoseconds / runs / 1e6),
               number("%.1f", 100.0 * p.nanoseconds / total.nanoseconds),
               number("%.2f", double(p.traffic) / p.nanoseconds),
               number("%g", p.calls / runs), info.kernel, info.format,
               llvm::join(llvm::ArrayRef(info.nodes, info.num_nodes), ", ")});
  }
  double rest = double(total.nanoseconds - inside);
  table.add({number("%.4f", rest / runs / 1e6),
             number("%.1f", 100 * rest / total.nanoseconds), "", "", "", "",
             "between dispatches"});
  llvm::outs() << "\n";
  table.print(llvm::outs());
}

static llvm::Error run() {
  if (!(seconds >= 0) || std::isinf(double(seconds)))
    return usage("--seconds must be a number from 0 on");
  auto model = loadModel(modelPath);
  if (!model)
    return model.takeError();
  Inputs inputs(model->get());
  for (const std::string &argument : inputArguments)
    if (llvm::Error error = inputs.add(argument))
      return error;
  auto extents = inputs.fill(dims);
  if (!extents)
    return extents.takeError();
  auto session = makeSession(*model, threads, profile);
  if (!session)
    return session.takeError();
  auto times =
      measure(session->get(), inputs, nib_model_num_outputs(model->get()));
  if (!times)
    return times.takeError();
  llvm::sort(*times);
  auto at = [&](double part) {
    return number("%.4f", (*times)[size_t(part * (times->size() - 1))] * 1e3);
  };
  llvm::outs() << "median " << at(0.5) << " ms, fastest " << at(0)
               << " ms, 90% below " << at(0.9) << " ms, " << times->size()
               << " runs, " << nib_session_threads(session->get())
               << " threads, " << sizeText(nib_session_memory(session->get()))
               << " working memory";
  if (!extents->empty())
    llvm::outs() << "; " << llvm::join(*extents, ", ");
  llvm::outs() << "\n";
  if (profile)
    printProfile(session->get(), model->get());
  return llvm::Error::success();
}
