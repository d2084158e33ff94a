//===- LoopNestRandomTest.cpp - Random kernels by execution -----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Random sequences of linalg.generic ops: permuted, broadcast, strided and
// windowed operands, static and dynamic extents down to 0 and 1, temporaries,
// in-place outputs, reductions. Values are small integers, so that every sum
// is exact and results must be equal to the last bit.
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <random>

using namespace nibble::test;

namespace {

/// Memory of a random kernel: dimension d has the extent of loop dims[d].
struct Buffer {
  std::string name, element, type;
  std::vector<unsigned> dims;
};

class Generator {
public:
  Generator(unsigned seed, std::string name)
      : random(seed), name(std::move(name)) {}

  KernelCase make() {
    unsigned loops = pick(1, 4);
    shared = pick(0, loops);
    bool empty = pick(0, 19) == 0;
    for (unsigned i = 0; i < loops; ++i) {
      static const int64_t sizes[] = {1, 2, 3, 5, 7, 8, 9, 16, 17, 33, 70};
      int64_t limit = loops > 2 ? 8 : 10;
      extents.push_back(sizes[pick(0, limit)]);
    }
    if (empty)
      extents[pick(0, loops - 1)] = 0;
    std::string body;
    for (unsigned i = 0; i < loops; ++i)
      addOperand("%e" + std::to_string(i) + ": index", indexValue(extents[i]));
    unsigned count = pick(1, 4);
    for (unsigned i = 0; i < count; ++i)
      body += makeOp();
    std::string text =
        "func.func private @" + name + "(" + arguments +
        ", %begin: index, %end: index, %scratch: "
        "memref<?xi8>) attributes {nn.kernel, nn.shared_dims = " +
        std::to_string(shared) + " : i64} {\n" + prologue + body + epilogue +
        "  return\n}\n";
    return {name, text, operands, 0};
  }

private:
  unsigned pick(unsigned low, unsigned high) {
    return std::uniform_int_distribution<unsigned>(low, high)(random);
  }
  bool chance(unsigned percent) { return pick(1, 100) <= percent; }

  void addOperand(const std::string &declaration, const Operand &operand) {
    arguments += (arguments.empty() ? "" : ", ") + declaration;
    operands.push_back(operand);
  }

  /// memref<…> for `dims`, some extents static; `dynamic` are the values of
  /// the others.
  std::string typeOf(const std::vector<unsigned> &dims,
                     const std::string &element, const std::string &layout,
                     std::string *dynamic) {
    std::string type = "memref<";
    for (unsigned dim : dims) {
      if (chance(40)) {
        type += std::to_string(extents[dim]) + "x";
        continue;
      }
      type += "?x";
      if (dynamic)
        *dynamic += (dynamic->empty() ? "%e" : ", %e") + std::to_string(dim);
    }
    return type + element + layout + ">";
  }

  Buffer makeArgument(std::vector<unsigned> dims, const std::string &element) {
    Operand operand{element, {}, Fill::Integers, 0, {}, 0};
    for (unsigned dim : dims)
      operand.shape.push_back(extents[dim]);
    std::string layout;
    if (!dims.empty() && chance(25)) {
      layout = ", strided<[";
      int64_t stride = pick(1, 2);
      operand.strides.resize(dims.size());
      std::vector<unsigned> order(dims.size());
      for (unsigned i = 0; i < order.size(); ++i)
        order[i] = i;
      std::shuffle(order.begin(), order.end(), random);
      for (unsigned i : order) {
        operand.strides[i] = stride;
        stride *= std::max<int64_t>(operand.shape[i], 1) + pick(0, 1);
      }
      for (unsigned i = 0; i < dims.size(); ++i)
        layout += i ? ", ?" : "?";
      layout += "], offset: ?>";
      operand.offset = pick(0, 5);
    }
    std::string argument = "%a" + std::to_string(number++);
    std::string type = typeOf(dims, element, layout, nullptr);
    addOperand(argument + ": " + type, operand);
    buffers.push_back({argument, element, type, std::move(dims)});
    return buffers.back();
  }

  Buffer makeTemporary(std::vector<unsigned> dims, const std::string &element) {
    std::string dynamic, temporary = "%t" + std::to_string(number++);
    std::string type = typeOf(dims, element, "", &dynamic);
    prologue +=
        "  " + temporary + " = memref.alloc(" + dynamic + ") : " + type + "\n";
    epilogue += "  memref.dealloc " + temporary + " : " + type + "\n";
    buffers.push_back({temporary, element, type, std::move(dims)});
    return buffers.back();
  }

  /// Any subset of `loops`, in any order.
  std::vector<unsigned> subset(std::vector<unsigned> loops, unsigned percent) {
    std::shuffle(loops.begin(), loops.end(), random);
    std::vector<unsigned> result;
    for (unsigned loop : loops)
      if (chance(percent))
        result.push_back(loop);
    if (chance(70))
      std::sort(result.begin(), result.end());
    return result;
  }

  std::string element() {
    static const char *const elements[] = {"f32", "f32", "f32", "i32", "i8"};
    return elements[pick(0, 4)];
  }

  std::string mapOf(const Buffer &buffer, const std::vector<unsigned> &loops) {
    std::string map = "affine_map<(";
    for (unsigned i = 0; i < loops.size(); ++i)
      map += (i ? ", d" : "d") + std::to_string(loops[i]);
    map += ") -> (";
    for (unsigned i = 0; i < buffer.dims.size(); ++i)
      map += (i ? ", d" : "d") + std::to_string(buffer.dims[i]);
    return map + ")>";
  }

  /// Emits the conversion of %value to i32 or f32 and bounds it.
  std::string load(unsigned i, const std::string &from, bool toFloat) {
    std::string in = "%x" + std::to_string(i), out = "%v" + std::to_string(i);
    std::string wide = in;
    std::string text;
    if (from == "i8") {
      text += "    " + in + "w = arith.extsi " + in + " : i8 to i32\n";
      wide = in + "w";
    }
    bool isFloat = from == "f32";
    if (toFloat && !isFloat) {
      text += "    " + in + "f = arith.sitofp " + wide + " : i32 to f32\n";
      wide = in + "f";
    }
    if (isFloat) {
      text += "    " + in + "l = arith.maximumf " + in + ", %low : f32\n    " +
              in + "h = arith.minimumf " + in + "l, %high : f32\n";
      wide = in + "h";
    }
    if (!toFloat && isFloat) {
      text += "    " + in + "i = arith.fptosi " + wide + " : f32 to i32\n";
      wide = in + "i";
    }
    return text + "    " + out + " = arith." +
           (toFloat ? "addf " + wide + ", %zero : f32\n"
                    : "addi " + wide + ", %izero : i32\n");
  }

  /// Emits an op on all values loaded; the name of the result in `result`.
  std::string compute(unsigned inputs, bool inFloat,
                      const std::vector<unsigned> &loops, std::string &result) {
    static const char *const floats[] = {"addf", "subf", "mulf", "maximumf",
                                         "minimumf"};
    static const char *const ints[] = {"addi", "subi", "muli", "maxsi", "xori"};
    std::string type = inFloat ? "f32" : "i32", text;
    result = inFloat ? "%one" : "%ione";
    if (!loops.empty() && chance(25)) {
      text += "    %at = linalg.index " +
              std::to_string(pick(0, loops.size() - 1)) +
              " : index\n    %ati = arith.index_cast %at : index to i32\n";
      result = "%ati";
      if (inFloat) {
        text += "    %atf = arith.sitofp %ati : i32 to f32\n";
        result = "%atf";
      }
    }
    for (unsigned i = 0; i < inputs; ++i) {
      std::string next = "%c" + std::to_string(i);
      text += "    " + next + " = arith." +
              (inFloat ? floats[pick(0, 4)] : ints[pick(0, 4)]) + " " + result +
              ", %v" + std::to_string(i) + " : " + type + "\n";
      result = next;
    }
    return text;
  }

  std::string makeOp() {
    std::vector<unsigned> loops, parallel, reductions;
    for (unsigned i = 0; i < extents.size(); ++i) {
      if (i >= shared && chance(30))
        continue;
      loops.push_back(i);
      (i >= shared && chance(40) ? reductions : parallel).push_back(i);
    }
    // Every loop needs an operand with a dimension of its own.
    std::vector<Buffer> inputs = {makeArgument(subset(loops, 100), element())};
    unsigned more = pick(0, 2);
    for (unsigned i = 0; i < more; ++i) {
      std::vector<Buffer> usable;
      for (const Buffer &buffer : buffers)
        if (std::all_of(buffer.dims.begin(), buffer.dims.end(),
                        [&](unsigned dim) {
                          return std::count(loops.begin(), loops.end(), dim);
                        }))
          usable.push_back(buffer);
      inputs.push_back(chance(60) ? usable[pick(0, usable.size() - 1)]
                                  : makeArgument(subset(loops, 60), element()));
    }
    std::string type = element(), text;
    std::vector<unsigned> dims = subset(parallel, 100);
    Buffer output = chooseOutput(dims, type);
    if (output.name[1] == 't' || chance(50))
      text += fill(output, parallel);
    return text + generic(inputs, output, loops, reductions);
  }

  /// A buffer of exactly the loops `dims`, in any order: sometimes one that is
  /// in use.
  Buffer chooseOutput(const std::vector<unsigned> &dims,
                      const std::string &type) {
    if (chance(20))
      for (const Buffer &buffer : buffers)
        if (buffer.element == type &&
            std::is_permutation(dims.begin(), dims.end(), buffer.dims.begin(),
                                buffer.dims.end()))
          return buffer;
    return chance(50) ? makeTemporary(dims, type) : makeArgument(dims, type);
  }

  std::string fill(const Buffer &output, const std::vector<unsigned> &loops) {
    std::string kinds;
    for (unsigned i = 0; i < loops.size(); ++i)
      kinds += i ? ", \"parallel\"" : "\"parallel\"";
    return "  linalg.generic {indexing_maps = [" + mapOf(output, loops) +
           "], iterator_types = [" + kinds + "]} outs(" + output.name + " : " +
           output.type + ") {\n  ^bb0(%o: " + output.element +
           "):\n    %s = arith.constant 3" +
           (output.element == "f32" ? ".0" : "") + " : " + output.element +
           "\n    linalg.yield %s : " + output.element + "\n  }\n";
  }

  std::string generic(const std::vector<Buffer> &inputs, const Buffer &output,
                      const std::vector<unsigned> &loops,
                      const std::vector<unsigned> &reductions) {
    std::string maps, kinds, ins, types, arguments, loads;
    bool inFloat = output.element == "f32";
    for (unsigned i = 0; i < inputs.size(); ++i) {
      maps += mapOf(inputs[i], loops) + ", ";
      ins += (i ? ", " : "") + inputs[i].name;
      types += (i ? ", " : "") + inputs[i].type;
      arguments += "%x" + std::to_string(i) + ": " + inputs[i].element + ", ";
      loads += load(i, inputs[i].element, inFloat);
    }
    for (unsigned i = 0; i < loops.size(); ++i)
      kinds += std::string(i ? ", " : "") +
               (std::count(reductions.begin(), reductions.end(), loops[i])
                    ? "\"reduction\""
                    : "\"parallel\"");
    std::string result, body = compute(inputs.size(), inFloat, loops, result);
    std::string final = result;
    if (output.element == "i8") {
      body += "    %n = arith.trunci " + result + " : i32 to i8\n";
      final = "%n";
    }
    if (!reductions.empty() || chance(30)) {
      static const char *const floats[] = {"addf", "maximumf", "minimumf"};
      static const char *const ints[] = {"addi", "maxsi", "xori"};
      body += std::string("    %r = arith.") +
              (inFloat ? floats[pick(0, 2)] : ints[pick(0, 2)]) +
              (chance(50) ? " %o, " + final : " " + final + ", %o") + " : " +
              output.element + "\n";
      final = "%r";
    }
    return "  linalg.generic {indexing_maps = [" + maps + mapOf(output, loops) +
           "], iterator_types = [" + kinds + "]}\n      ins(" + ins + " : " +
           types + ") outs(" + output.name + " : " + output.type +
           ") {\n  ^bb0(" + arguments + "%o: " + output.element + R"():
    %low = arith.constant -8.0 : f32
    %high = arith.constant 8.0 : f32
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %izero = arith.constant 0 : i32
    %ione = arith.constant 1 : i32
)" + loads +
           body + "    linalg.yield " + final + " : " + output.element +
           "\n  }\n";
  }

  std::mt19937 random;
  std::string name, arguments, prologue, epilogue;
  std::vector<Operand> operands;
  std::vector<int64_t> extents;
  std::vector<Buffer> buffers;
  unsigned shared = 0, number = 0;
};

class LoopNestRandom : public ::testing::TestWithParam<unsigned> {};

TEST_P(LoopNestRandom, MatchesReference) {
  std::vector<KernelCase> cases;
  for (unsigned i = 0; i < 24; ++i)
    cases.push_back(
        Generator(GetParam() * 1000 + i, "random" + std::to_string(i)).make());
  expectKernelsMatchReference(cases, GetParam() % 3 == 2 ? 4 : 8);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LoopNestRandom, ::testing::Range(0u, 6u));

} // namespace
