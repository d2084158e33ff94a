//===- RequestFlags.cpp - Flags that ask for precision -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RequestFlags.h"

using namespace nibble;
using namespace nibble::tool;
namespace cl = llvm::cl;

RequestFlags::RequestFlags(cl::SubCommand &command)
    : weights("weights", cl::value_desc("format"),
              cl::desc("Format of the weights: f32 (the default), int8, int4, "
                       "…; uint4 has zero points, too"),
              cl::init("f32"), cl::sub(command)),
      activations("activations", cl::value_desc("format"),
                  cl::desc("Format of the activations: f32 (the default), int2 "
                           "to int8; uint8 with --calibrate"),
                  cl::init("f32"), cl::sub(command)),
      group("group", cl::value_desc("n"),
            cl::desc("How many weights along the summed axis share a scale; 0 "
                     "(the default): all"),
            cl::init(0), cl::sub(command)),
      activationGroup(
          "activation-group", cl::value_desc("n"),
          cl::desc(
              "How many activations of a row share a scale, found at run "
              "time; 0 (the default): all. In groups they are rounded, and "
              "multiplied in f32"),
          cl::init(0), cl::sub(command)),
      transform(
          "transform", cl::value_desc("auto|none|rotate|smooth"),
          cl::desc("Changes of basis before anything is quantized. rotate: "
                   "Hadamard rotations of what will be quantized; smooth: "
                   "scales of channels, moved into weights; auto (the "
                   "default): rotate where activations are quantized, "
                   "except where --calibrate data shows that it loses; "
                   "else none"),
          cl::init("auto"), cl::sub(command)),
      shift("shift",
            cl::desc("With --calibrate: take the means of channels away before "
                     "rotations of norms' results at run time (Outlier "
                     "Suppression+); nibble inspect says where there is none"),
            cl::sub(command)),
      permute("permute", cl::value_desc("none|sort|zigzag"),
              cl::desc("Reorders channels, before they are rotated, where only "
                       "weights see the order; none is the default. sort: "
                       "channels of like size share a group; zigzag: outliers "
                       "are dealt to the blocks of a rotation"),
              cl::init("none"), cl::sub(command)),
      matrices(
          "matrices", cl::value_desc("file.safetensors"),
          cl::desc("Matrices, such as learned rotations, for what linear "
                   "maps read. Each tensor has the name of an ONNX node; * "
                   "stands for any part of it. With --transform none "
                   "nothing else is rotated"),
          cl::sub(command)),
      calibration("calibrate", cl::value_desc("data"),
                  cl::desc("Samples: .npz or .npy inputs, or a folder of them. "
                           "They give the scales of activations and, where "
                           "weights have fewer than 8 bits, of channels before "
                           "rotations"),
                  cl::sub(command)),
      keep("keep", cl::value_desc("pattern"),
           cl::desc("ONNX nodes that stay in f32; may be repeated"),
           cl::sub(command)) {}

llvm::Error RequestFlags::check() const {
  if (group < 0)
    return usage("--group must not be negative");
  if (activationGroup < 0)
    return usage("--activation-group must not be negative");
  if (calibration.getNumOccurrences() && calibration.empty())
    return usage("--calibrate needs a file or a folder");
  return llvm::Error::success();
}

llvm::Error RequestFlags::checkNoneFor(llvm::StringRef artifact) const {
  // The & of a list is its values'.
  for (const cl::Option *flag : std::initializer_list<const cl::Option *>{
           &weights, &activations, &group, &activationGroup, &transform, &shift,
           &permute, &matrices, &calibration, std::addressof(keep)})
    if (flag->getNumOccurrences())
      return usage("--" + flag->ArgStr + " is for a .onnx; '" + artifact +
                   "' is compiled");
  return llvm::Error::success();
}

void RequestFlags::apply(CompileOptions &options) const {
  options.weights = weights;
  options.activations = activations;
  options.group = group;
  options.activationGroup = activationGroup;
  options.transform = transform;
  options.shift = shift;
  options.permute = permute;
  options.matrices = matrices;
  options.calibration = calibration;
  options.keep.assign(keep.begin(), keep.end());
}
