//===- Compiler.h - The compiler's C interface ------------------*- C -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From an ONNX file to an artifact, for callers that are not C++ or that must
// not see LLVM: the Python package. Exported by libNibble.so. All strings are
// UTF-8 and end with a zero byte.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_PIPELINE_COMPILER_H
#define NIBBLE_PIPELINE_COMPILER_H

#ifdef __cplusplus
extern "C" {
#endif

/// Called from the compiling thread as work goes on, at most a few times a
/// second. `stage` says what is being done ("import", "native code", …) and
/// lives only for the call; `fraction` is the part done, in [0, 1]. Returns 0
/// to go on; anything else ends the compilation with the error "cancelled".
typedef int (*nib_progress_fn)(void *user, const char *stage, double fraction);

/// Compiles the model at `path` (.onnx) and writes the artifact (.nib) to
/// `out_path`, which appears complete or not at all.
///
/// `options_json`: an object, or NULL for all defaults. A key that is not in
/// this list is an error that names it.
///
///   "weights"      format of the weights: "f32" (default), "int2" to "int8",
///                  "uint2" to "uint8" (with zero points), or a whole format
///                  attribute of such codes, "#qnt.format<…>"
///   "activations"  format of the activations: "f32" (default), "int2" to
///                  "int8", with calibration also "uint8"
///   "group"        weights that share one scale, along the summed axis:
///                  positive; absent: one scale per output channel
///   "activation_group"  activations of a row that share one scale, found at
///                  run time; absent: one scale per row. They are rounded, and
///                  multiplied in f32: no kernel multiplies codes by groups
///   "transform"    changes of basis, before anything is quantized: "none";
///                  "rotate", Hadamard rotations of what is multiplied with
///                  quantized weights, fused into weights where the graph lets
///                  them through; "smooth", scales of channels that weights on
///                  both sides take; "auto" (default): "rotate"
///                  where activations are quantized, but not of what
///                  calibration data measures as better without; else "none"
///   "shift"        true: the means that channels have over the calibration
///                  data are taken away before rotations of norms' results at
///                  run time (Outlier Suppression+), and added to the biases
///                  behind; false (default)
///   "permute"      another order of channels, before they are rotated, where
///                  nothing but weights sees it: "none" (default); "sort":
///                  channels of like size into one group; "zigzag": outliers
///                  dealt to the blocks of a rotation. With calibration it says
///                  how large channels are, else weights do
///   "matrices"     path of a safetensors file of square matrices, such as
///                  learned rotations, each named as the nodes that read what
///                  it is for (a glob pattern); beside "transform"
///   "calibration"  path of .npz (arrays named as the inputs), .npy (a model
///                  with one input) or a folder of them, run in name order. An
///                  array with one axis more than its input holds one run per
///                  entry of its first axis. Absent: activations are scaled at
///                  run time
///   "keep"         array of glob patterns of ONNX node names that stay in f32
///   "target"       "host" (default), "x86-64-v3", or an LLVM CPU name
///   "threads"      compilation threads; absent or 0: as many as cores
///   "dump_ir"      folder that gets the IR after every stage
///   "kv_cache"     "io" (default): caches are inputs and outputs, as in the
///                  model; "state": an output that is an input with new entries
///                  at its end is kept by the session, and a run writes the new
///                  entries only
///   "rotate_kv"    true: keys, and the queries that meet them, are rotated by
///                  a Hadamard transform of a head's channels before they are
///                  cached. Needs "kv_cache": "state", no calibration. It costs
///                  time and changes no result while caches are f32
///   "input_values" object {input name: number}: these inputs of one element
///                  have this value in every run and are no inputs any more
///
/// `progress` may be NULL. Returns 0, or 1 with a message in `*error` (where
/// `error` is not NULL) that nib_compile_free_error frees. Calls from several
/// threads are independent.
int nib_compile(const char *path, const char *options_json,
                const char *out_path, nib_progress_fn progress, void *user,
                char **error);

/// Frees a message of nib_compile; NULL is allowed.
void nib_compile_free_error(char *error);

#ifdef __cplusplus
}
#endif

#endif // NIBBLE_PIPELINE_COMPILER_H
