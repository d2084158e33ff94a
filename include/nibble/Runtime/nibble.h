//===- nibble.h - Running compiled models -----------------------*- C -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The C interface of the runtime (libnibble_rt): load a model.nib, run it.
//
//   nib_model *model;
//   if (nib_model_load("model.nib", &model) != NIB_OK)
//     puts(nib_last_error());
//   nib_session *session;
//   nib_session_create(model, NULL, &session);
//   nib_output outputs[1] = {{NIB_OUTPUT_ALLOCATE, NULL, NULL}};
//   if (nib_session_run(session, inputs, 1, outputs, 1) != NIB_OK)
//     puts(nib_session_error(session));
//
// A model is immutable and may be used from any number of threads; it lives
// until it and all its sessions are released. A session runs one request at a
// time; different sessions are independent. No function throws, aborts or
// prints; every failure is a status and a text.
//
// Results do not depend on the number of threads, bit for bit.
//
// Tensors cross as DLPack, on the CPU. A bool has the type code NIB_DL_BOOL
// (DLPack's kDLBool) and 8 bits.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_RUNTIME_NIBBLE_H
#define NIBBLE_RUNTIME_NIBBLE_H

#include <dlpack/dlpack.h>
#include <stddef.h>
#include <stdint.h>

#define NIB_API __attribute__((visibility("default")))

#define NIB_DL_BOOL 6

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nib_model nib_model;
typedef struct nib_session nib_session;

typedef enum nib_status {
  NIB_OK = 0,
  /// The request does not fit the model: number, name, dtype, shape.
  NIB_INVALID_ARGUMENT = 1,
  /// The file is not an artifact, is cut short or damaged.
  NIB_INVALID_ARTIFACT = 2,
  /// A sound artifact, for another CPU or another version of the runtime.
  NIB_INCOMPATIBLE = 3,
  /// The operating system refused to open, map or load.
  NIB_IO_ERROR = 4,
  NIB_OUT_OF_MEMORY = 5,
  /// A check that the model itself states failed; the text names the node.
  NIB_CHECK_FAILED = 6,
  /// The session is running on another thread.
  NIB_BUSY = 7,
  /// The compiled code broke its contract with the runtime: a bug.
  NIB_INTERNAL = 8
} nib_status;

/// What a status means, in a few words. Never NULL.
NIB_API const char *nib_status_text(nib_status status);

/// Why the calling thread's last failed nib_model_* call or
/// nib_session_create failed. Valid until the thread's next such call.
NIB_API const char *nib_last_error(void);

/// The version of Nibble, and the code ABI that this runtime runs.
NIB_API const char *nib_version(void);
NIB_API int nib_code_abi(void);

//===--- Models -----------------------------------------------------------===//

/// Loads an artifact: every byte of it is checked before any of its code is
/// loaded. The file is mapped: it must not be changed while the model lives
/// (replacing it by rename, as the compiler does, is fine).
NIB_API nib_status nib_model_load(const char *path, nib_model **model);

/// Opens an artifact to ask about it, also one made for another CPU: checks
/// its structure and its manifest, loads no code. Sessions are refused.
NIB_API nib_status nib_model_load_metadata(const char *path, nib_model **model);

/// NULL is allowed. Sessions keep what they need of the model alive.
NIB_API void nib_model_release(nib_model *model);

/// An input, an output, or a state as an input. All pointers live as long as
/// the model.
typedef struct nib_tensor_info {
  const char *name;
  DLDataType dtype;
  int32_t rank;
  /// `rank` extents; -1 where the extent is known only at run time.
  const int64_t *dims;
  /// `rank` texts: the name of the symbol, or the expression over symbols that
  /// an output's extent is; NULL where the extent is fixed.
  const char *const *symbols;
} nib_tensor_info;

typedef struct nib_state_info {
  const char *name;
  /// How the state is given explicitly (`input.name` is the model's name for
  /// it) and how it is asked for.
  nib_tensor_info input;
  nib_tensor_info output;
  /// The axis that grows, or -1.
  int32_t axis;
  /// Nonzero: the compiler has chosen another basis for its channels. Only a
  /// session carries it: nothing but an empty tensor can be given, and it
  /// cannot be asked for.
  int is_private;
} nib_state_info;

typedef struct nib_dispatch_info {
  const char *name;
  const char *kernel;
  const char *format;
  /// Names of the ONNX nodes it computes.
  const char *const *nodes;
  size_t num_nodes;
  /// Multiply-accumulates of one run, or -1 where the artifact does not say:
  /// the compiler of this version never does.
  int64_t macs;
} nib_dispatch_info;

typedef struct nib_entry_info {
  const char *name;
  uint64_t offset; ///< in the file
  uint64_t size;
  uint32_t crc32;
  const void *data; ///< mapped, read-only
} nib_entry_info;

NIB_API size_t nib_model_num_inputs(const nib_model *model);
NIB_API size_t nib_model_num_outputs(const nib_model *model);
NIB_API size_t nib_model_num_states(const nib_model *model);
NIB_API size_t nib_model_num_symbols(const nib_model *model);
NIB_API size_t nib_model_num_dispatches(const nib_model *model);
NIB_API size_t nib_model_num_entries(const nib_model *model);

/// These return NIB_INVALID_ARGUMENT for an index out of range.
NIB_API nib_status nib_model_input(const nib_model *model, size_t index,
                                   nib_tensor_info *info);
NIB_API nib_status nib_model_output(const nib_model *model, size_t index,
                                    nib_tensor_info *info);
NIB_API nib_status nib_model_state(const nib_model *model, size_t index,
                                   nib_state_info *info);
NIB_API nib_status nib_model_dispatch(const nib_model *model, size_t index,
                                      nib_dispatch_info *info);
NIB_API nib_status nib_model_entry(const nib_model *model, size_t index,
                                   nib_entry_info *info);
/// NULL for an index out of range.
NIB_API const char *nib_model_symbol(const nib_model *model, size_t index);

/// The position in nib_session_run's arrays of the input (output) of that
/// name; states come after the inputs (outputs). -1 if there is none.
NIB_API ptrdiff_t nib_model_find_input(const nib_model *model,
                                       const char *name);
NIB_API ptrdiff_t nib_model_find_output(const nib_model *model,
                                        const char *name);

/// The text of manifest.json; see docs/artifact.md. Not terminated by a NUL.
NIB_API const char *nib_model_manifest(const nib_model *model, size_t *size);

//===--- Sessions ---------------------------------------------------------===//

/// Calls body(context, i) once for every i in [0, n), on any threads, and
/// returns when all calls have returned.
typedef void (*nib_parallel_for)(void *host, size_t n,
                                 void (*body)(void *context, size_t index),
                                 void *context);

typedef struct nib_session_options {
  /// Number of threads, the caller's included; 0: one per physical core that
  /// the process may use. 1 creates none.
  size_t threads;
  /// If not NULL, used instead of the runtime's own pool: `n` is at most
  /// `threads`.
  nib_parallel_for parallel_for;
  void *host;
  /// Nonzero: measure each dispatch (nib_session_profile).
  int profile;
} nib_session_options;

/// `options`: NULL for all defaults (all zero).
NIB_API nib_status nib_session_create(const nib_model *model,
                                      const nib_session_options *options,
                                      nib_session **session);
/// NULL is allowed. Must not be called while the session runs. Tensors that
/// the runtime allocated stay valid.
NIB_API void nib_session_release(nib_session *session);

/// Why the session's last failed call failed. Never NULL; valid until the
/// session's next call. NIB_BUSY leaves no text.
NIB_API const char *nib_session_error(const nib_session *session);

/// Number of threads the session uses.
NIB_API size_t nib_session_threads(const nib_session *session);

typedef enum nib_output_mode {
  NIB_OUTPUT_ALLOCATE = 0, ///< the runtime makes a tensor in `allocated`
  NIB_OUTPUT_GIVEN = 1,    ///< written to `given`
  NIB_OUTPUT_SKIP = 2,     ///< not wanted
  NIB_OUTPUT_OBSERVE = 3   ///< shown to the session's observer, and not kept
} nib_output_mode;

typedef struct nib_output {
  int mode; ///< a nib_output_mode
  /// For NIB_OUTPUT_GIVEN: contiguous, of the output's dtype and exact shape,
  /// aligned to its element, overlapping no input and no other output.
  const DLTensor *given;
  /// For NIB_OUTPUT_ALLOCATE: set by the run; release it by its deleter. NULL
  /// if the run failed.
  DLManagedTensor *allocated;
} nib_output;

/// Runs the model.
///
/// `inputs`: the model's inputs in order; then, if num_inputs also counts the
/// states, one pointer per state: a tensor to start from, or NULL for what the
/// session holds. Inputs that are not contiguous or not aligned to their
/// element are copied; others are read in place, and never written.
/// `outputs`: the model's outputs in order; then, if num_outputs also counts
/// the states, what to do with each state's new value (which the session keeps
/// in any case).
///
/// A failed request changes nothing: but if the compiled model failed a check
/// in the middle of a run, states that were given have taken the place of the
/// session's, and where the model has a state that does not grow, all start
/// anew.
NIB_API nib_status nib_session_run(nib_session *session,
                                   const DLTensor *const *inputs,
                                   size_t num_inputs, nib_output *outputs,
                                   size_t num_outputs);

/// Sees output `index` in the course of a run, on the thread that runs. `value`
/// and its data are valid during the call only, and must not be written.
typedef void (*nib_observe_fn)(void *user, size_t index, const DLTensor *value);

/// `observe` gets each output whose mode is NIB_OUTPUT_OBSERVE once a run, when
/// the model has made and used it: so outputs need not all be in memory at the
/// same time. A run that fails may have shown some. NULL: nobody observes.
/// States cannot be observed.
NIB_API nib_status nib_session_set_observer(nib_session *session,
                                            nib_observe_fn observe, void *user);

/// Checks the values of all symbols and places all buffers for them, so that
/// the next run with these shapes allocates nothing. `symbols`: one value per
/// symbol of the model, >= 0. NIB_OUT_OF_MEMORY: what has these shapes, or is
/// computed for them, exceeds memory or the address space; the text names it.
NIB_API nib_status nib_session_prepare(nib_session *session,
                                       const int64_t *symbols,
                                       size_t num_symbols);

/// After a prepare or a run: the extents of output `index` (states come after
/// the outputs), written to `dims`, which has room for its rank.
NIB_API nib_status nib_session_output_dims(nib_session *session, size_t index,
                                           int64_t *dims);

/// Forgets all states: growing ones have length 0, others are zero.
NIB_API nib_status nib_session_reset_state(nib_session *session);

/// The present extent of a state's growing axis. 0 for a state that does not
/// grow, and for an index out of range. Not while the session runs.
NIB_API int64_t nib_session_state_length(const nib_session *session,
                                         size_t index);

typedef struct nib_profile {
  uint64_t calls;
  uint64_t nanoseconds;
  /// Bytes that the compiled code says it read and wrote.
  uint64_t traffic;
} nib_profile;

/// What dispatch `index` has cost since the last reset; all of the runs for
/// `index` = nib_model_num_dispatches(). Zero unless options.profile was set.
NIB_API nib_status nib_session_profile(nib_session *session, size_t index,
                                       nib_profile *profile);
NIB_API nib_status nib_session_reset_profile(nib_session *session);

/// Bytes of working memory that the session holds: buffers, scratch, states.
/// Not while the session runs.
NIB_API size_t nib_session_memory(const nib_session *session);

#ifdef __cplusplus
}
#endif

#endif // NIBBLE_RUNTIME_NIBBLE_H
