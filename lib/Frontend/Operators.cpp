//===- Operators.cpp - The operators that the Frontend knows ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Operators.h"

#include "Lower/LowerFunctions.h"
#include "Shapes/InferFunctions.h"

#include "llvm/ADT/DenseMap.h"

#include <utility>

using namespace mlir;
using namespace nibble::frontend;
using nibble::onnx::NodeOp;

static constexpr llvm::StringLiteral kMicrosoft = "com.microsoft";

static const Operator kOperators[] = {
    // Elementwise.
    {"", "Identity", 1, inferUnary, lowerIdentity},
    {"", "Dropout", 1, inferDropout, lowerDropout},
    {"", "Abs", 1, inferUnary, lowerUnary},
    {"", "Neg", 1, inferUnary, lowerUnary},
    {"", "Sign", 1, inferUnary, lowerUnary},
    {"", "Not", 1, inferUnary, lowerUnary},
    {"", "Exp", 1, inferUnary, lowerUnary},
    {"", "Log", 1, inferUnary, lowerUnary},
    {"", "Sqrt", 1, inferUnary, lowerUnary},
    {"", "Reciprocal", 1, inferUnary, lowerUnary},
    {"", "Sin", 1, inferUnary, lowerUnary},
    {"", "Cos", 1, inferUnary, lowerUnary},
    {"", "Tan", 1, inferUnary, lowerUnary},
    {"", "Tanh", 1, inferUnary, lowerUnary},
    {"", "Erf", 1, inferUnary, lowerUnary},
    {"", "Floor", 1, inferUnary, lowerUnary},
    {"", "Ceil", 1, inferUnary, lowerUnary},
    {"", "Round", 1, inferUnary, lowerUnary},
    {"", "Relu", 1, inferUnary, lowerUnary},
    {"", "Sigmoid", 1, inferUnary, lowerUnary},
    {"", "HardSwish", 1, inferUnary, lowerUnary},
    {"", "Softplus", 1, inferUnary, lowerUnary},
    {"", "Softsign", 1, inferUnary, lowerUnary},
    {"", "Mish", 1, inferUnary, lowerUnary},
    {"", "IsNaN", 1, inferUnaryBool, lowerUnary},
    {"", "IsInf", 1, inferUnaryBool, lowerUnary},
    {"", "Elu", 1, inferUnary, lowerActivation},
    {"", "Selu", 1, inferUnary, lowerActivation},
    {"", "Celu", 1, inferUnary, lowerActivation},
    {"", "LeakyRelu", 1, inferUnary, lowerActivation},
    {"", "HardSigmoid", 1, inferUnary, lowerActivation},
    {"", "Gelu", 1, inferUnary, lowerGelu},
    {"", "Clip", 1, inferUnary, lowerClip},
    {"", "Add", 2, inferBroadcast, lowerBinary},
    {"", "Sub", 2, inferBroadcast, lowerBinary},
    {"", "Mul", 2, inferBroadcast, lowerBinary},
    {"", "Div", 2, inferBroadcast, lowerBinary},
    {"", "Pow", 2, inferBroadcast, lowerBinary},
    {"", "PRelu", 2, inferBroadcast, lowerBinary},
    {"", "And", 2, inferBroadcast, lowerBinary},
    {"", "Or", 2, inferBroadcast, lowerBinary},
    {"", "Xor", 2, inferBroadcast, lowerBinary},
    {"", "Mod", 2, inferBroadcast, lowerMod},
    {"", "Equal", 2, inferCompare, lowerBinary},
    {"", "Less", 2, inferCompare, lowerBinary},
    {"", "LessOrEqual", 2, inferCompare, lowerBinary},
    {"", "Greater", 2, inferCompare, lowerBinary},
    {"", "GreaterOrEqual", 2, inferCompare, lowerBinary},
    {"", "Max", 1, inferBroadcast, lowerVariadic},
    {"", "Min", 1, inferBroadcast, lowerVariadic},
    {"", "Sum", 1, inferBroadcast, lowerVariadic},
    {"", "Mean", 1, inferBroadcast, lowerVariadic},
    {"", "Where", 3, inferWhere, lowerWhere},
    {"", "Cast", 1, inferCast, lowerCast},
    {"", "CastLike", 2, inferCast, lowerCast},
    // Reductions.
    {"", "ReduceSum", 1, inferReduce, lowerReduce},
    {"", "ReduceMean", 1, inferReduce, lowerReduce},
    {"", "ReduceMax", 1, inferReduce, lowerReduce},
    {"", "ReduceMin", 1, inferReduce, lowerReduce},
    {"", "ReduceProd", 1, inferReduce, lowerReduce},
    {"", "ReduceL1", 1, inferReduce, lowerReduce},
    {"", "ReduceL2", 1, inferReduce, lowerReduce},
    {"", "ReduceSumSquare", 1, inferReduce, lowerReduce},
    {"", "ReduceLogSum", 1, inferReduce, lowerReduce},
    {"", "ReduceLogSumExp", 1, inferReduce, lowerReduce},
    {"", "ArgMax", 1, inferArgReduce, lowerArgReduce},
    {"", "ArgMin", 1, inferArgReduce, lowerArgReduce},
    {"", "CumSum", 2, inferAlongAxis, lowerCumSum},
    // Shapes.
    {"", "Constant", 0, inferConstant, nullptr},
    {"", "Shape", 1, inferShape, nullptr},
    {"", "Size", 1, inferSize, nullptr},
    {"", "Range", 3, inferRange, lowerRange},
    {"", "ConstantOfShape", 1, inferConstantOfShape, lowerConstantOfShape},
    {"", "Reshape", 1, inferReshape, lowerReshape},
    {"", "Flatten", 1, inferFlatten, lowerReshape},
    {"", "Squeeze", 1, inferSqueeze, lowerReshape},
    {"", "Unsqueeze", 1, inferUnsqueeze, lowerReshape},
    {"", "Transpose", 1, inferTranspose, lowerTranspose},
    {"", "Slice", 1, inferSlice, lowerSlice},
    {"", "Concat", 1, inferConcat, lowerConcat},
    {"", "Split", 1, inferSplit, lowerSplit},
    {"", "Gather", 2, inferGather, lowerGather},
    {"", "GatherND", 2, inferGatherND, lowerGatherND},
    {"", "Expand", 2, inferExpand, lowerExpand},
    {"", "Tile", 2, inferTile, lowerTile},
    {"", "Pad", 1, inferPad, lowerPad},
    {"", "DepthToSpace", 1, inferDepthToSpace, lowerDepthToSpace},
    {"", "SpaceToDepth", 1, inferSpaceToDepth, lowerSpaceToDepth},
    // Products, windows, recurrences.
    {"", "MatMul", 2, inferMatMul, lowerMatMul},
    {"", "Gemm", 2, inferGemm, lowerGemm},
    {"", "Conv", 2, inferConv, lowerConv},
    {"", "ConvTranspose", 2, inferConvTranspose, lowerConvTranspose},
    {"", "MaxPool", 1, inferPool, lowerPool},
    {"", "AveragePool", 1, inferPool, lowerPool},
    {"", "GlobalMaxPool", 1, inferGlobalPool, lowerGlobalPool},
    {"", "GlobalAveragePool", 1, inferGlobalPool, lowerGlobalPool},
    {"", "Resize", 1, inferResize, lowerResize},
    {"", "Upsample", 1, inferResize, lowerResize},
    {"", "LSTM", 3, inferRecurrent, lowerRecurrent},
    {"", "GRU", 3, inferRecurrent, lowerRecurrent},
    // Norms. SimplifiedLayerNormalization is a contrib operator that exporters
    // put into the domain ai.onnx.
    {"", "Softmax", 1, inferAlongAxis, lowerSoftmax},
    {"", "LogSoftmax", 1, inferAlongAxis, lowerSoftmax},
    {"", "LayerNormalization", 2, inferNorm, lowerLayerNorm},
    {"", "RMSNormalization", 2, inferNorm, lowerRMSNorm},
    {"", "SimplifiedLayerNormalization", 2, inferNorm, lowerRMSNorm},
    {"", "GroupNormalization", 3, inferNorm, lowerGroupNorm},
    {"", "InstanceNormalization", 3, inferNorm, lowerGroupNorm},
    {"", "BatchNormalization", 5, inferNorm, lowerBatchNorm},
    // Quantization. com.microsoft has its own copies for more types.
    {"", "QuantizeLinear", 2, inferQuantizeLinear, lowerQuantizeLinear},
    {"", "DequantizeLinear", 2, inferDequantizeLinear, lowerDequantizeLinear},
    {kMicrosoft, "QuantizeLinear", 2, inferQuantizeLinear, lowerQuantizeLinear},
    {kMicrosoft, "DequantizeLinear", 2, inferDequantizeLinear,
     lowerDequantizeLinear},
    {"", "DynamicQuantizeLinear", 1, inferDynamicQuantizeLinear,
     lowerDynamicQuantizeLinear},
    {"", "MatMulInteger", 2, inferMatMulInteger, lowerMatMulInteger},
    {"", "ConvInteger", 2, inferConvInteger, lowerConvInteger},
    {"", "QLinearMatMul", 8, inferQLinearMatMul, lowerQLinearMatMul},
    {"", "QLinearConv", 8, inferQLinearConv, lowerQLinearConv},
    {kMicrosoft, "QLinearAdd", 2, inferQLinearBinary, lowerQLinearBinary},
    {kMicrosoft, "QLinearMul", 2, inferQLinearBinary, lowerQLinearBinary},
    {kMicrosoft, "QLinearSigmoid", 2, inferQLinearUnary, lowerQLinearUnary},
    {kMicrosoft, "QLinearLeakyRelu", 2, inferQLinearUnary, lowerQLinearUnary},
    {kMicrosoft, "QLinearGlobalAveragePool", 2, inferQLinearUnary,
     lowerQLinearUnary},
    {kMicrosoft, "QLinearConcat", 5, inferQLinearConcat, lowerQLinearConcat},
    {kMicrosoft, "MatMulNBits", 3, inferMatMulNBits, lowerMatMulNBits},
    // com.microsoft.
    {kMicrosoft, "SimplifiedLayerNormalization", 2, inferNorm, lowerRMSNorm},
    {kMicrosoft, "SkipLayerNormalization", 3, inferSkipNorm, lowerSkipNorm},
    {kMicrosoft, "SkipSimplifiedLayerNormalization", 3, inferSkipNorm,
     lowerSkipNorm},
    {kMicrosoft, "EmbedLayerNormalization", 1, inferEmbedLayerNorm,
     lowerEmbedLayerNorm},
    {kMicrosoft, "FastGelu", 1, inferUnary, lowerFastGelu},
    {kMicrosoft, "BiasGelu", 1, inferUnary, lowerFastGelu},
    {kMicrosoft, "Gelu", 1, inferUnary, lowerFastGelu},
    {kMicrosoft, "QuickGelu", 1, inferUnary, lowerActivation},
    {kMicrosoft, "Attention", 2, inferAttention, lowerAttention},
    {kMicrosoft, "GroupQueryAttention", 3, inferGroupQueryAttention,
     lowerGroupQueryAttention},
};

const Operator *nibble::frontend::lookupOperator(NodeOp node) {
  using Key = std::pair<StringRef, StringRef>;
  static const llvm::DenseMap<Key, const Operator *> table = [] {
    llvm::DenseMap<Key, const Operator *> result;
    for (const Operator &op : kOperators)
      result[{op.domain, op.name}] = &op;
    return result;
  }();
  return table.lookup({node.getDomain(), node.getOpType()});
}

LogicalResult
nibble::frontend::withOneError(NodeOp node,
                               llvm::function_ref<LogicalResult()> act) {
  bool hasError = false;
  // A handler that fails leaves a diagnostic to those before it.
  ScopedDiagnosticHandler handler(
      node.getContext(), [&](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
          return failure();
        return success(std::exchange(hasError, true));
      });
  LogicalResult result = act();
  return failure(hasError || failed(result));
}

std::string nibble::frontend::getNodeName(Operation *op) {
  if (auto name = dyn_cast<NameLoc>(op->getLoc()))
    return name.getName().str();
  return "?";
}

void nibble::frontend::reportUnsupported(Operation *model,
                                         ArrayRef<NodeOp> nodes) {
  InFlightDiagnostic error = model->emitError("the model has ")
                             << nodes.size()
                             << (nodes.size() == 1 ? " node" : " nodes")
                             << " of operators that are "
                             << "not supported";
  for (NodeOp node : nodes)
    error.attachNote(node.getLoc())
        << "operator '" << node.getOpType() << "' of domain '"
        << (node.getDomain().empty() ? StringRef("ai.onnx") : node.getDomain())
        << "', version " << node.getVersion() << ", node '" << getNodeName(node)
        << "'";
}
