//===- StateStore.cpp - What a session keeps from run to run ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StateStore.h"

#include "Tensors.h"

#include <algorithm>
#include <cstring>

using namespace nibble;
using namespace nibble::rt;

/// Room for this many indices at first, so that short runs do not regrow.
static constexpr int64_t kLeastCapacity = 32;

StateStore::StateStore(const Model &model)
    : states(model.states.size()), data(states.size()),
      capacity(states.size()) {
  for (size_t i = 0; i < states.size(); ++i) {
    states[i].name = model.manifest().states[i].name;
    states[i].axis = model.manifest().states[i].axis;
    states[i].element = model.states[i].element();
  }
}

int64_t StateStore::length(size_t index) const {
  const State &state = states[index];
  return state.filled && state.axis >= 0 ? state.dims[state.axis] : 0;
}

StateStore::Layout StateStore::layoutOf(const State &state,
                                        const std::vector<int64_t> &dims) {
  Layout layout{1, state.element, 1};
  for (size_t i = 0; i < dims.size(); ++i) {
    int64_t axis = static_cast<int64_t>(i);
    if (axis == state.axis)
      layout.length = dims[i];
    else
      (axis < state.axis ? layout.rows : layout.inner) *= dims[i];
  }
  return layout;
}

/// Whether two shapes differ at most along `axis`.
static bool sameBut(const std::vector<int64_t> &a,
                    const std::vector<int64_t> &b, int64_t axis) {
  if (a.size() != b.size())
    return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (static_cast<int64_t>(i) != axis && a[i] != b[i])
      return false;
  return true;
}

Status StateStore::stage(size_t index, std::vector<int64_t> before,
                         const std::vector<int64_t> &after, const void *given) {
  State &state = states[index];
  if (!sameBut(before, after, state.axis))
    return failure(NIB_INTERNAL,
                   "the compiled code changes the shape of state "
                   "'",
                   state.name, "' from ",
                   shapeText(before.data(), before.size()), " to ",
                   shapeText(after.data(), after.size()));
  bool fits = state.memory.data() && sameBut(state.dims, before, state.axis);
  std::vector<int64_t> room = before;
  state.nextCapacity = 0;
  if (state.axis >= 0) {
    int64_t need = std::max(before[state.axis], after[state.axis]);
    int64_t &extent = room[state.axis];
    extent = std::max(need, fits ? capacity[index] : kLeastCapacity);
    if (fits && need > capacity[index]) {
      extent = std::max(need, 2 * capacity[index]);
      fits = false;
    }
    state.nextCapacity = extent;
  }
  state.renewed = !fits;
  if (!fits) {
    int64_t bytes = 0;
    if (!tensorBytes(room.data(), room.size(), state.element, bytes) ||
        !state.nextMemory.allocate(bytes))
      return failure(NIB_OUT_OF_MEMORY, "not enough memory for state '",
                     state.name, "' of shape ",
                     shapeText(room.data(), room.size()));
    std::memset(state.nextMemory.data(), 0, bytes);
  }
  state.nextDims = std::move(before);
  state.given = given;
  return Status::success();
}

void StateStore::commit() {
  for (size_t i = 0; i < states.size(); ++i)
    commit(i);
}

void StateStore::commit(size_t index) {
  State &state = states[index];
  Layout layout = layoutOf(state, state.nextDims);
  size_t used = layout.length * layout.inner;
  size_t stride = (state.axis < 0 ? 1 : state.nextCapacity) * layout.inner;
  if (state.renewed) {
    size_t oldStride = (state.axis < 0 ? 1 : capacity[index]) * layout.inner;
    if (state.filled && !state.given)
      copyRows(state.nextMemory.data(), stride, state.memory.data(), oldStride,
               layout.rows, used);
    state.memory = std::move(state.nextMemory);
    state.nextMemory = AlignedMemory();
  } else if (!state.filled && !state.given && state.axis < 0) {
    std::memset(state.memory.data(), 0, layout.rows * used);
  }
  if (state.given)
    copyRows(state.memory.data(), stride,
             static_cast<const char *>(state.given), used, layout.rows, used);
  state.dims = state.nextDims;
  state.filled = true;
  state.given = nullptr;
  data[index] = state.memory.data();
  capacity[index] = state.nextCapacity;
}

void StateStore::advance(size_t index, const int64_t *after) {
  State &state = states[index];
  std::copy(after, after + state.dims.size(), state.dims.begin());
}

void StateStore::reset() {
  for (State &state : states)
    state.filled = false;
}

void StateStore::copyOut(size_t index, char *target) const {
  const State &state = states[index];
  Layout layout = layoutOf(state, state.dims);
  size_t used = layout.length * layout.inner;
  size_t stride = (state.axis < 0 ? 1 : capacity[index]) * layout.inner;
  copyRows(target, used, state.memory.data(), stride, layout.rows, used);
}

size_t StateStore::memory() const {
  size_t total = 0;
  for (const State &state : states)
    total += state.memory.size();
  return total;
}
