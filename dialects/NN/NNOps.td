//===- NNOps.td - Operations of the nn dialect -----------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNOPS
#define NIBBLE_DIALECTS_NN_NNOPS

include "dialects/NN/NNContractionOps.td"
include "dialects/NN/NNNormalizationOps.td"
include "dialects/NN/NNPointwiseOps.td"
include "dialects/NN/NNQuantizeOps.td"
include "dialects/NN/NNShapeOps.td"
include "dialects/NN/NNSequenceOps.td"
include "dialects/NN/NNGraphOps.td"

#endif // NIBBLE_DIALECTS_NN_NNOPS
