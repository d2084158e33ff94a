//===- Run.cpp - nibble run -------------------------------------*- C++ -*-===//
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
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace nibble;
using namespace nibble::tool;
namespace cl = llvm::cl;

static llvm::Error run();

static Command command("run", "run a compiled model on arrays from files",
                       R"(
EXAMPLES:
  nibble run model.nib --input image.npy
      A model with one input: prints its outputs' ranges.
  nibble run model.nib --input batch.npz --output result.npz
      Takes the arrays that are named as inputs (others are left alone).
  nibble run lm.nib --input input_ids=ids.npy --input past=cache.npz --states
      A state is zero or empty unless it is given; --states also shows what
      becomes of it.
)" NIBBLE_EXIT_CODES,
                       run);

static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("MODEL.nib"), cl::sub(command));
static cl::list<std::string>
    inputArguments("input", cl::value_desc("[name=]file.npy|npz"),
                   cl::desc("An input, or an archive of them"),
                   cl::sub(command));
static cl::opt<std::string> outputPath("output", cl::value_desc("file.npz"),
                                       cl::desc("Where the outputs go"),
                                       cl::sub(command));
static cl::opt<bool> wantStates("states",
                                cl::desc("Treat states as outputs, too"),
                                cl::sub(command));
static cl::opt<unsigned> threads(
    "threads",
    cl::desc("Number of threads; 0 (the default): one per physical core"),
    cl::init(0), cl::sub(command));

static std::string numberText(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.6g", value);
  return text;
}

static int64_t elements(const DLTensor &tensor) {
  int64_t count = 1;
  for (int i = 0; i < tensor.ndim; ++i)
    count *= tensor.shape[i];
  return count;
}

/// Name, type, range and first values of one output.
static std::vector<std::string> summary(const nib_tensor_info &info,
                                        const DLTensor &tensor) {
  double low = INFINITY, high = -INFINITY, sum = 0;
  int64_t count = elements(tensor);
  int64_t nans = 0;
  std::string first;
  for (int64_t i = 0; i < count; ++i) {
    double value = elementAt(tensor, i);
    if (i < 4)
      first += (i ? " " : "") + numberText(value);
    if (std::isnan(value)) {
      ++nans;
      continue;
    }
    low = std::min(low, value);
    high = std::max(high, value);
    sum += value;
  }
  first += count > 4 ? " ..." : "";
  bool any = count > nans;
  return {info.name,
          dtypeText(info.dtype).str() +
              shapeText({tensor.shape, size_t(tensor.ndim)}),
          any ? numberText(low) : "-",
          any ? numberText(high) : "-",
          any ? numberText(sum / double(count - nans)) : "-",
          std::to_string(nans),
          first};
}

static llvm::Error writeOutputs(llvm::ArrayRef<nib_tensor_info> infos,
                                llvm::ArrayRef<TensorPtr> tensors) {
  std::vector<NumpyView> views;
  for (auto [info, owner] : llvm::zip_equal(infos, tensors)) {
    const DLTensor &tensor = owner->dl_tensor;
    llvm::StringRef dtype = dtypeText(info.dtype);
    views.push_back({info.name,
                     dtype.str(),
                     {tensor.shape, size_t(tensor.ndim)},
                     {static_cast<const uint8_t *>(tensor.data),
                      elements(tensor) * dtypeSize(dtype)}});
  }
  return writeNpz(outputPath, views);
}

/// The outputs must not take the place of what makes them.
static llvm::Error checkOutputPath() {
  if (outputPath.empty())
    return llvm::Error::success();
  std::vector<llvm::StringRef> read = {modelPath};
  for (llvm::StringRef argument : inputArguments)
    read.push_back(argument.contains('=') ? argument.split('=').second
                                          : argument);
  for (llvm::StringRef path : read)
    if (llvm::sys::fs::equivalent(path, outputPath))
      return usage("--output " + outputPath + ": it is read, too");
  return llvm::Error::success();
}

static llvm::Error run() {
  if (llvm::Error error = checkOutputPath())
    return error;
  auto model = loadModel(modelPath);
  if (!model)
    return model.takeError();
  Inputs inputs(model->get());
  for (const std::string &argument : inputArguments)
    if (llvm::Error error = inputs.add(argument))
      return error;
  if (llvm::Error error = inputs.checkComplete())
    return error;
  auto session = makeSession(*model, threads, /*profile=*/false);
  if (!session)
    return session.takeError();

  std::vector<nib_tensor_info> infos = outputsOf(model->get());
  if (!wantStates)
    infos.resize(nib_model_num_outputs(model->get()));
  std::vector<nib_output> outputs(infos.size());
  for (auto [i, info, output] : llvm::enumerate(infos, outputs))
    if (isPrivateOutput(model->get(), i)) {
      output.mode = NIB_OUTPUT_SKIP;
      llvm::errs() << "note: only a session carries the state '" << info.name
                   << "', which is in a basis of its own\n";
    }
  llvm::ArrayRef<const DLTensor *> list = inputs.pointers();
  if (nib_session_run(session->get(), list.data(), list.size(), outputs.data(),
                      outputs.size()) != NIB_OK)
    return failure(nib_session_error(session->get()));
  std::vector<nib_tensor_info> shown;
  std::vector<TensorPtr> tensors;
  for (auto [info, output] : llvm::zip_equal(infos, outputs)) {
    if (output.mode == NIB_OUTPUT_SKIP)
      continue;
    shown.push_back(info);
    tensors.emplace_back(output.allocated);
  }

  if (!outputPath.empty())
    return writeOutputs(shown, tensors);
  Table table({"output", "type", ">min", ">max", ">mean", ">nan", "values"});
  for (auto [info, tensor] : llvm::zip_equal(shown, tensors))
    table.add(summary(info, tensor->dl_tensor));
  table.print(llvm::outs());
  return llvm::Error::success();
}
