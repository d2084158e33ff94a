//===- Session.cpp - One request at a time on a model -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Session.h"

#include "CPUFeatures.h"
#include "Tensors.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>

using namespace nibble;
using namespace nibble::rt;

/// Shapes whose plans are kept. A language model makes a new one per step, so
/// old ones must go.
static constexpr size_t kMaxPlans = 64;
/// Waking threads costs a few microseconds, in which one core moves about as
/// many bytes.
static constexpr int64_t kLeastParallelTraffic = 16 << 10;
static constexpr size_t kMaxThreads = 4096;

static uint64_t nanoseconds() {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

//===----------------------------------------------------------------------===//
// Creation and queries
//===----------------------------------------------------------------------===//

Session::Session(std::shared_ptr<const Model> source)
    : model(std::move(source)), states(*model),
      buffers(model->manifest().buffers.size()),
      profiles(model->dispatches.size() + 1) {
  size_t row = 0;
  for (const auto *list : {&model->outputs, &model->newStates})
    for (const TensorDesc &desc : *list) {
      rows.push_back(row);
      row += desc.rank();
    }
  rows.push_back(row);
}

Status Session::create(std::shared_ptr<const Model> model,
                       const nib_session_options &options,
                       std::unique_ptr<Session> &result) {
  if (!model->code())
    return failure(NIB_INVALID_ARGUMENT,
                   "the model was loaded without its code: load it with "
                   "nib_model_load");
  size_t threads = options.threads ? options.threads : physicalCores();
  if (threads > kMaxThreads)
    return failure(NIB_INVALID_ARGUMENT, "cannot run on ", threads,
                   " threads, at most ", kMaxThreads);
  std::unique_ptr<Session> session(new Session(std::move(model)));
  session->measure = options.profile != 0;
  if (Status status =
          session->team.start(threads, options.parallel_for, options.host);
      !status.ok())
    return status;
  result = std::move(session);
  return Status::success();
}

const TensorDesc &Session::outputDesc(size_t index) const {
  size_t outputs = model->outputs.size();
  return index < outputs ? model->outputs[index]
                         : model->newStates[index - outputs];
}

const int64_t *Session::outputRow(size_t index) const {
  return plans.front().dims.data() + rows[index];
}

int64_t Session::outputBytes(size_t index) const {
  const TensorDesc &desc = outputDesc(index);
  int64_t bytes = 0;
  // A plan whose outputs have no size is none.
  tensorBytes(outputRow(index), desc.rank(), desc.element(), bytes);
  return bytes;
}

std::string Session::inputText(size_t index) const {
  size_t inputs = model->inputs.size();
  return index < inputs
             ? join("input '", model->inputs[index].info.name, "'")
             : join("state '", model->states[index - inputs].info.name, "'");
}

std::string Session::outputText(size_t index) const {
  return join("output '", outputDesc(index).info.name, "'");
}

Status Session::outputDims(size_t index, int64_t *dims) const {
  if (index >= model->outputs.size() + model->states.size())
    return failure(NIB_INVALID_ARGUMENT, "there is no output ", index);
  if (plans.empty())
    return failure(NIB_INVALID_ARGUMENT,
                   "the shapes are not known before a prepare or a run");
  const int64_t *row = outputRow(index);
  std::copy_n(row, outputDesc(index).rank(), dims);
  return Status::success();
}

int64_t Session::stateLength(size_t index) const {
  return index < states.size() ? states.length(index) : 0;
}

Status Session::profile(size_t index, nib_profile &result) const {
  if (index >= profiles.size())
    return failure(NIB_INVALID_ARGUMENT, "there is no dispatch ", index);
  result = profiles[index];
  return Status::success();
}

void Session::resetProfile() {
  std::fill(profiles.begin(), profiles.end(), nib_profile());
}

size_t Session::memory() const {
  return arena.size() + scratch.size() + unkept.size() + states.memory();
}

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

static Status failTooLarge(const std::string &what, const int64_t *dims,
                           size_t rank) {
  return failure(NIB_OUT_OF_MEMORY, what, " of shape ", shapeText(dims, rank),
                 " exceeds the address space");
}

/// Refuses symbols for which an input or a state could not be in memory.
Status Session::checkInputSizes(const std::vector<int64_t> &symbols) const {
  size_t index = 0;
  for (const auto *list : {&model->inputs, &model->states})
    for (const TensorDesc &desc : *list) {
      std::vector<int64_t> dims = resolveDims(desc, symbols);
      int64_t bytes = 0;
      if (!tensorBytes(dims.data(), dims.size(), desc.element(), bytes))
        return failTooLarge(inputText(index), dims.data(), dims.size());
      ++index;
    }
  return Status::success();
}

/// "dimension 0 of input 'x'": where callers give the symbol.
std::string Session::placeOf(size_t symbol) const {
  size_t index = 0;
  for (const auto *list : {&model->inputs, &model->states})
    for (const TensorDesc &desc : *list) {
      for (size_t axis = 0; axis < desc.rank(); ++axis) {
        const ManifestDim &dim = (*desc.shape)[axis];
        if (dim.kind == ManifestDim::Kind::Symbol &&
            static_cast<size_t>(dim.value) == symbol)
          return join("dimension ", axis, " of ", inputText(index));
      }
      ++index;
    }
  return join("the extent '", model->manifest().symbols[symbol], "'");
}

/// The code's sizes for these symbols are none: names the largest.
Status Session::failSizes(const std::vector<int64_t> &symbols) const {
  if (symbols.empty())
    return failure(NIB_INTERNAL, "the compiled code computes no sizes");
  size_t most =
      std::max_element(symbols.begin(), symbols.end()) - symbols.begin();
  return failure(NIB_OUT_OF_MEMORY, placeOf(most), " is ", symbols[most],
                 ": what is computed of it exceeds the address space");
}

/// Asks the compiled code about the shapes, and checks what it says.
Status Session::makePlan(Plan &plan) const {
  if (Status status = checkInputSizes(plan.symbols); !status.ok())
    return status;
  size_t count = model->manifest().buffers.size();
  plan.dims.assign(rows.back(), -1);
  std::vector<int64_t> bytes(count + 1, -1);
  int32_t result = model->code()->shapes(plan.symbols.data(), plan.dims.data(),
                                         bytes.data());
  if (result == NIB_SIZES_OVERFLOW)
    return failSizes(plan.symbols);
  if (Status status = model->checkFailure(result); !status.ok())
    return status;
  for (int64_t extent : plan.dims)
    if (extent < 0)
      return failure(NIB_INTERNAL, "the compiled code computes the extent ",
                     extent, " of an output");
  for (size_t i = 0; i + 1 < rows.size(); ++i) {
    const TensorDesc &desc = outputDesc(i);
    const int64_t *dims = plan.dims.data() + rows[i];
    int64_t size = 0;
    if (!tensorBytes(dims, desc.rank(), desc.element(), size))
      return failTooLarge(outputText(i), dims, desc.rank());
  }
  for (int64_t size : bytes)
    if (size < 0)
      return failure(NIB_INTERNAL, "the compiled code computes a buffer of ",
                     size, " bytes");
  int64_t scratchTotal = 0;
  if (!alignUp(bytes.back(), kBufferAlign, plan.scratch) ||
      !multiply(plan.scratch, team.size(), scratchTotal))
    return failure(NIB_OUT_OF_MEMORY, "each thread would need ", bytes.back(),
                   " bytes of scratch memory");
  bytes.pop_back();
  plan.sizes = std::move(bytes);
  return placeBuffers(plan);
}

/// Decoding asks for the same sizes at every step, under another length.
Status Session::placeBuffers(Plan &plan) const {
  if (!plans.empty() && plans.front().sizes == plan.sizes) {
    plan.buffers = plans.front().buffers;
    return Status::success();
  }
  if (!planBuffers(model->manifest().buffers, plan.sizes, plan.buffers))
    return failure(NIB_OUT_OF_MEMORY,
                   "the buffers for these shapes exceed the address space");
  return Status::success();
}

/// Puts the plan for these symbols at the front of `plans`, with room for its
/// buffers. A plan for which there is no room is none.
Status Session::usePlan(const std::vector<int64_t> &symbols) {
  auto known = std::find_if(plans.begin(), plans.end(), [&](const Plan &plan) {
    return plan.symbols == symbols;
  });
  if (known != plans.end()) {
    plans.splice(plans.begin(), plans, known);
    return reserve(*known);
  }
  Plan plan;
  plan.symbols = symbols;
  if (Status status = makePlan(plan); !status.ok())
    return status;
  if (Status status = reserve(plan); !status.ok())
    return status;
  plans.push_front(std::move(plan));
  if (plans.size() > kMaxPlans)
    plans.pop_back();
  return Status::success();
}

Status Session::reserve(const Plan &plan) {
  if ((!arena.data() || arena.size() < size_t(plan.buffers.size)) &&
      !arena.allocate(plan.buffers.size))
    return failure(NIB_OUT_OF_MEMORY, "not enough memory: these shapes need ",
                   plan.buffers.size, " bytes of buffers");
  size_t scratchTotal = plan.scratch * team.size();
  if ((!scratch.data() || scratch.size() < scratchTotal) &&
      !scratch.allocate(scratchTotal))
    return failure(NIB_OUT_OF_MEMORY, "not enough memory: these shapes need ",
                   scratchTotal, " bytes of scratch memory");
  for (size_t i = 0; i < buffers.size(); ++i)
    buffers[i] = arena.data() + plan.buffers.offsets[i];
  return Status::success();
}

Status Session::prepare(const int64_t *symbols, size_t count) {
  const auto &names = model->manifest().symbols;
  if (count != names.size())
    return failure(NIB_INVALID_ARGUMENT, "the model has ", names.size(),
                   " symbols, ", count, " values are given");
  for (size_t i = 0; i < count; ++i)
    if (symbols[i] < 0)
      return failure(NIB_INVALID_ARGUMENT, "the extent '", names[i],
                     "' cannot be ", symbols[i]);
  return usePlan({symbols, symbols + count});
}

//===----------------------------------------------------------------------===//
// Requests
//===----------------------------------------------------------------------===//

Status Session::checkCounts(size_t numInputs, size_t numOutputs) const {
  auto check = [&](const char *what, size_t got, size_t least) {
    size_t most = least + states.size();
    if (got == least || got == most)
      return Status::success();
    return most == least ? failure(NIB_INVALID_ARGUMENT, "the model has ",
                                   least, " ", what, ", ", got, " are given")
                         : failure(NIB_INVALID_ARGUMENT, "the model has ",
                                   least, " ", what, ", ", most,
                                   " with its states; ", got, " are given");
  };
  if (Status status = check("inputs", numInputs, model->inputs.size());
      !status.ok())
    return status;
  return check("outputs", numOutputs, model->outputs.size());
}

/// A state in a basis of the artifact's own means nothing to others.
static Status failPrivate(const std::string &what) {
  return failure(NIB_INVALID_ARGUMENT, what,
                 ": only a session carries it, because the compiler chose "
                 "another basis for its channels; to give it or to ask for it "
                 "compile with --kv-cache io, or with --transform none and "
                 "without --rotate-kv");
}

Status Session::bind(const Request &request, ShapeBinder &binder) const {
  size_t count = model->inputs.size();
  for (size_t i = 0; i < count; ++i)
    if (Status status =
            binder.bindTensor(model->inputs[i], inputText(i), request.input(i));
        !status.ok())
      return status;
  for (size_t i = 0; i < states.size(); ++i) {
    const TensorDesc &desc = model->states[i];
    std::string what = inputText(count + i);
    int64_t symbol = model->manifest().states[i].lengthSymbol;
    Status status;
    if (const DLTensor *given = request.input(count + i)) {
      status = binder.bindTensor(desc, what, given);
      if (status.ok() && model->manifest().states[i].isPrivate &&
          !isEmpty(*given))
        status = failPrivate(what);
    } else if (states.holds(i)) {
      status = binder.bindState(desc, what, states.dims(i));
    } else if (symbol >= 0) {
      status = binder.bindLength(symbol, what);
    }
    if (!status.ok())
      return status;
  }
  return binder.finish();
}

/// The tensor's data, or a contiguous copy of it that lives with the request.
Status Session::dense(Request &request, const DLTensor &tensor, void *&data) {
  data = tensorData(tensor);
  if (isDense(tensor))
    return Status::success();
  int64_t bytes = 0;
  AlignedMemory copy;
  if (!tensorBytes(tensor.shape, tensor.ndim, elementSize(tensor.dtype),
                   bytes) ||
      !copy.allocate(bytes))
    return failure(NIB_OUT_OF_MEMORY, "not enough memory to copy an input");
  copyDense(tensor, copy.data());
  data = copy.data();
  request.copies.push_back(std::move(copy));
  return Status::success();
}

Status Session::takeInputs(Request &request) {
  request.inputData.resize(model->inputs.size());
  for (size_t i = 0; i < request.inputData.size(); ++i)
    if (Status status =
            dense(request, *request.inputs[i], request.inputData[i]);
        !status.ok())
      return status;
  return Status::success();
}

/// Of a strided tensor, the span from its lowest to its highest element counts.
static bool overlap(const DLTensor &tensor, const char *data, int64_t bytes) {
  int64_t low = 0, high = 0;
  if (isEmpty(tensor) || bytes == 0 || !tensorSpan(tensor, low, high))
    return false;
  const char *base = tensorData(tensor);
  return base + low < data + bytes && data < base + high;
}

Status Session::checkGiven(const Request &request, size_t index,
                           const DLTensor *given, int64_t bytes) const {
  std::string what = outputText(index);
  const TensorDesc &desc = outputDesc(index);
  const int64_t *dims = outputRow(index);
  if (!given || given->ndim < 0 || (given->ndim > 0 && !given->shape))
    return failure(NIB_INVALID_ARGUMENT, what, ": no valid tensor is given");
  DLDataType dtype = desc.info.dtype;
  if (given->dtype.code != dtype.code || given->dtype.bits != dtype.bits ||
      given->dtype.lanes != dtype.lanes ||
      static_cast<size_t>(given->ndim) != desc.rank() ||
      !std::equal(dims, dims + desc.rank(), given->shape))
    return failure(NIB_INVALID_ARGUMENT, what, ": the result is ",
                   dtypeName(dtype), shapeText(dims, desc.rank()),
                   ", the tensor given for it is ", dtypeName(given->dtype),
                   shapeText(given->shape, given->ndim));
  if (given->device.device_type != kDLCPU &&
      given->device.device_type != kDLCUDAHost)
    return failure(NIB_INVALID_ARGUMENT, what,
                   ": the tensor given for it is not in CPU memory");
  if ((bytes > 0 && !given->data) || !isDense(*given))
    return failure(NIB_INVALID_ARGUMENT, what,
                   ": the tensor given for it must be contiguous and aligned "
                   "to its element");
  for (size_t i = 0; i < request.numInputs; ++i)
    if (request.inputs[i] &&
        overlap(*request.inputs[i], tensorData(*given), bytes))
      return failure(NIB_INVALID_ARGUMENT, what,
                     ": the tensor given for it overlaps ", inputText(i));
  for (size_t i = 0; i < index; ++i)
    if (request.outputs[i].mode == NIB_OUTPUT_GIVEN &&
        overlap(*request.outputs[i].given, tensorData(*given), bytes))
      return failure(NIB_INVALID_ARGUMENT, what,
                     ": the tensor given for it overlaps ", outputText(i));
  return Status::success();
}

/// Finds the memory that output `index` goes to; nullptr for one that nobody
/// keeps.
Status Session::takeOutput(Request &request, size_t index, void *&data) {
  nib_output &output = request.outputs[index];
  const TensorDesc &desc = outputDesc(index);
  const int64_t *dims = outputRow(index);
  int64_t bytes = outputBytes(index);
  data = nullptr;
  size_t count = model->outputs.size();
  if (output.mode != NIB_OUTPUT_SKIP && index >= count &&
      model->manifest().states[index - count].isPrivate)
    return failPrivate(outputText(index));
  switch (output.mode) {
  case NIB_OUTPUT_SKIP:
    return Status::success();
  case NIB_OUTPUT_OBSERVE:
    if (!observer)
      return failure(NIB_INVALID_ARGUMENT, outputText(index),
                     ": nobody observes it (nib_session_set_observer)");
    if (index >= model->outputs.size())
      return failure(NIB_INVALID_ARGUMENT, outputText(index),
                     ": states cannot be observed");
    request.observed.push_back(index);
    return Status::success();
  case NIB_OUTPUT_GIVEN:
    if (Status status = checkGiven(request, index, output.given, bytes);
        !status.ok())
      return status;
    data = tensorData(*output.given);
    return Status::success();
  case NIB_OUTPUT_ALLOCATE:
    output.allocated = makeTensor(desc.info.dtype, dims, desc.rank(), bytes);
    if (!output.allocated)
      return failure(NIB_OUT_OF_MEMORY, "not enough memory for ",
                     outputText(index), " of shape ",
                     shapeText(dims, desc.rank()));
    data = output.allocated->dl_tensor.data;
    return Status::success();
  }
  return failure(NIB_INVALID_ARGUMENT, outputText(index), ": mode ",
                 output.mode, " is not one of nib_output_mode");
}

Status Session::takeOutputs(Request &request) {
  request.outputData.resize(request.numOutputs);
  for (size_t i = 0; i < request.numOutputs; ++i)
    if (Status status = takeOutput(request, i, request.outputData[i]);
        !status.ok())
      return status;
  return placeUnkept(request);
}

/// The code writes every output, and may read it again: those that nobody keeps
/// have a place while they live.
Status Session::placeUnkept(Request &request) {
  const std::vector<ManifestBuffer> &all = model->manifest().outputBuffers;
  std::vector<size_t> indices;
  std::vector<ManifestBuffer> lifetimes;
  std::vector<int64_t> sizes;
  for (size_t i = 0; i < model->outputs.size(); ++i) {
    if (request.outputData[i])
      continue;
    indices.push_back(i);
    lifetimes.push_back(all[i]);
    sizes.push_back(outputBytes(i));
  }
  if (indices.empty())
    return Status::success();
  BufferPlan plan;
  if (!planBuffers(lifetimes, sizes, plan))
    return failure(NIB_OUT_OF_MEMORY, "the outputs exceed the address space");
  if ((!unkept.data() || unkept.size() < size_t(plan.size)) &&
      !unkept.allocate(plan.size))
    return failure(NIB_OUT_OF_MEMORY,
                   "not enough memory for the outputs: ", plan.size, " bytes");
  for (size_t i = 0; i < indices.size(); ++i)
    request.outputData[indices[i]] = unkept.data() + plan.offsets[i];
  std::sort(request.observed.begin(), request.observed.end(),
            [&](size_t a, size_t b) {
              return all[a].last != all[b].last ? all[a].last > all[b].last
                                                : a > b;
            });
  return Status::success();
}

Status Session::stageStates(Request &request) {
  const Plan &plan = plans.front();
  for (size_t i = 0; i < states.size(); ++i) {
    std::vector<int64_t> before = resolveDims(model->states[i], plan.symbols);
    const int64_t *row = outputRow(model->outputs.size() + i);
    void *given = nullptr;
    if (const DLTensor *tensor = request.input(model->inputs.size() + i)) {
      if (Status status = dense(request, *tensor, given); !status.ok())
        return status;
      // An empty tensor may come without data; it still is a given state.
      static const char nothing = 0;
      if (!given)
        given = const_cast<char *>(&nothing);
    }
    std::vector<int64_t> after(row, row + before.size());
    if (Status status = states.stage(i, std::move(before), after, given);
        !status.ok())
      return status;
  }
  return Status::success();
}

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

void Session::observe(Request &request, size_t index) const {
  const TensorDesc &desc = model->outputs[index];
  DLTensor value = {request.outputData[index],
                    {kDLCPU, 0},
                    static_cast<int32_t>(desc.rank()),
                    desc.info.dtype,
                    const_cast<int64_t *>(outputRow(index)),
                    nullptr,
                    0};
  observer(observerData, index, &value);
}

/// Shows what no launch from `dispatch` on reads: another value may take its
/// place.
void Session::observeBefore(Request &request, int64_t dispatch) const {
  const std::vector<ManifestBuffer> &lifetimes =
      model->manifest().outputBuffers;
  while (!request.observed.empty() &&
         lifetimes[request.observed.back()].last < dispatch) {
    observe(request, request.observed.back());
    request.observed.pop_back();
  }
}

void Session::launch(nib_exec *exec, uint32_t dispatch, nib_kernel_fn kernel,
                     void *const *slots, int64_t grid, int64_t traffic) {
  auto *session = static_cast<Session *>(exec->runtime);
  session->observeBefore(*session->current, dispatch);
  if (!session->measure || dispatch + size_t(1) >= session->profiles.size()) {
    session->launchOnTeam(kernel, slots, grid, traffic);
    return;
  }
  uint64_t start = nanoseconds();
  session->launchOnTeam(kernel, slots, grid, traffic);
  nib_profile &profile = session->profiles[dispatch];
  profile.nanoseconds += nanoseconds() - start;
  profile.calls += 1;
  profile.traffic += traffic;
  session->profiles.back().traffic += traffic;
}

void Session::launchOnTeam(nib_kernel_fn kernel, void *const *slots,
                           int64_t grid, int64_t traffic) {
  if (grid <= 0)
    return;
  if (grid == 1 || traffic < kLeastParallelTraffic) {
    kernel(slots, 0, grid, scratch.data());
    return;
  }
  team.run(kernel, slots, grid, scratch.data(), plans.front().scratch);
}

Status Session::execute(Request &request) {
  nib_exec exec;
  exec.launch = launch;
  exec.symbols = plans.front().symbols.data();
  exec.inputs = request.inputData.data();
  exec.outputs = request.outputData.data();
  exec.states = states.pointers();
  exec.capacities = states.capacities();
  exec.parameters = model->parameters();
  exec.buffers = buffers.data();
  exec.runtime = this;
  current = &request;
  uint64_t start = measure ? nanoseconds() : 0;
  int32_t result = model->code()->run(&exec);
  if (measure) {
    profiles.back().nanoseconds += nanoseconds() - start;
    profiles.back().calls += 1;
  }
  if (Status status = model->checkFailure(result); !status.ok()) {
    // A growing state is only written beyond its length; another may be half
    // new, and then none of them belongs to the same step.
    bool all = std::all_of(
        model->manifest().states.begin(), model->manifest().states.end(),
        [](const ManifestState &state) { return state.axis >= 0; });
    if (!all)
      states.reset();
    return status;
  }
  observeBefore(request, std::numeric_limits<int64_t>::max());
  for (size_t i = 0; i < states.size(); ++i)
    states.advance(i, outputRow(model->outputs.size() + i));
  for (size_t i = model->outputs.size(); i < request.numOutputs; ++i)
    if (request.outputData[i])
      states.copyOut(i - model->outputs.size(),
                     static_cast<char *>(request.outputData[i]));
  return Status::success();
}

Status Session::runRequest(Request &request) {
  ShapeBinder binder(*model);
  if (Status status = bind(request, binder); !status.ok())
    return status;
  if (Status status = usePlan(binder.symbols()); !status.ok())
    return status;
  if (Status status = takeInputs(request); !status.ok())
    return status;
  if (Status status = takeOutputs(request); !status.ok())
    return status;
  if (Status status = stageStates(request); !status.ok())
    return status;
  states.commit();
  return execute(request);
}

Status Session::run(const DLTensor *const *inputs, size_t numInputs,
                    nib_output *outputs, size_t numOutputs) {
  for (size_t i = 0; i < numOutputs; ++i)
    if (outputs[i].mode == NIB_OUTPUT_ALLOCATE)
      outputs[i].allocated = nullptr;
  if (Status status = checkCounts(numInputs, numOutputs); !status.ok())
    return status;
  Request request{inputs, outputs, numInputs, numOutputs, {}, {}, {}, {}};
  Status status;
  try {
    status = runRequest(request);
  } catch (const std::bad_alloc &) {
    status = failure(NIB_OUT_OF_MEMORY, "not enough memory");
  }
  if (status.ok())
    return status;
  for (size_t i = 0; i < numOutputs; ++i) {
    if (outputs[i].mode != NIB_OUTPUT_ALLOCATE || !outputs[i].allocated)
      continue;
    outputs[i].allocated->deleter(outputs[i].allocated);
    outputs[i].allocated = nullptr;
  }
  return status;
}
