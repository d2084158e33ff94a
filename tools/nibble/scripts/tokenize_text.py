# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Text to tokens and back for `nibble generate`: {"encode": text} is answered
with token ids, {"decode": id} with the text that this token adds."""
import json
import sys


def answer(value):
    print(json.dumps(value), flush=True)


def load(path):
    try:
        from tokenizers import Tokenizer
    except ImportError:
        answer({"error": f"{sys.executable} has no package tokenizers: install "
                "it (pip install tokenizers), name another interpreter in "
                "NIBBLE_PYTHON, or give --tokens instead of --prompt"})
        sys.exit(1)
    try:
        return Tokenizer.from_file(path)
    except Exception as error:  # the package raises this class itself
        answer({"error": f"cannot read the tokenizer '{path}': {error}"})
        sys.exit(1)


def main():
    tokenizer = load(sys.argv[1])
    answer({"size": tokenizer.get_vocab_size()})
    ids, shown = [], ""
    for line in sys.stdin:
        request = json.loads(line)
        if "encode" in request:
            answer(tokenizer.encode(request["encode"]).ids)
            continue
        ids.append(request["decode"])
        text = tokenizer.decode(ids)
        # A character may be several tokens: it comes when it is whole.
        if text.endswith("\ufffd"):
            answer("")
            continue
        answer(text[len(shown):])
        shown = text


main()
