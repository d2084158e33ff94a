//===- nibble-test-pack.cpp - Artifacts for tests ---------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// nibble-test-pack -o OUT.nib [--manifest FILE.json] [--tensor T]...
// [NAME=FILE]
//
// Packs the files as entries, and tensors (NAME:DTYPE:1x2x3=FILE) as
// parameters. The manifest's "entries" and "parameters" are added; "target",
// where it is missing, is this machine.
//
//===----------------------------------------------------------------------===//

#include "nibble/Runtime/CodeABI.h"
#include "nibble/Target/Artifact.h"
#include "nibble/Target/Safetensors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Host.h"

using namespace nibble;
namespace cl = llvm::cl;
namespace json = llvm::json;

static cl::opt<std::string> output("o", cl::Required);
static cl::opt<std::string> manifestPath("manifest");
static cl::list<std::string> tensors("tensor");
static cl::list<std::string> files(cl::Positional);

static llvm::ExitOnError exitOnError("nibble-test-pack: ");

static std::string contentOf(llvm::StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    exitOnError(llvm::createStringError(file.getError(), path));
  return (*file)->getBuffer().str();
}

/// Writes the parameters' entry; bytes of its data section.
static uint64_t addParameters(StoredZipWriter &zip) {
  std::vector<SafetensorsTensor> specs;
  std::vector<std::string> contents;
  for (const std::string &tensor : tensors) {
    auto [spec, path] = llvm::StringRef(tensor).split('=');
    llvm::SmallVector<llvm::StringRef> fields, extents;
    spec.split(fields, ':');
    fields[2].split(extents, 'x', -1, /*KeepEmpty=*/false);
    specs.push_back({fields[0].str(), fields[1].str(), {}});
    for (llvm::StringRef extent : extents) {
      specs.back().shape.emplace_back();
      if (extent.getAsInteger(10, specs.back().shape.back()))
        exitOnError(llvm::createStringError("bad extent " + extent));
    }
    contents.push_back(contentOf(path));
  }
  auto layout = exitOnError(SafetensorsLayout::create(specs));
  exitOnError(zip.beginEntry(kParametersEntry));
  SafetensorsWriter writer(
      layout, [&](llvm::ArrayRef<uint8_t> piece) { return zip.write(piece); });
  for (llvm::StringRef content : contents)
    exitOnError(writer.write({content.bytes_begin(), content.size()}));
  exitOnError(writer.finish());
  exitOnError(zip.endEntry());
  return layout.dataBytes();
}

static json::Array listEntries(const StoredZipWriter &zip) {
  json::Array entries;
  for (const layout::EntryRecord &entry : zip.entries())
    entries.push_back(
        json::Object{{"name", entry.name},
                     {"bytes", entry.size},
                     {"crc32", llvm::utohexstr(entry.crc32, true, 8)}});
  return entries;
}

int main(int argc, char **argv) {
  cl::ParseCommandLineOptions(argc, argv);
  auto zip = exitOnError(StoredZipWriter::create(output));
  for (const std::string &file : files) {
    auto [name, path] = llvm::StringRef(file).split('=');
    exitOnError(zip->addEntry(name, llvm::StringRef(contentOf(path))));
  }
  uint64_t parameterBytes = tensors.empty() ? 0 : addParameters(*zip);
  if (!manifestPath.empty()) {
    json::Value manifest = exitOnError(json::parse(contentOf(manifestPath)));
    json::Object &object = *manifest.getAsObject();
    object["entries"] = listEntries(*zip);
    object["parameters"] = json::Object{{"bytes", parameterBytes}};
    object.try_emplace("target",
                       json::Object{{"triple", llvm::sys::getProcessTriple()},
                                    {"cpu", "test"},
                                    {"features", json::Array{}}});
    std::string text = llvm::formatv("{0:1}\n", manifest);
    exitOnError(zip->addEntry(kManifestEntry, llvm::StringRef(text)));
  }
  exitOnError(zip->finish());
  return 0;
}
