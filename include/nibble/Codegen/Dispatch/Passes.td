//===- Passes.td - From nn ops to kernels and launches -----*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_DISPATCH_PASSES
#define NIBBLE_CODEGEN_DISPATCH_PASSES

include "mlir/Pass/PassBase.td"

def FormDispatches : Pass<"nibble-form-dispatches", "::mlir::ModuleOp"> {
  let summary = "Groups nn ops of @main into nn.dispatch, one kernel each";
  let description = [{
    A group is a tree of ops whose inner values have one use. A contraction
    takes elementwise consumers as its epilogue, together with elementwise
    producers of their other operands, and makes the codes that several readers
    want of its result; a row op (norm, softmax, block Hadamard along the last
    axis) takes elementwise producers and consumers of its shape, and makes the
    rotated and the quantized rows of its result; elementwise
    ops of one shape chain; every other op stands alone. What derives from
    parameters only is left outside: `nibble-outline-weights` takes it.
    nn.reshape stays between dispatches: it moves nothing.

    Fails on a dynamic extent that is not a function of the extents of @main's
    arguments, and names the op.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect", "::mlir::affine::AffineDialect"];
}

def FormStates : Pass<"nibble-form-states", "::mlir::ModuleOp"> {
  let summary = "Makes caches of the model states of the session";
  let description = [{
    An output of @main that is nn.cache_update of an argument, along a symbolic axis, becomes with that argument one state: the
    attribute `nn.state` of the argument is the number of the output. The session keeps it with spare capacity, and a run
    writes the new entries only. Fails if there is none, and says what stands in the way.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect"];
}

def FoldAffine : Pass<"nibble-fold-affine", "::mlir::ModuleOp"> {
  let summary = "Folds multiplies and adds of channel constants into weights";
  let description = [{
    A multiplication or addition by weights, one a channel, that is the only
    reader of a convolution or linear op becomes part of its weights and bias
    (batch normalisation, LayerScale). In real arithmetic the result is the
    same; in f32 it differs by rounding.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect"];
}

def AssignLayouts : Pass<"nibble-assign-layouts", "::mlir::ModuleOp"> {
  let summary = "Puts the channel axis of images last";
  let description = [{
    Convolutions, pooling and resizing become channels_last between transposes;
    transposes sink through elementwise ops, reductions, concatenations, pads,
    slices and reshapes that merge axes until they meet and cancel. Weights are transposed when the
    artifact is written. Padding of convolutions becomes nn.pad.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect"];
}

def SplitReductions : Pass<"nibble-split-reductions", "::mlir::ModuleOp"> {
  let summary = "Takes long sums and wide maxima one axis at a time";
  let description = [{
    nn.reduce <sum> and <mean> over two axes or more, of 256 elements or more,
    becomes one op for each axis, the last axis first. A sum of h w numbers in f32
    then errs as sums of h and w numbers do, and the first of the kernels has more
    elements to share among threads. nn.pool <max> over a window that holds at
    least twice as many elements as its sides together becomes one over columns,
    then one over rows.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect"];
}

def ConfigureRecurrences : Pass<"nibble-configure-recurrences", "::mlir::ModuleOp"> {
  let summary = "Splits LSTM and GRU into the inputs' sums and the steps";
  let description = [{
    nn.lstm and nn.gru become one nn.linear over all steps and directions, and an nn.recurrence
    whose weights are packed for the target's vectors. Its kernel computes in f32.
  }];
  let options = [
    Option<"features", "features", "std::string", "\"+avx2,+fma,+f16c\"",
           "LLVM feature string of the CPU that is compiled for">
  ];
  let dependentDialects = ["::nibble::nn::NNDialect", "::mlir::arith::ArithDialect"];
}

def ConfigureContractions : Pass<"nibble-configure-contractions", "::mlir::ModuleOp"> {
  let summary = "Chooses an instruction and packs the weights of contractions";
  let description = [{
    nn.linear and channels_last nn.conv without padding whose weights derive from parameters become nn.contract on weights packed for the best
    instruction that the target has; the bias becomes an elementwise add, which
    the dispatch takes as epilogue. A depthwise convolution stays and gets the attribute `nn.lanes`:
    its kernel runs along channels and knows padding. An nn.attention in f32 with rows of static length gets the
    attribute `nn.dot`: the instruction of its fused kernel. Runs before dispatches are formed.
  }];
  let options = [
    Option<"features", "features", "std::string", "\"+avx2,+fma,+f16c\"",
           "LLVM feature string of the CPU that is compiled for">
  ];
  let dependentDialects = ["::nibble::nn::NNDialect"];
}

def LowerTransforms : Pass<"nibble-lower-transforms", "::mlir::ModuleOp"> {
  let summary = "Turns changes of basis at run time into small products";
  let description = [{
    A qnt.transform of what does not derive from parameters becomes nn.linear over its blocks: a Kronecker product and a large Hadamard matrix become two maps
    of fewer channels each, signs, scales and shifts become elementwise ops. The matrices are weight programs (qnt.transform of the identity), computed when the artifact is
    written. Outside of weight programs only a qnt.transform of f32 along the last axis by blocks of a Hadamard matrix stays, of 2 to 64 channels, a power of two: it is
    butterflies in the kernel that it joins. A matrix of over 4096 channels is an error.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect", "::nibble::qnt::QntDialect", "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

def LowerQuantized : Pass<"nibble-lower-quantized", "::mlir::ModuleOp"> {
  let summary = "Turns quantized activations into codes, scales and zero points";
  let description = [{
    qnt.quantize at run time becomes nn.quantize_rows (int<8> with a scale for each row), reductions and nn.quantize_elements (int<2> to int<7>) or
    nn.quantize_elements (scales given), qnt.dequantize becomes nn.dequantize_elements. A qnt.dequantize of what is quantized with a scale for each
    group of a row, found at run time, becomes both, over rows that are reshaped into groups. nn ops that take
    quantized operands take the numbers that these stand for; `nibble-configure-quantized`
    finds the integer kernels. What derives from parameters stays qnt IR: it is
    computed when the artifact is written. A format that no kernel makes or reads is an error.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect", "::nibble::qnt::QntDialect", "::mlir::tensor::TensorDialect"];
}

def ConfigureQuantized : Pass<"nibble-configure-quantized", "::mlir::ModuleOp"> {
  let summary = "Chooses integer kernels and packs the codes of their weights";
  let description = [{
    nn.linear and channels_last nn.conv without padding whose weights are dequantized become nn.contract on packed codes: with
    8-bit integer activations where the input is dequantized, too, else with f32 ones. Static activation scales are folded into
    the weights' scales (rule O-4), and so is a constant factor before the quantization of the result, behind a relu (rule Q-6). Transposes, pads and reshapes
    move from numbers to codes; quantization goes before concatenations, slices, transposes, reshapes, nearest resizing and, of codes with a sign, maximum
    pooling. A depthwise convolution of codes sums in f32, exactly. An op for which there is no such kernel
    is computed in f32 from the dequantized weights, with a remark and the attribute `nn.note`.
  }];
  let options = [
    Option<"features", "features", "std::string", "\"+avx2,+fma,+f16c\"",
           "LLVM feature string of the CPU that is compiled for">
  ];
  let dependentDialects = ["::nibble::nn::NNDialect", "::nibble::qnt::QntDialect"];
}

def OutlineWeights : Pass<"nibble-outline-weights", "::mlir::ModuleOp"> {
  let summary = "Moves what derives from parameters into functions of its own";
  let description = [{
    Each value that a dispatch, a launch or a return uses and that derives from
    nn.parameter and constants only becomes a call of a private function with
    the attribute `nn.weight`, equal ones one function. The function's result
    is computed once, when the artifact is written.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect", "::mlir::func::FuncDialect"];
}

def OutlineKernels : Pass<"nibble-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "Turns each nn.dispatch into a kernel function and an nn.invoke";
  let description = [{
    The kernel takes the dispatch's inputs and results, tensors as memrefs, then
    begin, end and scratch. Equal dispatches share one kernel.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect", "::mlir::func::FuncDialect",
    "::mlir::memref::MemRefDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::math::MathDialect"];
}

def BufferizeKernels : Pass<"nibble-bufferize-kernels", "::mlir::func::FuncOp"> {
  let summary = "Decomposes a kernel's nn ops to linalg on memrefs";
  let description = [{
    Runs on functions with the attribute `nn.kernel` that hold tensors: nn ops
    are decomposed, elementwise linalg ops fused, the result bufferized in place
    of the kernel's destination arguments.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::memref::MemRefDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect", "::mlir::affine::AffineDialect"];
}

def PlaceBuffers : Pass<"nibble-place-buffers", "::mlir::ModuleOp"> {
  let summary = "Turns @main into @nib_run over storages and launches";
  let description = [{
    Invocations become launches; tensors become storages: inputs, outputs, parameters at their offsets, planned buffers with their lifetimes. @nib_shapes computes the
    outputs' extents and the buffers' sizes, and fails if the inputs' extents do not satisfy `nn.constraints` of the module and nn.require of @main;
    what follows an nn.require of a branch runs only where that holds, else @nib_run returns the check that fails. What the manifest needs stands in
    the module attribute `nn.manifest`.
  }];
  let dependentDialects = [
    "::nibble::nn::NNDialect", "::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::scf::SCFDialect"
  ];
}

def LowerLaunches : Pass<"nibble-lower-launches", "::mlir::ModuleOp"> {
  let summary = "Writes launches as the code ABI wants them";
  let description = [{
    Each nn.launch becomes slots on the stack and a call of `exec->launch`. A
    memref takes the slots of its descriptor, an index one
    (`nibble-kernel-abi` reads them back).
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::func::FuncDialect",
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

#endif // NIBBLE_CODEGEN_DISPATCH_PASSES
