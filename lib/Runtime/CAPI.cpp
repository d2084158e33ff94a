//===- CAPI.cpp - The C interface -------------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Session.h"

#include <atomic>
#include <cstring>
#include <new>

using namespace nibble;
using namespace nibble::rt;

struct nib_model {
  std::shared_ptr<const Model> model;
};

struct nib_session {
  std::unique_ptr<Session> session;
  std::string error;
  std::atomic_flag busy = ATOMIC_FLAG_INIT;
};

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

static std::string &lastError() {
  thread_local std::string text;
  return text;
}

/// Stores the text where `target` says. Losing the text for lack of memory
/// leaves the status.
static nib_status report(Status &&status, std::string &target) {
  target.swap(status.message);
  return status.code;
}

/// Runs `body`, which returns a Status; no exception leaves it.
template <typename Body>
static nib_status guarded(std::string &target, Body body) {
  try {
    return report(body(), target);
  } catch (const std::bad_alloc &) {
    target.clear();
    return NIB_OUT_OF_MEMORY;
  } catch (const std::exception &error) {
    try {
      target = error.what();
    } catch (...) {
      target.clear();
    }
    return NIB_INTERNAL;
  }
}

/// The same for a session, which serves one call at a time.
template <typename Body>
static nib_status exclusive(nib_session *session, Body body) {
  if (!session)
    return NIB_INVALID_ARGUMENT;
  if (session->busy.test_and_set(std::memory_order_acquire))
    return NIB_BUSY;
  nib_status code = guarded(session->error, body);
  session->busy.clear(std::memory_order_release);
  return code;
}

const char *nib_status_text(nib_status status) {
  switch (status) {
  case NIB_OK:
    return "ok";
  case NIB_INVALID_ARGUMENT:
    return "the request does not fit the model";
  case NIB_INVALID_ARTIFACT:
    return "not a sound artifact";
  case NIB_INCOMPATIBLE:
    return "made for another CPU or another version of the runtime";
  case NIB_IO_ERROR:
    return "the operating system refused";
  case NIB_OUT_OF_MEMORY:
    return "not enough memory";
  case NIB_CHECK_FAILED:
    return "a check of the model failed";
  case NIB_BUSY:
    return "the session is running on another thread";
  case NIB_INTERNAL:
    return "the compiled code broke its contract";
  }
  return "unknown status";
}

const char *nib_last_error() { return lastError().c_str(); }

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

static nib_status load(const char *path, bool metadataOnly, nib_model **model) {
  return guarded(lastError(), [&]() -> Status {
    if (!path || !model)
      return failure(NIB_INVALID_ARGUMENT, "path and model must not be NULL");
    *model = nullptr;
    std::shared_ptr<const Model> loaded;
    if (Status status = Model::load(path, metadataOnly, loaded); !status.ok())
      return status;
    *model = new nib_model{std::move(loaded)};
    return Status::success();
  });
}

nib_status nib_model_load(const char *path, nib_model **model) {
  return load(path, /*metadataOnly=*/false, model);
}

nib_status nib_model_load_metadata(const char *path, nib_model **model) {
  return load(path, /*metadataOnly=*/true, model);
}

void nib_model_release(nib_model *model) { delete model; }

size_t nib_model_num_inputs(const nib_model *model) {
  return model->model->inputs.size();
}
size_t nib_model_num_outputs(const nib_model *model) {
  return model->model->outputs.size();
}
size_t nib_model_num_states(const nib_model *model) {
  return model->model->states.size();
}
size_t nib_model_num_symbols(const nib_model *model) {
  return model->model->manifest().symbols.size();
}
size_t nib_model_num_dispatches(const nib_model *model) {
  return model->model->dispatches.size();
}
size_t nib_model_num_entries(const nib_model *model) {
  return model->model->archive().entries().size();
}

template <typename List, typename Info, typename Get>
static nib_status query(const List &list, size_t index, Info *info, Get get) {
  return guarded(lastError(), [&]() -> Status {
    if (!info || index >= list.size())
      return failure(NIB_INVALID_ARGUMENT, "index ", index,
                     " is out of range, there are ", list.size());
    *info = get(list[index]);
    return Status::success();
  });
}

nib_status nib_model_input(const nib_model *model, size_t index,
                           nib_tensor_info *info) {
  return query(model->model->inputs, index, info,
               [](const TensorDesc &desc) { return desc.info; });
}

nib_status nib_model_output(const nib_model *model, size_t index,
                            nib_tensor_info *info) {
  return query(model->model->outputs, index, info,
               [](const TensorDesc &desc) { return desc.info; });
}

nib_status nib_model_state(const nib_model *model, size_t index,
                           nib_state_info *info) {
  return query(model->model->manifest().states, index, info,
               [&](const ManifestState &state) {
                 return nib_state_info{
                     state.name.c_str(), model->model->states[index].info,
                     model->model->newStates[index].info,
                     static_cast<int32_t>(state.axis), state.isPrivate};
               });
}

nib_status nib_model_dispatch(const nib_model *model, size_t index,
                              nib_dispatch_info *info) {
  return query(model->model->dispatches, index, info,
               [](const nib_dispatch_info &dispatch) { return dispatch; });
}

nib_status nib_model_entry(const nib_model *model, size_t index,
                           nib_entry_info *info) {
  const Archive &archive = model->model->archive();
  return query(archive.entries(), index, info,
               [&](const Archive::Entry &entry) {
                 return nib_entry_info{entry.record.name.c_str(), entry.offset,
                                       entry.record.size, entry.record.crc32,
                                       archive.data(entry)};
               });
}

const char *nib_model_symbol(const nib_model *model, size_t index) {
  const auto &symbols = model->model->manifest().symbols;
  return index < symbols.size() ? symbols[index].c_str() : nullptr;
}

static ptrdiff_t find(const std::vector<TensorDesc> &first,
                      const std::vector<TensorDesc> &second, const char *name) {
  ptrdiff_t index = 0;
  for (const auto *list : {&first, &second})
    for (const TensorDesc &desc : *list) {
      if (name && std::strcmp(desc.info.name, name) == 0)
        return index;
      ++index;
    }
  return -1;
}

ptrdiff_t nib_model_find_input(const nib_model *model, const char *name) {
  return find(model->model->inputs, model->model->states, name);
}

ptrdiff_t nib_model_find_output(const nib_model *model, const char *name) {
  return find(model->model->outputs, model->model->newStates, name);
}

const char *nib_model_manifest(const nib_model *model, size_t *size) {
  const Archive &archive = model->model->archive();
  const Archive::Entry &entry = archive.entries().back();
  if (size)
    *size = entry.record.size;
  return reinterpret_cast<const char *>(archive.data(entry));
}

//===----------------------------------------------------------------------===//
// Sessions
//===----------------------------------------------------------------------===//

nib_status nib_session_create(const nib_model *model,
                              const nib_session_options *options,
                              nib_session **session) {
  return guarded(lastError(), [&]() -> Status {
    if (!model || !session)
      return failure(NIB_INVALID_ARGUMENT,
                     "model and session must not be NULL");
    *session = nullptr;
    nib_session_options defaults = {};
    auto created = std::make_unique<nib_session>();
    if (Status status = Session::create(
            model->model, options ? *options : defaults, created->session);
        !status.ok())
      return status;
    *session = created.release();
    return Status::success();
  });
}

void nib_session_release(nib_session *session) { delete session; }

const char *nib_session_error(const nib_session *session) {
  return session->error.c_str();
}

size_t nib_session_threads(const nib_session *session) {
  return session->session->threads();
}

nib_status nib_session_run(nib_session *session, const DLTensor *const *inputs,
                           size_t num_inputs, nib_output *outputs,
                           size_t num_outputs) {
  return exclusive(session, [&]() -> Status {
    if ((num_inputs && !inputs) || (num_outputs && !outputs))
      return failure(NIB_INVALID_ARGUMENT,
                     "inputs and outputs must not be NULL");
    return session->session->run(inputs, num_inputs, outputs, num_outputs);
  });
}

nib_status nib_session_set_observer(nib_session *session,
                                    nib_observe_fn observe, void *user) {
  return exclusive(session, [&] {
    session->session->setObserver(observe, user);
    return Status::success();
  });
}

nib_status nib_session_prepare(nib_session *session, const int64_t *symbols,
                               size_t num_symbols) {
  return exclusive(session, [&]() -> Status {
    if (num_symbols && !symbols)
      return failure(NIB_INVALID_ARGUMENT, "symbols must not be NULL");
    return session->session->prepare(symbols, num_symbols);
  });
}

nib_status nib_session_output_dims(nib_session *session, size_t index,
                                   int64_t *dims) {
  return exclusive(session, [&]() -> Status {
    if (!dims)
      return failure(NIB_INVALID_ARGUMENT, "dims must not be NULL");
    return session->session->outputDims(index, dims);
  });
}

nib_status nib_session_reset_state(nib_session *session) {
  return exclusive(session, [&] {
    session->session->resetState();
    return Status::success();
  });
}

int64_t nib_session_state_length(const nib_session *session, size_t index) {
  return session->session->stateLength(index);
}

nib_status nib_session_profile(nib_session *session, size_t index,
                               nib_profile *profile) {
  return exclusive(session, [&]() -> Status {
    if (!profile)
      return failure(NIB_INVALID_ARGUMENT, "profile must not be NULL");
    return session->session->profile(index, *profile);
  });
}

nib_status nib_session_reset_profile(nib_session *session) {
  return exclusive(session, [&] {
    session->session->resetProfile();
    return Status::success();
  });
}

size_t nib_session_memory(const nib_session *session) {
  return session->session->memory();
}
