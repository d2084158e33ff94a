//===- ThreadTeam.h - Threads that share a grid -----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_RUNTIME_THREADTEAM_H
#define NIBBLE_LIB_RUNTIME_THREADTEAM_H

#include "Status.h"
#include "nibble/Runtime/CodeABI.h"

#include <atomic>
#include <memory>
#include <vector>

struct pthreadpool;

namespace nibble::rt {

/// The threads of one session: the caller's and, from two threads on, those of
/// a pthreadpool or of the host program.
class ThreadTeam {
public:
  ThreadTeam() = default;
  ThreadTeam(const ThreadTeam &) = delete;
  ThreadTeam &operator=(const ThreadTeam &) = delete;
  ~ThreadTeam();

  /// `threads` is at least 1. With a `parallelFor` no thread is created.
  Status start(size_t threads, nib_parallel_for parallelFor, void *host);

  size_t size() const { return shares.size(); }

  /// Runs the kernel over [0, grid). Worker i uses scratch + i * scratchStride
  /// and the floating-point settings of the calling thread. `last`: nothing
  /// follows soon, workers may sleep.
  void run(nib_kernel_fn kernel, void *const *slots, int64_t grid,
           char *scratch, size_t scratchStride, bool last);

private:
  /// A worker's part of the grid; workers that are done take from others'.
  struct alignas(64) Share {
    std::atomic<int64_t> next;
    int64_t end;
    int64_t chunk;
  };
  struct Job;

  static void work(void *job, size_t worker);

  pthreadpool *pool = nullptr;
  nib_parallel_for parallelFor = nullptr;
  void *host = nullptr;
  std::vector<Share> shares;
};

} // namespace nibble::rt

#endif // NIBBLE_LIB_RUNTIME_THREADTEAM_H
