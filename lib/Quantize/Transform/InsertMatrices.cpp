//===- InsertMatrices.cpp - Requests for matrices of a file ---------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/Passes.h"

#include "../Candidates.h"
#include "../Notes.h"
#include "BasisNumbers.h"
#include "FuseMatrices.h"
#include "RotationChoice.h"
#include "Rotations.h"
#include "nibble/Numerics/Orthogonal.h"
#include "nibble/Numerics/Transform.h"
#include "nibble/Support/NodeNames.h"
#include "nibble/Support/SafetensorsFile.h"
#include "llvm/Support/FormatVariadic.h"

namespace nibble {
#define GEN_PASS_DEF_INSERTMATRICES
#include "nibble/Quantize/Transform/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;
using numerics::Kind;
using Tensor = SafetensorsFile::Tensor;

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

namespace {
struct Matrix {
  const Tensor *tensor = nullptr;
  int64_t size = 0;
  /// The largest element of T Tᵀ - I.
  double error = 0;
  bool isOrthogonal = false;
  std::vector<double> numbers;
  SmallVector<nn::LinearOp> readers;
};
} // namespace

/// How far from orthogonal the rounding of an orthogonal matrix makes it: an
/// element of T Tᵀ, a product of two rows of length 1, changes by at most twice
/// the unit roundoff (2^-11 of f16, 2^-8 of bf16). In f32 and f64 it is what
/// transforms are held to, which sums of thousands of products reach.
static double getTolerance(StringRef dtype) {
  if (dtype == "F16")
    return 0x1p-10;
  if (dtype == "BF16")
    return 0x1p-7;
  return 1e-5;
}

/// Checks all that can be known of a matrix by itself.
static llvm::Error readMatrix(Matrix &matrix) {
  const Tensor &tensor = *matrix.tensor;
  if (tensor.shape.size() != 2 || tensor.shape[0] != tensor.shape[1])
    return llvm::createStringError("tensor '" + tensor.name + "' is " +
                                   tensor.describe() +
                                   ": a matrix of channels is square");
  matrix.size = tensor.shape[0];
  llvm::Expected<std::vector<double>> numbers = tensor.readFloats();
  if (!numbers)
    return numbers.takeError();
  auto error = numerics::orthogonalError(matrix.size, *numbers);
  if (!error)
    return llvm::createStringError("tensor '" + tensor.name +
                                   "': " + error.message());
  matrix.error = *error;
  matrix.isOrthogonal = matrix.error <= getTolerance(tensor.dtype);
  // Narrow floats mean an orthogonal matrix, and cannot say it.
  if (matrix.isOrthogonal)
    matrix.numbers = numerics::nearestOrthogonal(matrix.size, *numbers);
  else
    matrix.numbers = std::move(*numbers);
  if (!matrix.isOrthogonal)
    if (auto built = numerics::Transform::linear(matrix.size, matrix.numbers);
        !built)
      return llvm::createStringError("tensor '" + tensor.name +
                                     "': " + built.message());
  return llvm::Error::success();
}

static std::string nameOf(nn::LinearOp op) {
  SmallVector<StringAttr> names = findNodes(op.getLoc());
  return names.empty() ? "nn.linear" : names.back().str();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct InsertMatrices final : nibble::impl::InsertMatricesBase<InsertMatrices> {
  using InsertMatricesBase::InsertMatricesBase;

  void runOnOperation() override {
    if (llvm::Error error = run()) {
      getOperation().emitError(llvm::toString(std::move(error)));
      signalPassFailure();
    }
  }

private:
  llvm::Error run();
  llvm::Error findReaders(ArrayRef<Candidate> candidates);
  llvm::Error checkPlaces(func::FuncOp main, ArrayRef<Candidate> candidates);
  llvm::Error checkPlace(const Matrix &matrix, nn::LinearOp reader,
                         const MatrixPlace &place) const;
  void claim(const ChannelGraph &graph, unsigned space,
             ArrayRef<Candidate> candidates);
  void request(const Matrix &matrix, BasisNumbers &file, BasisTable &bases);

  std::vector<Matrix> matrices;
};
} // namespace

/// The name of a tensor is a pattern of the nodes that it is for.
llvm::Error InsertMatrices::findReaders(ArrayRef<Candidate> candidates) {
  DenseMap<Operation *, const Tensor *> taken;
  for (Matrix &matrix : matrices) {
    const std::string &name = matrix.tensor->name;
    auto pattern = llvm::GlobPattern::create(name, /*MaxSubPatterns=*/1024);
    if (!pattern)
      return llvm::createStringError(
          "tensor '" + name + "': " + llvm::toString(pattern.takeError()));
    for (const Candidate &candidate : candidates) {
      auto linear = dyn_cast<nn::LinearOp>(candidate.op);
      if (!linear || !candidate.note.empty() ||
          llvm::none_of(findNodes(linear.getLoc()),
                        [&](StringRef node) { return pattern->match(node); }))
        continue;
      auto [other, isNew] = taken.try_emplace(linear, matrix.tensor);
      if (!isNew)
        return llvm::createStringError("tensors '" + other->second->name +
                                       "' and '" + name + "' are both for '" +
                                       nameOf(linear) + "'");
      matrix.readers.push_back(linear);
    }
    if (matrix.readers.empty())
      return llvm::createStringError(
          "tensor '" + name +
          "': no linear map that will be quantized has that name; nibble "
          "inspect lists the names of layers, and * in a tensor's name stands "
          "for any part of one");
  }
  return llvm::Error::success();
}

llvm::Error InsertMatrices::checkPlace(const Matrix &matrix,
                                       nn::LinearOp reader,
                                       const MatrixPlace &place) const {
  int64_t channels =
      cast<ShapedType>(reader.getWeight().getType()).getDimSize(1);
  auto wrong = [&](const Twine &text) {
    return llvm::createStringError("tensor '" + matrix.tensor->name + "' " +
                                   text);
  };
  if (channels % matrix.size != 0)
    return wrong("is a matrix of " + Twine(matrix.size) +
                 " channels, which do not divide the " + Twine(channels) +
                 " that '" + nameOf(reader) + "' reads");
  if (matrix.isOrthogonal || place.node)
    return llvm::Error::success();
  return wrong(llvm::formatv(
      "is not orthogonal, an element of its product with its transpose is off "
      "by {0:e2} (at most {1:e2} of {2}), and any other map of the input of "
      "'{3}' is not fused: {4}",
      matrix.error, getTolerance(matrix.tensor->dtype), matrix.tensor->dtype,
      nameOf(reader), place.reason));
}

/// What reads the space gets no rotation besides.
void InsertMatrices::claim(const ChannelGraph &graph, unsigned space,
                           ArrayRef<Candidate> candidates) {
  for (const Candidate &candidate : candidates) {
    Value input = candidate.input->get();
    int64_t axis = cast<RankedTensorType>(input.getType()).getRank() - 1;
    if (candidate.note.empty() && !candidate.isConv &&
        llvm::any_of(graph.findNodes(input, axis), [&](unsigned node) {
          return graph.getSpaceOf(node) == space;
        }))
      candidate.op->setAttr(kRotateAttr, BoolAttr::get(&getContext(), false));
  }
}

/// One matrix for what shares a basis, and one that its maps let through.
llvm::Error InsertMatrices::checkPlaces(func::FuncOp main,
                                        ArrayRef<Candidate> candidates) {
  for (Kind kind : {Kind::Orthogonal, Kind::Linear}) {
    if (llvm::none_of(matrices, [&](const Matrix &matrix) {
          return matrix.isOrthogonal == (kind == Kind::Orthogonal);
        }))
      continue;
    ChannelGraph graph(main, kind);
    DenseMap<unsigned, std::pair<const Tensor *, nn::LinearOp>> taken;
    for (Matrix &matrix : matrices) {
      if (matrix.isOrthogonal != (kind == Kind::Orthogonal))
        continue;
      for (nn::LinearOp reader : matrix.readers) {
        reader->setAttr(kRotateAttr, BoolAttr::get(&getContext(), false));
        MatrixPlace place =
            findMatrixPlace(graph, reader.getInput(), matrix.size);
        if (llvm::Error error = checkPlace(matrix, reader, place))
          return error;
        if (!place.node)
          continue;
        unsigned space = graph.getSpaceOf(*place.node);
        claim(graph, space, candidates);
        auto [other, isNew] = taken.try_emplace(space, matrix.tensor, reader);
        if (other->second.first != matrix.tensor)
          return llvm::createStringError(
              "tensors '" + other->second.first->name + "' and '" +
              matrix.tensor->name + "' are for one basis, which '" +
              nameOf(other->second.second) + "' and '" + nameOf(reader) +
              "' share");
      }
    }
  }
  return llvm::Error::success();
}

/// A transform before each value's readers, and its dual on their weights.
void InsertMatrices::request(const Matrix &matrix, BasisNumbers &file,
                             BasisTable &bases) {
  SmallVector<float> rounded(matrix.numbers.begin(), matrix.numbers.end());
  auto type = RankedTensorType::get({matrix.size, matrix.size},
                                    Float32Type::get(&getContext()));
  FlatSymbolRefAttr data =
      file.makeProgram("matrix", file.add<float>(rounded), type);
  qnt::TransformAttr map =
      qnt::LinearAttr::get(&getContext(), matrix.size, data);
  if (matrix.isOrthogonal)
    map = qnt::OrthogonalAttr::get(&getContext(), matrix.size, std::nullopt,
                                   data, /*keepsOnes=*/false);
  llvm::MapVector<Value, SmallVector<nn::LinearOp>> readers;
  for (nn::LinearOp reader : matrix.readers)
    readers[reader.getInput()].push_back(reader);
  for (auto &[value, ops] : readers) {
    int64_t channels = cast<ShapedType>(value.getType()).getShape().back();
    transformInput(value, ops, bases.get(map, channels));
  }
}

llvm::Error InsertMatrices::run() {
  ModuleOp module = getOperation();
  matrices.clear();
  if (numbers.empty())
    return llvm::createStringError("numbers must name the file that gets the "
                                   "matrices");
  std::vector<std::string> texts(keep.begin(), keep.end());
  auto patterns = parsePatterns(texts);
  if (!patterns)
    return patterns.takeError();
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main || main.isExternal())
    return llvm::createStringError("needs a function @main");
  llvm::Expected<SafetensorsFile> source = SafetensorsFile::open(matricesPath);
  if (!source)
    return source.takeError();
  auto inFile = [&](llvm::Error error) {
    return llvm::createStringError("'" + matricesPath +
                                   "': " + llvm::toString(std::move(error)));
  };
  for (const Tensor &tensor : source->getTensors()) {
    matrices.emplace_back().tensor = &tensor;
    if (llvm::Error error = readMatrix(matrices.back()))
      return inFile(std::move(error));
  }
  std::vector<Candidate> candidates = findCandidates(module, *patterns);
  if (llvm::Error error = findReaders(candidates))
    return inFile(std::move(error));
  if (only)
    for (const Candidate &candidate : candidates)
      if (candidate.note.empty())
        candidate.op->setAttr(kRotateAttr, BoolAttr::get(&getContext(), false));
  if (llvm::Error error = checkPlaces(main, candidates))
    return inFile(std::move(error));
  BasisNumbers file(module, numbers);
  BasisTable bases(module);
  for (const Matrix &matrix : matrices)
    request(matrix, file, bases);
  return file.write("matrices");
}
