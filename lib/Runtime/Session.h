//===- Session.h - One request at a time on a model -------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_RUNTIME_SESSION_H
#define NIBBLE_LIB_RUNTIME_SESSION_H

#include "BufferPlan.h"
#include "Memory.h"
#include "Model.h"
#include "ShapeBinder.h"
#include "StateStore.h"
#include "ThreadTeam.h"

#include <list>

namespace nibble::rt {

/// Working memory, threads and states over a model. Not thread-safe: the C
/// interface lets one call in at a time.
class Session {
public:
  static Status create(std::shared_ptr<const Model> model,
                       const nib_session_options &options,
                       std::unique_ptr<Session> &session);

  Status run(const DLTensor *const *inputs, size_t numInputs,
             nib_output *outputs, size_t numOutputs);
  void setObserver(nib_observe_fn observe, void *user) {
    observer = observe;
    observerData = user;
  }
  Status prepare(const int64_t *symbols, size_t count);
  Status outputDims(size_t index, int64_t *dims) const;
  void resetState() { states.reset(); }
  int64_t stateLength(size_t index) const;
  size_t threads() const { return team.size(); }
  Status profile(size_t index, nib_profile &result) const;
  void resetProfile();
  size_t memory() const;

private:
  /// All that follows from one set of shapes.
  struct Plan {
    std::vector<int64_t> symbols;
    /// Of the outputs, then of the states after the run, row after row.
    std::vector<int64_t> dims;
    std::vector<int64_t> sizes; ///< of the buffers
    BufferPlan buffers;
    int64_t scratch = 0; ///< bytes of one thread, a multiple of 64
  };

  /// What one run holds until it ends.
  struct Request {
    const DLTensor *const *inputs;
    nib_output *outputs;
    size_t numInputs;
    size_t numOutputs;
    std::vector<AlignedMemory> copies;
    std::vector<void *> inputData;
    std::vector<void *> outputData;
    /// Outputs that the observer has still to see, the next one last.
    std::vector<size_t> observed;

    const DLTensor *input(size_t index) const {
      return index < numInputs ? inputs[index] : nullptr;
    }
  };

  explicit Session(std::shared_ptr<const Model> model);

  Status checkCounts(size_t numInputs, size_t numOutputs) const;
  Status bind(const Request &request, ShapeBinder &binder) const;
  Status usePlan(const std::vector<int64_t> &symbols);
  Status makePlan(Plan &plan) const;
  Status checkInputSizes(const std::vector<int64_t> &symbols) const;
  std::string placeOf(size_t symbol) const;
  Status failSizes(const std::vector<int64_t> &symbols) const;
  Status placeBuffers(Plan &plan) const;
  Status reserve(const Plan &plan);
  Status takeInputs(Request &request);
  Status takeOutputs(Request &request);
  Status takeOutput(Request &request, size_t index, void *&data);
  Status placeUnkept(Request &request);
  void observe(Request &request, size_t index) const;
  void observeBefore(Request &request, int64_t dispatch) const;
  Status checkGiven(const Request &request, size_t index, const DLTensor *given,
                    int64_t bytes) const;
  Status dense(Request &request, const DLTensor &tensor, void *&data);
  Status stageStates(Request &request);
  Status execute(Request &request);
  Status runRequest(Request &request);

  const int64_t *outputRow(size_t index) const;
  int64_t outputBytes(size_t index) const;
  const TensorDesc &outputDesc(size_t index) const;
  std::string inputText(size_t index) const;
  std::string outputText(size_t index) const;

  static void launch(nib_exec *exec, uint32_t dispatch, nib_kernel_fn kernel,
                     void *const *slots, int64_t grid, int64_t traffic);
  void launchOnTeam(nib_kernel_fn kernel, void *const *slots, int64_t grid,
                    int64_t traffic);

  std::shared_ptr<const Model> model;
  ThreadTeam team;
  StateStore states;
  std::list<Plan> plans;    ///< most recently used first
  std::vector<size_t> rows; ///< start of each output's row in Plan::dims
  AlignedMemory arena;
  AlignedMemory scratch;
  AlignedMemory unkept; ///< outputs that nobody keeps
  std::vector<void *> buffers;
  nib_observe_fn observer = nullptr;
  void *observerData = nullptr;
  Request *current = nullptr; ///< the one that runs
  bool measure = false;
  std::vector<nib_profile> profiles; ///< one per dispatch, then the total
};

} // namespace nibble::rt

#endif // NIBBLE_LIB_RUNTIME_SESSION_H
