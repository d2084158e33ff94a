//===- ArtifactTest.cpp - Writing artifacts ---------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Target/Artifact.h"
#include "TestModels.h"
#include "gtest/gtest.h"

#include <csignal>
#include <filesystem>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace nibble;
using namespace nibble::test;

static std::string text(llvm::Error error) {
  return llvm::toString(std::move(error));
}

static size_t filesIn(const std::string &folder) {
  std::filesystem::directory_iterator it(folder), end;
  return std::distance(it, end);
}

TEST(Artifact, SameCallsGiveSameBytes) {
  EXPECT_EQ(readFile(packAffine("same-1.nib")),
            readFile(packAffine("same-2.nib")));
}

TEST(Artifact, EntriesStartAtPages) {
  ModelPtr model = load(packAffine("pages.nib"));
  ASSERT_EQ(nib_model_num_entries(model.get()), 3u);
  const char *names[] = {"code.so", "parameters.safetensors", "manifest.json"};
  for (size_t i = 0; i < 3; ++i) {
    nib_entry_info info;
    ASSERT_EQ(nib_model_entry(model.get(), i, &info), NIB_OK);
    EXPECT_STREQ(info.name, names[i]);
    EXPECT_EQ(info.offset % 4096, 0u);
  }
}

TEST(Artifact, PiecesOfAnySizeMakeTheSameEntry) {
  std::string content(5 << 20, 'x');
  for (size_t i = 0; i < content.size(); ++i)
    content[i] = static_cast<char>(i * 2654435761u >> 13);
  std::string whole = tempPath("whole.zip"), pieces = tempPath("pieces.zip");
  {
    auto writer = cantFail(StoredZipWriter::create(whole));
    cantFail(writer->addEntry("data", llvm::StringRef(content)));
    cantFail(writer->addEntry("empty", llvm::StringRef()));
    cantFail(writer->finish());
  }
  {
    auto writer = cantFail(StoredZipWriter::create(pieces));
    cantFail(writer->beginEntry("data"));
    const auto *bytes = reinterpret_cast<const uint8_t *>(content.data());
    for (size_t begin = 0, size = 1; begin < content.size();
         begin += size, size = size * 3 + 1) {
      size = std::min(size, content.size() - begin);
      cantFail(writer->write({bytes + begin, size}));
    }
    cantFail(writer->endEntry());
    cantFail(writer->addEntry("empty", llvm::StringRef()));
    cantFail(writer->finish());
  }
  EXPECT_EQ(readFile(whole), readFile(pieces));
}

TEST(Artifact, ReplacesAnOlderFileOnlyWhenComplete) {
  std::string path = tempPath("replace.zip");
  writeFile(path, "old");
  {
    auto writer = cantFail(StoredZipWriter::create(path));
    cantFail(writer->addEntry("a", llvm::StringRef("b")));
    EXPECT_EQ(readFile(path), "old");
  }
  EXPECT_EQ(readFile(path), "old") << "an unfinished writer leaves no trace";
  auto writer = cantFail(StoredZipWriter::create(path));
  cantFail(writer->finish());
  EXPECT_EQ(readFile(path).substr(0, 4), "PK\x06\x06");
}

TEST(Artifact, MisuseIsAnError) {
  std::string path = tempPath("misuse.zip");
  auto writer = cantFail(StoredZipWriter::create(path));
  std::string prefix = "cannot write '" + path + "': ";
  EXPECT_EQ(text(writer->write({})), prefix + "data outside of an entry");
  EXPECT_EQ(text(writer->endEntry()), prefix + "no entry to end");
  EXPECT_EQ(text(writer->beginEntry("")),
            prefix + "an entry's name has 1 to 1024 bytes");
  cantFail(writer->beginEntry("a"));
  EXPECT_EQ(text(writer->beginEntry("b")),
            prefix + "entry 'b' begins within 'a'");
  EXPECT_EQ(text(writer->finish()), prefix + "an entry is not ended");
  cantFail(writer->endEntry());
  EXPECT_EQ(text(writer->beginEntry("a")), prefix + "two entries 'a'");
  cantFail(writer->finish());
  EXPECT_EQ(text(writer->finish()), prefix + "the file is complete");
  EXPECT_EQ(text(writer->beginEntry("c")), prefix + "the file is complete");
}

TEST(Artifact, PlacesThatCannotBeWritten) {
  auto error = [](const std::string &path) {
    return text(StoredZipWriter::create(path).takeError());
  };
  EXPECT_EQ(error("/nowhere/x.nib"),
            "cannot write '/nowhere/x.nib': No such file or directory");
  EXPECT_EQ(error("/tmp"), "cannot write '/tmp': it is not a regular file");
  EXPECT_EQ(error("/dev/full"),
            "cannot write '/dev/full': it is not a regular file");
}

TEST(Artifact, ReportMustBeAnObject) {
  Manifest manifest = affineManifest();
  for (const char *report : {"[1]", "{"}) {
    std::string path = tempPath("report.nib");
    auto writer = cantFail(ArtifactWriter::create(path));
    manifest.report = report;
    std::string refusal = text(writer->finish(manifest));
    EXPECT_NE(refusal, "");
    if (report[0] == '[')
      EXPECT_EQ(refusal, "the manifest's report is not a JSON object");
    writer.reset();
    EXPECT_FALSE(std::filesystem::exists(path));
  }
}

/// A file may not grow beyond 64 KiB.
TEST(Artifact, FileTooLarge) {
  std::string folder = tempPath("limited");
  std::filesystem::create_directory(folder);
  rlimit old;
  getrlimit(RLIMIT_FSIZE, &old);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = {64 << 10, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  std::string message;
  {
    auto writer = cantFail(StoredZipWriter::create(folder + "/x.nib"));
    std::string content(100 << 10, 'x');
    llvm::Error error = writer->addEntry("a", llvm::StringRef(content));
    message = text(std::move(error));
  }
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, "cannot write '" + folder + "/x.nib': File too large");
  EXPECT_EQ(filesIn(folder), 0u);
}

/// Writes an artifact of about 1 MiB in a child that has a file system of
/// `size` mounted over `folder`; returns what it reports.
static std::string writeOnSmallDisk(const std::string &folder,
                                    const std::string &size) {
  int ends[2];
  if (pipe(ends) != 0)
    return "no pipe";
  pid_t child = fork();
  if (child == 0) {
    std::string message = "skipped";
    std::string options = "size=" + size;
    if (unshare(CLONE_NEWNS | (getuid() ? CLONE_NEWUSER : 0)) == 0 &&
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
        mount("none", folder.c_str(), "tmpfs", 0, options.c_str()) == 0) {
      auto writer = cantFail(ArtifactWriter::create(folder + "/x.nib"));
      std::string content(1 << 20, 'x');
      llvm::Error error = writer->addEntry("a", content);
      if (!error)
        error = writer->finish(affineManifest());
      message = text(std::move(error));
      writer.reset();
      message += " files: " + std::to_string(filesIn(folder));
    }
    ssize_t written = write(ends[1], message.data(), message.size());
    _exit(written < 0);
  }
  close(ends[1]);
  char buffer[1000];
  ssize_t got = read(ends[0], buffer, sizeof(buffer));
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return std::string(buffer, got < 0 ? 0 : got);
}

TEST(Artifact, DiskFull) {
  std::string folder = tempPath("disk");
  std::filesystem::create_directory(folder);
  std::string message = writeOnSmallDisk(folder, "512k");
  if (message == "skipped")
    GTEST_SKIP() << "this process may not mount file systems";
  EXPECT_EQ(message, "cannot write '" + folder +
                         "/x.nib': No space left on device files: 0");
  // 1028 KiB hold the entry, not what comes after it.
  message = writeOnSmallDisk(folder, "1028k");
  EXPECT_EQ(message, "cannot write '" + folder +
                         "/x.nib': No space left on device files: 0");
  EXPECT_EQ(writeOnSmallDisk(folder, "2m"), " files: 1");
}
