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

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace nibble::rt {

/// The threads of one session: the caller's and, from two threads on, workers
/// of its own or of the host program.
///
/// The caller never waits for a worker that has not begun: it takes over its
/// part. A launch therefore costs no more than the work itself when another
/// process holds the worker's core, where a pool that waits for all of its
/// threads stands still for a time slice at every launch.
class ThreadTeam {
public:
  ThreadTeam() = default;
  ThreadTeam(const ThreadTeam &) = delete;
  ThreadTeam &operator=(const ThreadTeam &) = delete;
  ~ThreadTeam();

  /// `threads` is at least 1. With a `parallelFor` no thread is created.
  Status start(size_t threads, nib_parallel_for parallelFor, void *host);

  size_t size() const { return shares.size(); }

  /// Runs the kernel over [0, grid). Thread i uses scratch + i * scratchStride
  /// and the floating-point settings of the calling thread.
  void run(nib_kernel_fn kernel, void *const *slots, int64_t grid,
           char *scratch, size_t scratchStride);

private:
  /// A part of the grid; threads that are done with theirs take from others'.
  struct alignas(64) Share {
    std::atomic<int64_t> next;
    int64_t end;
    int64_t chunk;
  };
  struct Job {
    size_t shares;
    nib_kernel_fn kernel;
    void *const *slots;
    char *scratch;
    size_t scratchStride;
    uint64_t settings;
  };

  void work(size_t thread);
  void workerLoop(size_t thread);
  /// Waits for a job newer than `seen`; false if the team ends.
  bool awaitJob(uint64_t &seen);
  void publish();
  void closeAndWait();

  nib_parallel_for parallelFor = nullptr;
  void *host = nullptr;
  std::vector<Share> shares;
  Job job;

  /// The number of the job in the high half; in the low half how many workers
  /// have joined it, or that it is closed. Only who joins touches the job.
  alignas(64) std::atomic<uint64_t> ticket{kClosed};
  /// How many of those who joined have left.
  alignas(64) std::atomic<uint64_t> left{0};
  std::atomic<int> sleeping{0};
  std::atomic<bool> ending{false};
  /// What a forked child must not touch: its parent's threads.
  struct Crew {
    std::mutex mutex;
    std::condition_variable wake;
    std::vector<std::thread> workers;
  };
  std::unique_ptr<Crew> crew = std::make_unique<Crew>();
  pid_t owner = getpid();

  static constexpr uint64_t kClosed = uint64_t(1) << 31;
  static constexpr uint64_t kJob = uint64_t(1) << 32;
};

} // namespace nibble::rt

#endif // NIBBLE_LIB_RUNTIME_THREADTEAM_H
