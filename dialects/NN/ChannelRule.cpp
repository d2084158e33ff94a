//===- ChannelRule.cpp - The notation of channel rules --------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/ChannelRule.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace nibble::nn {

using numerics::allKinds;
using numerics::Kind;
using numerics::Kinds;

namespace {

constexpr struct {
  ChannelRole role;
  StringLiteral name;
} roleNames[] = {{ChannelRole::Same, "same"},
                 {ChannelRole::Dual, "dual"},
                 {ChannelRole::Carry, "carry"}};

bool isNameChar(char c) { return llvm::isAlnum(c) || c == '_'; }

/// Recursive descent over the text. `rest` is what is not read yet.
class RuleParser {
public:
  RuleParser(StringRef text, std::string *error) : rest(text), error(error) {}

  FailureOr<ChannelRule> parse() {
    ChannelRule rule;
    if (consume("opaque"))
      return finish(rule);
    if (failed(parseInputs(rule)) || failed(expect("->")) ||
        failed(parseResults(rule)) || failed(expect("{")))
      return failure();
    while (!consume("}"))
      if ((!rule.clauses.empty() && failed(expect(";"))) ||
          failed(parseClause(rule)))
        return failure();
    return finish(rule);
  }

private:
  FailureOr<ChannelRule> finish(ChannelRule &rule) {
    skipSpace();
    if (!rest.empty())
      return fail("the end of the rule");
    return std::move(rule);
  }

  /// Says what should stand here.
  LogicalResult fail(const Twine &expected) {
    if (error)
      *error = ("expected " + expected + " at \"" + rest + "\"").str();
    return failure();
  }
  /// Says what is wrong with what was read.
  LogicalResult reject(const Twine &message) {
    if (error)
      *error = message.str();
    return failure();
  }

  void skipSpace() { rest = rest.ltrim(); }
  bool consume(StringRef token) {
    skipSpace();
    // A keyword ends where the name ends.
    if (!rest.starts_with(token) ||
        (isNameChar(token.back()) && rest.size() > token.size() &&
         isNameChar(rest[token.size()])))
      return false;
    rest = rest.drop_front(token.size());
    return true;
  }
  LogicalResult expect(StringRef token) {
    return consume(token) ? success() : fail("'" + token + "'");
  }
  bool parseNumber(int64_t &number) {
    skipSpace();
    return !rest.empty() && llvm::isDigit(rest.front()) &&
           !rest.consumeInteger(10, number);
  }
  /// Empty if there is none.
  StringRef parseName() {
    skipSpace();
    if (rest.empty() || llvm::isDigit(rest.front()))
      return {};
    StringRef name = rest.take_while(isNameChar);
    rest = rest.drop_front(name.size());
    return name;
  }

  LogicalResult parseInputs(ChannelRule &rule) {
    if (failed(expect("(")))
      return failure();
    if (consume(")"))
      return success();
    return parsePorts(rule);
  }
  LogicalResult parseResults(ChannelRule &rule) {
    unsigned numInputs = rule.ports.size();
    if (failed(consume("(") ? parsePorts(rule) : parsePort(rule)))
      return failure();
    rule.numResults = rule.ports.size() - numInputs;
    return success();
  }
  /// Up to the closing parenthesis.
  LogicalResult parsePorts(ChannelRule &rule) {
    do {
      if (failed(parsePort(rule)))
        return failure();
    } while (consume(","));
    return expect(")");
  }

  LogicalResult parsePort(ChannelRule &rule) {
    if (failed(expect("[")))
      return failure();
    ChannelPortShape &port = rule.ports.emplace_back();
    if (consume("]"))
      return success();
    do {
      if (consume("*")) {
        if (port.ellipsis >= 0)
          return reject("a port has two '*'");
        port.ellipsis = port.axes.size();
        continue;
      }
      ChannelAxis &axis = port.axes.emplace_back();
      do {
        if (failed(parseSegment(axis.emplace_back())))
          return failure();
      } while (consume("+"));
    } while (consume(","));
    return expect("]");
  }

  LogicalResult parseSegment(ChannelSegment &segment) {
    while (true) {
      ChannelFactor factor;
      if (!parseNumber(factor.extent)) {
        factor.name = parseName().str();
        if (factor.name.empty())
          return segment.empty() ? fail("a factor") : success();
        if (consume("=") && !parseNumber(factor.extent))
          return fail("an extent");
      }
      segment.push_back(std::move(factor));
    }
  }

  LogicalResult parseClause(ChannelRule &rule) {
    ChannelClause clause;
    clause.factor = parseName().str();
    if (clause.factor.empty())
      return fail("the factor of a clause");
    if (failed(expect(":")))
      return failure();
    for (bool isFirst = true;; isFirst = false) {
      const auto *role = llvm::find_if(
          roleNames, [&](const auto &entry) { return consume(entry.name); });
      if (role == std::end(roleNames)) {
        if (isFirst)
          return fail("'same', 'dual' or 'carry'");
        break;
      }
      if (failed(parseRole(role->role, clause)))
        return failure();
    }
    if (failed(parseKinds(clause.kinds)))
      return failure();
    if (consume("per")) {
      do {
        clause.per.push_back(parseName().str());
        if (clause.per.back().empty())
          return fail("a factor");
      } while (consume("|"));
    }
    if (failed(check(rule, clause)))
      return failure();
    rule.clauses.push_back(std::move(clause));
    return success();
  }

  LogicalResult parseRole(ChannelRole role, ChannelClause &clause) {
    if (failed(expect("(")))
      return failure();
    do {
      ChannelClause::Port port;
      int64_t number;
      if (!parseNumber(number))
        return fail("a port's number");
      port.number = number;
      port.role = role;
      port.isOptional = consume("?");
      clause.ports.push_back(port);
    } while (consume(role == ChannelRole::Carry ? "|" : ","));
    return expect(")");
  }

  LogicalResult parseKinds(Kinds &kinds) {
    do {
      const auto *kind = llvm::find_if(
          allKinds, [&](Kind kind) { return consume(getName(kind)); });
      if (kind == std::end(allKinds))
        return fail("a kind");
      kinds = kinds | *kind;
    } while (consume("|"));
    return success();
  }

  /// A clause speaks of factors that its ports have, of each port once.
  LogicalResult check(const ChannelRule &rule, const ChannelClause &clause) {
    for (const auto &[i, port] : llvm::enumerate(clause.ports)) {
      if (port.number >= rule.ports.size())
        return reject("there is no port " + Twine(port.number));
      for (const auto &other : ArrayRef(clause.ports).take_front(i))
        if (other.number == port.number)
          return reject("a clause names port " + Twine(port.number) + " twice");
      if (!hasFactor(rule.ports[port.number], clause.factor))
        return reject("port " + Twine(port.number) + " has no factor '" +
                      clause.factor + "'");
    }
    for (const std::string &name : clause.per)
      for (const auto &port : clause.ports)
        if (name == clause.factor || !hasFactor(rule.ports[port.number], name))
          return reject("port " + Twine(port.number) +
                        " has no other factor '" + name + "'");
    return success();
  }

  static bool hasFactor(const ChannelPortShape &port, StringRef name) {
    for (const ChannelAxis &axis : port.axes)
      for (const ChannelSegment &segment : axis)
        for (const ChannelFactor &factor : segment)
          if (factor.name == name)
            return true;
    return false;
  }

  StringRef rest;
  std::string *error;
};

void printFactor(raw_ostream &os, const ChannelFactor &factor) {
  os << factor.name;
  if (ShapedType::isDynamic(factor.extent))
    return;
  os << (factor.name.empty() ? "" : "=") << factor.extent;
}

void printPort(raw_ostream &os, const ChannelPortShape &port) {
  os << "[";
  llvm::ListSeparator comma;
  for (int64_t i = 0, e = port.axes.size(); i <= e; ++i) {
    if (i == port.ellipsis)
      os << comma << "*";
    if (i == e)
      break;
    os << comma;
    llvm::interleave(
        port.axes[i], os,
        [&](const ChannelSegment &segment) {
          llvm::interleave(
              segment, os, [&](const auto &factor) { printFactor(os, factor); },
              " ");
        },
        " + ");
  }
  os << "]";
}

void printClause(raw_ostream &os, const ChannelClause &clause) {
  os << clause.factor << ":";
  for (const auto &[role, name] : roleNames) {
    llvm::ListSeparator separator(role == ChannelRole::Carry ? " | " : ", ");
    bool isAny = false;
    for (const ChannelClause::Port &port : clause.ports) {
      if (port.role != role)
        continue;
      if (!std::exchange(isAny, true))
        os << " " << name << "(";
      os << separator << port.number << (port.isOptional ? "?" : "");
    }
    if (isAny)
      os << ")";
  }
  os << " " << clause.kinds.str();
  if (!clause.per.empty())
    os << " per " << llvm::join(clause.per, " | ");
}

} // namespace

FailureOr<ChannelRule> ChannelRule::parse(StringRef text, std::string *error) {
  return RuleParser(text, error).parse();
}

std::string ChannelRule::str() const {
  if (ports.empty())
    return "opaque";
  std::string text;
  llvm::raw_string_ostream os(text);
  auto printPorts = [&](ArrayRef<ChannelPortShape> shapes) {
    os << "(";
    llvm::interleaveComma(shapes, os,
                          [&](const auto &port) { printPort(os, port); });
    os << ")";
  };
  ArrayRef<ChannelPortShape> all = ports;
  printPorts(all.drop_back(numResults));
  os << " -> ";
  if (numResults == 1)
    printPort(os, all.back());
  else
    printPorts(all.take_back(numResults));
  os << " {";
  llvm::interleave(
      clauses, os, [&](const auto &clause) { printClause(os, clause); }, "; ");
  os << "}";
  return text;
}

} // namespace nibble::nn
