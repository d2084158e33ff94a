//===- NNChannelRules.h - Builds channel rules ------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNCHANNELRULES_H
#define NIBBLE_DIALECTS_NN_NNCHANNELRULES_H

#include "dialects/NN/NN.h"

namespace nibble::nn {

/// Ports in their order, results last, then clauses over their factors.
class RuleBuilder {
public:
  using Names = llvm::SmallVector<std::string>;

  /// The name of a factor that is an axis: "d0".
  static std::string name(int64_t axis, llvm::StringRef prefix = "d");
  static Names names(int64_t count, llvm::StringRef prefix = "d");
  static ChannelAxis factor(llvm::StringRef name,
                            int64_t extent = mlir::ShapedType::kDynamic) {
    return {{{name.str(), extent}}};
  }

  /// Of one factor an axis; "1" is an axis of this extent without one.
  unsigned port(llvm::ArrayRef<std::string> axes);
  unsigned port(ChannelPortShape shape);
  unsigned getNumPorts() const { return rule.ports.size(); }

  /// The reference is good until the next one.
  ChannelClause &clause(llvm::StringRef factor, numerics::Kinds kinds,
                        llvm::ArrayRef<unsigned> same,
                        llvm::ArrayRef<unsigned> dual = {},
                        llvm::ArrayRef<unsigned> carry = {});
  /// Each index of any other factor that all ports of `clause` have, but of
  /// those in `except`, may have its own map.
  void perOthers(ChannelClause &clause,
                 llvm::ArrayRef<std::string> except = {});
  /// Each index of `g` may have its own, if there are groups.
  void perGroup(ChannelClause &clause, bool hasGroups) {
    if (hasGroups)
      clause.per = {"g"};
  }

  ChannelRule take(unsigned numResults = 1) {
    rule.numResults = numResults;
    return std::move(rule);
  }

private:
  ChannelRule rule;
};

/// [first, channels, *] or [first, *, channels].
ChannelPortShape makeImagePort(Layout layout, ChannelAxis first,
                               ChannelAxis channels);

} // namespace nibble::nn

#endif // NIBBLE_DIALECTS_NN_NNCHANNELRULES_H
