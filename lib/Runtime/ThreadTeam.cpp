//===- ThreadTeam.cpp - Threads that share a grid ---------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ThreadTeam.h"

#include <algorithm>
#include <pthread.h>
#include <sched.h>
#include <system_error>

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
// Workers
//===----------------------------------------------------------------------===//

/// About 50 microseconds: longer than the graph takes between two launches,
/// short enough not to hold a core that others need.
static constexpr int kSpins = 1500;

static void spinOnce() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

bool ThreadTeam::awaitJob(uint64_t &seen) {
  auto isNew = [&] {
    return ending.load() || ticket.load() / kJob != seen / kJob;
  };
  for (int i = 0; i < kSpins && !isNew(); ++i)
    spinOnce();
  if (!isNew()) {
    // publish() looks at `sleeping` after it has stored the ticket, this looks
    // at the ticket after it has counted itself: one sees the other.
    std::unique_lock<std::mutex> lock(crew->mutex);
    sleeping.fetch_add(1);
    crew->wake.wait(lock, isNew);
    sleeping.fetch_sub(1);
  }
  seen = ticket.load();
  return !ending.load();
}

void ThreadTeam::workerLoop(size_t thread) {
  // Ticket 0 is no job.
  uint64_t seen = 0;
  while (awaitJob(seen)) {
    uint64_t current = seen;
    while (!(current & kClosed) && current / kJob == seen / kJob) {
      if (!ticket.compare_exchange_weak(current, current + 1))
        continue;
      work(thread);
      left.fetch_add(1, std::memory_order_release);
      break;
    }
  }
}

void ThreadTeam::publish() {
  left.store(0, std::memory_order_relaxed);
  ticket.store((ticket.load() / kJob + 1) * kJob);
  // Nobody is there to wake in a forked child, where a worker that has not come
  // along may hold the lock.
  if (sleeping.load() == 0 || getpid() != owner)
    return;
  // Taking the lock once makes sure that who counted itself is waiting.
  std::unique_lock<std::mutex>(crew->mutex).unlock();
  crew->wake.notify_all();
}

/// Nobody may join any more; waits for those who have.
void ThreadTeam::closeAndWait() {
  uint64_t joined = ticket.fetch_or(kClosed) % kClosed;
  for (int i = 0; left.load(std::memory_order_acquire) != joined; ++i) {
    if (i < kSpins)
      spinOnce();
    else
      sched_yield();
  }
}

//===----------------------------------------------------------------------===//
// ThreadTeam
//===----------------------------------------------------------------------===//

ThreadTeam::~ThreadTeam() {
  // The workers are not in a forked child: it could wait for them for ever, to
  // end or to leave the condition variable.
  if (getpid() != owner) {
    (void)crew.release();
    return;
  }
  {
    std::lock_guard<std::mutex> lock(crew->mutex);
    ending.store(true);
  }
  crew->wake.notify_all();
  for (std::thread &worker : crew->workers)
    worker.join();
}

Status ThreadTeam::start(size_t threads, nib_parallel_for hostParallelFor,
                         void *hostContext) {
  parallelFor = hostParallelFor;
  host = hostContext;
  shares = std::vector<Share>(threads);
  if (parallelFor)
    return Status::success();
  try {
    for (size_t i = 1; i < threads; ++i) {
      crew->workers.emplace_back([this, i] { workerLoop(i); });
      pthread_setname_np(crew->workers.back().native_handle(), "nibble");
    }
  } catch (const std::system_error &error) {
    return failure(NIB_OUT_OF_MEMORY, "cannot start ", threads,
                   " threads: ", error.what());
  }
  return Status::success();
}

/// First the thread's own share, so that consecutive dispatches find their
/// rows in this core's cache; then what others have left.
void ThreadTeam::work(size_t thread) {
  FloatSettingsScope scope(job.settings);
  char *scratch = job.scratch + thread * job.scratchStride;
  for (size_t i = 0; i < job.shares; ++i) {
    Share &share = shares[(thread + i) % job.shares];
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
                     char *scratch, size_t scratchStride) {
  size_t count = std::min<size_t>(size(), grid);
  if (count <= 1) {
    kernel(slots, 0, grid, scratch);
    return;
  }
  // Four pieces a share: enough to even out a core that is slowed down.
  constexpr int64_t pieces = 4;
  int64_t rest = grid % static_cast<int64_t>(count);
  int64_t begin = 0;
  for (size_t i = 0; i < count; ++i) {
    int64_t points = grid / static_cast<int64_t>(count) +
                     (static_cast<int64_t>(i) < rest ? 1 : 0);
    shares[i].next.store(begin, std::memory_order_relaxed);
    shares[i].end = begin + points;
    shares[i].chunk = (points + pieces - 1) / pieces;
    begin += points;
  }
  job = {count, kernel, slots, scratch, scratchStride, floatSettings()};
  if (parallelFor) {
    parallelFor(
        host, count,
        [](void *team, size_t thread) {
          static_cast<ThreadTeam *>(team)->work(thread);
        },
        this);
    return;
  }
  publish();
  work(0);
  closeAndWait();
}
