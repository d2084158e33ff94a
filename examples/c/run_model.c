/* run_model.c - Runs a compiled model from C.
 *
 * Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
 * See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *   run_model MODEL.nib [NAME=EXTENT]...
 *
 * Fills the inputs with ones, runs the model and prints the first values of
 * every output. NAME=EXTENT sets a symbolic dimension; others are 1. */

#include <nibble/Runtime/nibble.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RANK = 64 };

static int fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  return 1;
}

/* The extent that the command line gives to a symbol. */
static int64_t extent_of(const char *symbol, int argc, char **argv) {
  size_t length = strlen(symbol);
  for (int i = 2; i < argc; ++i)
    if (strncmp(argv[i], symbol, length) == 0 && argv[i][length] == '=')
      return strtoll(argv[i] + length + 1, NULL, 10);
  return 1;
}

/* Makes a contiguous tensor of ones; returns 0 if there is no memory. */
static int make_ones(const nib_tensor_info *info, int argc, char **argv,
                     int64_t *shape, DLTensor *tensor) {
  size_t count = 1, bytes = info->dtype.bits / 8;
  for (int32_t i = 0; i < info->rank; ++i) {
    shape[i] = info->symbols[i] ? extent_of(info->symbols[i], argc, argv)
                                : info->dims[i];
    count *= (size_t)shape[i];
  }
  unsigned char *data = calloc(count + 1, bytes);
  if (!data)
    return 0;
  for (size_t i = 0; i < count; ++i) {
    if (info->dtype.code == kDLFloat && info->dtype.bits == 32)
      ((float *)(void *)data)[i] = 1.0f;
    else if (info->dtype.code != kDLFloat && info->dtype.code != kDLBfloat)
      data[i * bytes] = 1;
  }
  tensor->data = data;
  tensor->device.device_type = kDLCPU;
  tensor->device.device_id = 0;
  tensor->ndim = info->rank;
  tensor->dtype = info->dtype;
  tensor->shape = shape;
  tensor->strides = NULL;
  tensor->byte_offset = 0;
  return 1;
}

static void print_output(const char *name, const DLTensor *tensor) {
  size_t count = 1;
  printf("%s [", name);
  for (int i = 0; i < tensor->ndim; ++i) {
    printf("%s%lld", i ? ", " : "", (long long)tensor->shape[i]);
    count *= (size_t)tensor->shape[i];
  }
  printf("]");
  if (tensor->dtype.code == kDLFloat && tensor->dtype.bits == 32)
    for (size_t i = 0; i < count && i < 4; ++i)
      printf(" %g", (double)((const float *)tensor->data)[i]);
  printf("\n");
}

static int run(const nib_model *model, nib_session *session, int argc,
               char **argv) {
  size_t num_inputs = nib_model_num_inputs(model);
  size_t num_outputs = nib_model_num_outputs(model);
  DLTensor *tensors = calloc(num_inputs + 1, sizeof(*tensors));
  int64_t (*shapes)[MAX_RANK] = calloc(num_inputs + 1, sizeof(*shapes));
  const DLTensor **inputs = calloc(num_inputs + 1, sizeof(*inputs));
  /* All zero: the runtime allocates every output. */
  nib_output *outputs = calloc(num_outputs + 1, sizeof(*outputs));
  int ready = tensors && shapes && inputs && outputs;
  for (size_t i = 0; ready && i < num_inputs; ++i) {
    nib_tensor_info info;
    nib_model_input(model, i, &info);
    ready = make_ones(&info, argc, argv, shapes[i], &tensors[i]);
    inputs[i] = &tensors[i];
  }
  int result = 0;
  if (!ready)
    result = fail(argv[1], "not enough memory");
  else if (nib_session_run(session, inputs, num_inputs, outputs, num_outputs) !=
           NIB_OK)
    result = fail(argv[1], nib_session_error(session));
  for (size_t i = 0; ready && i < num_outputs; ++i) {
    DLManagedTensor *output = outputs[i].allocated;
    if (!output)
      continue;
    nib_tensor_info info;
    nib_model_output(model, i, &info);
    print_output(info.name, &output->dl_tensor);
    output->deleter(output);
  }
  for (size_t i = 0; tensors && i < num_inputs; ++i)
    free(tensors[i].data);
  free(tensors);
  free(shapes);
  free(inputs);
  free(outputs);
  return result;
}

int main(int argc, char **argv) {
  if (argc < 2)
    return fail("usage", "run_model MODEL.nib [NAME=EXTENT]...");
  nib_model *model = NULL;
  if (nib_model_load(argv[1], &model) != NIB_OK)
    return fail("cannot load", nib_last_error());
  nib_session *session = NULL;
  int result = 0;
  if (nib_session_create(model, NULL, &session) != NIB_OK)
    result = fail("cannot start", nib_last_error());
  else
    result = run(model, session, argc, argv);
  nib_session_release(session);
  nib_model_release(model);
  return result;
}
