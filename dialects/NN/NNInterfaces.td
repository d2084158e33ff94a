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
    An op that says how a change of basis of its channel axes crosses it. The
    rule splits each port's axes into factors and lists, for each factor, which
    kinds of map cross and how they act at the ports:

        ([*, k], [n, k], [n]) -> [*, n] {k: same(0) dual(1) linear; n: same(1, 2, 3) linear; n: same(2, 3) shift}

    The notation: dialects/NN/ChannelRule.h. What no clause allows does not
    cross. `unittests/NN/ChannelRulesTest.cpp` finds each clause right, and no
    larger kind to be so, by computing with it.
  }];
  let methods = [
    InterfaceMethod<"The rule; of its attributes and ranks where these matter.",
                    "::nibble::nn::ChannelRule", "getChannelRule">
  ];
}

#endif // NIBBLE_DIALECTS_NN_NNINTERFACES
