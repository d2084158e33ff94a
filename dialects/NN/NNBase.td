//===- NNBase.td - Dialect, attributes and op classes -----------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNBASE
#define NIBBLE_DIALECTS_NN_NNBASE

include "dialects/NN/NNInterfaces.td"
include "dialects/Quant/QuantTypes.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Dialect/Linalg/IR/LinalgInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::nibble::nn";
  let summary = "A neural network as a quantization person draws it";
  let description = [{
    Tensor operations that carry a channel axis. Each op's meaning is its
    decomposition into linalg (`AggregatedOpInterface`), in f32: an operand of
    type `!qnt.tensor` stands for the numbers that it dequantizes to, and a
    result of that type is the computed one stored by `qnt.quantize` without
    scales of its own; ops that only move elements move codes. f16 and bf16 are
    computed in f32 and rounded once, integers in their own width. Operands
    broadcast only along axes of static extent 1; `nn.expand` stretches others.
    An index outside its axis is held at the nearest end. Each op states its
    channel rule (`ChannelRuleOpInterface`), from which rotation,
    smoothing, shifting and reordering are derived.

    Index arithmetic and the numeric long tail are arith, tensor and linalg.
    See `Rationale.md` for what was left out and why.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect",
    "::nibble::qnt::QntDialect"
  ];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
}

//===----------------------------------------------------------------------===//
// Types and attributes
//===----------------------------------------------------------------------===//

/// A tensor of numbers, or one stored in a low-precision format.
def NN_Tensor : AnyTypeOf<[AnyRankedTensor, Qnt_TensorType], "tensor or quantized tensor">;
def NN_Indices : RankedTensorOf<[I32, I64]>;

class NN_Attr<string name, string attrMnemonic>
    : AttrDef<NN_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def NN_PlaceAttr : NN_Attr<"Place", "place"> {
  let summary = "where in a file a parameter's bytes are";
  let description = [{
    `offset` and `length` in bytes, `hash` the xxh3 (64 bit) of those bytes;
    the bytes are the row-major tensor, little-endian. `file` is a path that
    the compiler can open.
  }];
  let parameters = (ins StringRefParameter<"path">:$file, "int64_t":$offset,
                        "int64_t":$length, "uint64_t":$hash);
  let assemblyFormat = "`<` struct(params) `>`";
}

class NN_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::nibble::nn";
  let genSpecializedAttr = 0;
}
class NN_EnumAttr<EnumAttrInfo info, string attrMnemonic>
    : EnumAttr<NN_Dialect, info, attrMnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

def NN_ElementwiseKindInfo : NN_Enum<"ElementwiseKind", "elementwise function", [
  // Binary.
  I32EnumAttrCase<"Add", 0, "add">, I32EnumAttrCase<"Sub", 1, "sub">,
  I32EnumAttrCase<"Mul", 2, "mul">, I32EnumAttrCase<"Div", 3, "div">,
  I32EnumAttrCase<"Max", 4, "max">, I32EnumAttrCase<"Min", 5, "min">,
  I32EnumAttrCase<"Pow", 6, "pow">, I32EnumAttrCase<"Mod", 7, "mod">,
  I32EnumAttrCase<"FMod", 8, "fmod">,
  I32EnumAttrCase<"Equal", 9, "equal">, I32EnumAttrCase<"Less", 10, "less">,
  I32EnumAttrCase<"LessEqual", 11, "less_equal">,
  I32EnumAttrCase<"Greater", 12, "greater">,
  I32EnumAttrCase<"GreaterEqual", 13, "greater_equal">,
  I32EnumAttrCase<"And", 14, "and">, I32EnumAttrCase<"Or", 15, "or">,
  I32EnumAttrCase<"Xor", 16, "xor">, I32EnumAttrCase<"PRelu", 17, "prelu">,
  // Unary.
  I32EnumAttrCase<"Neg", 32, "neg">, I32EnumAttrCase<"Abs", 33, "abs">,
  I32EnumAttrCase<"Sign", 34, "sign">, I32EnumAttrCase<"Not", 35, "not">,
  I32EnumAttrCase<"Exp", 36, "exp">, I32EnumAttrCase<"Log", 37, "log">,
  I32EnumAttrCase<"Sqrt", 38, "sqrt">, I32EnumAttrCase<"Rsqrt", 39, "rsqrt">,
  I32EnumAttrCase<"Reciprocal", 40, "reciprocal">,
  I32EnumAttrCase<"Sin", 41, "sin">, I32EnumAttrCase<"Cos", 42, "cos">,
  I32EnumAttrCase<"Tan", 43, "tan">, I32EnumAttrCase<"Tanh", 44, "tanh">,
  I32EnumAttrCase<"Erf", 45, "erf">, I32EnumAttrCase<"Floor", 46, "floor">,
  I32EnumAttrCase<"Ceil", 47, "ceil">, I32EnumAttrCase<"Round", 48, "round">,
  I32EnumAttrCase<"Relu", 49, "relu">,
  I32EnumAttrCase<"LeakyRelu", 50, "leaky_relu">,
  I32EnumAttrCase<"Elu", 51, "elu">, I32EnumAttrCase<"Selu", 52, "selu">,
  I32EnumAttrCase<"Celu", 53, "celu">,
  I32EnumAttrCase<"Sigmoid", 54, "sigmoid">,
  I32EnumAttrCase<"HardSigmoid", 55, "hard_sigmoid">,
  I32EnumAttrCase<"HardSwish", 56, "hard_swish">,
  I32EnumAttrCase<"Silu", 57, "silu">, I32EnumAttrCase<"Gelu", 58, "gelu">,
  I32EnumAttrCase<"GeluTanh", 59, "gelu_tanh">,
  I32EnumAttrCase<"QuickGelu", 60, "quick_gelu">,
  I32EnumAttrCase<"Softplus", 61, "softplus">,
  I32EnumAttrCase<"Softsign", 62, "softsign">,
  I32EnumAttrCase<"Mish", 63, "mish">, I32EnumAttrCase<"Clip", 64, "clip">,
  I32EnumAttrCase<"IsNaN", 65, "is_nan">, I32EnumAttrCase<"IsInf", 66, "is_inf">,
  // Ternary.
  I32EnumAttrCase<"Select", 96, "select">
]>;
def NN_ElementwiseKind : NN_EnumAttr<NN_ElementwiseKindInfo, "kind">;

def NN_ReduceKindInfo : NN_Enum<"ReduceKind", "reduction", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Mean", 1, "mean">,
  I32EnumAttrCase<"Max", 2, "max">, I32EnumAttrCase<"Min", 3, "min">,
  I32EnumAttrCase<"Prod", 4, "prod">, I32EnumAttrCase<"L1", 5, "l1">,
  I32EnumAttrCase<"L2", 6, "l2">, I32EnumAttrCase<"SumSquare", 7, "sum_square">,
  I32EnumAttrCase<"LogSum", 8, "log_sum">,
  I32EnumAttrCase<"LogSumExp", 9, "log_sum_exp">
]>;
def NN_ReduceKind : NN_EnumAttr<NN_ReduceKindInfo, "reduction">;

def NN_PoolKindInfo : NN_Enum<"PoolKind", "pooling", [
  I32EnumAttrCase<"Max", 0, "max">, I32EnumAttrCase<"Average", 1, "average">
]>;
def NN_PoolKind : NN_EnumAttr<NN_PoolKindInfo, "pooling">;

def NN_LayoutInfo : NN_Enum<"Layout", "where the channel axis is", [
  I32EnumAttrCase<"ChannelsFirst", 0, "channels_first">,
  I32EnumAttrCase<"ChannelsLast", 1, "channels_last">
]>;
def NN_Layout : NN_EnumAttr<NN_LayoutInfo, "layout">;

def NN_PadModeInfo : NN_Enum<"PadMode", "what is outside a tensor", [
  I32EnumAttrCase<"Constant", 0, "constant">,
  I32EnumAttrCase<"Reflect", 1, "reflect">, I32EnumAttrCase<"Edge", 2, "edge">,
  I32EnumAttrCase<"Wrap", 3, "wrap">
]>;
def NN_PadMode : NN_EnumAttr<NN_PadModeInfo, "padding">;

def NN_ResizeModeInfo : NN_Enum<"ResizeMode", "interpolation", [
  I32EnumAttrCase<"Nearest", 0, "nearest">, I32EnumAttrCase<"Linear", 1, "linear">,
  I32EnumAttrCase<"Cubic", 2, "cubic">
]>;
def NN_ResizeMode : NN_EnumAttr<NN_ResizeModeInfo, "resize">;

def NN_CoordinatesInfo : NN_Enum<"Coordinates",
    "from an output to an input coordinate (ONNX Resize)", [
  I32EnumAttrCase<"HalfPixel", 0, "half_pixel">,
  I32EnumAttrCase<"HalfPixelSymmetric", 1, "half_pixel_symmetric">,
  I32EnumAttrCase<"PytorchHalfPixel", 2, "pytorch_half_pixel">,
  I32EnumAttrCase<"AlignCorners", 3, "align_corners">,
  I32EnumAttrCase<"Asymmetric", 4, "asymmetric">
]>;
def NN_Coordinates : NN_EnumAttr<NN_CoordinatesInfo, "coordinates">;

def NN_NearestRoundingInfo : NN_Enum<"NearestRounding",
    "how a nearest coordinate is rounded (ONNX Resize)", [
  I32EnumAttrCase<"RoundPreferFloor", 0, "round_prefer_floor">,
  I32EnumAttrCase<"RoundPreferCeil", 1, "round_prefer_ceil">,
  I32EnumAttrCase<"Floor", 2, "floor">, I32EnumAttrCase<"Ceil", 3, "ceil">
]>;
def NN_NearestRounding : NN_EnumAttr<NN_NearestRoundingInfo, "nearest">;

def NN_DirectionInfo : NN_Enum<"Direction", "direction of a recurrence", [
  I32EnumAttrCase<"Forward", 0, "forward">, I32EnumAttrCase<"Reverse", 1, "reverse">,
  I32EnumAttrCase<"Bidirectional", 2, "bidirectional">
]>;
def NN_Direction : NN_EnumAttr<NN_DirectionInfo, "direction">;

def NN_CellInfo : NN_Enum<"Cell", "what a recurrence does in a step", [
  I32EnumAttrCase<"LSTM", 0, "lstm">, I32EnumAttrCase<"GRU", 1, "gru">,
  I32EnumAttrCase<"GRULinearBeforeReset", 2, "gru_linear_before_reset">
]>;
def NN_Cell : NN_EnumAttr<NN_CellInfo, "cell">;

def NN_StorageKindInfo : NN_Enum<"StorageKind", "which memory of a run", [
  I32EnumAttrCase<"Input", 0, "input">, I32EnumAttrCase<"Output", 1, "output">,
  I32EnumAttrCase<"State", 2, "state">, I32EnumAttrCase<"Parameter", 3, "parameter">,
  I32EnumAttrCase<"Planned", 4, "planned">
]>;
def NN_StorageKind : NN_EnumAttr<NN_StorageKindInfo, "storage">;

//===----------------------------------------------------------------------===//
// Op classes
//===----------------------------------------------------------------------===//

/// An op over tensors. `channelRule` is data (dialects/NN/ChannelRule.h): how a
/// change of basis on one port's channel axis passes to the other ports. Empty:
/// the op's C++ makes it of attributes and ranks (NNChannelRules.cpp).
class NN_Op<string mnemonic, string channelRule, list<Trait> traits = []>
    : Op<NN_Dialect, mnemonic, traits # [
        Pure, ChannelRuleOpInterface,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>,
        DeclareOpInterfaceMethods<AggregatedOpInterface, ["decomposeOperation"]>
      ]> {
  string baseClassDeclaration = !if(!empty(channelRule), [{
    ::nibble::nn::ChannelRule getChannelRule();
  }], [{
    static constexpr ::llvm::StringLiteral kChannelRule = "}] # channelRule # [{";
    ::nibble::nn::ChannelRule getChannelRule() {
      static const ::nibble::nn::ChannelRule rule =
          *::nibble::nn::ChannelRule::parse(kChannelRule);
      return rule;
    }
  }]);
  let extraClassDeclaration = baseClassDeclaration;
  let hasVerifier = 1;
}

#endif // NIBBLE_DIALECTS_NN_NNBASE
