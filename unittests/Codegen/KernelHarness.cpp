//===- KernelHarness.cpp - Kernels against upstream's loops -----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"

#include "nibble/Pipeline/Register.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;

namespace nibble::test {

/// Untouched bytes around every array.
static constexpr size_t kGuard = 256;

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

namespace {

struct Array {
  Operand description;
  size_t elementBytes = 0;
  std::vector<char> storage;
  std::vector<int64_t> descriptor; ///< as MLIR's C interface passes it
  int64_t index = 0;

  bool isIndex() const { return description.element == "index-value"; }
  bool isFloat() const { return description.element == "f32"; }
};

} // namespace

static size_t bytesOf(const std::string &element) {
  if (element == "i64" || element == "f64" || element == "index")
    return 8;
  if (element == "i16" || element == "f16" || element == "bf16")
    return 2;
  if (element == "i8" || element == "i1")
    return 1;
  return 4;
}

template <typename T> static void put(char *at, double value) {
  T typed = static_cast<T>(value);
  std::memcpy(at, &typed, sizeof(T));
}

static void putElement(const std::string &element, char *at, double value) {
  if (element == "f32")
    put<float>(at, value);
  else if (element == "f64")
    put<double>(at, value);
  else if (element == "i64" || element == "index")
    put<int64_t>(at, value);
  else if (element == "i32")
    put<int32_t>(at, value);
  else if (element == "i16")
    put<int16_t>(at, value);
  else if (element == "i8")
    put<int8_t>(at, value);
  else if (element == "i1")
    *at = value > 0;
  else if (element == "f16")
    put<_Float16>(at, value);
  else
    FAIL() << "element type " << element;
}

static double drawValue(const Operand &operand, std::mt19937 &random) {
  auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  switch (operand.fill) {
  case Fill::Integers:
    return std::uniform_int_distribution<int>(-8, 8)(random);
  case Fill::Uniform:
    return uniform(-2, 2);
  case Fill::Wide:
    return uniform(-30, 30);
  case Fill::Positive:
    return uniform(0.1, 2);
  case Fill::Index:
    return std::uniform_int_distribution<int64_t>(
        0, std::max<int64_t>(operand.bound - 1, 0))(random);
  case Fill::Zero:
    return 0;
  }
  return 0;
}

static Array makeArray(const Operand &operand, std::mt19937 &random) {
  Array array;
  array.description = operand;
  if (array.isIndex()) {
    array.index = operand.bound;
    return array;
  }
  array.elementBytes = bytesOf(operand.element);
  std::vector<int64_t> strides = operand.strides;
  if (strides.empty()) {
    strides.resize(operand.shape.size());
    int64_t stride = 1;
    for (size_t dim = strides.size(); dim-- > 0; stride *= operand.shape[dim])
      strides[dim] = stride;
  }
  int64_t reach = 1;
  for (size_t dim = 0; dim < strides.size(); ++dim)
    reach += std::max<int64_t>(operand.shape[dim] - 1, 0) * strides[dim];
  int64_t count = operand.offset + reach;
  array.storage.assign(count * array.elementBytes + 2 * kGuard, char(0xA5));
  for (int64_t i = 0; i < count; ++i)
    putElement(operand.element,
               array.storage.data() + kGuard + i * array.elementBytes,
               drawValue(operand, random));
  array.descriptor = {0, 0, operand.offset};
  llvm::append_range(array.descriptor, operand.shape);
  llvm::append_range(array.descriptor, strides);
  return array;
}

/// The pointers are set when the array has come to rest.
static void bind(Array &array) {
  if (array.isIndex())
    return;
  auto data = reinterpret_cast<int64_t>(array.storage.data()) + int64_t(kGuard);
  array.descriptor[0] = array.descriptor[1] = data;
}

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

static void initialize() {
  static bool once = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    mlir::registerAllPasses();
    nibble::registerAllPasses();
    return true;
  }();
  (void)once;
}

static LogicalResult runPipeline(ModuleOp module, const std::string &text) {
  PassManager manager(module.getContext());
  if (failed(parsePassPipeline(text, manager)))
    return failure();
  return manager.run(module);
}

/// Adds for each kernel @k its reference @k.reference.
static void addReferences(ModuleOp module) {
  SmallVector<func::FuncOp> kernels(module.getOps<func::FuncOp>());
  for (func::FuncOp kernel : kernels) {
    func::FuncOp reference = kernel.clone();
    reference.setName((kernel.getName() + ".reference").str());
    reference->removeAttr("nn.kernel");
    module.push_back(reference);
  }
}

/// Everything that kernels may hold.
static DialectRegistry makeRegistry() {
  initialize();
  DialectRegistry registry;
  nibble::registerAllDialects(registry);
  mlir::registerAllToLLVMIRTranslations(registry);
  return registry;
}

static std::unique_ptr<ExecutionEngine>
compile(MLIRContext &context, const std::string &text, unsigned width) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return nullptr;
  addReferences(*module);
  std::string pipeline =
      llvm::formatv("nibble-loop-nest-sizes,func.func(nibble-lower-loop-nests{{"
                    "vector-width={0}}),func.func(convert-linalg-to-loops),"
                    "nibble-expand-math,",
                    width);
  if (failed(runPipeline(*module, pipeline + "canonicalize")))
    return nullptr;
  for (auto function : module->getOps<func::FuncOp>()) {
    function.setPublic();
    // The tests call through MLIR's C interface, not through slots.
    function->removeAttr("nn.kernel");
    function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                      UnitAttr::get(&context));
  }
  if (failed(runPipeline(*module, "nibble-lower-to-llvm")))
    return nullptr;
  ExecutionEngineOptions options;
  auto transformer = makeOptimizingTransformer(2, 0, nullptr);
  options.transformer = transformer;
  options.sharedLibPaths = {};
  auto engine = ExecutionEngine::create(*module, options);
  if (!engine) {
    llvm::errs() << llvm::toString(engine.takeError()) << "\n";
    return nullptr;
  }
  return std::move(*engine);
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

namespace {

/// Arguments of one call in the form ExecutionEngine takes.
class Arguments {
public:
  explicit Arguments(std::vector<Array> &arrays) {
    for (Array &array : arrays) {
      bind(array);
      if (array.isIndex())
        packed.push_back(&array.index);
      else
        pointers.push_back(array.descriptor.data());
    }
    // Pointers are taken only now: the vector has stopped growing.
    size_t next = 0;
    std::vector<void *> all;
    for (Array &array : arrays)
      all.push_back(array.isIndex() ? static_cast<void *>(&array.index)
                                    : static_cast<void *>(&pointers[next++]));
    packed = all;
  }

  void setTrailing(int64_t begin, int64_t end, std::vector<char> &scratch) {
    range[0] = begin;
    range[1] = end;
    auto address = (reinterpret_cast<int64_t>(scratch.data()) + 63) & -64;
    scratchDescriptor = {address, address, 0, int64_t(scratch.size()) - 64, 1};
    scratchPointer = scratchDescriptor.data();
    trailing = {&range[0], &range[1], &scratchPointer};
  }
  void setResult(int64_t *result) { trailing = {result}; }

  LogicalResult call(ExecutionEngine &engine, const std::string &name) {
    std::vector<void *> all = packed;
    all.insert(all.end(), trailing.begin(), trailing.end());
    llvm::Error error = engine.invokePacked("_mlir_ciface_" + name, all);
    if (!error)
      return success();
    ADD_FAILURE() << llvm::toString(std::move(error));
    return failure();
  }

private:
  std::vector<void *> pointers, packed, trailing;
  int64_t range[2] = {0, 0};
  std::vector<int64_t> scratchDescriptor;
  void *scratchPointer = nullptr;
};

} // namespace

/// Runs the kernel over its grid, cut at random and in random order.
static void runKernel(ExecutionEngine &engine, const KernelCase &kernel,
                      std::vector<Array> &arrays, std::mt19937 &random) {
  Arguments arguments(arrays);
  int64_t grid = -1, scratchBytes = -1;
  arguments.setResult(&grid);
  ASSERT_TRUE(succeeded(arguments.call(engine, kernel.name + ".grid")));
  arguments.setResult(&scratchBytes);
  ASSERT_TRUE(succeeded(arguments.call(engine, kernel.name + ".scratch")));
  ASSERT_GE(grid, 0) << kernel.name;
  ASSERT_GE(scratchBytes, 0) << kernel.name;
  ASSERT_LT(scratchBytes, int64_t(1) << 30) << kernel.name;
  std::vector<std::pair<int64_t, int64_t>> pieces;
  for (int64_t begin = 0; begin < grid;) {
    int64_t end =
        std::min(grid, begin + std::uniform_int_distribution<int64_t>(
                                   1, std::max<int64_t>(grid / 3, 1))(random));
    pieces.push_back({begin, end});
    begin = end;
  }
  std::shuffle(pieces.begin(), pieces.end(), random);
  for (auto [begin, end] : pieces) {
    std::vector<char> scratch(scratchBytes + 64 + kGuard, char(0xFF));
    arguments.setTrailing(begin, end, scratch);
    ASSERT_TRUE(succeeded(arguments.call(engine, kernel.name)));
    size_t used =
        ((64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64) % 64) +
        scratchBytes;
    for (size_t i = used; i < scratch.size(); ++i)
      ASSERT_EQ(scratch[i], char(0xFF))
          << kernel.name << " writes past its scratch";
  }
}

static void compareFloats(const KernelCase &kernel, unsigned number,
                          const Array &expected, const Array &actual) {
  size_t count = (expected.storage.size() - 2 * kGuard) / 4;
  auto read = [&](const Array &array, size_t i) {
    float value;
    std::memcpy(&value, array.storage.data() + kGuard + i * 4, 4);
    return value;
  };
  float largest = 0;
  for (size_t i = 0; i < count; ++i)
    if (std::isfinite(read(expected, i)))
      largest = std::max(largest, std::fabs(read(expected, i)));
  double unit = std::ldexp(1.0, std::ilogb(std::max(largest, 1e-30f)) - 23);
  double worst = 0;
  size_t where = 0;
  for (size_t i = 0; i < count; ++i) {
    float a = read(expected, i), b = read(actual, i);
    if (a == b || (std::isnan(a) && std::isnan(b)))
      continue;
    double difference = std::fabs(double(a) - double(b)) / unit;
    if (!(difference <= worst)) {
      worst = difference;
      where = i;
    }
  }
  EXPECT_LE(worst, kernel.ulps)
      << kernel.name << " operand " << number << " element " << where << ": "
      << read(expected, where) << " expected, " << read(actual, where);
}

static void compareArrays(const KernelCase &kernel, unsigned number,
                          const Array &expected, const Array &actual) {
  if (expected.isIndex() || expected.storage == actual.storage)
    return;
  if (kernel.ulps > 0 && expected.isFloat()) {
    compareFloats(kernel, number, expected, actual);
    for (size_t i = 0; i < kGuard; ++i)
      ASSERT_TRUE(actual.storage[i] == expected.storage[i] &&
                  actual.storage.rbegin()[i] == expected.storage.rbegin()[i])
          << kernel.name << " writes outside operand " << number;
    return;
  }
  size_t at = 0;
  while (expected.storage[at] == actual.storage[at])
    ++at;
  ADD_FAILURE()
      << kernel.name << " operand " << number << " differs first at element "
      << (int64_t(at) - int64_t(kGuard)) / int64_t(expected.elementBytes)
      << " of "
      << (expected.storage.size() - 2 * kGuard) / expected.elementBytes << "\n"
      << kernel.text;
}

void expectKernelsMatchReference(const std::vector<KernelCase> &cases,
                                 unsigned width) {
  MLIRContext context(makeRegistry(), MLIRContext::Threading::DISABLED);
  std::string text;
  for (const KernelCase &kernel : cases)
    text += kernel.text + "\n";
  std::unique_ptr<ExecutionEngine> engine = compile(context, text, width);
  ASSERT_TRUE(engine) << text;
  std::mt19937 random(7);
  for (const KernelCase &kernel : cases) {
    std::vector<Array> actual;
    for (const Operand &operand : kernel.operands)
      actual.push_back(makeArray(operand, random));
    std::vector<Array> expected = actual;
    runKernel(*engine, kernel, actual, random);
    Arguments arguments(expected);
    std::vector<char> scratch(128);
    arguments.setTrailing(0, 1, scratch);
    ASSERT_TRUE(succeeded(arguments.call(*engine, kernel.name + ".reference")));
    for (size_t i = 0; i < expected.size(); ++i)
      compareArrays(kernel, i, expected[i], actual[i]);
    if (::testing::Test::HasFatalFailure())
      return;
  }
}

//===----------------------------------------------------------------------===//
// Plain runs
//===----------------------------------------------------------------------===//

namespace {

class JitKernels : public CompiledKernels {
public:
  bool compileText(const std::string &text, unsigned width) {
    engine = compile(context, text, width);
    return engine != nullptr;
  }

  bool run(const std::string &name,
           const std::vector<FloatArray> &arrays) override {
    std::vector<std::vector<int64_t>> descriptors;
    std::vector<void *> pointers;
    for (const FloatArray &array : arrays) {
      auto address = reinterpret_cast<int64_t>(array.data);
      descriptors.push_back({address, address, 0, array.size, 1});
    }
    for (std::vector<int64_t> &descriptor : descriptors)
      pointers.push_back(descriptor.data());
    std::vector<void *> arguments;
    for (void *&pointer : pointers)
      arguments.push_back(&pointer);
    int64_t begin = 0, grid = 0;
    arguments.push_back(&grid);
    if (llvm::errorToBool(
            engine->invokePacked("_mlir_ciface_" + name + ".grid", arguments)))
      return false;
    std::vector<int64_t> scratch = {0, 0, 0, 0, 1};
    void *scratchPointer = scratch.data();
    arguments.back() = &begin;
    arguments.push_back(&grid);
    arguments.push_back(&scratchPointer);
    return !llvm::errorToBool(
        engine->invokePacked("_mlir_ciface_" + name, arguments));
  }

private:
  MLIRContext context{makeRegistry(), MLIRContext::Threading::DISABLED};
  std::unique_ptr<ExecutionEngine> engine;
};

} // namespace

std::unique_ptr<CompiledKernels> CompiledKernels::make(const std::string &text,
                                                       unsigned width) {
  auto kernels = std::make_unique<JitKernels>();
  if (!kernels->compileText(text, width))
    return nullptr;
  return kernels;
}

} // namespace nibble::test
