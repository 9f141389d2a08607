// A plain C view of the part of libtorch that Elbo uses.
//
// Conventions: a function that can fail returns CT_OK or a code and, when `error` is not NULL, stores an
// error that the caller frees. Handles that come out are owned by the caller; handles that go in are
// borrowed. No C++ exception leaves this library, and no torch header is needed to use it.
#ifndef CTORCH_H
#define CTORCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor_s *ct_tensor;
typedef struct ct_generator_s *ct_generator;
typedef struct ct_graph_s *ct_graph;
typedef struct ct_error_s ct_error;

enum { CT_OK = 0, CT_FAILURE = 1, CT_OUT_OF_MEMORY = 2 };

// Element types, as they cross the boundary.
enum {
  CT_FLOAT32 = 0, CT_FLOAT64 = 1, CT_BFLOAT16 = 2, CT_FLOAT16 = 3,
  CT_INT64 = 4, CT_INT32 = 5, CT_UINT8 = 6, CT_BOOL = 7
};

// Devices, as they cross the boundary: -1 is the CPU, n >= 0 the CUDA device n.
enum { CT_CPU = -1 };

int32_t ct_error_code(const ct_error *error);
const char *ct_error_message(const ct_error *error);
void ct_error_free(ct_error *error);

// Process-wide settings.
void ct_tune_allocator(void);
bool ct_set_flush_denormal(bool on);
void ct_set_num_threads(int32_t threads);
int32_t ct_num_threads(void);
bool ct_set_grad_enabled(bool on);  // for the calling thread; returns what it was
const char *ct_version(void);
const char *ct_cpu_capability(void);
int32_t ct_cuda_device_count(void);
void ct_set_tf32(bool on);  // whether GPUs round the factors of float32 products to TF32
int64_t ct_live_tensor_count(void);  // handles given out and not yet freed

// Tensors.
void ct_tensor_free(ct_tensor tensor);
int64_t ct_dim(ct_tensor tensor);
int64_t ct_size(ct_tensor tensor, int64_t dimension);
int64_t ct_numel(ct_tensor tensor);
int32_t ct_dtype(ct_tensor tensor);  // -1 for a type that has no code here
int32_t ct_device(ct_tensor tensor);
bool ct_requires_grad(ct_tensor tensor);
bool ct_is_contiguous(ct_tensor tensor);
// Copies `count` elements of `dtype` from `data` into a new CPU tensor.
int32_t ct_from_data(ct_tensor *out, const void *data, const int64_t *shape, int64_t rank, int32_t dtype,
                     ct_error **error);
// A float32 CPU tensor over memory that the caller keeps.
int32_t ct_from_memory(ct_tensor *out, float *memory, const int64_t *shape, int64_t rank, ct_error **error);
void *ct_data(ct_tensor tensor);  // the first element, where the tensor lies on the CPU
// How often the elements were written in place, as far as libtorch knows; who writes them behind its back says so.
int64_t ct_changes(ct_tensor tensor);
void ct_mark_changed(ct_tensor tensor);
// Copies the elements, in row-major order and as they are typed, to `data` of `bytes` bytes.
int32_t ct_copy_data(ct_tensor tensor, void *data, int64_t bytes, ct_error **error);
int32_t ct_item(double *out, ct_tensor tensor, ct_error **error);

// Generators of random numbers.
int32_t ct_generator_new(ct_generator *out, uint64_t seed, int32_t device, ct_error **error);
void ct_generator_free(ct_generator generator);
int32_t ct_generator_state(ct_tensor *out, ct_generator generator, ct_error **error);
int32_t ct_generator_set_state(ct_generator generator, ct_tensor state, ct_error **error);

// Graphs of a device. Between begin and end it is asked for everything and does nothing; each replay does all of it, with
// the draws that come next of the generator that the graph was begun with.
bool ct_graph_available(int32_t device);
int32_t ct_graph_begin(ct_graph *out, ct_generator generator, ct_error **error);
int32_t ct_graph_end(ct_graph graph, ct_generator generator, ct_error **error);
int32_t ct_graph_replay(ct_graph graph, ct_error **error);
void ct_graph_free(ct_graph graph);

// Gradients of the sum of `outputs` with respect to `inputs`; an input that no output depends on gets NULL.
int32_t ct_grad(ct_tensor *gradients, const ct_tensor *outputs, int64_t output_count, const ct_tensor *inputs,
                int64_t input_count, bool keep_graph, bool create_graph, ct_error **error);

// One Adam update of every parameter by libtorch's fused kernel. `step`, a scalar, counts the updates. Where `rate_there`
// is not NULL the learning rate is its element, in float32 and read when the update runs, instead of `rate`.
int32_t ct_adam_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *first_moments,
                     const ct_tensor *second_moments, const ct_tensor *updates, ct_tensor all_updates,
                     int64_t count, double rate, ct_tensor rate_there, double beta1, double beta2,
                     double epsilon, double weight_decay, ct_error **error);
// One SGD update of every parameter, with a learning rate as Adam's; `momenta` may be NULL when momentum is 0.
int32_t ct_sgd_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *momenta,
                    int64_t count, double rate, ct_tensor rate_there, double momentum, double weight_decay,
                    bool first, ct_error **error);
// The Euclidean norm of all gradients taken together, as a scalar tensor.
int32_t ct_total_norm(ct_tensor *out, const ct_tensor *gradients, int64_t count, ct_error **error);
// Multiplies every tensor by a scalar tensor, in place.
int32_t ct_scale_all(const ct_tensor *tensors, int64_t count, ct_tensor factor, ct_error **error);

#include "ctorch_distributed.h"
#include "ctorch_operations.h"
#include "ctorch_recording.h"

#ifdef __cplusplus
}
#endif
#endif
