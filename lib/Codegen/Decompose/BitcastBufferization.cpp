//===- BitcastBufferization.cpp - tensor.bitcast on buffers ---------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Upstream bufferizes every tensor op but tensor.bitcast, which decompositions
// use to drop the sign of integers. Both memrefs lower to one LLVM type, so
// that the cast between them is reconciled away.
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Decompose/Bufferization.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectRegistry.h"

using namespace mlir;
using namespace mlir::bufferization;

namespace {
struct BitcastInterface
    : BufferizableOpInterface::ExternalModel<BitcastInterface,
                                             tensor::BitcastOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const AnalysisState &) const {
    return false;
  }

  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const AnalysisState &) const {
    return false;
  }

  AliasingValueList getAliasingValues(Operation *op, OpOperand &,
                                      const AnalysisState &) const {
    return {{op->getResult(0), BufferRelation::Equivalent}};
  }

  FailureOr<BufferLikeType>
  getBufferType(Operation *op, Value value, const BufferizationOptions &options,
                const BufferizationState &state,
                SmallVector<Value> &invocationStack) const {
    auto bitcast = cast<tensor::BitcastOp>(op);
    auto source = bufferization::getBufferType(bitcast.getSource(), options,
                                               state, invocationStack);
    if (failed(source))
      return failure();
    auto type = cast<RankedTensorType>(bitcast.getType());
    return cast<BufferLikeType>(cast<MemRefType>(*source).clone(
        type.getShape(), type.getElementType()));
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto bitcast = cast<tensor::BitcastOp>(op);
    FailureOr<Value> source =
        getBuffer(rewriter, bitcast.getSource(), options, state);
    if (failed(source))
      return failure();
    auto type = cast<RankedTensorType>(bitcast.getType());
    auto memory = cast<MemRefType>(source->getType());
    replaceOpWithNewBufferizedOp<UnrealizedConversionCastOp>(
        rewriter, op,
        TypeRange(memory.clone(memory.getShape(), type.getElementType())),
        ValueRange(*source));
    return success();
  }
};
} // namespace

void nibble::registerBufferizationModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, tensor::TensorDialect *) {
    tensor::BitcastOp::attachInterface<BitcastInterface>(*context);
  });
}
