//===- ThreadTeam.cpp - Threads that share a grid ---------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ThreadTeam.h"

#include <algorithm>
#include <pthreadpool.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

using namespace nibble::rt;

//===----------------------------------------------------------------------===//
// Floating-point settings
//===----------------------------------------------------------------------===//

// Rounding and denormal handling are per thread. A grid point must give the
// same bits on any thread, so workers take over what the caller has.
#if defined(__x86_64__)
static uint64_t floatSettings() { return _mm_getcsr() & ~uint64_t(0x3f); }
static void setFloatSettings(uint64_t settings) { _mm_setcsr(settings); }
#elif defined(__aarch64__)
static uint64_t floatSettings() { return __builtin_aarch64_get_fpcr64(); }
static void setFloatSettings(uint64_t settings) {
  __builtin_aarch64_set_fpcr64(settings);
}
#endif

namespace {
class FloatSettingsScope {
public:
  explicit FloatSettingsScope(uint64_t wanted) : saved(floatSettings()) {
    changed = saved != wanted;
    if (changed)
      setFloatSettings(wanted);
  }
  ~FloatSettingsScope() {
    if (changed)
      setFloatSettings(saved);
  }

private:
  uint64_t saved;
  bool changed;
};
} // namespace

//===----------------------------------------------------------------------===//
// ThreadTeam
//===----------------------------------------------------------------------===//

struct ThreadTeam::Job {
  ThreadTeam *team;
  size_t workers;
  nib_kernel_fn kernel;
  void *const *slots;
  char *scratch;
  size_t scratchStride;
  uint64_t settings;
};

ThreadTeam::~ThreadTeam() {
  if (pool)
    pthreadpool_destroy(pool);
}

Status ThreadTeam::start(size_t threads, nib_parallel_for hostParallelFor,
                         void *hostContext) {
  parallelFor = hostParallelFor;
  host = hostContext;
  if (threads > 1 && !parallelFor) {
    pool = pthreadpool_create(threads);
    if (!pool)
      return failure(NIB_OUT_OF_MEMORY, "cannot start ", threads, " threads");
  }
  shares = std::vector<Share>(threads);
  return Status::success();
}

/// First the worker's own share, so that consecutive dispatches find their
/// rows in this core's cache; then what others have left.
void ThreadTeam::work(void *context, size_t worker) {
  const Job &job = *static_cast<Job *>(context);
  FloatSettingsScope scope(job.settings);
  char *scratch = job.scratch + worker * job.scratchStride;
  for (size_t i = 0; i < job.workers; ++i) {
    Share &share = job.team->shares[(worker + i) % job.workers];
    while (true) {
      int64_t begin =
          share.next.fetch_add(share.chunk, std::memory_order_relaxed);
      if (begin >= share.end)
        break;
      int64_t end = std::min(begin + share.chunk, share.end);
      job.kernel(job.slots, begin, end, scratch);
    }
  }
}

void ThreadTeam::run(nib_kernel_fn kernel, void *const *slots, int64_t grid,
                     char *scratch, size_t scratchStride, bool last) {
  size_t workers = std::min<size_t>(size(), grid);
  if (workers <= 1) {
    kernel(slots, 0, grid, scratch);
    return;
  }
  // Four pieces a share: enough to even out a core that is slowed down.
  constexpr int64_t pieces = 4;
  int64_t rest = grid % static_cast<int64_t>(workers);
  int64_t begin = 0;
  for (size_t i = 0; i < workers; ++i) {
    int64_t count = grid / static_cast<int64_t>(workers) +
                    (static_cast<int64_t>(i) < rest ? 1 : 0);
    shares[i].next.store(begin, std::memory_order_relaxed);
    shares[i].end = begin + count;
    shares[i].chunk = (count + pieces - 1) / pieces;
    begin += count;
  }
  Job job{this,    workers,       kernel,         slots,
          scratch, scratchStride, floatSettings()};
  if (parallelFor) {
    parallelFor(host, workers, work, &job);
    return;
  }
  pthreadpool_parallelize_1d(pool, work, &job, workers,
                             last ? PTHREADPOOL_FLAG_YIELD_WORKERS : 0);
}
