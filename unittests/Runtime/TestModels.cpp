//===- TestModels.cpp - Artifacts over hand-written code --------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestModels.h"

#include "nibble/Runtime/CodeABI.h"
#include "nibble/Target/Artifact.h"
#include "nibble/Target/Safetensors.h"
#include "gtest/gtest.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace nibble;
using namespace nibble::test;

#if defined(__x86_64__)
static const char *const triple = "x86_64-unknown-linux-gnu";
#else
static const char *const triple = "aarch64-unknown-linux-gnu";
#endif

namespace {
struct Folder {
  // In memory where there is such a place: tests write thousands of files.
  std::string path = std::filesystem::exists("/dev/shm")
                         ? "/dev/shm/nibble-XXXXXX"
                         : "/tmp/nibble-XXXXXX";
  Folder() {
    if (!mkdtemp(path.data()))
      abort();
  }
  ~Folder() { std::filesystem::remove_all(path); }
};
} // namespace

std::string test::tempPath(const std::string &name) {
  static Folder folder;
  return folder.path + "/" + name;
}

std::string test::readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void test::writeFile(const std::string &path, const std::string &bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), bytes.size());
}

static Manifest baseManifest() {
  Manifest manifest;
  manifest.nibble = "0.1.0";
  manifest.codeABI = NIB_CODE_ABI;
  manifest.target.triple = triple;
  manifest.target.cpu = "test";
  return manifest;
}

Manifest test::affineManifest() {
  Manifest m = baseManifest();
  m.symbols = {"rows"};
  m.inputs = {
      {"x", "float32", {ManifestDim::symbol(0), ManifestDim::fixed(4)}}};
  m.outputs = {
      {"y", "float32", {ManifestDim::symbol(0), ManifestDim::fixed(4)}},
      {"total", "float32", {}}};
  m.buffers = {{0, 1}, {1, 1}};
  m.outputBuffers = {{1, 1}, {2, 2}};
  m.dispatches = {{"twice", {"Mul_0"}, "loop", "f32", -1},
                  {"plus", {"Add_1", "Identity_2"}, "loop", "f32", -1},
                  {"sum", {"ReduceSum_3"}, "loop", "f32", 7}};
  m.checks = {"node 'Mul_0': more than 100000 rows"};
  m.parameterBytes = 128;
  return m;
}

Manifest test::cacheManifest() {
  Manifest m = baseManifest();
  m.symbols = {"batch", "sequence", "past"};
  auto dim = ManifestDim::symbol;
  auto fixed = ManifestDim::fixed;
  m.inputs = {{"x", "float32", {dim(0), dim(1), fixed(3)}}};
  m.outputs = {{"sum", "float32", {dim(0), fixed(3)}}};
  ManifestState rows{"rows",
                     "past_rows",
                     "present_rows",
                     "float32",
                     {dim(0), dim(2), fixed(3)},
                     1,
                     2,
                     "past + sequence"};
  ManifestState steps{
      "steps", "past_steps", "present_steps", "int64", {fixed(1)}, -1, -1, ""};
  m.states = {rows, steps};
  m.dispatches = {{"append", {"Concat_0", "ReduceSum_1"}, "loop", "f32", -1}};
  m.checks = {"node 'Concat_0': more than 1000 rows at once",
              "node 'Sqrt_2': negative"};
  return m;
}

Manifest test::probeManifest() {
  Manifest m = baseManifest();
  m.symbols = {"n", "way"};
  m.inputs = {
      {"x", "float32", {ManifestDim::symbol(0), ManifestDim::symbol(1)}}};
  m.outputs = {{"settings", "uint32", {ManifestDim::symbol(0)}}};
  m.buffers = {{0, 0}};
  m.dispatches = {{"probe", {}, "probe", "f32", -1}};
  return m;
}

std::string test::codeOf(const std::string &name) {
  return readFile(std::string(TEST_CODE_DIR) + "/Test" + name + ".so");
}

std::string test::affineParameters() {
  auto layout = cantFail(SafetensorsLayout::create(
      {{"first", "F32", {3}}, {"addend", "F32", {4}}}));
  std::string bytes;
  SafetensorsWriter writer(layout, [&](llvm::ArrayRef<uint8_t> piece) {
    bytes.append(piece.begin(), piece.end());
    return llvm::Error::success();
  });
  float first[3] = {7, 8, 9}, addend[4] = {1, 2, 3, 4};
  auto write = [&](float *data, size_t size) {
    cantFail(writer.write({reinterpret_cast<uint8_t *>(data), size}));
  };
  write(first, sizeof(first));
  write(addend, 8);
  write(addend + 2, 8);
  cantFail(writer.finish());
  return bytes;
}

std::string test::pack(const std::string &file, const Manifest &manifest,
                       const std::string &code, const std::string &parameters) {
  std::string path = tempPath(file);
  auto writer = cantFail(ArtifactWriter::create(path));
  if (!code.empty())
    cantFail(writer->addEntry(kCodeEntry, code));
  if (!parameters.empty())
    cantFail(writer->addEntry(kParametersEntry, parameters));
  cantFail(writer->finish(manifest));
  return path;
}

std::string test::packAffine(const std::string &file) {
  return pack(file, affineManifest(), codeOf("Affine"), affineParameters());
}
std::string test::packCache(const std::string &file) {
  return pack(file, cacheManifest(), codeOf("Cache"));
}
std::string test::packProbe(const std::string &file) {
  return pack(file, probeManifest(), codeOf("Probe"));
}

ModelPtr test::load(const std::string &path) {
  nib_model *model = nullptr;
  EXPECT_EQ(nib_model_load(path.c_str(), &model), NIB_OK) << nib_last_error();
  return ModelPtr(model);
}

SessionPtr test::makeSession(const ModelPtr &model,
                             nib_session_options options) {
  nib_session *session = nullptr;
  EXPECT_EQ(nib_session_create(model.get(), &options, &session), NIB_OK)
      << nib_last_error();
  return SessionPtr(session);
}

std::string test::loadError(const std::string &path, nib_status expected) {
  nib_model *model = nullptr;
  EXPECT_EQ(nib_model_load(path.c_str(), &model), expected) << nib_last_error();
  EXPECT_EQ(model, nullptr);
  return nib_last_error();
}
