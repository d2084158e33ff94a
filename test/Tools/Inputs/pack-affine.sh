#!/bin/sh
# pack-affine.sh SOURCE OUT.nib: an artifact over unittests/Runtime/Inputs/Affine.c.
set -e
clang -shared -fPIC -O1 -I "$1/include" "$1/unittests/Runtime/Inputs/Affine.c" -o "$2.so"
printf '\0\0\340\100\0\0\0\101\0\0\020\101' >"$2.first"
printf '\0\0\200\077\0\0\0\100\0\0\100\100\0\0\200\100' >"$2.addend"
nibble-test-pack -o "$2" --manifest "$1/test/Tools/Inputs/affine.json" \
  --tensor first:F32:3="$2.first" --tensor addend:F32:4="$2.addend" code.so="$2.so"
