//===- StateTest.cpp - What a session keeps from run to run -----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestModels.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace nibble;
using namespace nibble::test;
using testing::ElementsAre;

namespace {
/// Positions in the arrays of a request.
enum { X, Rows, Steps };
enum { Sum };

class CacheTest : public testing::Test {
protected:
  ModelPtr model = load(packCache("state.nib"));
  SessionPtr session = makeSession(model);

  /// Appends x to the session's state; the sum over all rows.
  std::vector<float> step(Array<float> x) {
    const DLTensor *input = x.get();
    nib_output output = {};
    EXPECT_EQ(nib_session_run(session.get(), &input, 1, &output, 1), NIB_OK)
        << nib_session_error(session.get());
    if (!output.allocated)
      return {};
    TensorPtr sum(output.allocated);
    return valuesOf<float>(sum.get());
  }
  /// All three outputs, from given states where not null.
  nib_status runAll(const DLTensor *x, const DLTensor *rows,
                    const DLTensor *steps, nib_output (&outputs)[3]) {
    const DLTensor *inputs[3] = {x, rows, steps};
    return nib_session_run(session.get(), inputs, 3, outputs, 3);
  }
  std::string error(const DLTensor *x, const DLTensor *rows) {
    nib_output outputs[3] = {};
    EXPECT_EQ(runAll(x, rows, nullptr, outputs), NIB_INVALID_ARGUMENT);
    return nib_session_error(session.get());
  }
  int64_t length() { return nib_session_state_length(session.get(), 0); }
};
} // namespace

TEST_F(CacheTest, GrowsOverManySteps) {
  EXPECT_EQ(length(), 0);
  // Two batches, one row of three ones each at every step.
  size_t memory = 0;
  int regrown = 0;
  for (int i = 1; i <= 300; ++i) {
    ASSERT_THAT(step(Array<float>({2, 1, 3}, 1)),
                ElementsAre(i, i, i, i, i, i));
    ASSERT_EQ(length(), i);
    regrown += nib_session_memory(session.get()) != memory;
    memory = nib_session_memory(session.get());
  }
  // 32, 64, 128, 256, 512.
  EXPECT_EQ(regrown, 5);
}

TEST_F(CacheTest, PrefillThenSteps) {
  EXPECT_THAT(step(Array<float>({1, 100, 3}, 2)), ElementsAre(200, 200, 200));
  EXPECT_THAT(step(Array<float>({1, 40, 3}, 1)), ElementsAre(240, 240, 240));
  EXPECT_EQ(length(), 140);
  ASSERT_EQ(nib_session_reset_state(session.get()), NIB_OK);
  EXPECT_EQ(length(), 0);
  // Another batch size, on the memory that is there.
  EXPECT_THAT(step(Array<float>({2, 1, 3}, 3)), ElementsAre(3, 3, 3, 3, 3, 3));
}

TEST_F(CacheTest, StatesAreShown) {
  Array<float> x({2, 2, 3}, 0, 1);
  nib_output outputs[3] = {};
  ASSERT_EQ(runAll(x.get(), nullptr, nullptr, outputs), NIB_OK);
  TensorPtr sum(outputs[0].allocated), rows(outputs[1].allocated),
      steps(outputs[2].allocated);
  EXPECT_EQ(rows->dl_tensor.shape[1], 2);
  EXPECT_EQ(valuesOf<float>(rows.get()), x.values);
  EXPECT_THAT(valuesOf<int64_t>(steps.get()), ElementsAre(1));
  // Skipping the states keeps them all the same; given memory is written.
  Array<int64_t> count({1});
  outputs[0].mode = outputs[1].mode = NIB_OUTPUT_SKIP;
  outputs[2] = {NIB_OUTPUT_GIVEN, count.get(), nullptr};
  ASSERT_EQ(runAll(x.get(), nullptr, nullptr, outputs), NIB_OK);
  EXPECT_EQ(count.values[0], 2);
  EXPECT_EQ(length(), 4);
}

TEST_F(CacheTest, StatesAreGiven) {
  step(Array<float>({1, 7, 3}, 1));
  // Another batch and length than what the session holds.
  Array<float> x({2, 1, 3}, 1), past({2, 40, 3}, 0, 1);
  Array<int64_t> steps({1}, 10);
  nib_output outputs[3] = {};
  ASSERT_EQ(runAll(x.get(), past.get(), steps.get(), outputs), NIB_OK)
      << nib_session_error(session.get());
  TensorPtr sum(outputs[0].allocated), rows(outputs[1].allocated),
      count(outputs[2].allocated);
  float expected = 1;
  for (int i = 0; i < 40; ++i)
    expected += past.values[3 * i];
  EXPECT_EQ(valuesOf<float>(sum.get())[0], expected);
  EXPECT_THAT(valuesOf<int64_t>(count.get()), ElementsAre(11));
  EXPECT_EQ(rows->dl_tensor.shape[1], 41);
  std::vector<float> kept = valuesOf<float>(rows.get());
  EXPECT_EQ(kept[41 * 3], past.values[40 * 3]);
  // The session goes on from there.
  EXPECT_EQ(step(Array<float>({2, 1, 3}, 1))[0], expected + 1);
  EXPECT_EQ(length(), 42);
}

TEST_F(CacheTest, PrivateStatesStayInTheSession) {
  Manifest manifest = cacheManifest();
  manifest.states[0].isPrivate = true;
  model = load(pack("private.nib", manifest, codeOf("Cache")));
  session = makeSession(model);
  nib_state_info info;
  ASSERT_EQ(nib_model_state(model.get(), 0, &info), NIB_OK);
  EXPECT_TRUE(info.is_private);
  ASSERT_EQ(nib_model_state(model.get(), 1, &info), NIB_OK);
  EXPECT_FALSE(info.is_private);

  Array<float> x({2, 1, 3}, 1), none({2, 0, 3}), past({2, 4, 3}, 1);
  nib_output outputs[3] = {};
  outputs[Rows].mode = NIB_OUTPUT_SKIP;
  ASSERT_EQ(runAll(x.get(), none.get(), nullptr, outputs), NIB_OK)
      << nib_session_error(session.get());
  TensorPtr sum(outputs[0].allocated), steps(outputs[2].allocated);
  const std::string reason =
      ": only a session carries it, because the compiler chose another basis "
      "for its channels; to give it or to ask for it compile with --kv-cache "
      "io, or with --transform none and without --rotate-kv";
  EXPECT_EQ(error(x.get(), past.get()), "state 'past_rows'" + reason);
  EXPECT_EQ(error(x.get(), nullptr), "output 'present_rows'" + reason);
  EXPECT_EQ(length(), 1);
  EXPECT_THAT(step(x), ElementsAre(2, 2, 2, 2, 2, 2));
}

TEST_F(CacheTest, StridedAndEmptyStatesAreGiven) {
  Array<float> x({1, 1, 3}, 1), past({1, 2, 3});
  past.values = {1, 10, 2, 20, 3, 30};
  past.strides = {6, 1, 2};
  nib_output outputs[3] = {};
  ASSERT_EQ(runAll(x.get(), past.get(), nullptr, outputs), NIB_OK);
  TensorPtr sum(outputs[0].allocated), rows(outputs[1].allocated),
      steps(outputs[2].allocated);
  EXPECT_THAT(valuesOf<float>(sum.get()), ElementsAre(12, 23, 34));
  Array<float> none({1, 0, 3});
  DLTensor empty = *none.get();
  empty.data = nullptr;
  ASSERT_EQ(runAll(x.get(), &empty, nullptr, outputs), NIB_OK);
  sum.reset(outputs[0].allocated);
  rows.reset(outputs[1].allocated);
  steps.reset(outputs[2].allocated);
  EXPECT_THAT(valuesOf<float>(sum.get()), ElementsAre(1, 1, 1));
  EXPECT_EQ(length(), 1);
}

TEST_F(CacheTest, RequestsThatDoNotFitTheState) {
  step(Array<float>({2, 3, 3}, 1));
  Array<float> one({1, 1, 3}, 1), two({2, 1, 3}, 1), wrong({1, 5, 3});
  const DLTensor *input = one.get();
  nib_output output = {};
  EXPECT_EQ(nib_session_run(session.get(), &input, 1, &output, 1),
            NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()),
               "state 'past_rows' holds float32[2, 3, 3] from earlier runs: "
               "'batch' is 2 here but 1 in input 'x'; reset the session's "
               "state to start anew");
  EXPECT_EQ(error(two.get(), wrong.get()),
            "state 'past_rows': expected float32[batch, past, 3], got "
            "float32[1, 5, 3]: 'batch' is 1 here but 2 in input 'x'");
  nib_output many[2] = {};
  EXPECT_EQ(nib_session_run(session.get(), &input, 1, many, 2),
            NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()),
               "the model has 1 outputs, 3 with its states; 2 are given");
  // Nothing of that touched the state.
  EXPECT_THAT(step(two), ElementsAre(4, 4, 4, 4, 4, 4));
}

TEST_F(CacheTest, StatesCannotBeObserved) {
  Array<float> x({2, 3, 3}, 1);
  nib_output outputs[3] = {{NIB_OUTPUT_SKIP, nullptr, nullptr},
                           {NIB_OUTPUT_OBSERVE, nullptr, nullptr},
                           {NIB_OUTPUT_SKIP, nullptr, nullptr}};
  ASSERT_EQ(
      nib_session_set_observer(
          session.get(), [](void *, size_t, const DLTensor *) {}, nullptr),
      NIB_OK);
  EXPECT_EQ(runAll(x.get(), nullptr, nullptr, outputs), NIB_INVALID_ARGUMENT);
  EXPECT_THAT(nib_session_error(session.get()),
              testing::HasSubstr(": states cannot be observed"));
}

TEST_F(CacheTest, FailedChecksKeepOrDropTheState) {
  step(Array<float>({1, 3, 3}, 1));
  auto run = [&](Array<float> x) {
    const DLTensor *input = x.get();
    nib_output output = {};
    nib_status status = nib_session_run(session.get(), &input, 1, &output, 1);
    EXPECT_EQ(output.allocated, nullptr);
    return status;
  };
  // Found by nib_shapes: nothing has happened.
  EXPECT_EQ(run(Array<float>({1, 1001, 3}, 1)), NIB_CHECK_FAILED);
  EXPECT_STREQ(nib_session_error(session.get()),
               "node 'Concat_0': more than 1000 rows at once");
  EXPECT_EQ(length(), 3);
  EXPECT_THAT(step(Array<float>({1, 1, 3}, 1)), ElementsAre(4, 4, 4));
  // Found in the middle of a run, after the counter was written.
  EXPECT_EQ(run(Array<float>({1, 1, 3}, -1)), NIB_CHECK_FAILED);
  EXPECT_STREQ(nib_session_error(session.get()), "node 'Sqrt_2': negative");
  EXPECT_EQ(length(), 0);
  nib_output outputs[3] = {};
  Array<float> x({1, 1, 3}, 1);
  ASSERT_EQ(runAll(x.get(), nullptr, nullptr, outputs), NIB_OK);
  TensorPtr sum(outputs[0].allocated), rows(outputs[1].allocated),
      steps(outputs[2].allocated);
  EXPECT_THAT(valuesOf<int64_t>(steps.get()), ElementsAre(1));
}

/// Extents that only a state has, or that another input has as well.
TEST(State, ExtentsThatAreNotGiven) {
  auto error = [](const Manifest &manifest, std::vector<const DLTensor *> in) {
    ModelPtr model = load(pack("extents.nib", manifest, codeOf("Cache")));
    SessionPtr session = makeSession(model);
    nib_output output = {};
    EXPECT_EQ(nib_session_run(session.get(), in.data(), in.size(), &output, 1),
              NIB_INVALID_ARGUMENT);
    return std::string(nib_session_error(session.get()));
  };
  Array<float> row({1, 3}), x({1, 1, 3}), mask({5});
  Manifest manifest = cacheManifest();
  manifest.inputs[0].shape = {ManifestDim::symbol(1), ManifestDim::fixed(3)};
  EXPECT_EQ(error(manifest, {row.get()}),
            "the extent 'batch' follows from no given input: give the states "
            "that have it");
  manifest = cacheManifest();
  manifest.inputs.push_back({"mask", "float32", {ManifestDim::symbol(2)}});
  EXPECT_EQ(error(manifest, {x.get(), mask.get()}),
            "state 'past_rows' is empty and none is given: 'past' is 0 here "
            "but 5 in input 'mask'");
}

TEST_F(CacheTest, LengthOfOtherStatesIsZero) {
  step(Array<float>({1, 3, 3}, 1));
  EXPECT_EQ(nib_session_state_length(session.get(), 1), 0);
  EXPECT_EQ(nib_session_state_length(session.get(), 2), 0);
}
