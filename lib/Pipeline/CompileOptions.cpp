//===- CompileOptions.cpp - What a compilation is asked for ---------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Pipeline/Compile.h"

#include "nibble/Support/Json.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"

using namespace nibble;

static llvm::Error wrongOption(llvm::StringRef key, llvm::StringRef expected) {
  return llvm::createStringError("option '" + key + "' must be " + expected);
}

static llvm::Error readOption(CompileOptions &options, llvm::StringRef key,
                              const llvm::json::Value &value) {
  std::string *text = llvm::StringSwitch<std::string *>(key)
                          .Case("weights", &options.weights)
                          .Case("activations", &options.activations)
                          .Case("transform", &options.transform)
                          .Case("permute", &options.permute)
                          .Case("matrices", &options.matrices)
                          .Case("calibration", &options.calibration)
                          .Case("target", &options.target)
                          .Case("dump_ir", &options.dumpIR)
                          .Case("kv_cache", &options.kvCache)
                          .Default(nullptr);
  if (text) {
    std::optional<llvm::StringRef> string = value.getAsString();
    if (!string)
      return wrongOption(key, "a string");
    *text = string->str();
    return llvm::Error::success();
  }
  if (key == "group" || key == "activation_group" || key == "threads") {
    std::optional<int64_t> number = value.getAsInteger();
    if (!number || *number < 0 || *number > INT32_MAX)
      return wrongOption(key, "an integer that is not negative");
    if (key == "group")
      options.group = *number;
    else if (key == "activation_group")
      options.activationGroup = *number;
    else
      options.threads = *number;
    return llvm::Error::success();
  }
  if (key == "rotate_kv" || key == "shift") {
    std::optional<bool> flag = value.getAsBoolean();
    if (!flag)
      return wrongOption(key, "true or false");
    (key == "shift" ? options.shift : options.rotateKV) = *flag;
    return llvm::Error::success();
  }
  if (key == "keep") {
    const llvm::json::Array *patterns = value.getAsArray();
    if (!patterns)
      return wrongOption(key, "an array of strings");
    for (const llvm::json::Value &pattern : *patterns) {
      std::optional<llvm::StringRef> string = pattern.getAsString();
      if (!string)
        return wrongOption(key, "an array of strings");
      options.keep.push_back(string->str());
    }
    return llvm::Error::success();
  }
  if (key == "input_values") {
    const llvm::json::Object *bindings = value.getAsObject();
    if (!bindings)
      return wrongOption(key, "an object of numbers");
    for (const auto &[name, entry] : *bindings) {
      if (entry.kind() != llvm::json::Value::Number)
        return wrongOption(key, "an object of numbers");
      options.inputValues.push_back(
          llvm::formatv("{0}={1}", llvm::StringRef(name), entry));
    }
    llvm::sort(options.inputValues);
    return llvm::Error::success();
  }
  return llvm::createStringError(
      "unknown option '" + key +
      "': expected weights, activations, group, activation_group, transform, "
      "shift, permute, matrices, calibration, keep, target, threads, dump_ir, "
      "kv_cache, rotate_kv or input_values");
}

llvm::Expected<CompileOptions> CompileOptions::parse(llvm::StringRef json) {
  llvm::Expected<llvm::json::Value> value = parseJson(json);
  if (!value)
    return llvm::createStringError("options are no JSON: " +
                                   llvm::toString(value.takeError()));
  const llvm::json::Object *object = value->getAsObject();
  if (!object)
    return llvm::createStringError("options must be a JSON object");
  CompileOptions options;
  for (const auto &[key, entry] : *object)
    if (llvm::Error error = readOption(options, key, entry))
      return error;
  return options;
}
