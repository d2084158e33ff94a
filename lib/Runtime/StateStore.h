//===- StateStore.h - What a session keeps from run to run ------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_RUNTIME_STATESTORE_H
#define NIBBLE_LIB_RUNTIME_STATESTORE_H

#include "Memory.h"
#include "Model.h"

namespace nibble::rt {

/// The state buffers of a session. A growing state has spare capacity along
/// its axis, which doubles when it is used up, so that a step copies nothing.
///
/// A run stages what it needs (which can fail and changes nothing), then
/// commits (which cannot fail), then advances.
class StateStore {
public:
  explicit StateStore(const Model &model);

  size_t size() const { return states.size(); }
  /// Whether the state has a content whose shape binds symbols.
  bool holds(size_t index) const {
    const State &state = states[index];
    return state.filled && (state.axis < 0 || state.dims[state.axis] > 0);
  }
  const std::vector<int64_t> &dims(size_t index) const {
    return states[index].dims;
  }
  int64_t length(size_t index) const;

  /// Finds room for a run that starts with `before` and ends with `after`.
  /// `given`: contiguous data of shape `before` to start from; nullptr: what
  /// is held, or zero.
  Status stage(size_t index, std::vector<int64_t> before,
               const std::vector<int64_t> &after, const void *given);
  void commit();
  /// The run has ended with these extents.
  void advance(size_t index, const int64_t *after);
  void reset();

  void *const *pointers() const { return data.data(); }
  const int64_t *capacities() const { return capacity.data(); }
  /// Copies the content to contiguous memory.
  void copyOut(size_t index, char *target) const;
  size_t memory() const;

private:
  struct State {
    AlignedMemory memory;
    std::vector<int64_t> dims;
    std::string name;
    int64_t axis = -1;
    size_t element = 0;
    bool filled = false;
    // Of the staged run.
    AlignedMemory nextMemory;
    std::vector<int64_t> nextDims;
    int64_t nextCapacity = 0;
    const void *given = nullptr;
    bool renewed = false;
  };
  /// Bytes of one index of the growing axis in one row, and number of rows; a
  /// state that does not grow is one row of one piece.
  struct Layout {
    size_t rows;
    size_t inner;
    int64_t length;
  };
  static Layout layoutOf(const State &state, const std::vector<int64_t> &dims);
  void commit(size_t index);

  std::vector<State> states;
  std::vector<void *> data;
  std::vector<int64_t> capacity;
};

} // namespace nibble::rt

#endif // NIBBLE_LIB_RUNTIME_STATESTORE_H
