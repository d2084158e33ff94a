//===- NodeNames.cpp - What locations stand for -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Support/NodeNames.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"

using namespace mlir;
using namespace nibble;

/// Calls `visit` on the names and files of which a location is made, in order.
static void visitParts(Location loc, function_ref<void(Location)> visit) {
  if (isa<NameLoc, FileLineColLoc>(loc)) {
    visit(loc);
  } else if (auto call = dyn_cast<CallSiteLoc>(loc)) {
    visitParts(call.getCallee(), visit);
  } else if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      visitParts(part, visit);
  }
}

SmallVector<StringAttr> nibble::findNodes(Location loc) {
  SmallVector<StringAttr> nodes;
  visitParts(loc, [&](Location part) {
    if (auto name = dyn_cast<NameLoc>(part))
      nodes.push_back(name.getName());
  });
  return nodes;
}

static std::string describePart(Location part) {
  if (auto name = dyn_cast<NameLoc>(part))
    return name.getName().str();
  auto file = cast<FileLineColLoc>(part);
  if (file.getLine() == 0)
    return file.getFilename().str();
  return (file.getFilename().strref() + ":" + Twine(file.getLine()) + ":" +
          Twine(file.getColumn()))
      .str();
}

std::string nibble::describePlace(Location loc) {
  SmallVector<std::string> places;
  visitParts(loc, [&](Location part) {
    std::string place = describePart(part);
    if (!place.empty() && !llvm::is_contained(places, place))
      places.push_back(place);
  });
  return llvm::join(places, ", ");
}
