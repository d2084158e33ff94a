//===- runtime.cpp - Python over the runtime's C interface ------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The module nibble._runtime: models and sessions as thin classes. What a user
// sees (names, dtypes, dictionaries) is made of them in nibble/_model.py.
//
//===----------------------------------------------------------------------===//

#include "nibble/Runtime/nibble.h"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace nb = nanobind;
using namespace nb::literals;

namespace {

/// Becomes nibble.Error.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// `text` may be empty: then what the status means in general.
[[noreturn]] void fail(nib_status status, const char *text) {
  throw Error(text && *text ? text : nib_status_text(status));
}

using Source = nb::ndarray<nb::ro, nb::device::cpu>;
using Target = nb::ndarray<nb::device::cpu>;

/// name, (DLPack type code, bits), dims (-1: see symbols), symbols, is a state,
/// is a private one.
using TensorTuple =
    std::tuple<std::string, std::tuple<int, int>, std::vector<int64_t>,
               std::vector<std::optional<std::string>>, bool, bool>;

TensorTuple describe(const nib_tensor_info &info, bool isState,
                     bool isPrivate = false) {
  std::vector<int64_t> dims(info.dims, info.dims + info.rank);
  std::vector<std::optional<std::string>> symbols(info.rank);
  for (int32_t i = 0; i < info.rank; ++i)
    if (info.symbols[i])
      symbols[i] = info.symbols[i];
  return {info.name,       {info.dtype.code, info.dtype.bits},
          std::move(dims), std::move(symbols),
          isState,         isPrivate};
}

class Model {
public:
  Model(const std::string &path, bool metadataOnly) {
    nib_status status;
    {
      nb::gil_scoped_release unlocked;
      status = metadataOnly ? nib_model_load_metadata(path.c_str(), &handle)
                            : nib_model_load(path.c_str(), &handle);
    }
    if (status != NIB_OK)
      fail(status, nib_last_error());
  }
  ~Model() { nib_model_release(handle); }
  Model(const Model &) = delete;
  Model &operator=(const Model &) = delete;

  /// Inputs and then states, in the order of Session::run.
  std::vector<TensorTuple> inputs() const {
    std::vector<TensorTuple> result;
    nib_tensor_info info;
    for (size_t i = 0; nib_model_input(handle, i, &info) == NIB_OK; ++i)
      result.push_back(describe(info, /*isState=*/false));
    nib_state_info state;
    for (size_t i = 0; nib_model_state(handle, i, &state) == NIB_OK; ++i)
      result.push_back(
          describe(state.input, /*isState=*/true, state.is_private));
    return result;
  }

  /// Outputs and then states.
  std::vector<TensorTuple> outputs() const {
    std::vector<TensorTuple> result;
    nib_tensor_info info;
    for (size_t i = 0; nib_model_output(handle, i, &info) == NIB_OK; ++i)
      result.push_back(describe(info, /*isState=*/false));
    nib_state_info state;
    for (size_t i = 0; nib_model_state(handle, i, &state) == NIB_OK; ++i)
      result.push_back(
          describe(state.output, /*isState=*/true, state.is_private));
    return result;
  }

  std::string manifest() const {
    size_t size = 0;
    const char *text = nib_model_manifest(handle, &size);
    return std::string(text, size);
  }

  nib_model *get() const { return handle; }

private:
  nib_model *handle = nullptr;
};

/// The runtime's view of an array. Keeps the strides that it points to.
struct View {
  DLTensor tensor{};
  std::vector<int64_t> shape, strides;

  template <typename Array> View(const Array &array, DLDataType type) {
    for (size_t i = 0; i < array.ndim(); ++i) {
      shape.push_back(static_cast<int64_t>(array.shape(i)));
      strides.push_back(array.stride(i));
    }
    tensor.data = const_cast<void *>(static_cast<const void *>(array.data()));
    tensor.device = {kDLCPU, 0};
    tensor.ndim = static_cast<int>(array.ndim());
    tensor.dtype = type;
    tensor.shape = shape.data();
    tensor.strides = strides.data();
  }
};

template <typename Array> DLDataType typeOf(const Array &array) {
  nb::dlpack::dtype type = array.dtype();
  return {type.code, type.bits, type.lanes};
}

/// A NumPy array over a tensor that the runtime allocated. NumPy knows no
/// bfloat16 and no 8-bit floats: those come as unsigned integers of the same
/// width, and the caller views them.
nb::object adopt(DLManagedTensor *managed) {
  DLTensor &tensor = managed->dl_tensor;
  nb::capsule owner(managed, [](void *pointer) noexcept {
    auto *tensor = static_cast<DLManagedTensor *>(pointer);
    tensor->deleter(tensor);
  });
  std::vector<size_t> shape(tensor.shape, tensor.shape + tensor.ndim);
  nb::dlpack::dtype type{tensor.dtype.code, tensor.dtype.bits, 1};
  bool known = type.code == kDLInt || type.code == kDLUInt ||
               type.code == NIB_DL_BOOL ||
               (type.code == kDLFloat && type.bits >= 16);
  if (!known)
    type.code = kDLUInt;
  auto *data = static_cast<uint8_t *>(tensor.data) + tensor.byte_offset;
  return nb::cast(nb::ndarray<nb::numpy>(data, shape.size(), shape.data(),
                                         owner, /*strides=*/nullptr, type));
}

class Session {
public:
  Session(const Model &model, size_t threads, bool profile) : model(model) {
    nib_session_options options{};
    options.threads = threads;
    options.profile = profile;
    nib_status status;
    {
      nb::gil_scoped_release unlocked;
      status = nib_session_create(model.get(), &options, &handle);
    }
    if (status != NIB_OK)
      fail(status, nib_last_error());
  }
  ~Session() { nib_session_release(handle); }
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;

  /// `inputs`: one array (or None, for a state that the session holds) per
  /// entry of Model.inputs; `opaque[i]`: its dtype is one that NumPy does not
  /// know, and it comes as unsigned integers. `wanted`: per entry of
  /// Model.outputs, None to skip it, True for a new array, or an array to write
  /// to. Returns what was asked for, None elsewhere.
  std::vector<nb::object> run(const std::vector<nb::object> &inputs,
                              const std::vector<bool> &opaque,
                              const std::vector<nb::object> &wanted);

  void resetState() {
    call([&] { return nib_session_reset_state(handle); });
  }

  // What changes in a run is not read while one is going on.
  std::vector<int64_t> stateLengths() {
    std::vector<int64_t> lengths(nib_model_num_states(model.get()));
    call([&] {
      for (size_t i = 0; i < lengths.size(); ++i)
        lengths[i] = nib_session_state_length(handle, i);
      return NIB_OK;
    });
    return lengths;
  }
  size_t memory() {
    size_t bytes = 0;
    call([&] {
      bytes = nib_session_memory(handle);
      return NIB_OK;
    });
    return bytes;
  }

  size_t threads() const { return nib_session_threads(handle); }

private:
  nib_tensor_info input(size_t index) const;
  nib_tensor_info output(size_t index) const;

  /// Calls the session without the interpreter's lock. The session's text lives
  /// until its next call, which may be another thread's: `mutex` is held until
  /// the text is copied.
  template <typename Function> void call(Function function) {
    nib_status status = NIB_BUSY;
    std::string text;
    {
      nb::gil_scoped_release unlocked;
      std::unique_lock<std::mutex> lock(mutex, std::try_to_lock);
      if (lock)
        status = function();
      if (lock && status != NIB_OK)
        text = nib_session_error(handle);
    }
    if (status != NIB_OK)
      fail(status, text.c_str());
  }

  const Model &model;
  nib_session *handle = nullptr;
  std::mutex mutex;
};

nib_tensor_info Session::input(size_t index) const {
  nib_tensor_info info;
  if (nib_model_input(model.get(), index, &info) == NIB_OK)
    return info;
  nib_state_info state;
  size_t first = nib_model_num_inputs(model.get());
  if (nib_model_state(model.get(), index - first, &state) == NIB_OK)
    return state.input;
  throw Error("more inputs than the model has");
}

nib_tensor_info Session::output(size_t index) const {
  nib_tensor_info info;
  if (nib_model_output(model.get(), index, &info) == NIB_OK)
    return info;
  nib_state_info state;
  size_t first = nib_model_num_outputs(model.get());
  if (nib_model_state(model.get(), index - first, &state) == NIB_OK)
    return state.output;
  throw Error("more outputs than the model has");
}

std::string typeName(nb::handle object) {
  return nb::cast<std::string>(object.type().attr("__name__"));
}

Source toSource(const nb::object &object, const char *name) {
  Source source;
  if (nb::try_cast(object, source, /*convert=*/false))
    return source;
  // nanobind drops what __dlpack__ raised: ask again, for its own words.
  if (nb::hasattr(object, "__dlpack__"))
    object.attr("__dlpack__")();
  throw Error(std::string("input '") + name +
              "' must be an array on the CPU: this " + typeName(object) +
              " is none");
}

Target toTarget(const nb::object &object, const char *name) {
  Target target;
  if (nb::try_cast(object, target, /*convert=*/false))
    return target;
  throw Error(std::string("output '") + name +
              "' is written to a writable, contiguous array on the CPU: this " +
              typeName(object) + " is none");
}

std::vector<nb::object> Session::run(const std::vector<nb::object> &inputs,
                                     const std::vector<bool> &opaque,
                                     const std::vector<nb::object> &wanted) {
  std::vector<std::unique_ptr<View>> views;
  auto view = [&](const auto &array, DLDataType type) -> const DLTensor * {
    views.push_back(std::make_unique<View>(array, type));
    return &views.back()->tensor;
  };
  std::vector<const DLTensor *> given(inputs.size(), nullptr);
  std::vector<Source> sources; // hold what the views show
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].is_none())
      continue;
    nib_tensor_info info = input(i);
    sources.push_back(toSource(inputs[i], info.name));
    given[i] = view(sources.back(),
                    opaque.at(i) ? info.dtype : typeOf(sources.back()));
  }

  std::vector<nib_output> outputs(wanted.size());
  std::vector<Target> targets;
  for (size_t i = 0; i < wanted.size(); ++i) {
    outputs[i] = {NIB_OUTPUT_SKIP, nullptr, nullptr};
    if (wanted[i].is_none())
      continue;
    if (wanted[i].is(nb::bool_(true))) {
      outputs[i].mode = NIB_OUTPUT_ALLOCATE;
      continue;
    }
    nib_tensor_info info = output(i);
    targets.push_back(toTarget(wanted[i], info.name));
    DLDataType type = info.dtype;
    DLDataType own = typeOf(targets.back());
    bool viewed = own.code == kDLUInt && own.bits == type.bits;
    outputs[i] = {NIB_OUTPUT_GIVEN, view(targets.back(), viewed ? type : own),
                  nullptr};
  }

  call([&] {
    return nib_session_run(handle, given.data(), given.size(), outputs.data(),
                           outputs.size());
  });
  std::vector<nb::object> results(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (outputs[i].mode == NIB_OUTPUT_ALLOCATE)
      results[i] = adopt(outputs[i].allocated);
    else
      results[i] = wanted[i];
  }
  return results;
}

} // namespace

NB_MODULE(_runtime, m) {
  m.doc() = "Models and sessions, over the C interface of libnibble_rt.";
  nb::exception<Error> error(m, "Error", PyExc_RuntimeError);
  error.attr("__module__") = "nibble";
  error.attr("__doc__") =
      "What Nibble could not do, in one sentence: a model that cannot be "
      "compiled, an artifact that cannot be loaded, inputs that do not fit.";
  m.attr("version") = nib_version();

  nb::class_<Model>(m, "Model")
      .def(nb::init<const std::string &, bool>(), "path"_a,
           "metadata_only"_a = false)
      .def_prop_ro("inputs", &Model::inputs)
      .def_prop_ro("outputs", &Model::outputs)
      .def_prop_ro("manifest", &Model::manifest);

  nb::class_<Session>(m, "Session")
      .def(nb::init<const Model &, size_t, bool>(), "model"_a, "threads"_a = 0,
           "profile"_a = false, nb::keep_alive<1, 2>())
      .def("run", &Session::run, "inputs"_a, "opaque"_a, "wanted"_a)
      .def("reset_state", &Session::resetState)
      .def_prop_ro("state_lengths", &Session::stateLengths)
      .def_prop_ro("threads", &Session::threads)
      .def_prop_ro("memory", &Session::memory);
}
