//===- LanguageModel.h - Tokens in, logits out -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_TOOLS_NIBBLE_LANGUAGEMODEL_H
#define NIBBLE_TOOLS_NIBBLE_LANGUAGEMODEL_H

#include "LoadedModel.h"

namespace nibble::tool {

/// A model whose inputs are those of language models exported by Optimum,
/// torch or ONNX Runtime GenAI: input_ids, and where they exist attention_mask
/// and position_ids; its caches are states.
class LanguageModel {
public:
  static llvm::Expected<LanguageModel> open(llvm::StringRef path,
                                            size_t threads);

  /// Adds tokens to the text so far. Returns the logits of what may follow;
  /// they live until the next call.
  llvm::Expected<llvm::ArrayRef<float>> extend(llvm::ArrayRef<int64_t> tokens);

  /// Whether states carry the text, so that a step costs one token.
  bool hasCache() const { return nib_model_num_states(model.get()) > 0; }

private:
  enum class Role { Tokens, Mask, Positions };
  LanguageModel() = default;
  bool takesTokens() const;
  llvm::Error findRoles();
  llvm::Error findLogits();
  llvm::Error checkTokens(llvm::ArrayRef<int64_t> tokens) const;
  NumpyArray makeInput(size_t index, llvm::ArrayRef<int64_t> tokens,
                       int64_t before) const;

  ModelPtr model;
  SessionPtr session;
  std::vector<nib_tensor_info> inputs;
  std::vector<Role> roles;
  size_t logitsIndex = 0;
  int64_t vocabulary = -1;
  std::vector<int64_t> text; ///< all tokens, where there is no cache
  int64_t length = 0;        ///< of the text that the states hold
  std::vector<float> logits;
};

} // namespace nibble::tool

#endif // NIBBLE_TOOLS_NIBBLE_LANGUAGEMODEL_H
