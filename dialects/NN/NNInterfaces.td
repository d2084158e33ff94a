//===- NNInterfaces.td - Interfaces of nn ops -----------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNINTERFACES
#define NIBBLE_DIALECTS_NN_NNINTERFACES

include "mlir/IR/OpBase.td"

def ChannelRuleOpInterface : OpInterface<"ChannelRuleOpInterface"> {
  let cppNamespace = "::nibble::nn";
  let description = [{
    An op that knows how a change of basis of its channel axes passes through
    it. The rule splits each port's dimensions into factors and says, per
    factor, which kinds of transform cross and how the ports relate:

        ([t, k], [n, k], [n]) -> [t, n] {k: dual(0,1) linear; n: absorb(1,2) linear}

    Factors that are not named cross nothing.
  }];
  let methods = [
    InterfaceMethod<"The rule, in the notation above.",
                    "::llvm::StringRef", "getChannelRule">
  ];
}

#endif // NIBBLE_DIALECTS_NN_NNINTERFACES
