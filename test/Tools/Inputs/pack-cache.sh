#!/bin/sh
# pack-cache.sh SOURCE OUT.nib: an artifact over unittests/Runtime/Inputs/Cache.c.
set -e
clang -shared -fPIC -O1 -I "$1/include" "$1/unittests/Runtime/Inputs/Cache.c" -o "$2.so"
nibble-test-pack -o "$2" --manifest "$1/test/Tools/Inputs/cache.json" code.so="$2.so"
