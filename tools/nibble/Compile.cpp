//===- Compile.cpp - nibble compile -----------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "Compilation.h"
#include "RequestFlags.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace nibble;
using namespace nibble::tool;
namespace cl = llvm::cl;

static llvm::Error run();

static Command command("compile", "compile an ONNX model", R"(
EXAMPLES:
  nibble compile model.onnx
      Writes model.nib, in f32, into the current folder.
  nibble compile model.onnx -o small.nib --weights int8 --activations int8
      Eight-bit weights and activations; scales of activations are found at run
      time.
  nibble compile lm.onnx --weights int4 --group 32 --keep '*lm_head*'
      Four-bit weights by groups of 32; the nodes that match stay in f32.
  nibble compile lm.onnx --weights int4 --group 32 --activations int8
      The same with eight-bit activations, which are rotated by Hadamard matrices
      first: that spreads outliers. --transform none leaves the rotations out.
  nibble compile lm.onnx --weights int4 --group 32 --activations int8 --permute zigzag
      Before the rotations, channels change places so that each rotated block
      gets its share of the outliers.
  nibble compile lm.onnx --weights int4 --activations int8 --matrices spin.safetensors
      Rotations that were learned elsewhere (SpinQuant), where the file has one,
      and Hadamard matrices for the rest (not with --transform none).
  nibble compile lm.onnx --weights uint4 --group 32 --activations int4 --activation-group 32
      Asymmetric four-bit weights (a zero point for each group); activations are
      rounded to four bits by groups of 32, and multiplied in f32.
  nibble compile lm.onnx --kv-cache state
      The session keeps the caches of attention, as nibble generate needs it.
  nibble compile silero_vad.onnx --input-value sr=16000
      The sampling rate is known: the other rate's branch is left out.
  nibble compile model.onnx --dump-ir ir
      Also writes the IR after every stage into the folder ir.
)" NIBBLE_EXIT_CODES,
                       run);

static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("MODEL.onnx"), cl::sub(command));
static cl::opt<std::string>
    outputPath("o", cl::value_desc("model.nib"),
               cl::desc("Where the artifact goes; by default MODEL.nib in the "
                        "current folder"),
               cl::sub(command));
static RequestFlags request(command);
static cl::opt<std::string> target(
    "target", cl::value_desc("cpu"),
    cl::desc("host (the default), x86-64-v3, or an x86 CPU that LLVM knows"),
    cl::init("host"), cl::sub(command));
static cl::opt<unsigned>
    threads("threads",
            cl::desc("Compilation threads; 0 (the default): one per core"),
            cl::init(0), cl::sub(command));
static cl::opt<std::string>
    kvCache("kv-cache", cl::value_desc("io|state"),
            cl::desc("Caches of attention: inputs and outputs, as in the "
                     "model (the default), or kept by the session"),
            cl::init("io"), cl::sub(command));
static cl::opt<bool> rotateKV(
    "rotate-kv",
    cl::desc("Caches hold keys rotated by a Hadamard transform of each "
             "head's channels; for --kv-cache state. That pays only "
             "where caches hold codes; they are in f32"),
    cl::sub(command));
static cl::list<std::string>
    inputValues("input-value", cl::value_desc("name=number"),
                cl::desc("This input, of one element, has this number in every "
                         "run; may be repeated"),
                cl::sub(command));
static cl::opt<std::string>
    dumpIR("dump-ir", cl::value_desc("folder"),
           cl::desc("Folder that gets the IR after every stage"),
           cl::sub(command));

static llvm::Error run() {
  if (llvm::Error error = request.check())
    return error;
  if (kvCache != "io" && kvCache != "state")
    return usage("--kv-cache must be io or state");
  CompileOptions options;
  request.apply(options);
  options.inputValues.assign(inputValues.begin(), inputValues.end());
  options.target = target;
  options.threads = threads;
  options.dumpIR = dumpIR;
  options.kvCache = kvCache;
  options.rotateKV = rotateKV;
  std::string output = outputPath;
  if (output.empty())
    output = (llvm::sys::path::stem(modelPath) + ".nib").str();

  auto start = std::chrono::steady_clock::now();
  if (llvm::Error error = compileWithProgress(modelPath, options, output))
    return error;
  std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - start;
  uint64_t bytes = 0;
  if (std::error_code error = llvm::sys::fs::file_size(output, bytes))
    return llvm::createStringError(error, "cannot read " + output);
  llvm::outs() << output << ": " << llvm::format("%.2f", bytes / 1e6)
               << " MB, compiled in " << llvm::format("%.1f", seconds.count())
               << " s\n";
  return llvm::Error::success();
}
