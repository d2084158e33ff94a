//===- SessionTest.cpp - Requests, shapes and outputs -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestModels.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace nibble;
using namespace nibble::test;
using testing::HasSubstr;

namespace {
class AffineTest : public testing::Test {
protected:
  ModelPtr model = load(packAffine("session.nib"));
  SessionPtr session = makeSession(model);

  nib_status run(const DLTensor *input, nib_output (&outputs)[2]) {
    return nib_session_run(session.get(), &input, 1, outputs, 2);
  }
  std::string error(const DLTensor *input) {
    nib_output outputs[2] = {};
    EXPECT_EQ(run(input, outputs), NIB_INVALID_ARGUMENT);
    EXPECT_EQ(outputs[0].allocated, nullptr);
    return nib_session_error(session.get());
  }
  static void expectResult(const float *y, const std::vector<float> &x) {
    for (size_t i = 0; i < x.size(); ++i)
      ASSERT_EQ(y[i], 2 * x[i] + float(i % 4 + 1)) << i;
  }
};
} // namespace

TEST_F(AffineTest, RunsWithAllocatedOutputs) {
  for (int64_t rows : {3, 5, 0, 3, 1000}) {
    Array<float> x({rows, 4}, 0.5f, 0.25f);
    nib_output outputs[2] = {};
    ASSERT_EQ(run(x.get(), outputs), NIB_OK)
        << nib_session_error(session.get());
    TensorPtr y(outputs[0].allocated), total(outputs[1].allocated);
    ASSERT_EQ(y->dl_tensor.ndim, 2);
    EXPECT_EQ(y->dl_tensor.shape[0], rows);
    EXPECT_EQ(y->dl_tensor.shape[1], 4);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(y->dl_tensor.data) % 64, 0u);
    EXPECT_EQ(total->dl_tensor.ndim, 0);
    expectResult(valuesOf<float>(y.get()).data(), x.values);
    int64_t dims[2];
    ASSERT_EQ(nib_session_output_dims(session.get(), 0, dims), NIB_OK);
    EXPECT_EQ(dims[0], rows);
  }
}

TEST_F(AffineTest, OutputsOutliveTheSession) {
  Array<float> x({3, 4}, 1, 1);
  nib_output outputs[2] = {{}, {NIB_OUTPUT_SKIP, nullptr, nullptr}};
  ASSERT_EQ(run(x.get(), outputs), NIB_OK);
  session.reset();
  model.reset();
  TensorPtr y(outputs[0].allocated);
  expectResult(valuesOf<float>(y.get()).data(), x.values);
}

TEST_F(AffineTest, OutputsCanBeObserved) {
  Array<float> x({3, 4}, 1, 1);
  nib_output outputs[2] = {{NIB_OUTPUT_OBSERVE, nullptr, nullptr},
                           {NIB_OUTPUT_OBSERVE, nullptr, nullptr}};
  ASSERT_EQ(run(x.get(), outputs), NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()),
               "output 'y': nobody observes it (nib_session_set_observer)");
  struct Seen {
    std::vector<size_t> order;
    std::vector<const void *> places;
    std::vector<float> y;
    float total = 0;
  } seen;
  auto observe = [](void *user, size_t index, const DLTensor *value) {
    auto &seen = *static_cast<Seen *>(user);
    const auto *data = static_cast<const float *>(value->data);
    seen.order.push_back(index);
    seen.places.push_back(data);
    if (index == 0) {
      ASSERT_EQ(value->ndim, 2);
      seen.y.assign(data, data + value->shape[0] * value->shape[1]);
    } else {
      ASSERT_EQ(value->ndim, 0);
      seen.total = *data;
    }
  };
  ASSERT_EQ(nib_session_set_observer(session.get(), observe, &seen), NIB_OK);
  ASSERT_EQ(run(x.get(), outputs), NIB_OK) << nib_session_error(session.get());
  // The first is seen before the second takes its place.
  EXPECT_THAT(seen.order, testing::ElementsAre(0, 1));
  EXPECT_EQ(seen.places[0], seen.places[1]);
  ASSERT_EQ(seen.y.size(), 12u);
  expectResult(seen.y.data(), x.values);
  EXPECT_EQ(seen.total, 78);
  // One that is kept beside one that is not.
  outputs[0].mode = NIB_OUTPUT_ALLOCATE;
  ASSERT_EQ(run(x.get(), outputs), NIB_OK) << nib_session_error(session.get());
  TensorPtr y(outputs[0].allocated);
  expectResult(valuesOf<float>(y.get()).data(), x.values);
  EXPECT_EQ(seen.order.size(), 3u);
}

TEST_F(AffineTest, SessionOutlivesTheModel) {
  model.reset();
  Array<float> x({3, 4}, 1, 1);
  nib_output outputs[2] = {};
  ASSERT_EQ(run(x.get(), outputs), NIB_OK);
  TensorPtr y(outputs[0].allocated), total(outputs[1].allocated);
  expectResult(valuesOf<float>(y.get()).data(), x.values);
}

TEST_F(AffineTest, WritesToGivenOutputs) {
  Array<float> x({3, 4}, 1, 1), y({3, 4}, NAN), total({}, NAN);
  nib_output outputs[2] = {{NIB_OUTPUT_GIVEN, y.get(), nullptr},
                           {NIB_OUTPUT_GIVEN, total.get(), nullptr}};
  ASSERT_EQ(run(x.get(), outputs), NIB_OK) << nib_session_error(session.get());
  expectResult(y.values.data(), x.values);
  EXPECT_EQ(total.values[0], 78);
}

TEST_F(AffineTest, GivenOutputsThatDoNotFit) {
  Array<float> x({3, 4}, 1, 1), y({3, 4}), wrong({4, 3});
  auto error = [&](const DLTensor *given) {
    nib_output outputs[2] = {{NIB_OUTPUT_GIVEN, given, nullptr}, {}};
    EXPECT_EQ(run(x.get(), outputs), NIB_INVALID_ARGUMENT);
    EXPECT_EQ(outputs[1].allocated, nullptr);
    return std::string(nib_session_error(session.get()));
  };
  EXPECT_EQ(error(wrong.get()),
            "output 'y': the result is float32[3, 4], the tensor given for it "
            "is float32[4, 3]");
  EXPECT_EQ(error(nullptr), "output 'y': no valid tensor is given");
  EXPECT_EQ(error(x.get()),
            "output 'y': the tensor given for it overlaps input 'x'");
  y.strides = {1, 3};
  EXPECT_EQ(error(y.get()), "output 'y': the tensor given for it must be "
                            "contiguous and aligned to its element");
  Array<float> other({3, 4});
  DLTensor elsewhere = *other.get();
  elsewhere.device.device_type = kDLCUDA;
  EXPECT_EQ(error(&elsewhere),
            "output 'y': the tensor given for it is not in CPU memory");
  Array<float> large({4, 4});
  DLTensor first = *large.get(), second = first;
  int64_t dims[2] = {3, 4};
  first.shape = dims;
  second.ndim = 0;
  second.byte_offset = 40;
  nib_output outputs[2] = {{NIB_OUTPUT_GIVEN, &first, nullptr},
                           {NIB_OUTPUT_GIVEN, &second, nullptr}};
  EXPECT_EQ(run(x.get(), outputs), NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()),
               "output 'total': the tensor given for it overlaps output 'y'");
  outputs[1].mode = 9;
  EXPECT_EQ(run(x.get(), outputs), NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()),
               "output 'total': mode 9 is not one of nib_output_mode");
}

TEST_F(AffineTest, InputsThatDoNotFit) {
  EXPECT_EQ(error(nullptr),
            "input 'x': no tensor is given, expected float32[rows, 4]");
  Array<float> five({3, 5}), flat({12});
  EXPECT_EQ(error(five.get()), "input 'x': expected float32[rows, 4], got "
                               "float32[3, 5]: dimension 1 must be 4");
  EXPECT_EQ(error(flat.get()),
            "input 'x': expected float32[rows, 4], got float32[12]");
  Array<int64_t> integers({3, 4});
  EXPECT_EQ(error(integers.get()),
            "input 'x': expected float32[rows, 4], got int64[3, 4]");
  Array<float> x({3, 4});
  DLTensor tensor = *x.get();
  tensor.dtype.lanes = 4;
  EXPECT_THAT(error(&tensor), HasSubstr("got dtype(code 2, 32 bits, 4 lanes)"));
  tensor = *x.get();
  tensor.device.device_type = kDLCUDA;
  EXPECT_EQ(error(&tensor), "input 'x': the tensor is not in CPU memory");
  tensor = *x.get();
  tensor.data = nullptr;
  EXPECT_EQ(error(&tensor), "input 'x': the tensor has no data");
  int64_t negative[2] = {-3, 4};
  tensor = *x.get();
  tensor.shape = negative;
  EXPECT_EQ(error(&tensor), "input 'x': expected float32[rows, 4], got "
                            "float32[-3, 4]: its size is not valid");
  tensor.shape = nullptr;
  EXPECT_EQ(error(&tensor), "input 'x': the tensor has no valid shape");
}

TEST_F(AffineTest, NumberOfTensors) {
  Array<float> x({3, 4});
  const DLTensor *inputs[2] = {x.get(), x.get()};
  nib_output outputs[2] = {};
  EXPECT_EQ(nib_session_run(session.get(), inputs, 2, outputs, 2),
            NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()),
               "the model has 1 inputs, 2 are given");
  EXPECT_EQ(nib_session_run(session.get(), inputs, 1, outputs, 1),
            NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()),
               "the model has 2 outputs, 1 are given");
  EXPECT_EQ(nib_session_run(session.get(), nullptr, 1, outputs, 2),
            NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()),
               "inputs and outputs must not be NULL");
}

TEST_F(AffineTest, ExtentsAndStridesOfAnySize) {
  Array<float> x({2, 4}, 1, 1);
  x.strides = {int64_t(1) << 61, 1};
  EXPECT_EQ(error(x.get()),
            "input 'x': the tensor's strides exceed the address space");
  x.strides = {std::numeric_limits<int64_t>::min(), 1};
  EXPECT_EQ(error(x.get()),
            "input 'x': the tensor's strides exceed the address space");
  int64_t shape[] = {int64_t(1) << 62, 4}, none[] = {0, 0};
  DLTensor huge = *x.get();
  huge.shape = shape;
  huge.strides = none;
  EXPECT_THAT(error(&huge), HasSubstr("its size is not valid"));
}

TEST_F(AffineTest, StridedAndMisalignedInputsAreCopied) {
  Array<float> x({3, 4}, 1, 1);
  // The transpose of the transpose, in every second element of a larger row.
  std::vector<float> columns(4 * 8);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 4; ++j)
      columns[j * 8 + 2 * i] = x.values[i * 4 + j];
  Array<float> strided({3, 4});
  strided.values = columns;
  strided.strides = {2, 8};
  nib_output outputs[2] = {{}, {NIB_OUTPUT_SKIP, nullptr, nullptr}};
  ASSERT_EQ(run(strided.get(), outputs), NIB_OK);
  TensorPtr y(outputs[0].allocated);
  expectResult(valuesOf<float>(y.get()).data(), x.values);
  // Backwards: the data pointer is the last row.
  strided.values = x.values;
  strided.strides = {-4, 1};
  DLTensor backwards = *strided.get();
  backwards.byte_offset = 8 * sizeof(float);
  ASSERT_EQ(run(&backwards, outputs), NIB_OK);
  y.reset(outputs[0].allocated);
  EXPECT_EQ(valuesOf<float>(y.get())[0], 2 * x.values[8] + 1);
  std::vector<char> bytes(12 * 4 + 1);
  std::copy_n(reinterpret_cast<char *>(x.values.data()), 48, bytes.data() + 1);
  DLTensor odd = *x.get();
  odd.data = bytes.data();
  odd.byte_offset = 1;
  ASSERT_EQ(run(&odd, outputs), NIB_OK);
  y.reset(outputs[0].allocated);
  expectResult(valuesOf<float>(y.get()).data(), x.values);
}

TEST_F(AffineTest, ChecksOfTheModel) {
  Array<float> x({100001, 4});
  const DLTensor *input = x.get();
  nib_output outputs[2] = {};
  EXPECT_EQ(nib_session_run(session.get(), &input, 1, outputs, 2),
            NIB_CHECK_FAILED);
  EXPECT_STREQ(nib_session_error(session.get()),
               "node 'Mul_0': more than 100000 rows");
}

TEST_F(AffineTest, ShapesComeFromPrepareOrRun) {
  int64_t dims[2], symbols[2] = {3, 4};
  EXPECT_EQ(nib_session_output_dims(session.get(), 0, dims),
            NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()),
               "the shapes are not known before a prepare or a run");
  EXPECT_EQ(nib_session_prepare(session.get(), symbols, 2),
            NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()),
               "the model has 1 symbols, 2 values are given");
  EXPECT_EQ(nib_session_prepare(session.get(), nullptr, 1),
            NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()), "symbols must not be NULL");
  ASSERT_EQ(nib_session_prepare(session.get(), symbols, 1), NIB_OK);
  ASSERT_EQ(nib_session_output_dims(session.get(), 0, dims), NIB_OK);
  EXPECT_EQ(dims[0], 3);
  EXPECT_EQ(nib_session_output_dims(session.get(), 0, nullptr),
            NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()), "dims must not be NULL");
}

TEST_F(AffineTest, SessionsNeedAModel) {
  nib_session *made = nullptr;
  EXPECT_EQ(nib_session_create(nullptr, nullptr, &made), NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_last_error(), "model and session must not be NULL");
  EXPECT_EQ(nib_session_create(model.get(), nullptr, nullptr),
            NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_last_error(), "model and session must not be NULL");
}

TEST(Session, StatusesHaveTexts) {
  const std::pair<nib_status, const char *> texts[] = {
      {NIB_OK, "ok"},
      {NIB_INVALID_ARGUMENT, "the request does not fit the model"},
      {NIB_INVALID_ARTIFACT, "not a sound artifact"},
      {NIB_INCOMPATIBLE,
       "made for another CPU or another version of the runtime"},
      {NIB_IO_ERROR, "the operating system refused"},
      {NIB_OUT_OF_MEMORY, "not enough memory"},
      {NIB_CHECK_FAILED, "a check of the model failed"},
      {NIB_BUSY, "the session is running on another thread"},
      {NIB_INTERNAL, "the compiled code broke its contract"},
      {static_cast<nib_status>(99), "unknown status"}};
  for (auto [status, text] : texts)
    EXPECT_STREQ(nib_status_text(status), text);
}

TEST_F(AffineTest, PrepareAllocatesAhead) {
  int64_t dims[2];
  EXPECT_EQ(nib_session_output_dims(session.get(), 0, dims),
            NIB_INVALID_ARGUMENT);
  EXPECT_EQ(nib_session_memory(session.get()), 0u);
  int64_t rows = 5000;
  ASSERT_EQ(nib_session_prepare(session.get(), &rows, 1), NIB_OK);
  size_t memory = nib_session_memory(session.get());
  EXPECT_GE(memory, 2u * 5000 * 16);
  ASSERT_EQ(nib_session_output_dims(session.get(), 0, dims), NIB_OK);
  EXPECT_EQ(dims[0], 5000);
  EXPECT_EQ(nib_session_output_dims(session.get(), 2, dims),
            NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()), "there is no output 2");
  Array<float> x({5000, 4}, 1, 1), y({5000, 4}), total({});
  nib_output outputs[2] = {{NIB_OUTPUT_GIVEN, y.get(), nullptr},
                           {NIB_OUTPUT_GIVEN, total.get(), nullptr}};
  ASSERT_EQ(run(x.get(), outputs), NIB_OK);
  EXPECT_EQ(nib_session_memory(session.get()), memory);
  rows = -1;
  EXPECT_EQ(nib_session_prepare(session.get(), &rows, 1), NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()),
               "the extent 'rows' cannot be -1");
  EXPECT_EQ(nib_session_prepare(session.get(), &rows, 0), NIB_INVALID_ARGUMENT);
}

TEST_F(AffineTest, ManyShapesThenTheFirstAgain) {
  for (int round = 0; round < 2; ++round)
    for (int64_t rows = 1; rows < 150; ++rows) {
      Array<float> x({rows, 4}, float(rows), 1);
      nib_output outputs[2] = {};
      ASSERT_EQ(run(x.get(), outputs), NIB_OK);
      TensorPtr y(outputs[0].allocated), total(outputs[1].allocated);
      expectResult(valuesOf<float>(y.get()).data(), x.values);
    }
}

TEST_F(AffineTest, Profile) {
  session = makeSession(model, {2, nullptr, nullptr, 1});
  Array<float> x({2000, 4}, 1, 1);
  for (int i = 0; i < 3; ++i) {
    nib_output outputs[2] = {};
    ASSERT_EQ(run(x.get(), outputs), NIB_OK);
    TensorPtr y(outputs[0].allocated), total(outputs[1].allocated);
  }
  uint64_t sum = 0, traffic = 0;
  nib_profile profile;
  for (size_t i = 0; i < 3; ++i) {
    ASSERT_EQ(nib_session_profile(session.get(), i, &profile), NIB_OK);
    EXPECT_EQ(profile.calls, 3u);
    EXPECT_EQ(profile.traffic, 3u * 2000 * (i == 2 ? 16 : 32));
    sum += profile.nanoseconds;
    traffic += profile.traffic;
  }
  ASSERT_EQ(nib_session_profile(session.get(), 3, &profile), NIB_OK);
  EXPECT_EQ(profile.calls, 3u);
  EXPECT_EQ(profile.traffic, traffic);
  EXPECT_GE(profile.nanoseconds, sum);
  EXPECT_GT(sum, 0u);
  EXPECT_EQ(nib_session_profile(session.get(), 4, &profile),
            NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()), "there is no dispatch 4");
  EXPECT_EQ(nib_session_profile(session.get(), 3, nullptr),
            NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_session_error(session.get()), "profile must not be NULL");
  ASSERT_EQ(nib_session_reset_profile(session.get()), NIB_OK);
  ASSERT_EQ(nib_session_profile(session.get(), 3, &profile), NIB_OK);
  EXPECT_EQ(profile.calls + profile.nanoseconds + profile.traffic, 0u);
}

/// In a build with AddressSanitizer, memory that cannot be had is a null
/// pointer, as without it.
extern "C" const char *__asan_default_options() {
  return "allocator_may_return_null=1";
}

TEST(Session, ShapesWithoutMemoryLeaveThoseBefore) {
  ModelPtr model = load(packProbe("memory.nib"));
  SessionPtr session = makeSession(model, {2, nullptr, nullptr, 0});
  int64_t extent = 0, good[] = {3, 0}, huge[] = {5, 4};
  ASSERT_EQ(nib_session_prepare(session.get(), good, 2), NIB_OK);
  EXPECT_EQ(nib_session_prepare(session.get(), huge, 2), NIB_OUT_OF_MEMORY);
  ASSERT_EQ(nib_session_output_dims(session.get(), 0, &extent), NIB_OK);
  EXPECT_EQ(extent, 3);
}

TEST(Session, SizesAboveTheAddressSpace) {
  ModelPtr model = load(packProbe("sizes.nib"));
  SessionPtr session = makeSession(model, {2, nullptr, nullptr, 0});
  auto error = [&](int64_t n, int64_t way) {
    int64_t symbols[] = {n, way};
    EXPECT_EQ(nib_session_prepare(session.get(), symbols, 2),
              NIB_OUT_OF_MEMORY);
    return std::string(nib_session_error(session.get()));
  };
  EXPECT_EQ(error(int64_t(1) << 62, 4),
            "input 'x' of shape [4611686018427387904, 4] exceeds the address "
            "space");
  // What follows from an input without bytes.
  EXPECT_EQ(error(int64_t(1) << 62, 0),
            "output 'settings' of shape [4611686018427387904] exceeds the "
            "address space");
  // The code says so.
  EXPECT_EQ(error(0, 7), "dimension 1 of input 'x' is 7: what is computed of "
                         "it exceeds the address space");
  int64_t good[] = {3, 0};
  EXPECT_EQ(nib_session_prepare(session.get(), good, 2), NIB_OK);
}

TEST(Session, CodeThatBreaksTheContract) {
  ModelPtr model = load(packProbe("contract.nib"));
  SessionPtr session = makeSession(model, {2, nullptr, nullptr, 0});
  auto error = [&](int64_t way, nib_status expected) {
    Array<float> x({0, way});
    const DLTensor *input = x.get();
    nib_output output = {};
    EXPECT_EQ(nib_session_run(session.get(), &input, 1, &output, 1), expected);
    return std::string(nib_session_error(session.get()));
  };
  EXPECT_EQ(error(1, NIB_INTERNAL),
            "the compiled code computes the extent -5 of an output");
  EXPECT_EQ(error(2, NIB_INTERNAL),
            "the compiled code computes a buffer of -7 bytes");
  EXPECT_EQ(error(3, NIB_INTERNAL),
            "the compiled code returned 99, which is none of its checks");
  EXPECT_EQ(error(4, NIB_OUT_OF_MEMORY),
            "not enough memory: these shapes need 4503599627370496 bytes of "
            "buffers");
  EXPECT_EQ(error(5, NIB_OUT_OF_MEMORY),
            "each thread would need 9223372036854775807 bytes of scratch "
            "memory");
  EXPECT_THAT(error(6, NIB_OUT_OF_MEMORY),
              HasSubstr("exceeds the address space"));
  EXPECT_EQ(error(8, NIB_OUT_OF_MEMORY),
            "the buffers for these shapes exceed the address space");
  EXPECT_EQ(error(9, NIB_OUT_OF_MEMORY),
            "not enough memory: these shapes need 9007199254740992 bytes of "
            "scratch memory");
  // And it still works after all that.
  Array<float> x({5, 0});
  const DLTensor *input = x.get();
  nib_output output = {};
  ASSERT_EQ(nib_session_run(session.get(), &input, 1, &output, 1), NIB_OK);
  TensorPtr settings(output.allocated);
}
