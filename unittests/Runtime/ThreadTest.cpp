//===- ThreadTest.cpp - Threads of a session and between sessions ---------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestModels.h"
#include "lib/Runtime/ThreadTeam.h"
#include "gtest/gtest.h"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sched.h>
#include <set>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

using namespace nibble;
using namespace nibble::test;

static size_t threadsOfProcess() {
  std::filesystem::directory_iterator it("/proc/self/task"), end;
  return std::distance(it, end);
}

static std::vector<float> runAffine(nib_session *session, int64_t rows,
                                    float start = 1) {
  Array<float> x({rows, 4}, start, 0.37f);
  const DLTensor *input = x.get();
  nib_output outputs[2] = {{}, {NIB_OUTPUT_SKIP, nullptr, nullptr}};
  EXPECT_EQ(nib_session_run(session, &input, 1, outputs, 2), NIB_OK)
      << nib_session_error(session);
  TensorPtr y(outputs[0].allocated);
  return valuesOf<float>(y.get());
}

TEST(Threads, NumberMakesNoDifference) {
  ModelPtr model = load(packAffine("threads.nib"));
  SessionPtr one = makeSession(model);
  for (size_t threads : {2, 3, 7}) {
    SessionPtr many = makeSession(model, {threads, nullptr, nullptr, 0});
    EXPECT_EQ(nib_session_threads(many.get()), threads);
    for (int64_t rows : {1, 2, 3, 1000, 4099})
      EXPECT_EQ(runAffine(one.get(), rows), runAffine(many.get(), rows));
  }
}

TEST(Threads, OneThreadCreatesNone) {
  ModelPtr model = load(packAffine("one-thread.nib"));
  size_t before = threadsOfProcess();
  SessionPtr one = makeSession(model);
  runAffine(one.get(), 5000);
  EXPECT_EQ(threadsOfProcess(), before);
  SessionPtr three = makeSession(model, {3, nullptr, nullptr, 0});
  runAffine(three.get(), 5000);
  EXPECT_EQ(threadsOfProcess(), before + 2);
  three.reset();
  EXPECT_EQ(threadsOfProcess(), before);
}

TEST(Threads, DefaultIsOnePerCore) {
  ModelPtr model = load(packAffine("default.nib"));
  nib_session *session = nullptr;
  ASSERT_EQ(nib_session_create(model.get(), nullptr, &session), NIB_OK);
  SessionPtr owner(session);
  EXPECT_GE(nib_session_threads(session), 1u);
  EXPECT_LE(nib_session_threads(session), std::thread::hardware_concurrency());
  nib_session_options options = {5000, nullptr, nullptr, 0};
  EXPECT_EQ(nib_session_create(model.get(), &options, &session),
            NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_last_error(), "cannot run on 5000 threads, at most 4096");
}

/// Counts how often each grid point is computed.
static void countPoints(void *const *slots, int64_t begin, int64_t end,
                        void *) {
  auto *counts = static_cast<std::atomic<int> *>(slots[0]);
  for (int64_t i = begin; i < end; ++i)
    counts[i].fetch_add(1);
}

TEST(Threads, EveryGridPointOnce) {
  for (size_t threads : {1, 2, 5}) {
    rt::ThreadTeam team;
    ASSERT_TRUE(team.start(threads, nullptr, nullptr).ok());
    std::vector<char> scratch(64 * threads);
    for (int64_t grid = 1; grid < 200; ++grid) {
      std::vector<std::atomic<int>> counts(grid);
      void *slots[] = {counts.data()};
      team.run(countPoints, slots, grid, scratch.data(), 64);
      for (auto &count : counts)
        ASSERT_EQ(count.load(), 1);
    }
  }
}

static std::set<std::string> taskIds() {
  std::set<std::string> ids;
  for (auto &entry : std::filesystem::directory_iterator("/proc/self/task"))
    ids.insert(entry.path().filename().string());
  return ids;
}

static std::atomic<int> held{0};
static std::atomic<bool> release{false};

/// A core that another process has taken: the thread stands still.
static void hold(int) {
  held = 1;
  while (!release)
    sched_yield();
}

TEST(Threads, NobodyWaitsForAWorkerThatStandsStill) {
  std::set<std::string> before = taskIds();
  rt::ThreadTeam team;
  ASSERT_TRUE(team.start(2, nullptr, nullptr).ok());
  std::string worker;
  for (const std::string &id : taskIds())
    if (!before.count(id))
      worker = id;
  // Asleep, it holds no lock.
  char state = 0;
  while (state != 'S') {
    std::ifstream stat("/proc/self/task/" + worker + "/stat");
    std::string id, name;
    stat >> id >> name >> state;
  }
  auto handler = std::signal(SIGUSR1, hold);
  ASSERT_EQ(syscall(SYS_tgkill, getpid(), std::stoi(worker), SIGUSR1), 0);
  while (!held)
    sched_yield();
  std::vector<char> scratch(128);
  for (int64_t grid = 2; grid < 50; ++grid) {
    std::vector<std::atomic<int>> counts(grid);
    void *slots[] = {counts.data()};
    team.run(countPoints, slots, grid, scratch.data(), 64);
    for (auto &count : counts)
      ASSERT_EQ(count.load(), 1);
  }
  release = true;
  std::signal(SIGUSR1, handler);
}

namespace {
/// A host's pool: runs the bodies in reverse, on two threads of its own.
struct Host {
  std::atomic<int> calls{0};
  size_t most = 0;
  static void parallelFor(void *host, size_t n, void (*body)(void *, size_t),
                          void *context) {
    auto *self = static_cast<Host *>(host);
    self->calls += 1;
    self->most = std::max(self->most, n);
    std::thread odd([&] {
      for (size_t i = 1; i < n; i += 2)
        body(context, i);
    });
    for (size_t i = 0; i < n; i += 2)
      body(context, i);
    odd.join();
  }
};
} // namespace

TEST(Threads, ForkedChildLeavesItsParentsWorkers) {
  ModelPtr model = load(packAffine("fork.nib"));
  SessionPtr session = makeSession(model, {4, nullptr, nullptr, 0});
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(60);
    session.reset();
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(Threads, ForkedChildRunsByItself) {
  ModelPtr model = load(packAffine("fork-run.nib"));
  SessionPtr session = makeSession(model, {4, nullptr, nullptr, 0});
  std::vector<float> expected = runAffine(session.get(), 5000);
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(60);
    bool same = true;
    for (int round = 0; round < 100; ++round)
      same &= runAffine(session.get(), 5000) == expected;
    _exit(same ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(Threads, HostsParallelFor) {
  ModelPtr model = load(packAffine("host.nib"));
  SessionPtr one = makeSession(model);
  Host host;
  size_t before = threadsOfProcess();
  SessionPtr hosted = makeSession(model, {4, Host::parallelFor, &host, 0});
  EXPECT_EQ(threadsOfProcess(), before);
  EXPECT_EQ(runAffine(one.get(), 5000), runAffine(hosted.get(), 5000));
  EXPECT_EQ(host.calls, 2);
  EXPECT_EQ(host.most, 4u);
  // Little work does not wake anybody.
  runAffine(hosted.get(), 10);
  EXPECT_EQ(host.calls, 2);
}

TEST(Threads, SessionsAreIndependent) {
  ModelPtr model = load(packAffine("concurrent.nib"));
  SessionPtr reference = makeSession(model);
  std::vector<std::vector<float>> expected;
  for (int i = 0; i < 4; ++i)
    expected.push_back(runAffine(reference.get(), 700 + i, float(i)));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      SessionPtr session =
          makeSession(model, {size_t(1 + i % 2), nullptr, nullptr, 0});
      for (int round = 0; round < 50; ++round)
        wrong += runAffine(session.get(), 700 + i, float(i)) != expected[i];
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Threads, LoadingAndReleasingSideBySide) {
  // Different code under the same descriptor numbers must not be mixed up.
  std::string affine = packAffine("side-1.nib"),
              cache = packCache("side-2.nib");
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 30; ++round) {
        bool first = (round + i) % 2;
        ModelPtr model = load(first ? affine : cache);
        SessionPtr session = makeSession(model);
        if (first) {
          EXPECT_EQ(runAffine(session.get(), 1, 5)[0], 11);
          continue;
        }
        Array<float> x({1, 2, 3}, 1);
        const DLTensor *input = x.get();
        nib_output output = {};
        EXPECT_EQ(nib_session_run(session.get(), &input, 1, &output, 1),
                  NIB_OK);
        TensorPtr sum(output.allocated);
        EXPECT_EQ(valuesOf<float>(sum.get())[0], 2);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST(Threads, SecondRequestIsRefused) {
  ModelPtr model = load(packAffine("busy.nib"));
  static std::atomic<nib_status> second;
  static nib_session *current;
  second = NIB_OK;
  nib_session_options options = {
      2,
      [](void *, size_t n, void (*body)(void *, size_t), void *context) {
        second = nib_session_reset_state(current);
        for (size_t i = 0; i < n; ++i)
          body(context, i);
      },
      nullptr, 0};
  SessionPtr session = makeSession(model, options);
  current = session.get();
  runAffine(session.get(), 5000);
  EXPECT_EQ(second, NIB_BUSY);
}

TEST(Threads, CodeThatStaysLoadedIsNotMistaken) {
  // The probe is linked with -z nodelete.
  std::string probe = packProbe("stays.nib");
  load(probe);
  SessionPtr session = makeSession(load(packAffine("follows.nib")));
  EXPECT_EQ(runAffine(session.get(), 1, 5)[0], 11);
}

#if defined(__x86_64__)
TEST(Threads, WorkersTakeOverFloatSettings) {
  ModelPtr model = load(packProbe("settings.nib"));
  SessionPtr session = makeSession(model, {2, nullptr, nullptr, 0});
  auto settings = [&] {
    Array<float> x({64, 0});
    const DLTensor *input = x.get();
    nib_output output = {};
    EXPECT_EQ(nib_session_run(session.get(), &input, 1, &output, 1), NIB_OK);
    TensorPtr result(output.allocated);
    std::vector<uint32_t> values = valuesOf<uint32_t>(result.get());
    return std::set<uint32_t>(values.begin(), values.end());
  };
  unsigned initial = _mm_getcsr() & ~0x3fu;
  EXPECT_EQ(settings(), std::set<uint32_t>{initial});
  // Flush denormals, in the caller alone.
  _mm_setcsr(initial | 0x8040);
  EXPECT_EQ(settings(), std::set<uint32_t>{initial | 0x8040});
  _mm_setcsr(initial);
  EXPECT_EQ(settings(), std::set<uint32_t>{initial});
}
#endif
