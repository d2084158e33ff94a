//===- Calibration.cpp - Statistics by running the model ------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Calibration.h"

#include "mlir/IR/BuiltinTypes.h"
#include "nibble/Runtime/nibble.h"
#include "nibble/Support/NumpyFile.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace nibble;
using mlir::MLIRContext;

//===----------------------------------------------------------------------===//
// Samples
//===----------------------------------------------------------------------===//

llvm::Expected<std::vector<std::string>>
nibble::listCalibrationFiles(llvm::StringRef path) {
  auto isArrays = [](llvm::StringRef name) {
    return name.ends_with(".npz") || name.ends_with(".npy");
  };
  std::vector<std::string> files;
  if (!llvm::sys::fs::is_directory(path)) {
    if (!isArrays(path))
      return llvm::createStringError(
          "calibration data " + path +
          " is neither .npz nor .npy nor a folder of them");
    if (!llvm::sys::fs::exists(path))
      return llvm::createStringError("cannot read '" + path +
                                     "': No such file or directory");
    files.push_back(path.str());
    return files;
  }
  std::error_code error;
  for (llvm::sys::fs::directory_iterator it(path, error), end;
       it != end && !error; it.increment(error))
    if (isArrays(it->path()))
      files.push_back(it->path());
  if (error)
    return llvm::createStringError(error, "cannot read the folder " + path +
                                              ": " + error.message());
  if (files.empty())
    return llvm::createStringError("calibration data " + path +
                                   " has no .npz or .npy file");
  llvm::sort(files);
  return files;
}

namespace {
/// One file's arrays, one for each input, and how many samples they hold.
struct SampleFile {
  std::string path;
  std::vector<NumpyArray> arrays;
  std::vector<bool> isStacked;
  int64_t samples = 1;
};
} // namespace

static llvm::Error readArrays(SampleFile &file,
                              llvm::ArrayRef<nib_tensor_info> inputs) {
  llvm::StringRef path = file.path;
  if (path.ends_with(".npy")) {
    if (inputs.size() != 1)
      return llvm::createStringError(
          path + ": the model has " + llvm::Twine(inputs.size()) +
          " inputs; give an .npz with arrays named as they are");
    llvm::Expected<NumpyArray> array = readNpy(path);
    if (!array)
      return array.takeError();
    file.arrays.push_back(std::move(*array));
    return llvm::Error::success();
  }
  auto reader = NpzReader::open(path);
  if (!reader)
    return reader.takeError();
  for (const nib_tensor_info &input : inputs) {
    if (!(*reader)->contains(input.name))
      return llvm::createStringError(path + " has no array for the input '" +
                                     llvm::Twine(input.name) + "'");
    llvm::Expected<NumpyArray> array = (*reader)->read(input.name);
    if (!array)
      return array.takeError();
    file.arrays.push_back(std::move(*array));
  }
  return llvm::Error::success();
}

/// Finds which arrays hold several samples; they must agree on how many.
static llvm::Error countSamples(SampleFile &file,
                                llvm::ArrayRef<nib_tensor_info> inputs) {
  bool isFirst = true;
  for (auto [array, input] : llvm::zip_equal(file.arrays, inputs)) {
    bool isStacked = int64_t(array.shape.size()) == input.rank + 1;
    file.isStacked.push_back(isStacked);
    if (!isStacked)
      continue;
    if (!isFirst && array.shape[0] != file.samples)
      return llvm::createStringError(
          file.path + ": the array of '" + llvm::Twine(input.name) + "' has " +
          llvm::Twine(array.shape[0]) + " samples, others have " +
          llvm::Twine(file.samples));
    file.samples = array.shape[0];
    isFirst = false;
  }
  return llvm::Error::success();
}

static DLDataType toDLType(llvm::StringRef dtype) {
  uint8_t code = llvm::StringSwitch<uint8_t>(dtype)
                     .Case("bool", NIB_DL_BOOL)
                     .Case("bfloat16", kDLBfloat)
                     .StartsWith("float", kDLFloat)
                     .StartsWith("uint", kDLUInt)
                     .Default(kDLInt);
  return {code, uint8_t(dtypeSize(dtype) * 8), 1};
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

namespace {
struct ModelRelease {
  void operator()(nib_model *model) const { nib_model_release(model); }
};
struct SessionRelease {
  void operator()(nib_session *session) const { nib_session_release(session); }
};

class CalibrationRun {
public:
  explicit CalibrationRun(MLIRContext *context) : context(context) {}
  llvm::Error open(llvm::StringRef artifact, llvm::StringRef data,
                   size_t threads);
  llvm::Expected<std::optional<ObservedValues>> next();

private:
  llvm::Error openFile();
  llvm::Expected<ObservedValues> runSample(int64_t sample);
  Array takeOutput(DLManagedTensor *tensor) const;

  MLIRContext *context;
  std::unique_ptr<nib_model, ModelRelease> model;
  std::unique_ptr<nib_session, SessionRelease> session;
  std::vector<nib_tensor_info> inputs, outputs;
  std::vector<std::string> files;
  size_t nextFile = 0;
  std::optional<SampleFile> file;
  int64_t nextSample = 0;
};
} // namespace

llvm::Error CalibrationRun::open(llvm::StringRef artifact, llvm::StringRef data,
                                 size_t threads) {
  llvm::Expected<std::vector<std::string>> found = listCalibrationFiles(data);
  if (!found)
    return found.takeError();
  files = std::move(*found);
  nib_model *loaded = nullptr;
  if (nib_model_load(artifact.str().c_str(), &loaded) != NIB_OK)
    return llvm::createStringError("cannot calibrate: " +
                                   llvm::Twine(nib_last_error()));
  model.reset(loaded);
  nib_session_options options = {};
  options.threads = threads;
  nib_session *made = nullptr;
  if (nib_session_create(loaded, &options, &made) != NIB_OK)
    return llvm::createStringError("cannot calibrate: " +
                                   llvm::Twine(nib_last_error()));
  session.reset(made);
  inputs.resize(nib_model_num_inputs(loaded));
  for (auto [i, info] : llvm::enumerate(inputs))
    nib_model_input(loaded, i, &info);
  outputs.resize(nib_model_num_outputs(loaded));
  for (auto [i, info] : llvm::enumerate(outputs))
    nib_model_output(loaded, i, &info);
  return llvm::Error::success();
}

llvm::Error CalibrationRun::openFile() {
  SampleFile opened;
  opened.path = files[nextFile++];
  if (llvm::Error error = readArrays(opened, inputs))
    return error;
  if (llvm::Error error = countSamples(opened, inputs))
    return error;
  file = std::move(opened);
  nextSample = 0;
  return llvm::Error::success();
}

/// Memory that the runtime made, as an f32 array that frees it.
Array CalibrationRun::takeOutput(DLManagedTensor *tensor) const {
  const DLTensor &dl = tensor->dl_tensor;
  std::shared_ptr<void> owner(tensor, [](void *memory) {
    auto *managed = static_cast<DLManagedTensor *>(memory);
    managed->deleter(managed);
  });
  return Array(mlir::Float32Type::get(context),
               llvm::ArrayRef(dl.shape, size_t(dl.ndim)),
               static_cast<uint8_t *>(dl.data) + dl.byte_offset, owner);
}

llvm::Expected<ObservedValues> CalibrationRun::runSample(int64_t sample) {
  std::vector<DLTensor> tensors(inputs.size());
  std::vector<const DLTensor *> pointers;
  for (auto [i, array] : llvm::enumerate(file->arrays)) {
    size_t first = file->isStacked[i] ? 1 : 0;
    size_t bytes = first ? array.data.size() / file->samples : 0;
    tensors[i] = {array.data.data() + sample * bytes,
                  {kDLCPU, 0},
                  int32_t(array.shape.size() - first),
                  toDLType(array.dtype),
                  array.shape.data() + first,
                  nullptr,
                  0};
    pointers.push_back(&tensors[i]);
  }
  std::vector<nib_output> results(outputs.size());
  for (auto [info, result] : llvm::zip_equal(outputs, results))
    result.mode = llvm::StringRef(info.name).starts_with(kObservedPrefix)
                      ? NIB_OUTPUT_ALLOCATE
                      : NIB_OUTPUT_SKIP;
  nib_session_reset_state(session.get());
  if (nib_session_run(session.get(), pointers.data(), pointers.size(),
                      results.data(), results.size()) != NIB_OK)
    return llvm::createStringError("calibration sample " + llvm::Twine(sample) +
                                   " of " + file->path + ": " +
                                   nib_session_error(session.get()));
  ObservedValues values;
  for (auto [info, result] : llvm::zip_equal(outputs, results))
    if (result.mode == NIB_OUTPUT_ALLOCATE)
      values[llvm::StringRef(info.name)
                 .drop_front(kObservedPrefix.size())
                 .str()] = takeOutput(result.allocated);
  return values;
}

llvm::Expected<std::optional<ObservedValues>> CalibrationRun::next() {
  while (!file || nextSample == file->samples) {
    file.reset();
    if (nextFile == files.size())
      return std::nullopt;
    if (llvm::Error error = openFile())
      return std::move(error);
  }
  llvm::Expected<ObservedValues> values = runSample(nextSample++);
  if (!values)
    return values.takeError();
  return std::optional<ObservedValues>(std::move(*values));
}

llvm::Expected<Statistics>
nibble::calibrateArtifact(MLIRContext *context, llvm::StringRef artifact,
                          llvm::StringRef data, llvm::StringRef key,
                          size_t threads,
                          llvm::function_ref<bool(int64_t)> progress) {
  CalibrationRun run(context);
  if (llvm::Error error = run.open(artifact, data, threads))
    return std::move(error);
  int64_t count = 0;
  return collectStatistics(
      key, [&]() -> llvm::Expected<std::optional<ObservedValues>> {
        if (!progress(count++))
          return llvm::createStringError("cancelled");
        return run.next();
      });
}
