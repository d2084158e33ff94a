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
/// One file's arrays, one for each input, and how many samples they hold: read
/// sample by sample.
struct SampleFile {
  struct InputArray {
    NumpyStream stream;
    bool isStacked = false;
    std::vector<uint8_t> data; ///< of the sample, or of all samples
  };

  std::string path;
  std::unique_ptr<NpzReader> archive; ///< Lives longer than its streams.
  std::vector<InputArray> arrays;
  int64_t samples = 1;
};
} // namespace

static llvm::Error openArrays(SampleFile &file,
                              llvm::ArrayRef<nib_tensor_info> inputs) {
  llvm::StringRef path = file.path;
  if (path.ends_with(".npy")) {
    if (inputs.size() != 1)
      return llvm::createStringError(
          path + ": the model has " + llvm::Twine(inputs.size()) +
          " inputs; give an .npz with arrays named as they are");
    llvm::Expected<NumpyStream> stream = NumpyStream::openFile(path);
    if (!stream)
      return stream.takeError();
    file.arrays.push_back({std::move(*stream), /*isStacked=*/false, {}});
    return llvm::Error::success();
  }
  auto reader = NpzReader::open(path);
  if (!reader)
    return reader.takeError();
  file.archive = std::move(*reader);
  for (const nib_tensor_info &input : inputs) {
    if (!file.archive->contains(input.name))
      return llvm::createStringError(path + " has no array for the input '" +
                                     llvm::Twine(input.name) + "'");
    llvm::Expected<NumpyStream> stream = file.archive->stream(input.name);
    if (!stream)
      return stream.takeError();
    file.arrays.push_back({std::move(*stream), /*isStacked=*/false, {}});
  }
  return llvm::Error::success();
}

/// Finds which arrays hold several samples; they must agree on how many. The
/// others are read.
static llvm::Error countSamples(SampleFile &file,
                                llvm::ArrayRef<nib_tensor_info> inputs) {
  bool isFirst = true;
  for (auto [array, input] : llvm::zip_equal(file.arrays, inputs)) {
    llvm::ArrayRef<int64_t> shape = array.stream.getShape();
    array.isStacked = int64_t(shape.size()) == input.rank + 1;
    if (!array.isStacked) {
      if (llvm::Error error = array.stream.readRest(array.data))
        return error;
      continue;
    }
    if (!isFirst && shape[0] != file.samples)
      return llvm::createStringError(
          file.path + ": the array of '" + llvm::Twine(input.name) + "' has " +
          llvm::Twine(shape[0]) + " samples, others have " +
          llvm::Twine(file.samples));
    file.samples = shape[0];
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
  CalibrationRun(StatisticsCollector &statistics, size_t numObserved)
      : statistics(statistics), numObserved(numObserved) {}
  llvm::Error open(llvm::StringRef artifact, llvm::StringRef data,
                   size_t threads);
  /// Runs the next sample. False if there is none.
  llvm::Expected<bool> next();

private:
  llvm::Error openFile();
  llvm::Error runSample(int64_t sample);
  llvm::Error observe(llvm::StringRef name, const DLTensor &value);

  StatisticsCollector &statistics;
  size_t numObserved; ///< of the outputs, the last ones
  std::unique_ptr<nib_model, ModelRelease> model;
  std::unique_ptr<nib_session, SessionRelease> session;
  std::vector<nib_tensor_info> inputs, outputs;
  std::vector<std::string> files;
  size_t nextFile = 0;
  std::optional<SampleFile> file;
  int64_t nextSample = 0;
  std::string fault; ///< of a value of this sample
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
  nib_session_set_observer(
      made,
      [](void *user, size_t index, const DLTensor *value) {
        auto *run = static_cast<CalibrationRun *>(user);
        if (!run->fault.empty())
          return;
        if (llvm::Error error = run->observe(run->outputs[index].name, *value))
          run->fault = llvm::toString(std::move(error));
      },
      this);
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
  if (llvm::Error error = openArrays(opened, inputs))
    return error;
  if (llvm::Error error = countSamples(opened, inputs))
    return error;
  file = std::move(opened);
  nextSample = 0;
  return llvm::Error::success();
}

llvm::Error CalibrationRun::observe(llvm::StringRef name,
                                    const DLTensor &value) {
  name = name.drop_front(kObservedPrefix.size());
  if (value.dtype.code != kDLFloat || value.dtype.bits != 32)
    return llvm::createStringError("the observed value '" + name +
                                   "' is not f32");
  llvm::ArrayRef<int64_t> shape(value.shape, size_t(value.ndim));
  return statistics.add(name, shape,
                        {static_cast<const float *>(value.data),
                         size_t(mlir::ShapedType::getNumElements(shape))});
}

llvm::Error CalibrationRun::runSample(int64_t sample) {
  std::vector<DLTensor> tensors(inputs.size());
  std::vector<const DLTensor *> pointers;
  for (auto [i, array] : llvm::enumerate(file->arrays)) {
    NumpyStream &stream = array.stream;
    if (array.isStacked)
      if (llvm::Error error =
              stream.read(stream.getBytes() / file->samples, array.data))
        return error;
    llvm::ArrayRef<int64_t> shape =
        stream.getShape().drop_front(array.isStacked);
    tensors[i] = {array.data.data(),
                  {kDLCPU, 0},
                  int32_t(shape.size()),
                  toDLType(stream.getDtype()),
                  const_cast<int64_t *>(shape.data()),
                  nullptr,
                  0};
    pointers.push_back(&tensors[i]);
  }
  std::vector<nib_output> results(outputs.size());
  for (nib_output &result : results)
    result.mode = NIB_OUTPUT_SKIP;
  for (nib_output &result :
       llvm::MutableArrayRef(results).take_back(numObserved))
    result.mode = NIB_OUTPUT_OBSERVE;
  auto fail = [&](llvm::StringRef reason) {
    return llvm::createStringError("calibration sample " + llvm::Twine(sample) +
                                   " of " + file->path + ": " + reason);
  };
  nib_session_reset_state(session.get());
  if (nib_session_run(session.get(), pointers.data(), pointers.size(),
                      results.data(), results.size()) != NIB_OK)
    return fail(nib_session_error(session.get()));
  if (!fault.empty())
    return fail(fault);
  if (llvm::Error error = statistics.finishSample())
    return fail(llvm::toString(std::move(error)));
  return llvm::Error::success();
}

llvm::Expected<bool> CalibrationRun::next() {
  while (!file || nextSample == file->samples) {
    file.reset();
    if (nextFile == files.size())
      return false;
    if (llvm::Error error = openFile())
      return std::move(error);
  }
  if (llvm::Error error = runSample(nextSample++))
    return std::move(error);
  return true;
}

llvm::Expected<Statistics>
nibble::calibrateArtifact(MLIRContext *context, llvm::StringRef artifact,
                          size_t numObserved, llvm::StringRef data,
                          llvm::StringRef key, size_t threads,
                          llvm::function_ref<bool(int64_t)> progress) {
  StatisticsCollector statistics(context, key);
  CalibrationRun run(statistics, numObserved);
  if (llvm::Error error = run.open(artifact, data, threads))
    return std::move(error);
  for (int64_t count = 0;; ++count) {
    if (!progress(count))
      return llvm::createStringError("cancelled");
    llvm::Expected<bool> more = run.next();
    if (!more)
      return more.takeError();
    if (!*more && count == 0)
      return llvm::createStringError("calibration data " + data +
                                     " has no sample");
    if (!*more)
      return statistics.finish();
  }
}
