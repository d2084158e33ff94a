//===- LoadTest.cpp - What a loader refuses, and how it says so -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestModels.h"
#include "lib/Runtime/CPUFeatures.h"
#include "nibble/Runtime/ArtifactLayout.h"
#include "nibble/Target/Artifact.h"
#include "llvm/Support/JSON.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <random>

using namespace nibble;
using namespace nibble::test;
using testing::HasSubstr;

/// Writes an archive of any entries, the manifest's text last.
static std::string
packRaw(const std::string &file,
        const std::vector<std::pair<std::string, std::string>> &entries) {
  std::string path = tempPath(file);
  auto writer = cantFail(StoredZipWriter::create(path));
  for (auto &[name, content] : entries)
    cantFail(writer->addEntry(name, llvm::StringRef(content)));
  cantFail(writer->finish());
  return path;
}

/// The text of manifest.json in an artifact.
static std::string manifestOf(const std::string &path) {
  nib_model *model = nullptr;
  EXPECT_EQ(nib_model_load_metadata(path.c_str(), &model), NIB_OK)
      << nib_last_error();
  ModelPtr owner(model);
  size_t size = 0;
  const char *text = nib_model_manifest(model, &size);
  return std::string(text, size);
}

static std::string replaced(std::string text, const std::string &from,
                            const std::string &to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Load, Queries) {
  ModelPtr model = load(packCache("queries.nib"));
  nib_tensor_info info;
  ASSERT_EQ(nib_model_input(model.get(), 0, &info), NIB_OK);
  EXPECT_STREQ(info.name, "x");
  EXPECT_EQ(info.rank, 3);
  EXPECT_EQ(info.dtype.bits, 32);
  EXPECT_EQ(info.dims[0], -1);
  EXPECT_STREQ(info.symbols[0], "batch");
  EXPECT_EQ(info.dims[2], 3);
  EXPECT_EQ(info.symbols[2], nullptr);
  EXPECT_EQ(nib_model_input(model.get(), 1, &info), NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_last_error(), "index 1 is out of range, there are 1");
  nib_state_info state;
  ASSERT_EQ(nib_model_state(model.get(), 0, &state), NIB_OK);
  EXPECT_STREQ(state.name, "rows");
  EXPECT_STREQ(state.input.name, "past_rows");
  EXPECT_STREQ(state.input.symbols[1], "past");
  EXPECT_STREQ(state.output.symbols[1], "past + sequence");
  EXPECT_EQ(state.axis, 1);
  EXPECT_EQ(nib_model_find_input(model.get(), "past_steps"), 2);
  EXPECT_EQ(nib_model_find_output(model.get(), "sum"), 0);
  EXPECT_EQ(nib_model_find_output(model.get(), "past_steps"), -1);
  EXPECT_STREQ(nib_model_symbol(model.get(), 2), "past");
  EXPECT_EQ(nib_model_symbol(model.get(), 3), nullptr);
  nib_dispatch_info dispatch;
  ASSERT_EQ(nib_model_dispatch(model.get(), 0, &dispatch), NIB_OK);
  ASSERT_EQ(dispatch.num_nodes, 2u);
  EXPECT_STREQ(dispatch.nodes[1], "ReduceSum_1");
  EXPECT_EQ(dispatch.macs, -1);
}

TEST(Load, NotAnArtifact) {
  EXPECT_EQ(loadError("/nowhere.nib", NIB_IO_ERROR),
            "cannot open '/nowhere.nib': No such file or directory");
  EXPECT_EQ(loadError("/tmp", NIB_IO_ERROR), "cannot open '/tmp': not a file");
  std::string path = tempPath("other.nib");
  writeFile(path, "");
  EXPECT_EQ(loadError(path, NIB_INVALID_ARTIFACT), "'" + path + "' is empty");
  writeFile(path, "\x08\x01 an ONNX file");
  EXPECT_THAT(loadError(path, NIB_INVALID_ARTIFACT),
              HasSubstr("is not a Nibble artifact"));
  nib_model *model = nullptr;
  EXPECT_EQ(nib_model_load(nullptr, &model), NIB_INVALID_ARGUMENT);
  EXPECT_STREQ(nib_last_error(), "path and model must not be NULL");
}

TEST(Load, DamagedTablesAreNamed) {
  std::string bytes = readFile(packAffine("table.nib"));
  std::string path = tempPath("table-damaged.nib");
  auto error = [&](const std::string &damaged) {
    writeFile(path, damaged);
    std::string text = loadError(path, NIB_INVALID_ARTIFACT);
    EXPECT_EQ(text.substr(0, path.size() + 3), "'" + path + "' ") << text;
    return text.substr(path.size() + 3);
  };
  size_t trailer = bytes.size() - layout::kTrailerSize;
  uint64_t count, directory;
  std::memcpy(&count, bytes.data() + trailer + 32, 8);
  std::memcpy(&directory, bytes.data() + trailer + 48, 8);
  std::string damaged = bytes;
  damaged[trailer + 4] ^= 1;
  EXPECT_EQ(error(damaged),
            "has a damaged end record, or was packed by another tool");
  damaged = bytes;
  damaged[directory + 28] = damaged[directory + 29] = 0; // A name of no bytes.
  EXPECT_EQ(error(damaged), "has a damaged table of entries");
  damaged = bytes;
  damaged[directory + 4] ^= 1; // The version that made it.
  EXPECT_EQ(error(damaged),
            "has a damaged table of entries, or was packed by another tool");
  damaged = bytes.substr(0, trailer) +
            layout::trailer(count - 1, directory, trailer - directory);
  EXPECT_EQ(error(damaged), "has a damaged table of entries");
}

TEST(Load, EntriesHaveNamesOfTheirOwn) {
  layout::EntryRecord first{"a", 0, 0, 0}, second = first;
  std::string bytes = layout::localHeader(first);
  second.headerOffset = bytes.size();
  bytes += layout::localHeader(second);
  std::string table =
      layout::centralHeader(first) + layout::centralHeader(second);
  std::string path = tempPath("twins.nib");
  writeFile(path,
            bytes + table + layout::trailer(2, bytes.size(), table.size()));
  EXPECT_EQ(loadError(path, NIB_INVALID_ARTIFACT),
            "'" + path + "' has two entries 'a'");
}

TEST(Load, CutShortAnywhere) {
  std::string bytes = readFile(packAffine("cut.nib"));
  std::string path = tempPath("cut-short.nib");
  for (size_t size = 4; size < bytes.size(); size += 97) {
    writeFile(path, bytes.substr(0, size));
    EXPECT_THAT(loadError(path, NIB_INVALID_ARTIFACT),
                HasSubstr("is cut short"));
  }
  // Cut short, but with the end record of the whole.
  writeFile(path, bytes.substr(0, 3000) + bytes.substr(bytes.size() - 98));
  EXPECT_THAT(loadError(path, NIB_INVALID_ARTIFACT),
              HasSubstr("its table of entries lies outside of the file"));
  writeFile(path, bytes + "x");
  loadError(path, NIB_INVALID_ARTIFACT);
}

TEST(Load, EveryFlippedBitIsNoticed) {
  std::string path = packAffine("flip.nib");
  std::string bytes = readFile(path);
  std::mt19937 random(3);
  // All bytes of headers and tables would be slow at one file each; every
  // seventh, and random ones.
  std::vector<size_t> positions;
  for (size_t i = 0; i < bytes.size(); i += 61)
    positions.push_back(i);
  for (size_t i = bytes.size() - 900; i < bytes.size(); ++i)
    positions.push_back(i);
  for (size_t i = 0; i < 120; ++i)
    positions.push_back(i);
  for (size_t position : positions) {
    std::string damaged = bytes;
    damaged[position] ^= 1 << random() % 8;
    writeFile(path, damaged);
    nib_model *model = nullptr;
    EXPECT_EQ(nib_model_load(path.c_str(), &model), NIB_INVALID_ARTIFACT)
        << "byte " << position;
    nib_model_release(model);
  }
}

TEST(Load, DamagedEntriesAreNamed) {
  std::string path = packAffine("named.nib");
  std::string bytes = readFile(path);
  {
    nib_model *model = nullptr;
    ASSERT_EQ(nib_model_load(path.c_str(), &model), NIB_OK);
    ModelPtr owner(model);
    for (size_t i = 0; i < nib_model_num_entries(model); ++i) {
      nib_entry_info info;
      ASSERT_EQ(nib_model_entry(model, i, &info), NIB_OK);
      std::string damaged = bytes;
      damaged[info.offset + info.size / 2] ^= 4;
      std::string other = tempPath("named-damaged.nib");
      writeFile(other, damaged);
      EXPECT_EQ(loadError(other, NIB_INVALID_ARTIFACT),
                "'" + other + "': entry '" + info.name +
                    "' is damaged: its checksum does not match");
      damaged = bytes;
      damaged[info.offset - 1] = 1;
      writeFile(other, damaged);
      EXPECT_EQ(loadError(other, NIB_INVALID_ARTIFACT),
                "'" + other + "': entry '" + info.name +
                    "' has a damaged header");
    }
  }
}

/// The table of entries says that `second` starts where `first` does.
TEST(Load, OverlappingAndOutOfBoundsEntries) {
  std::string path = tempPath("overlap.nib");
  auto archive = [&](uint64_t offset, uint64_t size) {
    layout::EntryRecord first{"a", 0, 5000, 0}, second{"b", offset, size, 0};
    std::string bytes = layout::localHeader(first);
    bytes.resize(9096, 'x');
    std::string directory =
        layout::centralHeader(first) + layout::centralHeader(second);
    writeFile(path, bytes + directory +
                        layout::trailer(2, bytes.size(), directory.size()));
    return loadError(path, NIB_INVALID_ARTIFACT);
  };
  EXPECT_EQ(archive(0, 10),
            "'" + path + "': entry 'b' overlaps the one before it");
  EXPECT_EQ(archive(9096, 1 << 20),
            "'" + path + "': entry 'b' lies outside of the file");
  EXPECT_EQ(archive(9096, ~uint64_t(0)),
            "'" + path + "': entry 'b' lies outside of the file");
  EXPECT_EQ(archive(~uint64_t(0) - 8, 8),
            "'" + path + "': entry 'b' lies outside of the file");
}

TEST(Load, MissingEntries) {
  Manifest manifest = affineManifest();
  std::string path = pack("no-code.nib", manifest, "", affineParameters());
  EXPECT_EQ(loadError(path, NIB_INVALID_ARTIFACT),
            "'" + path + "': entry 'code.so' is missing");
  path = pack("no-parameters.nib", manifest, codeOf("Affine"));
  EXPECT_EQ(loadError(path, NIB_INVALID_ARTIFACT),
            "'" + path + "': entry 'parameters.safetensors' is missing");
  path = packRaw("no-manifest.nib", {{"code.so", "x"}});
  EXPECT_EQ(loadError(path, NIB_INVALID_ARTIFACT),
            "'" + path + "': entry 'manifest.json' is missing");
  path = packRaw("twice.nib", {{"manifest.json", "{}"}, {"code.so", "x"}});
  EXPECT_EQ(loadError(path, NIB_INVALID_ARTIFACT),
            "'" + path + "': entry 'manifest.json' must be the last one");
  std::string text = manifestOf(packAffine("whole.nib"));
  path =
      packRaw("unlisted.nib", {{"code.so", codeOf("Affine")},
                               {"parameters.safetensors", affineParameters()},
                               {"stranger", "x"},
                               {"manifest.json", text}});
  EXPECT_EQ(loadError(path, NIB_INVALID_ARTIFACT),
            "'" + path + "': the manifest does not list all entries once");
  path = packRaw("swapped.nib", {{"code.so", codeOf("Cache")},
                                 {"parameters.safetensors", affineParameters()},
                                 {"manifest.json", text}});
  EXPECT_EQ(loadError(path, NIB_INVALID_ARTIFACT),
            "'" + path +
                "': entry 'code.so' is not the one that the manifest lists: "
                "its size or checksum differs");
  manifest.parameterBytes = 64;
  path = pack("short.nib", manifest, codeOf("Affine"), affineParameters());
  EXPECT_EQ(loadError(path, NIB_INVALID_ARTIFACT),
            "'" + path +
                "': entry 'parameters.safetensors' does not hold the "
                "parameters that the manifest states");
}

TEST(Load, MadeForAnotherMachineOrRuntime) {
  Manifest manifest = affineManifest();
  auto error = [&](const char *file) {
    std::string path =
        pack(file, manifest, codeOf("Affine"), affineParameters());
    std::string message = loadError(path, NIB_INCOMPATIBLE);
    // It can still be looked at.
    nib_model *model = nullptr;
    if (manifest.codeABI == 1) {
      EXPECT_EQ(nib_model_load_metadata(path.c_str(), &model), NIB_OK);
      nib_session *session = nullptr;
      EXPECT_EQ(nib_session_create(model, nullptr, &session),
                NIB_INVALID_ARGUMENT);
      EXPECT_THAT(nib_last_error(), HasSubstr("loaded without its code"));
      nib_model_release(model);
    }
    return replaced(message, "'" + path + "': ", "");
  };
  manifest.codeABI = 77;
  manifest.nibble = "9.9.9";
  EXPECT_EQ(error("abi.nib"),
            "made by Nibble 9.9.9 for code ABI 77; this runtime (0.1.0) runs "
            "code ABI 1: compile the model again");
  manifest = affineManifest();
  manifest.target.triple = "riscv64-unknown-linux-gnu";
  EXPECT_THAT(error("arch.nib"),
              HasSubstr("made for riscv64 ('riscv64-unknown-linux-gnu'); this "
                        "CPU is "));
  manifest = affineManifest();
  manifest.target.features = {"warp-drive"};
  EXPECT_EQ(error("unknown.nib"),
            "needs the CPU feature 'warp-drive', which this runtime does not "
            "know");
  std::string absent;
  for (const std::string &name : rt::knownCPUFeatures())
    if (rt::cpuFeature(name) == rt::FeatureState::Absent)
      absent = name;
  if (absent.empty())
    GTEST_SKIP() << "this CPU has every feature there is";
  manifest.target.features = {absent};
  EXPECT_EQ(error("feature.nib"), "made for the CPU 'test'; this CPU lacks '" +
                                      absent +
                                      "': compile the model for this machine");
}

TEST(Load, CPUFeaturesAgreeWithTheCompiler) {
#if defined(__x86_64__)
  auto expect = [](const char *name, bool has) {
    EXPECT_EQ(rt::cpuFeature(name),
              has ? rt::FeatureState::Present : rt::FeatureState::Absent)
        << name;
  };
  __builtin_cpu_init();
  expect("sse4.2", __builtin_cpu_supports("sse4.2"));
  expect("avx2", __builtin_cpu_supports("avx2"));
  expect("fma", __builtin_cpu_supports("fma"));
  expect("bmi2", __builtin_cpu_supports("bmi2"));
  expect("avx512f", __builtin_cpu_supports("avx512f"));
  expect("avx512vl", __builtin_cpu_supports("avx512vl"));
  expect("avx512vnni", __builtin_cpu_supports("avx512vnni"));
  expect("avx512bf16", __builtin_cpu_supports("avx512bf16"));
  expect("gfni", __builtin_cpu_supports("gfni"));
  expect("popcnt", __builtin_cpu_supports("popcnt"));
#endif
  EXPECT_EQ(rt::cpuFeature(""), rt::FeatureState::Unknown);
  EXPECT_GE(rt::physicalCores(), 1u);
}

TEST(Load, CodeThatIsNoLibrary) {
  Manifest manifest = affineManifest();
  std::string path =
      pack("no-elf.nib", manifest, "not an ELF file", affineParameters());
  EXPECT_THAT(loadError(path, NIB_IO_ERROR), HasSubstr("cannot load the code"));
}

TEST(Load, CodeWithoutItsFunctions) {
  for (std::string name : {"nib_shapes", "nib_run"}) {
    std::string code = codeOf("Affine"), other = name;
    other.back() = 'X';
    for (size_t at; (at = code.find(name)) != std::string::npos;)
      code.replace(at, name.size(), other);
    std::string path =
        pack("exports.nib", affineManifest(), code, affineParameters());
    EXPECT_THAT(loadError(path, NIB_INVALID_ARTIFACT),
                HasSubstr("the code does not export '" + name + "'"));
  }
}

TEST(Load, ManifestsThatMakeNoSense) {
  std::string text = manifestOf(packCache("cache.nib"));
  auto error = [&](const std::string &from, const std::string &to) {
    std::string path =
        packRaw("manifest.nib", {{"code.so", codeOf("Cache")},
                                 {"manifest.json", replaced(text, from, to)}});
    nib_model *model = nullptr;
    nib_status status = nib_model_load(path.c_str(), &model);
    EXPECT_TRUE(status == NIB_INVALID_ARTIFACT || status == NIB_INCOMPATIBLE)
        << to;
    nib_model_release(model);
    return replaced(nib_last_error(), "'" + path + "': ", "");
  };
  EXPECT_EQ(error("{", "["), "manifest.json: not valid JSON");
  EXPECT_EQ(error("\"format\": 1", "\"format\": 2"),
            "made in artifact format 2; this runtime reads format 1");
  EXPECT_EQ(error("\"format\": 1", "\"format\": -1"),
            "manifest.json: format must be an integer, at least 0");
  EXPECT_EQ(error("\"checks\"", "\"cheques\""),
            "manifest.json: checks is missing");
  EXPECT_EQ(error("\"axis\": 1", "\"axis\": 3"),
            "manifest.json: state[0].axis must be an integer from -1 to 2");
  EXPECT_EQ(error("\"axis\": 1", "\"axis\": -1"),
            "manifest.json: state[0] must have both axis and length_symbol, or "
            "neither");
  EXPECT_EQ(error("\"axis\": 1", "\"axis\": 0"),
            "manifest.json: state[0] must have its length_symbol as the extent "
            "of its axis");
  EXPECT_EQ(error("\"axis\": 1", "\"axis\": 1, \"private\": 1"),
            "manifest.json: state[0].private must be true or false");
  EXPECT_EQ(error("\"symbol\": 1", "\"symbol\": 9"),
            "manifest.json: inputs[0].shape[1].symbol must be an integer from "
            "0 to 2");
  EXPECT_EQ(error("\"symbol\": 1", "\"symbol\": 18446744073709551615"),
            "manifest.json: inputs[0].shape[1].symbol must be an integer from "
            "0 to 2");
  EXPECT_EQ(error("\"symbol\": 1", "\"symbol\": 0"),
            "manifest.json: symbols[1] ('sequence') is the extent of no input "
            "or state");
  EXPECT_EQ(error("\"float32\"", "\"float33\""),
            "manifest.json: inputs[0].dtype is 'float33', which is not known");
  EXPECT_EQ(error("\"buffers\": []", "\"buffers\": [{\"first\":0,\"last\":1}]"),
            "manifest.json: buffers[0].last must be an integer from 0 to 0");
  EXPECT_EQ(error("\"buffers\": []", "\"buffers\": [7]"),
            "manifest.json: buffers[0] must be an object");
  EXPECT_EQ(error("\"buffers\"", "\"output_buffers\": [], \"buffers\""),
            "manifest.json: output_buffers must have one entry for each "
            "output");
  EXPECT_EQ(error("\"crc32\": \"", "\"crc32\": \"g"),
            "manifest.json: entries[0].crc32 must be eight hexadecimal digits");
}

/// Damages the manifest's JSON with sound checksums around it: whatever comes
/// out, loading says so or gives a model.
TEST(Load, RandomManifestsNeverCrash) {
  std::string text = manifestOf(packCache("random-base.nib"));
  std::mt19937 random(11);
  const std::string pieces[] = {"{", "}",  "[",    "]", "\"",  ",",    ":",
                                "0", "-1", "null", "9", "1e9", "true", "\\u"};
  int sound = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string damaged = text;
    for (unsigned edits = 1 + random() % 3; edits > 0; --edits) {
      size_t at = random() % damaged.size();
      switch (random() % 3) {
      case 0:
        damaged[at] = static_cast<char>(random());
        break;
      case 1:
        damaged.insert(at, pieces[random() % std::size(pieces)]);
        break;
      case 2:
        damaged.erase(at, 1 + random() % 20);
        break;
      }
    }
    std::string path = packRaw("random.nib", {{"code.so", codeOf("Cache")},
                                              {"manifest.json", damaged}});
    nib_model *model = nullptr;
    nib_status status = nib_model_load(path.c_str(), &model);
    EXPECT_EQ(status == NIB_OK, model != nullptr);
    EXPECT_TRUE(status == NIB_OK || *nib_last_error());
    sound += status == NIB_OK;
    nib_model_release(model);
  }
  // Some edits only change a name.
  EXPECT_GT(sound, 0);
  EXPECT_LT(sound, 1000);
}

/// Random damage to the file itself: pieces removed, doubled, overwritten.
TEST(Load, RandomFilesNeverCrash) {
  std::string bytes = readFile(packAffine("fuzz.nib"));
  std::string path = tempPath("fuzzed.nib");
  std::mt19937 random(5);
  for (int round = 0; round < 400; ++round) {
    std::string damaged = bytes;
    size_t at = random() % damaged.size();
    // Most of the structure is at the end.
    if (random() % 2)
      at = damaged.size() - 1 - random() % 700;
    size_t size = std::min<size_t>(1 + random() % 64, damaged.size() - at);
    switch (random() % 3) {
    case 0:
      damaged.erase(at, size);
      break;
    case 1:
      damaged.insert(at,
                     damaged.substr(random() % (damaged.size() - 64), size));
      break;
    case 2:
      for (size_t i = 0; i < size; ++i)
        damaged[at + i] = static_cast<char>(random());
      break;
    }
    writeFile(path, damaged);
    nib_model *model = nullptr;
    nib_status status = nib_model_load(path.c_str(), &model);
    EXPECT_EQ(status == NIB_OK, damaged == bytes);
    nib_model_release(model);
  }
}
