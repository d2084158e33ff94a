//===- ChannelRule.h - How a change of basis crosses an op ------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A rule is data. It names the factors of each port's axes and says which
// families of maps act on a factor without changing what the op means:
//
//     ([*, k], [n, k], [n]) -> [*, n] {
//       k: same(0) dual(1) linear; n: same(1, 2, 3) linear; n: same(2, 3) shift
//       }
//
// Ports are the op's operands in ODS order (one that is absent has no tensor, a
// variadic one is as many ports as it has operands), then its results. An axis
// is a sum of segments (`q + k + v`), a segment a product of factors, the
// outermost first (`h d`); `*` is any number of axes without factors, a number
// an extent that has none, `h=12` a factor whose extent the tensors do not
// tell.
//
// A clause says: apply T along this factor at all of these ports at once (T⁻ᵀ
// at those that are `dual`), and the op is as right as before: `same(0)` alone
// is a map that the op ignores. `2?`: a port that may be absent; a clause that
// names another one that is absent does not hold. `carry(0 | 1)`: at one of
// these, besides the others, whichever the caller likes. `per h`: a T of its
// own for each index of h; `per h | t`: of one of these, whichever the caller
// likes. What no clause allows does not cross. `opaque` is the rule that says
// nothing.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_CHANNELRULE_H
#define NIBBLE_DIALECTS_NN_CHANNELRULE_H

#include "mlir/IR/Operation.h"
#include "nibble/Numerics/Kinds.h"

#include <string>

namespace nibble::nn {

/// A factor of an axis: a name and, where the tensors do not tell it, an
/// extent. Without a name nothing acts on it.
struct ChannelFactor {
  std::string name;
  int64_t extent = mlir::ShapedType::kDynamic;
};

/// A product of factors, the outermost first.
using ChannelSegment = llvm::SmallVector<ChannelFactor, 2>;
/// A sum of segments, one after the other.
using ChannelAxis = llvm::SmallVector<ChannelSegment, 1>;

struct ChannelPortShape {
  llvm::SmallVector<ChannelAxis> axes;
  /// Where any number of further axes stand among `axes`; none if negative.
  int64_t ellipsis = -1;
};

enum class ChannelRole : uint8_t {
  Same,  ///< x -> xT.
  Dual,  ///< x -> xT⁻ᵀ.
  Carry, ///< x -> xT at exactly one of those that may.
};

struct ChannelClause {
  struct Port {
    unsigned number;
    ChannelRole role = ChannelRole::Same;
    /// The clause also holds where the port is absent.
    bool isOptional = false;
  };

  std::string factor;
  numerics::Kinds kinds;
  llvm::SmallVector<Port> ports;
  /// For each index of one of these factors T may be another.
  llvm::SmallVector<std::string, 1> per;
};

/// What an op says of itself; see the top of the file. Opaque if empty.
struct ChannelRule {
  /// The last `numResults` are the results.
  llvm::SmallVector<ChannelPortShape> ports;
  unsigned numResults = 1;
  llvm::SmallVector<ChannelClause> clauses;

  /// Fails where the text is not a rule, and says why; unittests/NN reads all
  /// rules that stand in ODS.
  static mlir::FailureOr<ChannelRule> parse(llvm::StringRef text,
                                            std::string *error = nullptr);
  std::string str() const;
};

//===----------------------------------------------------------------------===//
// A rule at an op
//===----------------------------------------------------------------------===//

/// Where a relation's T acts on one tensor: on the channels offset + (i *
/// size + c) * stride + j of `axis`, as a map of c, for all i and j of the
/// segment of `extent` channels.
struct ChannelPlace {
  /// An operand's number, or the number of operands plus a result's.
  unsigned port;
  mlir::Value value;
  int64_t axis, offset, extent, stride;
  ChannelRole role;
  /// Which copy of T acts: the index along `copyAxis` over `copyRepeat`; along
  /// the axis itself, that is i over `copyRepeat`. None: one T for all.
  int64_t copyAxis = -1, copyRepeat = 1;
};

/// A clause at an op: T of `size` channels, one of `kinds`, at all places at
/// once (one of those that carry), leaves the op as right as it was. Relations
/// of an op that differ in nothing but their copies are alternatives.
struct ChannelRelation {
  std::string factor;
  numerics::Kinds kinds;
  int64_t size;
  /// As many maps may differ; 1: the same one everywhere.
  int64_t copies = 1;
  llvm::SmallVector<ChannelPlace> places;
};

/// What crosses `op`: by its ChannelRuleOpInterface, or of a linalg.generic by
/// its indexing maps. Clauses over extents that are not static are left out,
/// and those that a value stops which is more than one operand of the op.
/// Numbers that are not of a float type are only permuted. Nothing for other
/// ops.
llvm::SmallVector<ChannelRelation> getChannelRelations(mlir::Operation *op);

/// The op's rule as text, for remarks and tests; "opaque" if it has none.
std::string describeChannelRule(mlir::Operation *op);

} // namespace nibble::nn

#endif // NIBBLE_DIALECTS_NN_CHANNELRULE_H
